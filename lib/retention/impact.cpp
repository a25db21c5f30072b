#include "retention/impact.h"

#include "datamap/sql.h"
#include "plan/criteria.h"

namespace ccctl::retention {

std::vector<Impact> impact(store::Tx& tx, const datamap::Map& map, const std::string& tenant,
                           const rule::Ruleset& before, const rule::Ruleset& after, Instant as_of) {
  const datamap::Catalog catalog = datamap::read_catalog(tx, map);
  const plan::TenantFacts facts = plan::read_tenant(tx, map, catalog, tenant);
  std::vector<Impact> all;
  for (const datamap::Table& table : map.tables) {
    if (catalog.table(table.name) == nullptr) continue;
    const auto due = [&](const rule::Ruleset& rules) {
      const plan::Criteria criteria = plan::criteria_of(map, catalog, table, rules, facts, as_of);
      return criteria.swept() ? plan::CriteriaSql(map, catalog, criteria).due("t") : "false";
    };
    const std::string was = due(before), is = due(after);
    if (was == is) continue;
    store::Params params;
    const std::string mine = datamap::tenant_sql(map, catalog, table, "t", params.bind(tenant));
    const store::Rows rows = tx.exec(
        {"SELECT pg_catalog.count(*) FILTER (WHERE y AND NOT x), pg_catalog.count(*) FILTER (WHERE "
         "x AND NOT y) FROM (SELECT " +
             was + " AS x, " + is + " AS y FROM " + catalog.at(table.name).sql_name +
             " t WHERE $1::text IS NOT NULL AND " + mine + " OFFSET 0) b",
         params.take()});
    const Impact found{table.name, static_cast<std::uint64_t>(rows.integer(0, 0)),
                       static_cast<std::uint64_t>(rows.integer(0, 1))};
    if (found.earlier + found.later > 0) all.push_back(found);
  }
  return all;
}

}  // namespace ccctl::retention
