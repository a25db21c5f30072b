#include "plan/protection.h"

#include <algorithm>

#include "base/error.h"
#include "datamap/check.h"
#include "datamap/sql.h"
#include "plan/anchor_parts.h"
#include "plan/hold_sql.h"

namespace ccctl::plan {
namespace {

constexpr std::string_view kTenantAnchor = "tenant.";

// The tenant's own row: one text per named column.
std::optional<std::string> tenant_value(store::Tx& tx, const datamap::Map& map,
                                        const datamap::Catalog& catalog, const std::string& tenant,
                                        const std::string& sql) {
  if (!map.tenants) return std::nullopt;
  const datamap::Table& table = *map.table(map.tenants->table);
  const datamap::CatalogColumn* key = catalog.at(table.name).column(map.tenants->key);
  const store::Rows rows =
      tx.exec({"SELECT (" + sql + ")::text FROM " + catalog.at(table.name).sql_name + " t WHERE " +
                   datamap::column_sql("t", map.tenants->key) + " = " +
                   datamap::typed_param("$1", key == nullptr ? "" : key->type),
               {tenant}});
  if (rows.empty() || rows.is_null(0, 0)) return std::nullopt;
  return std::string(rows.text(0, 0));
}

std::string zone_of(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                    const std::string& tenant, const std::string& zone) {
  if (zone != "tenant") return zone;
  if (!map.tenants || !map.tenants->zone) {
    throw Error(ErrorKind::policy_invalid,
                "the pack takes each tenant's zone, but the data map has none");
  }
  const auto found =
      tenant_value(tx, map, catalog, tenant, datamap::site_text_sql("t", *map.tenants->zone));
  if (!found) {
    throw Error(ErrorKind::refused, "tenant \"" + tenant + "\" has no time zone",
                "set it where the tenants stand");
  }
  return *found;
}

// The same for every row. False: it is over, whatever the row's own anchors say.
bool add_tenant_part(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                     const std::string& tenant, const std::string& name, Instant as_of,
                     TableMinimum& minimum) {
  if (!map.tenants || !map.tenants->anchors.contains(name)) {
    throw doc::error_at(ErrorKind::policy_invalid, minimum.rule.at,
                        "the data map gives its tenants no anchor \"" + name + "\"");
  }
  const datamap::Table& table = *map.table(map.tenants->table);
  const datamap::Anchor& anchor = map.tenants->anchors.at(name);
  const auto text =
      tenant_value(tx, map, catalog, tenant, datamap::anchor_sql(map, catalog, table, "t", anchor));
  if (!text) {
    minimum.parts.clear();
    minimum.kept_by_tenant = true;
    return minimum.rule.pending == rule::Pending::keep;
  }
  std::optional<Instant> expiry;
  if (datamap::anchor_is_date(map, catalog, table, anchor)) {
    const std::optional<Instant> midnight = parse_instant(*text + "T00:00:00Z");
    if (midnight) {
      expiry = add(Day(std::chrono::floor<std::chrono::days>(*midnight)), *minimum.rule.min,
                   minimum.zone);
    }
  } else if (const std::optional<Instant> at = parse_pg_timestamptz(*text)) {
    expiry = add(*at, *minimum.rule.min, minimum.zone, minimum.rule.granularity);
  }
  if (expiry && *expiry <= as_of) return true;
  minimum.kept_by_tenant = true;
  if (!minimum.until || !expiry || *minimum.until < *expiry) minimum.until = expiry;
  return true;
}

// Fills in what the rule counts from; false when no row of the table can be kept by it.
bool add_parts(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
               const datamap::Table& table, const std::string& tenant, Instant as_of,
               TableMinimum& minimum) {
  const rule::RetentionRule& rule = minimum.rule;
  const auto of_tenant = [&](const std::string& name) {
    return add_tenant_part(tx, map, catalog, tenant, name, as_of, minimum);
  };
  if (rule.anchor.starts_with(kTenantAnchor)) {
    return of_tenant(rule.anchor.substr(kTenantAnchor.size())) && minimum.kept_by_tenant;
  }
  const auto anchor = table.anchors.find(rule.anchor);
  if (anchor == table.anchors.end()) {
    throw doc::error_at(ErrorKind::policy_invalid, rule.at,
                        "table \"" + table.name + "\" has no anchor \"" + rule.anchor + "\"",
                        "give the table the anchor in the data map, or narrow the rule's match");
  }
  std::vector<std::string> of_the_tenant;
  for (const datamap::Anchor* each : anchor_parts(map, catalog, table, anchor->second)) {
    if (each->source == datamap::Anchor::Source::tenant) {
      of_the_tenant.push_back(each->anchor);
      continue;
    }
    TableMinimum::Part& part = minimum.parts.emplace_back();
    part.anchor = each;
    part.is_date = datamap::anchor_is_date(map, catalog, table, *each);
    if (part.is_date) {
      part.day_ranges = due_ranges_of_days(*rule.min, minimum.zone, as_of);
    } else {
      part.ranges = due_ranges(*rule.min, minimum.zone, rule.granularity, as_of);
    }
  }
  return std::all_of(of_the_tenant.begin(), of_the_tenant.end(), of_tenant) &&
         (!minimum.parts.empty() || minimum.kept_by_tenant);
}

}  // namespace

void require_sight(const datamap::Map& map, const datamap::Catalog& catalog,
                   const std::vector<rule::Hold>& holds) {
  std::set<std::string> kinds;
  for (const rule::Hold& hold : holds) {
    for (const subject::SubjectRef& held : hold.subjects) kinds.insert(held.kind);
  }
  if (kinds.empty()) return;
  const std::vector<datamap::Finding> findings = datamap::check(map, catalog);
  for (const std::string& kind : kinds)
    datamap::require_fit(findings, closure(map, scope_of(map, kind)));
}

void Protection::lift(const std::string& hold) {
  std::erase_if(holds, [&](const rule::Hold& each) { return each.id == hold; });
  std::erase_if(values, [&](const HeldValue& each) { return each.hold == hold; });
  lifted.push_back(hold);
}

bool Protection::any_wide_hold() const {
  return std::any_of(holds.begin(), holds.end(),
                     [](const rule::Hold& hold) { return !hold.of_subject(); });
}

std::vector<subject::SubjectRef> Protection::held_subjects() const {
  std::vector<subject::SubjectRef> all;
  for (const rule::Hold& hold : holds)
    all.insert(all.end(), hold.subjects.begin(), hold.subjects.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Protection protect(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                   const Scope& scope, const std::vector<rule::Retention>& documents,
                   const std::string& tenant, Instant as_of) {
  Protection protection;
  protection.holds = rule::active_holds(tx, tenant);
  require_sight(map, catalog, protection.holds);
  protection.staged = read_staged(tx, map, tenant);
  if (!protection.held_subjects().empty()) {
    Statement statement(map, catalog, scope, tenant);
    protection.values = HoldWriter(statement, protection).read_values(tx, tenant);
  }
  for (const datamap::TableName& name : scope.tables()) {
    const datamap::Table& table = *map.table(name);
    std::vector<TableMinimum> kept;
    for (rule::Minimum& found : rule::blocking_minima(documents, table, tenant)) {
      TableMinimum minimum;
      minimum.zone = zone_of(tx, map, catalog, tenant, found.zone);
      minimum.data = std::move(found.data);
      minimum.when = std::move(found.when);
      minimum.rule = std::move(found.rule);
      if (add_parts(tx, map, catalog, table, tenant, as_of, minimum))
        kept.push_back(std::move(minimum));
    }
    if (!kept.empty()) protection.minima.emplace(name, std::move(kept));
  }
  return protection;
}

}  // namespace ccctl::plan
