// The scope as common table expressions.
#include "plan/statement.h"

#include <algorithm>

#include "base/error.h"
#include "datamap/sql.h"
#include "subject/key_sql.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;

Statement::Statement(const datamap::Map& map, const datamap::Catalog& catalog, const Scope& scope,
                     const std::string& tenant)
    : map_(map), catalog_(catalog), scope_(scope), tenant_param_(params_.bind(tenant)) {}

std::string Statement::number_of(const TableName& name) const {
  const auto it = std::find_if(map_.tables.begin(), map_.tables.end(),
                               [&](const Table& each) { return each.name == name; });
  return std::to_string(it - map_.tables.begin());
}

std::string Statement::from(const TableName& name, const std::string& alias) const {
  return catalog_.at(name).sql_name + " " + alias;
}

std::string Statement::tenant_of(const Table& table, const std::string& alias) const {
  return datamap::tenant_sql(map_, catalog_, table, alias, tenant_param_);
}

void Statement::add(const std::string& name, const std::string& body, bool writes) {
  ctes_ += ctes_.empty() ? "WITH " : ",\n";
  ctes_ += name + (writes ? " AS (" : " AS MATERIALIZED (") + body + ")";
}

void Statement::count(Compiled::Counter counter, const std::string& scalar) {
  counts_ += counts_.empty() ? "\nSELECT " : ",\n  ";
  counts_ += scalar;
  counters_.push_back(std::move(counter));
}

// One name for the union of several sets of the same table.
std::string Statement::unite(const std::string& name, const std::vector<std::size_t>& sets) {
  if (sets.size() == 1) return "s" + std::to_string(sets.front());
  std::string body;
  for (std::size_t set : sets)
    body += (body.empty() ? "TABLE s" : " UNION TABLE s") + std::to_string(set);
  add(name, body);
  return name;
}

std::string Statement::driver_sql(const Table& table, const Drivers& drivers) {
  const datamap::SubjectType& type = *map_.subject(scope_.kind);
  return "SELECT " + key_list_sql(table, "t") + " FROM " + from(table.name, "t") + " WHERE " +
         tenant_of(table, "t") + " AND " + datamap::where_sql("t", type.where) + " AND " +
         subject::key_in_sql(map_, catalog_, table, "t", drivers.refs, params_);
}

std::string Statement::link_sql(const Table& table, const Source& source,
                                const std::string& parents) {
  const datamap::Link& link = *table.link(source.link);
  return "SELECT " + key_list_sql(table, "t") + " FROM " + parents + " p JOIN " +
         from(table.name, "t") + " ON " + datamap::link_sql(map_, catalog_, table, "t", link, "p") +
         " WHERE " + tenant_of(table, "t");
}

// Parents of which at least one counted child is in scope and no counted child is outside. The
// inner query stays a plan of its own (OFFSET 0): it runs once per parent over the child's index,
// where a join would read the whole child table. The children in scope are looked up by NOT IN, a
// hash table made once: NOT EXISTS may read all of them for every parent.
std::string Statement::last_sql(const Table& table, const Source& source,
                                const std::string& children) {
  const Table& child = this->table(source.child);
  const datamap::Link& link = *child.link(source.link);
  const auto counted = [&](const std::string& alias, const std::string& parent) {
    return datamap::link_sql(map_, catalog_, child, alias, link, parent) + " AND " +
           datamap::where_sql(alias, link.count) + " AND " + tenant_of(child, alias);
  };
  return "SELECT DISTINCT " + key_list_sql(table, "t") + " FROM " + children + " p JOIN " +
         from(child.name, "c") + " ON " + same_key_sql(child, "c", "p") + " JOIN " +
         from(table.name, "t") + " ON " + counted("c", "t") + " WHERE " + tenant_of(table, "t") +
         " AND NOT EXISTS (SELECT 1 FROM " + from(child.name, "o") + " WHERE " + counted("o", "t") +
         " AND (" + key_list_sql(child, "o") + ") NOT IN (SELECT " + key_list_sql(child, "y") +
         " FROM " + children + " y) OFFSET 0)";
}

std::string Statement::match_sql(const Table& table, const Drivers& drivers) {
  std::string any;
  for (const datamap::Column& column : table.columns) {
    if (column.is.empty()) continue;
    if ((column.normalise.empty() && column.search.empty()) || !column.site.plain()) {
      throw doc::error_at(ErrorKind::map_invalid, column.at,
                          "a column of a match table must say in which form its values stand",
                          "give it `normalise` or `search`");
    }
    const auto values = drivers.exclusive.find(column.is);
    if (values == drivers.exclusive.end()) continue;
    // One parameter each: of an array the planner believes that it holds ten.
    std::string list;
    for (const std::string& value : values->second)
      list += (list.empty() ? "" : ", ") + params_.bind(value) + "::text";
    any += (any.empty() ? "" : " OR ") +
           datamap::column_sql("t", column.search.empty() ? column.site.column : column.search) +
           " IN (" + list + ")";
  }
  if (any.empty()) any = "false";
  return "SELECT " + key_list_sql(table, "t") + " FROM " + from(table.name, "t") + " WHERE " +
         tenant_of(table, "t") + " AND (" + any + ")";
}

void Statement::scope_sets(const Drivers& drivers) {
  for (std::size_t i = 0; i < scope_.sets.size(); ++i) {
    const ScopeSet& set = scope_.sets[i];
    const Table& table = this->table(set.table);
    std::string body;
    for (std::size_t j = 0; j < set.sources.size(); ++j) {
      const Source& source = set.sources[j];
      if (!body.empty()) body += "\n UNION ";
      const std::string name = "m" + std::to_string(i) + "_" + std::to_string(j);
      switch (source.how) {
        case Source::How::driver:
          body += driver_sql(table, drivers);
          break;
        case Source::How::link:
          body += link_sql(table, source, unite(name, source.sets));
          break;
        case Source::How::last:
          body += last_sql(table, source, unite(name, source.sets));
          break;
        case Source::How::match:
          body += match_sql(table, drivers);
          break;
      }
    }
    add("s" + std::to_string(i), body);
  }
  kept_members_ = !drivers.kept_members.empty();
  if (kept_members_) {
    add("kept_members",
        driver_sql(table(scope_.sets.front().table), {drivers.kept_members, {}, {}}));
  }
  for (const TableName& name : scope_.tables())
    all_[name] = unite("f" + number_of(name), scope_.sets_of(name));
}

// FOR UPDATE on the subjects' rows and on every parent that some last-child link could take along.
// A unit whose anchor `ended` is unknown has not ended.
std::vector<bool> Statement::locks() {
  std::vector<bool> open;
  const auto lock = [&](const Table& table, const std::string& condition) {
    const std::string name = "k" + std::to_string(open.size());
    const auto ended = table.anchors.find("ended");
    const bool ends = table.unit && ended != table.anchors.end();
    const std::string is_open =
        ends ? datamap::anchor_sql(map_, catalog_, table, "t", ended->second) + " IS NULL"
             : "false";
    add(name, "SELECT " + is_open + " AS open FROM " + from(table.name, "t") + " WHERE " +
                  condition + " ORDER BY " + key_list_sql(table, "t") + " FOR UPDATE");
    count({}, "(SELECT pg_catalog.count(*)" + std::string(ends ? " FILTER (WHERE open)" : "") +
                  " FROM " + name + ")");
    open.push_back(ends);
  };
  const Table& driver = table(scope_.sets.front().table);
  lock(driver, "EXISTS (SELECT 1 FROM s0 p WHERE " + same_key_sql(driver, "t", "p") + ")");
  for (const Table& child : map_.tables) {
    for (const datamap::Link& link : child.links) {
      if (!link.up_last || !scope_.holds(child.name)) continue;
      const Table& parent = table(link.to);
      lock(parent, tenant_of(parent, "t") + " AND (" + key_list_sql(parent, "t") + ") IN (SELECT " +
                       key_list_sql(parent, "u") + " FROM " + all_of(child.name) + " p JOIN " +
                       from(child.name, "c") + " ON " + same_key_sql(child, "c", "p") + " JOIN " +
                       from(parent.name, "u") + " ON " +
                       datamap::link_sql(map_, catalog_, child, "c", link, "u") + ")");
    }
  }
  return open;
}

Compiled Statement::finish() {
  return {{ctes_ + counts_, params_.take()}, std::move(counters_)};
}

}  // namespace ccctl::plan
