// Which rows of a sweep's reach must stay, and what they keep above them.
#include <algorithm>

#include "datamap/sql.h"
#include "plan/hold_sql.h"
#include "plan/ring_sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::Link;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;

namespace {

bool takes_along(const Link& link) {
  return link.down == datamap::Down::follow && !link.to.empty();
}

}  // namespace

std::vector<HeldValue> read_held_values(store::Tx& tx, const SweepGround& ground) {
  Protection protection;
  protection.holds = ground.holds;
  if (protection.held_subjects().empty()) return {};
  const Scope nowhere;
  Statement statement(ground.map, ground.catalog, nowhere, ground.tenant);
  return HoldWriter(statement, protection).read_values(tx, ground.tenant);
}

CriteriaSql KeptWriter::criteria(const TableName& table) {
  return {ground_.map, ground_.catalog, ground_.criteria.at(table)};
}

// Rows of the scope that an active hold covers; how many, by which holds.
void KeptWriter::holds(Names& own) {
  Protection protection;
  protection.holds = ground_.holds;
  protection.values = ground_.values;
  HoldWriter(s_, protection).write(own);
  for (const auto& [name, ctes] : own) {
    std::string rows;
    for (const std::string& cte : ctes) {
      rows += (rows.empty() ? "" : " UNION ") + std::string("SELECT ") +
              key_list_sql(s_.table(name), "k") + ", hold_id FROM " + cte + " k";
    }
    s_.count({{}, Kept{name, 0, "hold", "legal_hold", "", std::nullopt, {}, false}, nullptr},
             "(SELECT pg_catalog.jsonb_build_object('rows', pg_catalog.count(DISTINCT (" +
                 key_list_sql(s_.table(name), "k") +
                 ")), 'holds', pg_catalog.jsonb_agg(DISTINCT hold_id)) FROM (" + rows +
                 ") k)::text");
  }
}

// Rows of the table that a hold covers, or the parents that go with it, by key alone.
std::string KeptWriter::own_rows(const Names& own, const TableName& name) const {
  std::string sql;
  if (const auto mine = own.find(name); mine != own.end()) {
    for (const std::string& cte : mine->second) {
      sql += (sql.empty() ? "" : " UNION ") + std::string("SELECT ") +
             key_list_sql(s_.table(name), "k") + " FROM " + cte + " k";
    }
  }
  return sql;
}

// Rows that would go along and that a minimum keeps.
void KeptWriter::law(Names& own) {
  for (const TableName& name : s_.scope_.tables()) {
    const Table& table = s_.table(name);
    const std::string outlived = criteria(name).outlived("t");
    if (outlived == "true") continue;
    const std::string cte = (climbed_ == "k" ? "l" : climbed_ + "l") + s_.number_of(name);
    s_.add(cte, "SELECT " + key_list_sql(table, "t") + " FROM " + s_.all_of(name) + " p JOIN " +
                    s_.from(name, "t") + " ON " + same_key_sql(table, "t", "p") + " WHERE NOT " +
                    outlived);
    s_.count({{}, Kept{name, 0, "minimum", "", "", std::nullopt, {}, false}, nullptr},
             "(SELECT pg_catalog.jsonb_build_object('rows', pg_catalog.count(*)) FROM " + cte +
                 ")::text");
    own[name].push_back(cte);
  }
}

// Rows in reach that the link of a kept row leads to: they stay, too.
std::string KeptWriter::parents_of_kept(const Table& child, const Link& link,
                                        const std::string& p) {
  const Table& parent = s_.table(link.to);
  return "SELECT " + key_list_sql(parent, "t") + " FROM " + p + " JOIN " +
         s_.from(child.name, "c") + " ON " + same_key_sql(child, "c", "p") + " JOIN " +
         s_.from(parent.name, "t") + " ON " +
         datamap::link_sql(ground_.map, ground_.catalog, child, "c", link, "t") + " JOIN " +
         s_.all_of(parent.name) + " s ON " + same_key_sql(parent, "t", "s");
}

void KeptWriter::climb_by_ring(const Names& own) {
  const std::vector<TableName> tables = s_.scope_.tables();
  RingWriter ring(s_, climbed_ + "r", tables);
  for (const TableName& name : tables) {
    if (const std::string rows = own_rows(own, name); !rows.empty()) ring.seed(name, rows);
    for (const Link& link : s_.table(name).links) {
      if (!takes_along(link) || !s_.scope_.holds(link.to)) continue;
      ring.arm({name, link.to, [this, &name, &link](const std::string& p, const std::string&) {
                  return parents_of_kept(s_.table(name), link, p);
                }});
    }
  }
  ring.write();
  for (const TableName& name : tables) {
    kept_[name] = climbed_ + "k" + s_.number_of(name);
    s_.add(kept_[name], ring.rows(name));
  }
}

// From what must stay up to the rows of the pass that would take it along.
void KeptWriter::climb(const Names& own) {
  if (own.empty()) return;
  const auto& sets = s_.scope_.sets;
  if (std::any_of(sets.begin(), sets.end(), [](const ScopeSet& set) { return set.ring > 0; }))
    return climb_by_ring(own);
  std::vector<TableName> tables = s_.scope_.tables();
  std::reverse(tables.begin(), tables.end());  // children before their parents
  for (const TableName& name : tables) {
    std::string body = own_rows(own, name);
    for (const TableName& child : s_.scope_.tables()) {
      if (!kept_.contains(child)) continue;
      for (const Link& link : s_.table(child).links) {
        if (link.to != name || !takes_along(link)) continue;
        body += (body.empty() ? "" : "\n UNION ") +
                parents_of_kept(s_.table(child), link, kept_.at(child) + " p");
      }
    }
    if (body.empty()) continue;
    kept_[name] = climbed_ + "k" + s_.number_of(name);
    s_.add(kept_[name], body);
  }
}

}  // namespace ccctl::plan
