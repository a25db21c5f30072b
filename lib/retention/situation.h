// What a retention command finds: the rules as they concern each table at one instant, the holds,
// and the passes that a sweep would make.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "datamap/catalog.h"
#include "datamap/map.h"
#include "plan/criteria.h"
#include "plan/sweep.h"
#include "rule/ruleset.h"
#include "store/session.h"

namespace ccctl::retention {

// What a person wrote.
struct Ground {
  const datamap::Map& map;
  const rule::Ruleset& rules;
  std::string tenant;
  std::string pack, policy_digest;
};

class Situation {
 public:
  // Reads in the caller's transaction; `real`: `as_of` is the datastore's clock;
  // `planned`: only rows of the plan that is being applied go. Refuses
  // (map_drift, denied) where a table that a pass would touch no longer fits the map, or where a
  // site's own row-level security may hide rows.
  Situation(store::Tx& tx, const Ground& ground, Instant as_of, bool real, bool planned = false);
  Situation(const Situation&) = delete;
  Situation& operator=(const Situation&) = delete;
  ~Situation() = default;

  const plan::SweepGround& sweep() const { return sweep_; }
  // What goes at once, then what is hidden, what is purged, and what is restored. Children before
  // what they follow, so that each row is taken by a pass of its own where it is due by itself
  // (only what is restored follows its parents); in a table what leaves least first.
  const std::vector<plan::Pass>& passes() const { return passes_; }
  const std::map<datamap::TableName, plan::Criteria>& criteria() const { return criteria_; }
  // Tables with a rule that cannot be reckoned, because the tenant has no zone.
  std::vector<datamap::TableName> without_zone() const;
  const plan::TenantFacts& tenant() const { return facts_; }
  const datamap::Catalog& catalog() const { return catalog_; }
  Instant as_of() const { return as_of_; }
  // Over pack, map, the passes with their rules and the tables that they touch; hex.
  std::string digest() const;

 private:
  void find_passes();
  void add_passes(plan::Act act);
  void add_restorations();
  void require_fit() const;

  const Ground& ground_;
  Instant as_of_;
  datamap::Catalog catalog_;
  plan::TenantFacts facts_;
  std::map<datamap::TableName, plan::Criteria> criteria_;
  plan::SweepGround sweep_;
  std::vector<plan::Pass> passes_;
};

}  // namespace ccctl::retention
