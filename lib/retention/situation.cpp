#include "retention/situation.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "crypto/digest.h"
#include "datamap/check.h"
#include "plan/circles.h"
#include "rule/hold.h"

namespace ccctl::retention {

using datamap::Table;
using datamap::TableName;

namespace {

bool goes_through(const datamap::Anchor& anchor, const std::string& link) {
  return (anchor.source == datamap::Anchor::Source::link && anchor.link == link) ||
         std::any_of(anchor.parts.begin(), anchor.parts.end(),
                     [&](const datamap::Anchor& part) { return goes_through(part, link); });
}

// Once the other row has gone, nothing tells when this one is due.
bool reckons_by(const Table& child, const std::string& link) {
  return std::any_of(child.anchors.begin(), child.anchors.end(),
                     [&](const auto& anchor) { return goes_through(anchor.second, link); });
}

// Tables of what follows, or is reckoned by, another come before it; what runs in a circle, in the
// map's order.
std::vector<const Table*> leaves_first(const datamap::Map& map) {
  std::vector<const Table*> all;
  for (const Table& table : map.tables) all.push_back(&table);
  const auto followers = [&](const Table* const& parent) {
    std::vector<const Table*> found;
    for (const Table& child : map.tables) {
      for (const datamap::Link& link : child.links) {
        if (link.to != parent->name) continue;
        if (link.down == datamap::Down::follow || reckons_by(child, link.name))
          found.push_back(&child);
      }
    }
    return found;
  };
  std::vector<const Table*> ordered;
  for (const auto& circle : plan::circles<const Table*>(all, followers))
    ordered.insert(ordered.end(), circle.begin(), circle.end());
  return ordered;
}

}  // namespace

Situation::Situation(store::Tx& tx, const Ground& ground, Instant as_of, bool real, bool planned)
    : ground_(ground),
      as_of_(as_of),
      catalog_(datamap::read_catalog(tx, ground.map)),
      facts_(plan::read_tenant(tx, ground.map, catalog_, ground.tenant)),
      sweep_{ground.map,   catalog_,
             criteria_,    ground.tenant,
             facts_.stand, rule::active_holds(tx, ground.tenant),
             {},           plan::read_staged(tx, ground.map, ground.tenant),
             as_of,        real,
             planned} {
  sweep_.values = plan::read_held_values(tx, sweep_);
  const std::set<TableName> restricted = plan::read_restricted(tx, ground.map, ground.tenant);
  for (const Table& table : ground.map.tables) {
    if (catalog_.table(table.name) == nullptr) continue;  // drift, told where it matters
    criteria_.emplace(table.name,
                      plan::criteria_of(ground.map, catalog_, table, ground.rules, facts_, as_of,
                                        restricted.contains(table.name)));
  }
  find_passes();
  require_fit();
}

void Situation::add_passes(plan::Act act) {
  for (const Table* table : leaves_first(ground_.map)) {
    const auto found = criteria_.find(table->name);
    if (found == criteria_.end() || !found->second.swept()) continue;
    for (std::size_t i = 0; i < found->second.maxima.size(); ++i) {
      const bool stages = found->second.maxima[i].rule->rule.stages.has_value();
      if (stages != (act != plan::Act::remove)) continue;
      if (auto pass = plan::pass_of(sweep_, found->second, i, act))
        passes_.push_back(std::move(*pass));
    }
  }
}

// Parents first: what follows a row that is restored is restored, too. Nothing tells what is due
// once the tenant's own row has gone. Also of tables that have no stages yet: passes that hide rows
// come before, and an interrupted run goes by its passes' numbers.
void Situation::add_restorations() {
  if (ground_.map.tenants && facts_.stand.empty()) return;
  const bool may_be = std::any_of(passes_.begin(), passes_.end(),
                                  [](const auto& pass) { return pass.act == plan::Act::hide; });
  if (sweep_.staged.empty() && !may_be) return;
  std::vector<const Table*> tables = leaves_first(ground_.map);
  std::reverse(tables.begin(), tables.end());
  for (const Table* table : tables) {
    const auto found = criteria_.find(table->name);
    if (found == criteria_.end() || !found->second.swept()) continue;
    if (auto pass = plan::pass_to_restore(sweep_, found->second))
      passes_.push_back(std::move(*pass));
  }
}

void Situation::find_passes() {
  add_passes(plan::Act::remove);
  // What is only anonymised may go along with something else later on.
  std::stable_partition(passes_.begin(), passes_.end(), [](const plan::Pass& pass) {
    return pass.then() == rule::Then::anonymise;
  });
  add_passes(plan::Act::hide);
  add_passes(plan::Act::purge);
  // The tenant's own row says when everything else is due: it goes last.
  std::stable_partition(passes_.begin(), passes_.end(), [&](const plan::Pass& pass) {
    return !ground_.map.tenants || pass.table().name != ground_.map.tenants->table;
  });
  if (!sweep_.planned) add_restorations();
}

void Situation::require_fit() const {
  std::set<TableName> closure;
  for (const plan::Pass& pass : passes_) {
    if (pass.act == plan::Act::restore && !sweep_.staged.contains(pass.table().name)) continue;
    for (const TableName& name : plan::closure(ground_.map, pass.scope)) closure.insert(name);
  }
  datamap::require_fit(datamap::check(ground_.map, catalog_), {closure.begin(), closure.end()});
  plan::require_sight(ground_.map, catalog_, sweep_.holds);
}

std::vector<TableName> Situation::without_zone() const {
  std::vector<TableName> names;
  for (const auto& [name, criteria] : criteria_) {
    if (!criteria.swept()) names.push_back(name);
  }
  return names;
}

std::string Situation::digest() const {
  Json passes = Json::array();
  std::set<TableName> closure;
  for (const plan::Pass& pass : passes_) {
    // Whether something may have to be restored is found out as the sweep goes on.
    if (pass.act == plan::Act::restore) continue;
    passes.push_back({{"table", pass.table().name}, {"rule", rule::to_json(pass.rule())}});
    if (pass.act != plan::Act::remove) passes.back()["stage"] = plan::to_text(pass.act);
    for (const TableName& name : plan::closure(ground_.map, pass.scope)) closure.insert(name);
  }
  const Json plan{{"kind", "sweep"},
                  {"tenant", ground_.tenant},
                  {"policy", ground_.policy_digest},
                  {"map", ground_.map.digest},
                  {"catalog", catalog_.digest({closure.begin(), closure.end()})},
                  {"passes", std::move(passes)}};
  return crypto::to_hex(crypto::view(crypto::sha256(canonical(plan))));
}

}  // namespace ccctl::retention
