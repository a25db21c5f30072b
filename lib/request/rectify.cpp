#include "request/rectify.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/pseudonym.h"
#include "subject/reference.h"
#include "text/identifier.h"
#include "text/unicode.h"

namespace ccctl::request {

using plan::Replacement;
using plan::Standing;
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
    if (holds) column.lists.emplace_back(rows.text(r, 1));
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
