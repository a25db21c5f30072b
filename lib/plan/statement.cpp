// The scope as common table expressions.
#include "plan/statement.h"

#include <algorithm>

#include "base/error.h"
#include "datamap/sql.h"
#include "plan/ring_sql.h"
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
  // RECURSIVE says that an expression may use itself; most do not.
  ctes_ += ctes_.empty() ? "WITH RECURSIVE " : ",\n";
  ctes_ += name + (writes ? " AS (" : " AS MATERIALIZED (") + body + ")";
}

void Statement::count(Compiled::Counter counter, const std::string& scalar) {
  counts_ += counts_.empty() ? "\nSELECT " : ",\n  ";
  counts_ += scalar;
  counters_.push_back(std::move(counter));
}

// One name for the union of several sets of the same table.
std::string Statement::unite(const std::string& name, const std::vector<std::size_t>& sets) {
  if (sets.size() == 1) return prefix_ + "s" + std::to_string(sets.front());
  std::string body;
  for (std::size_t set : sets)
    body += (body.empty() ? "TABLE " : " UNION TABLE ") + prefix_ + "s" + std::to_string(set);
  add(name, body);
  return name;
}

std::string Statement::driver_sql(const Table& table, const Drivers& drivers) {
  if (const auto due = due_.find(table.name); due != due_.end()) return due->second;
  const datamap::SubjectType& type = *map_.subject(scope_.kind);
  return "SELECT " + key_list_sql(table, "t") + " FROM " + from(table.name, "t") + " WHERE " +
         tenant_of(table, "t") + " AND " + datamap::where_sql("t", type.where) + " AND " +
         subject::key_in_sql(map_, catalog_, table, "t", drivers.refs, params_);
}

std::string Statement::link_sql(const Table& table, const Source& source, const std::string& p) {
  const datamap::Link& link = *table.link(source.link);
  // A list may lead to several of the parents.
  const std::string select = link.from_list() ? "SELECT DISTINCT " : "SELECT ";
  return select + key_list_sql(table, "t") + " FROM " + p + " JOIN " + from(table.name, "t") +
         " ON " + datamap::link_sql(map_, catalog_, table, "t", link, "p") + " WHERE " +
         tenant_of(table, "t");
}

// Parents of which at least one counted child is in scope and no counted child is outside. The
// inner query stays a plan of its own (OFFSET 0): it runs once per parent over the child's index,
// where a join would read the whole child table.
std::string Statement::last_sql(const Table& table, const Source& source, const std::string& p,
                                const std::string& y) {
  const Table& child = this->table(source.child);
  const datamap::Link& link = *child.link(source.link);
  const auto counted = [&](const std::string& alias, const std::string& parent) {
    return datamap::link_sql(map_, catalog_, child, alias, link, parent) + " AND " +
           datamap::where_sql(alias, link.count) + " AND " + tenant_of(child, alias);
  };
  // NOT IN is a hash table made once, and knows nothing of keys with nulls.
  const datamap::CatalogTable& entry = catalog_.at(child.name);
  const bool solid = std::all_of(child.key.begin(), child.key.end(), [&](const std::string& name) {
    const datamap::CatalogColumn* column = entry.column(name);
    return column != nullptr && column->not_null;
  });
  const std::string outside =
      solid ? "(" + key_list_sql(child, "o") + ") NOT IN (SELECT " + key_list_sql(child, "y") +
                  " FROM " + y + ")"
            : "NOT EXISTS (SELECT 1 FROM " + y + " WHERE " + same_key_sql(child, "o", "y") + ")";
  return "SELECT DISTINCT " + key_list_sql(table, "t") + " FROM " + p + " JOIN " +
         from(child.name, "c") + " ON " + same_key_sql(child, "c", "p") + " JOIN " +
         from(table.name, "t") + " ON " + counted("c", "t") + " WHERE " + tenant_of(table, "t") +
         " AND NOT EXISTS (SELECT 1 FROM " + from(child.name, "o") + " WHERE " + counted("o", "t") +
         " AND " + outside + " OFFSET 0)";
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

// `name`: for the union of several sets.
std::string Statement::source_sql(const Table& table, const Source& source, const Drivers& drivers,
                                  const std::string& name) {
  switch (source.how) {
    case Source::How::driver:
      return source.sets.empty() ? driver_sql(table, drivers)
                                 : "TABLE " + prefix_ + "s" + std::to_string(source.sets.front());
    case Source::How::link:
      return link_sql(table, source, unite(name, source.sets) + " p");
    case Source::How::last: {
      const std::string children = unite(name, source.sets);
      return last_sql(table, source, children + " p", children + " y");
    }
    case Source::How::match:
      return match_sql(table, drivers);
  }
  return "";
}

void Statement::one_set(std::size_t number, const Drivers& drivers) {
  const ScopeSet& set = scope_.sets[number];
  std::string body;
  for (std::size_t j = 0; j < set.sources.size(); ++j) {
    const std::string name = prefix_ + "m" + std::to_string(number) + "_" + std::to_string(j);
    body += (body.empty() ? "" : "\n UNION ") +
            source_sql(table(set.table), set.sources[j], drivers, name);
  }
  add(prefix_ + "s" + std::to_string(number), body);
}

// The sets from `first` to `end`, which feed each other.
void Statement::ring(std::size_t first, std::size_t end, const Drivers& drivers) {
  const auto inside = [&](std::size_t set) { return first <= set && set < end; };
  std::vector<TableName> tables;
  for (std::size_t i = first; i < end; ++i) tables.push_back(scope_.sets[i].table);
  RingWriter ring(*this, prefix_ + "r" + std::to_string(scope_.sets[first].ring), tables);
  for (std::size_t i = first; i < end; ++i) {
    const Table& table = this->table(scope_.sets[i].table);
    for (std::size_t j = 0; j < scope_.sets[i].sources.size(); ++j) {
      const Source& source = scope_.sets[i].sources[j];
      const auto own = std::find_if(source.sets.begin(), source.sets.end(), inside);
      if (own == source.sets.end()) {
        ring.seed(table.name,
                  source_sql(table, source, drivers,
                             prefix_ + "m" + std::to_string(i) + "_" + std::to_string(j)));
      } else if (source.how == Source::How::link) {
        ring.arm(
            {scope_.sets[*own].table, table.name,
             [&](const std::string& p, const std::string&) { return link_sql(table, source, p); }});
      } else {
        ring.arm({source.child, table.name,
                  [&](const std::string& p, const std::string& y) {
                    return last_sql(table, source, p, y);
                  },
                  true});
      }
    }
  }
  ring.write();
  for (std::size_t i = first; i < end; ++i)
    add(prefix_ + "s" + std::to_string(i), ring.rows(scope_.sets[i].table));
}

void Statement::sets_of(const Drivers& drivers, std::size_t first) {
  for (std::size_t i = first; i < scope_.sets.size();) {
    std::size_t end = i + 1;
    if (scope_.sets[i].ring == 0) {
      one_set(i, drivers);
    } else {
      while (end < scope_.sets.size() && scope_.sets[end].ring == scope_.sets[i].ring) ++end;
      ring(i, end, drivers);
    }
    i = end;
  }
  for (const TableName& name : scope_.tables())
    all_[name] = unite(prefix_ + "f" + number_of(name), scope_.sets_of(name));
}

void Statement::scope_sets(const Drivers& drivers) {
  sets_of(drivers);
  kept_members_ = !drivers.kept_members.empty();
  if (kept_members_) {
    add("kept_members",
        driver_sql(table(scope_.sets.front().table), {drivers.kept_members, {}, {}, {}, {}}));
  }
  canonical_ = drivers.canonical;
  members_ = drivers.refs;
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
  if (watches_) counts_ += ",\n  (" + (overtaken_.empty() ? "0" : overtaken_) + ")";
  return {{ctes_ + counts_, params_.take()}, std::move(counters_), watches_};
}

}  // namespace ccctl::plan
