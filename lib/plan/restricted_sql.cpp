// What erasures had to leave: noted by the erasure, taken by a sweep once nothing keeps it.
#include "datamap/sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::column_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;

namespace {

// The parts of a key that stands in ccctl.restricted, as the columns' types.
std::vector<std::string> parts_of_key(const datamap::Map& map, const datamap::Catalog& catalog,
                                      const Table& table, const std::string& key) {
  std::vector<std::string> parts;
  for (const std::string& id : map.id_columns(table)) {
    parts.push_back("(" + key + "::jsonb ->> " + std::to_string(parts.size()) +
                    ")::" + datamap::key_type(catalog, table, id));
  }
  return parts;
}

std::string of_table(const std::string& alias, const std::string& tenant, const Table& table) {
  return alias + ".tenant_id = " + tenant + "::text AND " + alias +
         ".table_name = " + quote_literal(table.name);
}

}  // namespace

// With the change that leaves them. What a settling pass meets again stands there already.
void Statement::restrict_kept(const std::string& request_id) {
  std::string rows;
  for (const auto* kept : {&by_hold_, &by_law_}) {
    for (const auto& [name, cte] : *kept) {
      if (table(name).key.empty()) continue;
      rows += (rows.empty() ? "SELECT " : "\n UNION SELECT ") + quote_literal(name) + " AS n, " +
              datamap::key_text_sql(map_.id_columns(table(name)), "k") + " AS k FROM " + cte + " k";
    }
  }
  if (rows.empty()) return;
  add("rk",
      "INSERT INTO ccctl.restricted (tenant_id, table_name, key, request_id) SELECT " +
          tenant_param_ + "::text, r.n, r.k, " + params_.bind(request_id) + "::text FROM (" + rows +
          ") r ON CONFLICT (tenant_id, table_name, key, request_id) DO NOTHING",
      true);
}

// A row that is anonymised must not go on pointing at what the erasure has deleted before it.
std::optional<Statement::Flag> Statement::dangling(const Table& table, std::size_t i) const {
  const datamap::Link& link = table.links[i];
  if (!later_ || !acting_.contains(table.name) || erases_rows(table) || link.to.empty() ||
      link.down != datamap::Down::follow || acting_.contains(link.to))
    return std::nullopt;
  const std::string parents = " FROM " + from(link.to, "p") + " WHERE " +
                              datamap::link_sql(map_, catalog_, table, "t", link, "p");
  std::string gone = "NOT EXISTS (SELECT 1" + parents + ")";
  for (const datamap::Site& site : link.from) {
    if (!site.many()) continue;  // of several any
    gone = "(SELECT pg_catalog.count(*)" + parents + ") < pg_catalog.jsonb_array_length(" +
           datamap::site_values_sql("t", site) + ")";
  }
  return Flag{"c" + std::to_string(i),
              "SELECT " + datamap::key_list_sql(table, "t") + " FROM " + acting_.at(table.name) +
                  " y JOIN " + from(table.name, "t") + " ON " +
                  datamap::same_key_sql(table, "t", "y") + " WHERE " +
                  datamap::where_sql("t", link.when) + " AND " + gone,
              &link};
}

// The key stands in a query of its own, as in stage_key_sql(); OFFSET 0 keeps both from becoming a
// join.
std::string CriteriaSql::noted(const std::string& alias) const {
  if (criteria_.restricted.empty()) return "false";
  return "EXISTS (SELECT 1 FROM (SELECT " +
         datamap::key_text_sql(map_.id_columns(*criteria_.table), alias) +
         " AS k OFFSET 0) rk JOIN ccctl.restricted r ON r.tenant_id = " +
         quote_literal(criteria_.restricted) +
         " AND r.table_name = " + quote_literal(criteria_.table->name) +
         " AND r.key = rk.k OFFSET 0)";
}

// A row of the tenant's that no erasure had to leave.
std::string CriteriaSql::not_noted(const Table& table, const std::string& alias) const {
  const std::string tenant = quote_literal(criteria_.restricted);
  const std::string ours = datamap::tenant_sql(map_, catalog_, table, alias, tenant);
  if (table.key.empty()) return ours;
  return ours + " AND " + datamap::key_text_sql(map_.id_columns(table), alias) +
         " NOT IN (SELECT r.key FROM ccctl.restricted r WHERE " + of_table("r", tenant, table) +
         ")";
}

// Whether somebody's own row has a value of this row of a match table.
std::string CriteriaSql::shared_values(const std::string& alias) const {
  std::string sql;
  const auto form = [](const datamap::Column& column) {
    return column.search.empty() ? column.site.column : column.search;
  };
  for (const datamap::Column& column : criteria_.table->columns) {
    if (column.is.empty() || !column.site.plain()) continue;
    for (const datamap::SubjectType& type : map_.subjects) {
      const Table& people = *map_.table(type.table);
      for (const datamap::Column& own : people.columns) {
        const bool same_form = column.search.empty() && own.search.empty()
                                   ? !column.normalise.empty() && own.normalise == column.normalise
                                   : !column.search.empty() && !own.search.empty();
        if (own.is != column.is || !own.site.plain() || !same_form) continue;
        sql += " AND NOT EXISTS (SELECT 1 FROM " + catalog_.at(people.name).sql_name +
               " gs WHERE " + column_sql("gs", form(own)) + " = " +
               column_sql(alias, form(column)) + " AND " + datamap::where_sql("gs", type.where) +
               " AND " + not_noted(people, "gs") + ")";
      }
    }
  }
  return sql;
}

// A row that one of its follow links still ties to the erased, whose row has gone or was left
// itself, is theirs, whoever else it is tied to.
std::string CriteriaSql::tied(const std::string& alias) const {
  const Table& table = *criteria_.table;
  std::string alive, ours;
  for (const datamap::Link& link : table.links) {
    if (link.down != datamap::Down::follow || link.to.empty()) continue;
    const Table& parent = *map_.table(link.to);
    const std::string living = "EXISTS (SELECT 1 FROM " + catalog_.at(parent.name).sql_name +
                               " gp WHERE " +
                               datamap::link_sql(map_, catalog_, table, alias, link, "gp") +
                               " AND " + not_noted(parent, "gp") + ")";
    std::string present = datamap::where_sql(alias, link.when);
    for (const datamap::Site& site : link.from)
      present += " AND " +
                 (site.many() ? datamap::site_values_sql(alias, site)
                              : datamap::site_text_sql(alias, site)) +
                 " IS NOT NULL";
    const bool subject = std::any_of(map_.subjects.begin(), map_.subjects.end(),
                                     [&](const auto& type) { return type.table == link.to; });
    if (subject) alive += (alive.empty() ? "" : " OR ") + living;
    ours += (ours.empty() ? "(" : " OR (") + present + " AND NOT " + living + ")";
  }
  return alive.empty() ? "true" : "(NOT (" + alive + ") OR " + ours + ")";
}

std::string CriteriaSql::theirs(const std::string& alias) const {
  const Table& table = *criteria_.table;
  std::string sql;
  for (const Table& child : map_.tables) {
    for (const datamap::Link& link : child.links) {
      if (!link.up_last || link.to != table.name) continue;
      sql += " AND NOT EXISTS (SELECT 1 FROM " + catalog_.at(child.name).sql_name + " gc WHERE " +
             datamap::link_sql(map_, catalog_, child, "gc", link, alias) + " AND " +
             datamap::where_sql("gc", link.count) + " AND " + not_noted(child, "gc") + ")";
    }
  }
  // What goes with its last child is the child's, whom else it names.
  const bool by_child = !sql.empty();
  if (table.match) sql += shared_values(alias);
  return "(" + (by_child || table.match ? "true" : tied(alias)) + sql + ")";
}

std::string CriteriaSql::left(const std::string& alias) const {
  if (criteria_.restricted.empty()) return "false";
  return "(" + noted(alias) + " AND " + theirs(alias) + ")";
}

bool SweepWriter::of_erasure() const {
  return pass_.ruled() && pass_.criteria->maxima[pass_.maximum].erasure;
}

// By the keys: the table may be large, and what was left of it little.
std::string SweepWriter::left_by_erasures(const std::string& alias) const {
  std::string columns, parts;
  for (const std::string& id : ground_.map.id_columns(table_))
    columns += (columns.empty() ? "" : ", ") + column_sql(alias, id);
  for (const std::string& part : parts_of_key(ground_.map, ground_.catalog, table_, "r.key"))
    parts += (parts.empty() ? "" : ", ") + part;
  return "(" + columns + ") IN (SELECT " + parts + " FROM ccctl.restricted r WHERE " +
         of_table("r", s_.tenant_param_, table_) + ")";
}

// What is kept has its ancestors, as the erasure left them, also where its link would be cut. Under
// any hold they wait until the row itself has gone.
std::string SweepWriter::not_needed() const {
  std::string sql;
  for (const datamap::ForeignKey& key : ground_.catalog.foreign_keys) {
    if (key.to != table_.name || pass_.scope.holds(key.from)) continue;
    const auto from = ground_.criteria.find(key.from);
    if (from == ground_.criteria.end() || from->second.restricted.empty()) continue;
    sql += " AND NOT EXISTS (SELECT 1 FROM " + s_.from(key.from, "c") + " WHERE ";
    for (std::size_t i = 0; i < key.from_columns.size(); ++i) {
      sql += column_sql("c", key.from_columns[i]) + " = " + column_sql("t", key.to_columns[i]) +
             " AND ";
    }
    const CriteriaSql child(ground_.map, ground_.catalog, from->second);
    sql += child.noted("c");
    if (ground_.holds.empty())
      sql += " AND NOT (" + child.theirs("c") + " AND " + child.outlived("c") + ")";
    sql += ")";
  }
  return sql;
}

// There is something left to erase as long as anonymising would change the row.
store::Sql RestrictedWriter::forget() {
  const std::string tenant = s_.tenant_param_;
  std::string sql, parts;
  const std::vector<std::string> ids = ground_.map.id_columns(table_);
  const std::vector<std::string> key = parts_of_key(ground_.map, ground_.catalog, table_, "r.key");
  for (std::size_t i = 0; i < ids.size(); ++i)
    parts += " AND " + column_sql("t", ids[i]) + " = " + key[i];
  const std::string entries = "ccctl.restricted r WHERE " + of_table("r", tenant, table_);
  const std::string row =
      " FROM " + s_.from(table_.name, "t") + " WHERE " + s_.tenant_of(table_, "t") + parts;
  if (table_.erase != datamap::Erase::anonymise) {
    sql = "DELETE FROM " + entries + " AND NOT EXISTS (SELECT 1" + row + " OFFSET 0)";
    return {std::move(sql), s_.params_.take()};
  }
  s_.add("s0", "SELECT x.* FROM ccctl.restricted r CROSS JOIN LATERAL (SELECT " +
                   datamap::key_list_sql(table_, "t") + row + " OFFSET 0) x WHERE " +
                   of_table("r", tenant, table_));
  s_.later_ = true;
  s_.acting_[table_.name] = "s0";
  s_.update_rows(table_, false);
  sql = s_.ctes_ + "\nDELETE FROM " + entries + " AND r.key NOT IN (SELECT " +
        datamap::key_text_sql(ids, "y") + " FROM q" + s_.number_of(table_.name) + " y)";
  return {std::move(sql), s_.params_.take()};
}

}  // namespace ccctl::plan
