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

std::string ascii_digits_sql(const std::string& value) {
  return "translate(" + value + ", '０１２３４５６７８９', '0123456789')";
}

// Full-width digits as ASCII, everything but digits dropped: the form whose end is compared.
std::string digits_sql(const std::string& value) {
  return "regexp_replace(" + ascii_digits_sql(value) + ", '[^0-9]', '', 'g')";
}

// Enough digits to make candidates few, and few enough for a number written without its country's
// code, of up to three digits.
constexpr std::size_t kSuffix = 8, kCountry = 3, kShortest = 4;

std::string suffix_of(const std::string& digits) {
  const std::size_t national = std::max(digits.size(), kCountry + kShortest) - kCountry;
  const std::size_t length = std::min(kSuffix, national);
  return digits.size() <= length ? digits : digits.substr(digits.size() - length);
}

std::string loose(const std::string& value) {
  return "regexp_replace(lower(normalize(" + value + ", NFKC)), '\\s', '', 'g')";
}

// Compares only where it is worth while: where the characters of the pattern stand in the value in
// their order, whatever stands between them. Of digits that is known wherever they are ASCII or
// full-width, of other characters, in either case, where the value is ASCII.
std::string where_likely(bool digits, const std::string& value, const std::string& pattern,
                         const std::string& comparison) {
  const std::string wide = "octet_length(" + value + ") > char_length(" + value + ")";
  const std::string likely = digits ? "CASE WHEN " + wide + " THEN " + ascii_digits_sql(value) +
                                          " ELSE " + value + " END COLLATE \"C\" LIKE " + pattern
                                    : wide + " OR " + value + " COLLATE \"C\" ILIKE " + pattern;
  return "CASE WHEN " + likely + " THEN " + comparison + " ELSE false END";
}

std::string pattern_of(const std::string& value) {
  const bool ascii = std::all_of(value.begin(), value.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) return "";
  std::string pattern = "%";
  for (const char c : value) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += {c, '%'};
  }
  return pattern;
}

bool contains(const std::vector<SubjectRef>& refs, const SubjectRef& ref) {
  return std::find(refs.begin(), refs.end(), ref) != refs.end();
}

std::vector<const Column*> columns_of(const Table& table, std::string_view kind) {
  std::vector<const Column*> columns;
  for (const Column& column : table.columns) {
    if (column.is == kind) columns.push_back(&column);
  }
  return columns;
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
  // `bare`: the value is cheap to name again.
  const auto test = [&](const std::string& v, bool bare = false) {
    const auto likely = [&](bool digits, const std::string& form, const std::string& comparison) {
      return bare ? where_likely(digits, v, params.bind(pattern_of(form)) + "::text", comparison)
                  : comparison;
    };
    if (identifier.kind == "phone") {
      const std::string suffix = suffix_of(text::digits(value));
      return likely(true, suffix,
                    "right(" + digits_sql(v) + ", " + std::to_string(suffix.size()) +
                        ") = " + params.bind(suffix) + "::text");
    }
    // In a subquery, which is computed once and not for each row.
    return likely(false, value,
                  loose(v) + " = (SELECT " + loose(params.bind(value) + "::text") + ")");
  };
  const bool together =
      column.site.plain() && !column.with.empty() &&
      std::all_of(column.with.begin(), column.with.end(), [](const auto& s) { return s.plain(); });
  if (together) {
    std::string parts;
    for (const datamap::Site& site : column.with)
      parts += datamap::site_text_sql(alias, site) + ", ";
    return test("concat(" + parts + datamap::site_text_sql(alias, column.site) + ")");
  }
  if (column.site.plain()) return test(datamap::site_text_sql(alias, column.site), true);
  return "EXISTS (SELECT 1 FROM pg_catalog.jsonb_array_elements_text(" +
         datamap::site_values_sql(alias, column.site) + ") AS e(v) WHERE " + test("v") + ")";
}

// A phone number is mentioned in many ways: compare its last digits with the text's digits; other
// values by their folded text.
std::string Finder::mention(const Column& column, std::string_view alias,
                            const Identifier& identifier, store::Params& params) {
  const auto in = [&](const std::string& value) {
    if (identifier.kind == "phone") {
      return "strpos(" + digits_sql(value) + ", " +
             params.bind(suffix_of(text::digits(identifier.value.reveal()))) + "::text) > 0";
    }
    return "strpos(lower(normalize(" + value + ", NFKC)), " +
           params.bind(identifier.value.reveal()) + "::text) > 0";
  };
  if (!column.site.many()) return in(datamap::site_text_sql(alias, column.site));
  return "EXISTS (SELECT 1 FROM pg_catalog.jsonb_array_elements_text(" +
         datamap::site_values_sql(alias, column.site) + ") AS e(v) WHERE " + in("e.v") + ")";
}

std::vector<std::string> Finder::value_list(const Column& column, std::string_view alias) {
  std::vector<std::string> list;
  for (const datamap::Site& site : column.with)
    list.push_back(datamap::site_values_sql(alias, site));
  list.push_back(datamap::site_values_sql(alias, column.site));
  return list;
}

std::vector<std::string> Finder::values_of(const Column& column, std::string_view kind,
                                           const Json& lists) const {
  const std::string region =
      column.normalise.starts_with("e164/") ? column.normalise.substr(5) : region_;
  std::string
      prefix;  // an identifier kept in several columns: their values stand before this one's
  for (std::size_t i = 0; i + 1 < lists.size(); ++i) {
    for (const Json& part : lists[i]) prefix += part.get<std::string>();
  }
  std::vector<std::string> found;
  for (const Json& element : lists.back()) {
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

// The rows of one subject type that may hold the term: part, key, label, and per column of that
// kind its values. Empty when the type has no such column.
std::string Finder::candidates_sql(const SubjectType& type, const Identifier& term,
                                   std::size_t part, store::Params& params) const {
  const Table& table = *map_.table(type.table);
  std::string any, values;
  for (const Column* column : columns_of(table, term.kind)) {
    bool exact = false;
    any += (any.empty() ? "" : " OR ") + condition(*column, "t", term, params, &exact);
    std::string one;
    for (const std::string& list : value_list(*column, "t"))
      one += (one.empty() ? "" : ", ") + list;
    values += (values.empty() ? "" : ", ") + ("pg_catalog.jsonb_build_array(" + one + ")");
  }
  if (any.empty()) return "";
  return "SELECT " + std::to_string(part) + ", pg_catalog.jsonb_build_array(" +
         id_list_sql(map_, table, "t") + ")::text, " +
         (type.label ? datamap::site_text_sql("t", *type.label) : std::string("NULL::text")) +
         ", pg_catalog.jsonb_build_array(" + values + ")::text FROM " +
         catalog_.at(table.name).sql_name + " t WHERE " + subject_where(type, "t", params) +
         " AND (" + any + ")";
}

// Who holds each of the terms on their own row, in one statement.
std::vector<std::vector<Match>> Finder::holders(const std::vector<Identifier>& terms) const {
  std::vector<std::vector<Match>> found(terms.size());
  store::Params params;
  std::string sql;
  for (std::size_t type = 0; type < map_.subjects.size(); ++type) {
    for (std::size_t term = 0; term < terms.size(); ++term) {
      const std::string one =
          candidates_sql(map_.subjects[type], terms[term], type * terms.size() + term, params);
      if (!one.empty()) sql += (sql.empty() ? "" : "\nUNION ALL ") + one;
    }
  }
  if (sql.empty()) return found;
  const store::Rows rows = tx_.exec({std::move(sql), params.take()});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto part = static_cast<std::size_t>(rows.integer(r, 0));
    const SubjectType& type = map_.subjects[part / terms.size()];
    const Identifier& term = terms[part % terms.size()];
    const std::vector<const Column*> columns = columns_of(*map_.table(type.table), term.kind);
    const Json written = Json::parse(rows.text(r, 3));
    Match match;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::vector<std::string> values = values_of(*columns[c], term.kind, written.at(c));
      if (std::find(values.begin(), values.end(), term.value.reveal()) == values.end()) continue;
      match.matched_on.push_back(columns[c]->site.text() +
                                 (columns[c]->suggest ? " (suggest)" : ""));
    }
    if (match.matched_on.empty()) continue;
    match.ref = {type.kind, SubjectRef::key_of_json(rows.text(r, 1))};
    match.label = Personal<std::string>(std::string(rows.text(r, 2)));
    found[part % terms.size()].push_back(std::move(match));
  }
  return found;
}

std::vector<Match> Finder::search(const Identifier& term) const {
  std::vector<Match> matches = holders({term}).front();
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

std::vector<std::vector<SubjectRef>> Finder::others(const std::vector<Identifier>& identifiers,
                                                    const std::vector<SubjectRef>& own) const {
  std::vector<std::vector<SubjectRef>> found;
  for (const std::vector<Match>& matches : holders(identifiers)) {
    std::vector<SubjectRef>& people = found.emplace_back();
    for (const Match& match : matches) {
      if (contains(own, match.ref)) continue;
      // A row that belongs to one of `own` goes with it, and shares nothing with anybody.
      const std::vector<SubjectRef> owned_by = owners(match.ref);
      if (std::none_of(owned_by.begin(), owned_by.end(),
                       [&](const SubjectRef& owner) { return contains(own, owner); }))
        people.push_back(match.ref);
    }
  }
  return found;
}

std::vector<std::vector<Hits>> Finder::sharers(const std::vector<Identifier>& identifiers,
                                               const std::vector<SubjectRef>& own) const {
  std::vector<std::vector<Hits>> shared;
  for (const std::vector<SubjectRef>& people : others(identifiers, own)) {
    std::vector<Hits>& hits = shared.emplace_back();
    for (const SubjectRef& ref : people) {
      const datamap::TableName& table = map_.subject(ref.kind)->table;
      const auto same = std::find_if(hits.begin(), hits.end(),
                                     [&](const Hits& other) { return other.table == table; });
      if (same != hits.end()) {
        ++same->rows;
      } else {
        hits.push_back({table, 1});
      }
    }
  }
  return shared;
}

std::vector<bool> Finder::matched(const std::vector<Identifier>& identifiers) const {
  std::vector<bool> found(identifiers.size());
  store::Params params;
  std::string sql;
  for (std::size_t i = 0; i < identifiers.size(); ++i) {
    for (const Table& table : map_.tables) {
      if (!table.match) continue;
      for (const Column* column : columns_of(table, identifiers[i].kind)) {
        bool exact = false;
        const std::string holds = condition(*column, "t", identifiers[i], params, &exact);
        sql += (sql.empty() ? "SELECT " : "\nUNION ALL SELECT ") + std::to_string(i) +
               " WHERE EXISTS (SELECT FROM " + catalog_.at(table.name).sql_name + " t WHERE " +
               datamap::tenant_sql(map_, catalog_, table, "t", params.bind(tenant_)) + " AND " +
               holds + ")";
      }
    }
  }
  if (sql.empty()) return found;
  const store::Rows rows = tx_.exec({std::move(sql), params.take()});
  for (std::size_t r = 0; r < rows.size(); ++r)
    found[static_cast<std::size_t>(rows.integer(r, 0))] = true;
  return found;
}

std::optional<Profile> Finder::profile(const SubjectRef& ref) const {
  const SubjectType& type = *map_.subject(ref.kind);
  const Table& table = *map_.table(type.table);
  store::Params params;
  const std::string where = subject_where(type, "t", params);
  std::string select =
      id_list_sql(map_, table, "t") + ", " +
      (type.label ? datamap::site_text_sql("t", *type.label) : std::string("NULL::text"));
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
  SubjectRef own{ref.kind, {}};  // as the row spells it
  std::size_t c = 0;
  while (c < ref.key.size()) own.key.emplace_back(rows.text(0, c++));
  Profile profile{own,
                  Personal<std::string>(std::string(rows.text(0, c))),
                  rows.boolean(0, c + 1),
                  merge_set(own),
                  {}};
  c += 2;
  for (const Column* column : columns) {
    Json lists = Json::array();
    for (std::size_t i = 0; i <= column->with.size(); ++i)
      lists.push_back(Json::parse(rows.text(0, c++)));
    for (std::string& value : values_of(*column, column->is, lists)) {
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
