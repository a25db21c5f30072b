// Merge sets: several rows that the contact centre's own single customer view declared one person.
#include <algorithm>

#include "datamap/sql.h"
#include "subject/finder.h"
#include "subject/key_sql.h"

namespace ccctl::subject {
namespace {

// Erasing goes through the members in key order and ends with the canonical one.
MergeSet ordered(SubjectRef canonical, std::vector<SubjectRef> members) {
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  const auto it = std::find(members.begin(), members.end(), canonical);
  if (it != members.end()) {
    members.erase(it);
    members.push_back(canonical);
  }
  return {std::move(canonical), std::move(members)};
}

}  // namespace

namespace {

// A part of a merge set as it is found: who stands for the row, then its own key.
std::vector<std::string> texts(const store::Rows& rows, std::size_t row, std::size_t from,
                               std::size_t count) {
  std::vector<std::string> key;
  for (std::size_t c = from; c < from + count; ++c) key.emplace_back(rows.text(row, c));
  return key;
}

std::string list(std::string_view alias, const std::vector<std::string>& columns) {
  std::string sql;
  for (const std::string& column : columns)
    sql += (sql.empty() ? "" : ", ") + datamap::column_sql(alias, column);
  return sql;
}

std::string equal(std::string_view a, const std::vector<std::string>& of_a, std::string_view b,
                  const std::vector<std::string>& of_b) {
  std::string sql;
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    sql += (i == 0 ? "" : " AND ") + datamap::column_sql(a, of_a[i]) + " = " +
           datamap::column_sql(b, of_b[i]);
  }
  return sql;
}

std::vector<std::string> numbered(const char* prefix, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
  return names;
}

}  // namespace

// Everybody who is connected with the subject by naming a canonical row or being named as one,
// however many steps lie between: a person who was merged twice stands three rows apart. Each step
// looks up the rows of these names and the rows that name these.
std::string Finder::merged_sql(const datamap::SubjectType& type, const SubjectRef& ref,
                               store::Params& params) const {
  const datamap::Table& table = *map_.table(type.table);
  const std::string tenant = params.bind(tenant_);
  const std::vector<std::string> ids = map_.id_columns(table);
  const std::vector<std::string> id = numbered("i", ids.size()), to = numbered("c", ids.size());
  const std::string mine = datamap::tenant_sql(map_, catalog_, table, "t", tenant) + " AND " +
                           datamap::where_sql("t", type.where);
  std::string row = list("t", ids) + ", ", from = catalog_.at(table.name).sql_name + " t", naming;
  if (type.merge->table.empty()) {
    row += datamap::column_sql("t", type.merge->canonical);
    naming = from + " WHERE " + mine + " AND " + equal("t", {type.merge->canonical}, "k", {"v0"});
    from += " WHERE " + mine;
  } else {
    const datamap::Table& pairs = *map_.table(type.merge->table);
    const std::string pair = catalog_.at(pairs.name).sql_name + " m",
                      ours =
                          datamap::tenant_sql(map_, catalog_, pairs, "m", tenant) + " AND NOT (" +
                          equal("m", type.merge->member, "m", type.merge->canonical_columns) + ")",
                      member = equal("m", type.merge->member, "t", ids);
    row += list("m", type.merge->canonical_columns);
    naming = pair + " JOIN " + from + " ON " + member + " WHERE " + ours + " AND " + mine +
             " AND " + equal("m", type.merge->canonical_columns, "k", numbered("v", ids.size()));
    from += " LEFT JOIN " + pair + " ON " + member + " AND " + ours + " WHERE " + mine;
  }
  std::string columns;
  for (const auto& names : {id, to}) {
    for (const std::string& name : names) columns += (columns.empty() ? "" : ", ") + name;
  }
  const std::vector<std::string> v = numbered("v", ids.size());
  std::string values;
  for (const std::string& name : v) values += (values.empty() ? "" : ", ") + name;
  return "WITH RECURSIVE s(" + columns + ") AS (SELECT " + row + " FROM " + from + " AND " +
         key_in_sql(map_, catalog_, table, "t", {ref}, params) +
         "\n UNION SELECT a.* FROM s CROSS JOIN LATERAL (SELECT x.* FROM (VALUES (" +
         list("s", id) + "), (" + list("s", to) + ")) k(" + values +
         ") CROSS JOIN LATERAL (SELECT " + row + " FROM " + from + " AND " +
         equal("t", ids, "k", v) + " UNION ALL SELECT " + row + " FROM " + naming +
         ") x) a) SELECT DISTINCT ";
}

// A subject that names nobody, and that nobody names, stands alone.
MergeSet Finder::merge_set(const SubjectRef& ref) const {
  const datamap::SubjectType& type = *map_.subject(ref.kind);
  if (!type.merge) return {ref, {ref}};
  const std::size_t ids = ref.key.size();
  store::Params params;
  std::string sql = merged_sql(type, ref, params);
  for (const char* prefix : {"i", "c"}) {
    for (const std::string& name : numbered(prefix, ids)) sql += "s." + name + "::text, ";
  }
  sql.resize(sql.size() - 2);
  const store::Rows rows = tx_.exec({sql + " FROM s", params.take()});
  if (rows.empty()) return {ref, {}};
  std::vector<SubjectRef> members;
  std::vector<std::vector<std::string>> named;
  std::optional<SubjectRef> canonical;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    members.push_back({ref.kind, texts(rows, r, 0, ids)});
    if (rows.is_null(r, ids) || texts(rows, r, ids, ids) == members.back().key) {
      canonical = members.back();
    } else {
      named.push_back(texts(rows, r, ids, ids));
    }
  }
  // The row that all name may have gone; where they name each other in a circle, any one will do.
  if (!canonical) canonical = SubjectRef{ref.kind, named.front()};
  return ordered(std::move(*canonical), std::move(members));
}

// Rows of one subject type may belong to another's: a web visitor who is a known contact.
std::vector<SubjectRef> Finder::owners(const SubjectRef& ref) const {
  std::vector<SubjectRef> found;
  const datamap::Table& table = *map_.table(map_.subject(ref.kind)->table);
  for (const datamap::Link& link : table.links) {
    if (link.down != datamap::Down::follow) continue;
    for (const datamap::SubjectType& type : map_.subjects) {
      if (type.table != link.to) continue;
      const datamap::Table& parent = *map_.table(type.table);
      store::Params params;
      const std::string where =
          datamap::tenant_sql(map_, catalog_, table, "t", params.bind(tenant_));
      const std::string key = key_in_sql(map_, catalog_, table, "t", {ref}, params);
      const store::Rows rows = tx_.exec(
          {"SELECT " + id_list_sql(map_, parent, "p") + " FROM " +
               catalog_.at(table.name).sql_name + " t JOIN " + catalog_.at(parent.name).sql_name +
               " p ON " + datamap::link_sql(map_, catalog_, table, "t", link, "p") + " WHERE " +
               where + " AND " + key,
           params.take()});
      if (rows.empty()) continue;
      SubjectRef owner{type.kind, {}};
      for (std::size_t c = 0; c < rows.columns(); ++c) owner.key.emplace_back(rows.text(0, c));
      found.push_back(std::move(owner));
    }
  }
  return found;
}

std::vector<SubjectRef> distinct_people(const std::vector<Match>& matches) {
  std::vector<SubjectRef> people;
  for (const Match& match : matches) {
    const SubjectRef& person = match.part_of ? *match.part_of : match.merge_set.canonical;
    if (std::find(people.begin(), people.end(), person) == people.end()) people.push_back(person);
  }
  return people;
}

void leave_out_staged(store::Tx& tx, const datamap::Map& map, const std::string& tenant,
                      std::vector<Match>& matches) {
  if (matches.empty()) return;
  std::vector<std::string> tables, keys;
  for (const Match& match : matches) {
    tables.push_back(map.subject(match.ref.kind)->table);
    keys.push_back(match.ref.key_json());
  }
  const store::Rows rows = tx.exec(
      {"SELECT n FROM ROWS FROM (pg_catalog.unnest($2::text[]), "
       "pg_catalog.unnest($3::text[])) WITH ORDINALITY AS x(t, k, n) WHERE EXISTS (SELECT 1 "
       "FROM ccctl.stage g WHERE g.tenant_id = $1::text AND g.table_name = x.t AND g.key = "
       "x.k) ORDER BY n DESC",
       {tenant, store::array_literal(tables), store::array_literal(keys)}});
  for (std::size_t r = 0; r < rows.size(); ++r)
    matches.erase(matches.begin() + (rows.integer(r, 0) - 1));
}

}  // namespace ccctl::subject
