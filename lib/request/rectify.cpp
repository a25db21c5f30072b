#include "request/rectify.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/pseudonym.h"
#include "doc/located.h"
#include "subject/reference.h"
#include "text/identifier.h"
#include "text/phone.h"
#include "text/unicode.h"

namespace ccctl::request {

using plan::Replacement;
using plan::Standing;
using subject::Finder;
using subject::Identifier;

namespace {

[[noreturn]] void cannot(const std::string& why, const std::string& hint) {
  throw Error(ErrorKind::usage, why, hint);
}

// The one value of the kind that the person has where it is followed.
Identifier only_value(const subject::Profile& profile, const std::string& kind) {
  std::vector<Identifier> values;
  std::copy_if(profile.identifiers.begin(), profile.identifiers.end(), std::back_inserter(values),
               [&](const Identifier& each) { return each.kind == kind && !each.suggest; });
  if (values.size() != 1) {
    cannot("the data subject has " + std::to_string(values.size()) + " values of \"" + kind + "\"",
           "name the one to replace: --set " + kind + ":OLD=NEW");
  }
  return values.front();
}

// What each of the columns that keep a number together holds of the new one: the country code as
// the old one was written, and the rest. A row that has no country code keeps the number as one.
std::vector<std::string> parts_of(const Finder& finder, const Standing& standing, Json lists) {
  const datamap::Column& column = *standing.column;
  const plan::Replacement& term = *standing.replacement;
  const bool two = column.with.size() == 1 && column.with[0].plain() && column.site.plain();
  const auto number = text::phone_parts(term.updated);
  if (two && number && lists.back().size() == 1) {
    const std::string code = lists[0].empty() ? "" : lists[0][0].get<std::string>();
    const std::size_t digits = std::min(code.find_first_of("123456789"), code.size());
    std::vector<std::string> parts{code.substr(0, digits) + number->country, number->national};
    if (code.empty()) parts = {"", term.updated};
    if (!code.empty()) lists[0] = Json::array({parts[0]});
    lists[1] = Json::array({parts[1]});
    if (finder.values_of(column, term.kind, lists) == std::vector<std::string>{term.updated})
      return parts;
  }
  throw doc::error_at(ErrorKind::map_invalid, column.at,
                      "\"" + column.site.text() + "\" cannot be rectified: the value is kept in " +
                          std::to_string(column.with.size() + 1) +
                          " columns, and nothing says how it is divided",
                      "put the value right in the application that writes those columns");
}

}  // namespace

Replacement replacement(const subject::Finder& finder, const subject::Profile& profile,
                        std::string_view text) {
  const std::size_t end = text.find_first_of(":=");
  const std::size_t equals = text.find('=', end == std::string_view::npos ? 0 : end);
  if (end == 0 || equals == std::string_view::npos || equals + 1 == text.size())
    cannot("--set wants KIND=NEW or KIND:OLD=NEW", "for example --set email=new@example.jp");
  Replacement found;
  found.kind = std::string(text.substr(0, end));
  found.written = text::nfc(text.substr(equals + 1));
  found.updated = finder.term(found.kind, found.written).value.reveal();
  found.existing = (end == equals ? only_value(profile, found.kind)
                                  : finder.term(found.kind, text.substr(end + 1, equals - end - 1)))
                       .value.reveal();
  if (found.existing == found.updated)
    cannot("the new value of \"" + found.kind + "\" is the one that stands", "");
  return found;
}

void require_apart(const std::vector<Replacement>& terms) {
  for (const Replacement& one : terms) {
    for (const Replacement& other : terms) {
      if (&one == &other || one.kind != other.kind) continue;
      if (one.existing == other.existing)
        cannot("a value of \"" + one.kind + "\" is replaced twice", "give one new value for each");
      if (one.updated == other.existing) {
        cannot("the new value of one \"" + one.kind + "\" is the old value of another",
               "make a request for each, one after the other");
      }
    }
  }
}

std::vector<Standing> standing(store::Tx& tx, const subject::Finder& finder,
                               const datamap::Map& map, const plan::Compiler& compiler,
                               const plan::Scope& scope, const plan::Drivers& drivers,
                               const std::vector<Replacement>& replacements) {
  std::vector<Standing> columns = plan::rectified_columns(map, scope, replacements);
  tx.each(compiler.standing(drivers, columns), [&](const store::Rows& rows, std::size_t r) {
    Standing& column = columns.at(static_cast<std::size_t>(rows.integer(r, 0)));
    const std::string& kind = column.replacement->kind;
    Json lists = Json::parse(rows.text(r, 1));
    bool holds = false;
    const Json elements = lists.back();
    for (const Json& element : elements) {
      lists.back() = Json::array({element});
      const std::vector<std::string> values = finder.values_of(*column.column, kind, lists);
      if (std::find(values.begin(), values.end(), column.replacement->existing) == values.end())
        continue;
      holds = true;
      column.elements.push_back(element.get<std::string>());
    }
    if (!holds) return;
    column.lists.emplace_back(rows.text(r, 1));
    if (!column.column->with.empty() && column.table->rectify == datamap::Rectify::replace)
      column.parts.push_back(parts_of(finder, column, Json::parse(rows.text(r, 1))));
  });
  return columns;
}

std::vector<Replacement> load_replacements(store::Tx& tx, const Request& request,
                                           const std::string& region) {
  const store::Rows rows = tx.exec(
      {"SELECT kind, value, updated, pg_catalog.min(ordinal) FROM ccctl.request_term WHERE "
       "tenant_id = $1::text AND request_id = $2::text AND updated IS NOT NULL GROUP BY kind, "
       "value, updated ORDER BY 4",
       {request.tenant, request.id}});
  std::vector<Replacement> all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::string kind(rows.text(r, 0)), written(rows.text(r, 2));
    all.push_back({kind, std::string(rows.text(r, 1)),
                   text::normalise(kind, written, region).value_or(""), written});
  }
  return all;
}

Json replacement_marks(store::Tx& tx, const std::string& tenant, const subject::SubjectRef& ref,
                       const std::vector<Replacement>& replacements) {
  const Secret key = subject::reference_key(tx, tenant, ref);
  const crypto::Pseudonymiser pseudonymiser{Secret(crypto::from_hex(key.reveal()).value_or(""))};
  const auto mark = [&](const std::string& kind, const std::string& value) {
    return pseudonymiser.subject("value." + kind, Personal<std::string>(value));
  };
  Json all = Json::array();
  for (const Replacement& term : replacements) {
    all.push_back({{"type", term.kind},
                   {"existingValue", mark(term.kind, term.existing)},
                   {"updatedValue", mark(term.kind, term.updated)}});
  }
  return all;
}

}  // namespace ccctl::request
