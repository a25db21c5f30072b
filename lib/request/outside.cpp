#include "request/outside.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "datamap/sql.h"

namespace ccctl::request {
namespace {

constexpr std::chrono::hours kFresh{1};

bool of_subjects(const datamap::Map& map, const std::string& table) {
  return std::any_of(map.subjects.begin(), map.subjects.end(),
                     [&](const auto& subject) { return subject.table == table; });
}

// Whether a row of the table belongs to a subject by a link of its own: "" where it has none.
std::string led_sql(const datamap::Map& map, const datamap::Table& table,
                    const std::string& alias) {
  std::string any;
  for (const datamap::Link& link : table.links) {
    if (link.down != datamap::Down::follow || !of_subjects(map, link.to)) continue;
    std::string all = datamap::where_sql(alias, link.when);
    for (const datamap::Site& site : link.from) {
      if (table.tenant.how == datamap::Tenant::How::column && site.column == table.tenant.value)
        continue;
      all += " AND " + (link.from_list() ? "pg_catalog.jsonb_array_length(" +
                                               datamap::site_values_sql(alias, site) + ") > 0"
                                         : datamap::site_text_sql(alias, site) + " IS NOT NULL");
    }
    any += (any.empty() ? "(" : " OR (") + all + ")";
  }
  return any;
}

std::uint64_t count(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                    const std::string& tenant, const datamap::Table& table,
                    const datamap::Where& unlinked) {
  std::string sql = "SELECT pg_catalog.count(*) FROM " + catalog.at(table.name).sql_name +
                    " u WHERE $1::text IS NOT NULL AND " +
                    datamap::tenant_sql(map, catalog, table, "u", "$1::text") + " AND " +
                    datamap::where_sql("u", unlinked);
  if (const std::string own = led_sql(map, table, "u"); !own.empty())
    sql += " AND (" + own + ") IS NOT TRUE";
  for (const datamap::Table& child : map.tables) {
    const std::string led = led_sql(map, child, "c");
    if (led.empty()) continue;
    for (const datamap::Link& link : child.links) {
      if (link.to != table.name || link.down != datamap::Down::follow) continue;
      sql += " AND NOT EXISTS (SELECT 1 FROM " + catalog.at(child.name).sql_name + " c WHERE " +
             datamap::link_sql(map, catalog, child, "c", link, "u") + " AND (" + led + "))";
    }
  }
  return static_cast<std::uint64_t>(tx.exec({sql, {tenant}}).integer(0, 0));
}

void keep(store::Tx& tx, const std::string& tenant, const Outside& found) {
  tx.exec(
      {"INSERT INTO ccctl.outside (tenant_id, what, rows, counted_at) VALUES ($1::text, $2::text, "
       "$3::bigint, $4::timestamptz) ON CONFLICT (tenant_id, what) DO UPDATE SET rows = "
       "EXCLUDED.rows, counted_at = EXCLUDED.counted_at",
       {tenant, found.what, std::to_string(*found.rows), to_text(found.counted_at)}});
}

}  // namespace

std::vector<Outside> outside_of(store::Tx& tx, const datamap::Map& map,
                                const datamap::Catalog& catalog, const std::string& tenant,
                                Instant now) {
  std::vector<Outside> all;
  std::optional<store::Rows> known;
  for (const datamap::Table& table : map.tables) {
    for (const datamap::Outside& part : table.outside) {
      Outside found{table.name, part.what, part.reason, part.requirements, std::nullopt, now};
      if (!part.unlinked.empty() && !known) {
        known = tx.exec(
            {"SELECT what, rows, counted_at FROM ccctl.outside WHERE tenant_id = $1::text AND "
             "counted_at > $2::timestamptz",
             {tenant, to_text(now - kFresh)}});
      }
      for (std::size_t r = 0; !part.unlinked.empty() && r < known->size(); ++r) {
        if (known->text(r, 0) != part.what) continue;
        found.rows = static_cast<std::uint64_t>(known->integer(r, 1));
        found.counted_at = *known->instant(r, 2);
      }
      if (!part.unlinked.empty() && !found.rows) {
        found.rows = count(tx, map, catalog, tenant, table, part.unlinked);
        keep(tx, tenant, found);
      }
      all.push_back(std::move(found));
    }
  }
  return all;
}

void tell_outside(Json& result, const std::vector<Outside>& outside) {
  Json& excluded = result.at("excluded");
  for (const Outside& part : outside) {
    const bool told = std::any_of(excluded.begin(), excluded.end(),
                                  [&](const Json& one) { return one.at("what") == part.what; });
    if (told || (part.rows && *part.rows == 0)) continue;
    Json entry{{"what", part.what},
               {"table", part.table},
               {"reason", part.reason},
               {"requirements", part.requirements}};
    if (part.rows) {
      entry["rows"] = *part.rows;
      entry["countedAt"] = to_text(part.counted_at);
    }
    excluded.push_back(std::move(entry));
  }
}

}  // namespace ccctl::request
