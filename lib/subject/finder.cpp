#include "subject/finder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "datamap/sql.h"
#include "subject/key_sql.h"
#include "text/identifier.h"
#include "text/phone.h"
#include "text/unicode.h"

namespace ccctl::subject {
namespace {

using datamap::Column;
using datamap::SubjectType;
using datamap::Table;

// Full-width digits as ASCII, everything but digits dropped: the form whose end is compared.
std::string digits_sql(const std::string& value) {
  return "regexp_replace(translate(" + value +
         ", '０１２３４５６７８９', '0123456789'), '[^0-9]', '', 'g')";
}

// Enough digits to make candidates few, and few enough for a number written without its area code's
// leading zero.
constexpr std::size_t kSuffix = 8;

std::string suffix_of(const std::string& digits) {
  return digits.size() <= kSuffix ? digits : digits.substr(digits.size() - kSuffix);
}

std::string loose(const std::string& value) {
  return "regexp_replace(lower(normalize(" + value + ", NFKC)), '\\s', '', 'g')";
}

bool contains(const std::vector<SubjectRef>& refs, const SubjectRef& ref) {
  return std::find(refs.begin(), refs.end(), ref) != refs.end();
}

std::string region_of(const datamap::Map& map) {
  for (const Table& table : map.tables) {
    for (const Column& column : table.columns) {
      if (column.normalise.starts_with("e164/")) return column.normalise.substr(5);
    }
  }
  return "";
}

}  // namespace

Finder::Finder(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
               std::string tenant)
    : tx_(tx), map_(map), catalog_(catalog), tenant_(std::move(tenant)), region_(region_of(map)) {}

Identifier Finder::term(std::string_view kind, std::string_view value) const {
  // Names may hold a question mark, addresses anything; no one e-mail address has a comma.
  const std::string_view wildcards = kind == "address"                    ? ""
                                     : kind == "name"                     ? "%*"
                                     : kind == "email" || kind == "phone" ? "%*?,"
                                                                          : "%*?";
  if (value.find_first_of(wildcards) != std::string_view::npos) {
    throw Error(ErrorKind::usage, "a search term must not hold a wildcard or a list",
                "name one person: requests are for individuals (G-10)");
  }
  if (value.find_first_not_of("%*? ") == std::string_view::npos) {
    throw Error(ErrorKind::usage, "the search term is empty or a wildcard",
                "name one person: requests are for individuals (G-10)");
  }
  const std::optional<std::string> normalised = text::normalise(kind, value, region_);
  if (!normalised || normalised->empty()) {
    throw Error(ErrorKind::usage,
                "the value of --" + std::string(kind) + " cannot be one of its kind",
                kind == "phone" ? "write the number with its country code: +81…" : "");
  }
  return Identifier{std::string(kind), Personal<std::string>(*normalised), false, "", ""};
}

std::string Finder::condition(const Column& column, std::string_view alias,
                              const Identifier& identifier, store::Params& params, bool* exact) {
  const std::string& value = identifier.value.reveal();
  *exact = true;
  if (!column.search.empty()) {
    return datamap::column_sql(alias, column.search) + " = " + params.bind(value) + "::text";
  }
  if (!column.normalise.empty() && column.site.plain() && column.with.empty()) {
    return datamap::column_sql(alias, column.site.column) + " = " + params.bind(value) + "::text";
  }
  *exact = false;
  const std::string values =
      "pg_catalog.jsonb_array_elements_text(" + datamap::site_values_sql(alias, column.site) + ")";
  const std::string test = identifier.kind == "phone"
                               ? "right(" + digits_sql("v") + ", " + std::to_string(kSuffix) +
                                     ") = " + params.bind(suffix_of(text::digits(value))) + "::text"
                               : loose("v") + " = " + loose(params.bind(value) + "::text");
  return "EXISTS (SELECT 1 FROM " + values + " AS e(v) WHERE " + test + ")";
}

std::vector<std::string> Finder::value_list(const Column& column, std::string_view alias) {
  std::vector<std::string> list;
  for (const datamap::Site& site : column.with)
    list.push_back(datamap::site_values_sql(alias, site));
  list.push_back(datamap::site_values_sql(alias, column.site));
  return list;
}

std::vector<std::string> Finder::values_of(const Column& column, std::string_view kind,
                                           const std::vector<std::string_view>& json_arrays) const {
  const std::string region =
      column.normalise.starts_with("e164/") ? column.normalise.substr(5) : region_;
  std::string
      prefix;  // an identifier kept in several columns: their values stand before this one's
  for (std::size_t i = 0; i + 1 < json_arrays.size(); ++i) {
    for (const Json& part : Json::parse(json_arrays[i])) prefix += part.get<std::string>();
  }
  std::vector<std::string> found;
  for (const Json& element : Json::parse(json_arrays.back())) {
    const std::string written = prefix + element.get<std::string>();
    std::optional<std::string> value = text::normalise(kind, written, region);
    if (!column.with.empty() && kind == "phone" && !prefix.starts_with("+")) {
      const std::optional<std::string> international = text::normalise(kind, "+" + written, region);
      if (international) value = international;
    }
    if (value && !value->empty()) found.push_back(*value);
  }
  return found;
}

std::string Finder::subject_where(const SubjectType& type, std::string_view alias,
                                  store::Params& params) const {
  const Table& table = *map_.table(type.table);
  return datamap::tenant_sql(map_, catalog_, table, alias, params.bind(tenant_)) + " AND " +
         datamap::where_sql(alias, type.where);
}

// All rows of one subject type that hold the term; fills `matches` when asked for.
std::vector<SubjectRef> Finder::holders(const SubjectType& type, const Identifier& term,
                                        std::vector<Match>* matches) const {
  const Table& table = *map_.table(type.table);
  store::Params params;
  const std::string where = subject_where(type, "t", params);
  std::string select = id_list_sql(map_, table, "t");
  select +=
      ", " + (type.label ? datamap::site_text_sql("t", *type.label) : std::string("NULL::text"));
  std::string any;
  std::vector<const Column*> columns;
  for (const Column& column : table.columns) {
    if (column.is != term.kind) continue;
    bool exact = false;
    any += (any.empty() ? "" : " OR ") + condition(column, "t", term, params, &exact);
    for (const std::string& values : value_list(column, "t")) select += ", " + values + "::text";
    columns.push_back(&column);
  }
  std::vector<SubjectRef> found;
  if (columns.empty()) return found;
  const std::size_t id_count = map_.id_columns(table).size();
  const store::Rows rows =
      tx_.exec({"SELECT " + select + " FROM " + catalog_.at(table.name).sql_name + " t WHERE " +
                    where + " AND (" + any + ") ORDER BY " + datamap::key_list_sql(table, "t"),
                params.take()});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    SubjectRef ref{type.kind, {}};
    std::size_t c = 0;
    while (c < id_count) ref.key.emplace_back(rows.text(r, c++));
    const std::string label(rows.text(r, c++));
    std::vector<std::string> matched_on;
    for (const Column* column : columns) {
      std::vector<std::string_view> arrays;
      for (std::size_t i = 0; i <= column->with.size(); ++i) arrays.push_back(rows.text(r, c++));
      const std::vector<std::string> values = values_of(*column, term.kind, arrays);
      if (std::find(values.begin(), values.end(), term.value.reveal()) != values.end()) {
        matched_on.push_back(column->site.text() + (column->suggest ? " (suggest)" : ""));
      }
    }
    if (matched_on.empty()) continue;
    found.push_back(ref);
    if (matches != nullptr) matches->push_back({ref, matched_on, {}, Personal<std::string>(label)});
  }
  return found;
}

std::vector<Match> Finder::search(const Identifier& term) const {
  std::vector<Match> matches;
  for (const SubjectType& type : map_.subjects) holders(type, term, &matches);
  for (Match& match : matches) match.merge_set = merge_set(match.ref);
  for (Match& match : matches) {
    for (const SubjectRef& owner : owners(match.ref)) {
      const bool matches_too = std::any_of(matches.begin(), matches.end(), [&](const Match& other) {
        return contains(other.merge_set.members, owner);
      });
      if (matches_too) match.part_of = merge_set(owner).canonical;
    }
  }
  std::sort(matches.begin(), matches.end(),
            [](const Match& a, const Match& b) { return a.ref < b.ref; });
  return matches;
}

std::vector<Hits> Finder::sharers(const Identifier& identifier,
                                  const std::vector<SubjectRef>& own) const {
  std::vector<Hits> hits;
  for (const SubjectType& type : map_.subjects) {
    std::uint64_t count = 0;
    for (const SubjectRef& ref : holders(type, identifier, nullptr)) {
      if (contains(own, ref)) continue;
      // A row that belongs to one of `own` goes with it, and shares nothing with anybody.
      const std::vector<SubjectRef> owned_by = owners(ref);
      if (std::none_of(owned_by.begin(), owned_by.end(),
                       [&](const SubjectRef& owner) { return contains(own, owner); })) {
        ++count;
      }
    }
    if (count > 0) hits.push_back({type.table, count});
  }
  return hits;
}

std::optional<Profile> Finder::profile(const SubjectRef& ref) const {
  const SubjectType& type = *map_.subject(ref.kind);
  const Table& table = *map_.table(type.table);
  store::Params params;
  const std::string where = subject_where(type, "t", params);
  std::string select =
      type.label ? datamap::site_text_sql("t", *type.label) : std::string("NULL::text");
  select += ", (" +
            (type.current.empty() ? std::string("false") : datamap::where_sql("t", type.current)) +
            ")";
  std::vector<const Column*> columns;
  for (const Column& column : table.columns) {
    if (column.is.empty()) continue;
    for (const std::string& values : value_list(column, "t")) select += ", " + values + "::text";
    columns.push_back(&column);
  }
  const std::string key = key_in_sql(map_, catalog_, table, "t", {ref}, params);
  const store::Rows rows =
      tx_.exec({"SELECT " + select + " FROM " + catalog_.at(table.name).sql_name + " t WHERE " +
                    where + " AND " + key,
                params.take()});
  if (rows.empty()) return std::nullopt;
  Profile profile{ref,
                  Personal<std::string>(std::string(rows.text(0, 0))),
                  rows.boolean(0, 1),
                  merge_set(ref),
                  {}};
  std::size_t c = 2;
  for (const Column* column : columns) {
    std::vector<std::string_view> arrays;
    for (std::size_t i = 0; i <= column->with.size(); ++i) arrays.push_back(rows.text(0, c++));
    for (std::string& value : values_of(*column, column->is, arrays)) {
      Identifier identifier{column->is, Personal<std::string>(std::move(value)), column->suggest,
                            table.name, column->site.text()};
      const auto same =
          std::find_if(profile.identifiers.begin(), profile.identifiers.end(),
                       [&](const Identifier& other) { return other.same_value(identifier); });
      if (same == profile.identifiers.end()) {
        profile.identifiers.push_back(std::move(identifier));
      } else if (!identifier.suggest) {
        same->suggest = false;  // the same value also stands where it is followed
      }
    }
  }
  return profile;
}

}  // namespace ccctl::subject
