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

MergeSet Finder::merge_set(const SubjectRef& ref) const {
  const datamap::SubjectType& type = *map_.subject(ref.kind);
  if (!type.merge) return {ref, {ref}};
  return type.merge->table.empty() ? merge_set_by_column(type, ref) : merge_set_by_table(type, ref);
}

// A row without a canonical id is its own; the rows that point to it are its members.
MergeSet Finder::merge_set_by_column(const datamap::SubjectType& type,
                                     const SubjectRef& ref) const {
  const datamap::Table& table = *map_.table(type.table);
  const std::string id = map_.id_columns(table).front();
  const std::string from = " FROM " + catalog_.at(table.name).sql_name + " t WHERE ";
  const std::string canonical_sql = "COALESCE(" + datamap::column_sql("t", type.merge->canonical) +
                                    "::text, " + datamap::column_sql("t", id) + "::text)";
  store::Params params;
  std::string where = subject_where(type, "t", params);
  where += " AND " + key_in_sql(map_, catalog_, table, "t", {ref}, params);
  const store::Rows own = tx_.exec({"SELECT " + canonical_sql + from + where, params.take()});
  if (own.empty()) return {ref, {}};
  SubjectRef canonical{ref.kind, {std::string(own.text(0, 0))}};
  const datamap::CatalogColumn* column = catalog_.at(table.name).column(type.merge->canonical);
  store::Params again;
  where = subject_where(type, "t", again);
  const std::string in_set = key_in_sql(map_, catalog_, table, "t", {canonical}, again);
  const std::string points = datamap::column_sql("t", type.merge->canonical) + " = " +
                             datamap::typed_param(again.bind(canonical.key.front()),
                                                  column == nullptr ? "" : column->type);
  const store::Rows rows = tx_.exec({"SELECT " + id_list_sql(map_, table, "t") + from + where +
                                         " AND (" + in_set + " OR " + points + ")",
                                     again.take()});
  std::vector<SubjectRef> members;
  for (std::size_t r = 0; r < rows.size(); ++r)
    members.push_back({ref.kind, {std::string(rows.text(r, 0))}});
  return ordered(std::move(canonical), std::move(members));
}

// A table of its own names member and canonical; a subject that it does not name stands alone.
MergeSet Finder::merge_set_by_table(const datamap::SubjectType& type, const SubjectRef& ref) const {
  const datamap::Table& merge = *map_.table(type.merge->table);
  const std::string from = " FROM " + catalog_.at(merge.name).sql_name + " m WHERE ";
  const auto texts = [](const std::vector<std::string>& columns) {
    std::string sql;
    for (const std::string& column : columns) {
      sql += (sql.empty() ? "" : ", ") + datamap::column_sql("m", column) + "::text";
    }
    return sql;
  };
  const auto equals = [](const std::vector<std::string>& columns, const SubjectRef& key,
                         store::Params& params) {
    std::string sql;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      sql += " AND " + datamap::column_sql("m", columns[i]) +
             "::text = " + params.bind(key.key.at(i)) + "::text";
    }
    return sql;
  };
  store::Params params;
  std::string where = datamap::tenant_sql(map_, catalog_, merge, "m", params.bind(tenant_));
  where += equals(type.merge->member, ref, params);
  const store::Rows own =
      tx_.exec({"SELECT " + texts(type.merge->canonical_columns) + from + where, params.take()});
  SubjectRef canonical = ref;
  if (!own.empty()) {
    canonical.key.clear();
    for (std::size_t c = 0; c < own.columns(); ++c) canonical.key.emplace_back(own.text(0, c));
  }
  store::Params again;
  where = datamap::tenant_sql(map_, catalog_, merge, "m", again.bind(tenant_));
  where += equals(type.merge->canonical_columns, canonical, again);
  const store::Rows rows =
      tx_.exec({"SELECT " + texts(type.merge->member) + from + where, again.take()});
  std::vector<SubjectRef> members{canonical};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    SubjectRef member{ref.kind, {}};
    for (std::size_t c = 0; c < rows.columns(); ++c) member.key.emplace_back(rows.text(r, c));
    members.push_back(std::move(member));
  }
  return ordered(std::move(canonical), std::move(members));
}

// Rows of one subject type may belong to another's: a web visitor who is a known contact.
std::vector<SubjectRef> Finder::owners(const SubjectRef& ref) const {
  std::vector<SubjectRef> found;
  const datamap::Table& table = *map_.table(map_.subject(ref.kind)->table);
  for (const datamap::Link& link : table.links) {
    if (link.down != datamap::Down::follow) continue;
    for (const datamap::SubjectType& type : map_.subjects) {
      if (type.table != link.to || type.table == table.name) continue;
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

}  // namespace ccctl::subject
