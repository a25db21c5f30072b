// What stops rows of a scope from being deleted: holds, and minima of the law.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "datamap/catalog.h"
#include "datamap/map.h"
#include "plan/scope.h"
#include "rule/hold.h"
#include "rule/retention.h"
#include "store/session.h"

namespace ccctl::plan {

// A minimum of one table, its calendar already inverted: a row has outlived it when each of its
// anchors lies in one of that part's ranges.
struct TableMinimum {
  struct Part {
    const datamap::Anchor* anchor = nullptr;
    bool is_date = false;
    std::vector<AnchorRange<Instant>> ranges;
    std::vector<AnchorRange<Day>> day_ranges;
  };
  rule::RetentionRule rule;
  std::string zone;
  std::string data;  // the type of the rows it concerns; empty: any
  datamap::Where when;
  std::vector<Part> parts;  // what differs from row to row; empty: it keeps the whole table
  // An anchor of the tenant's, alone or as a part of them: it has not passed, so that no row has
  // but one whose own anchors are unknown and whose rule ignores that.
  bool kept_by_tenant = false;
  std::optional<Instant> until;  // of the tenant's anchor
};

// What a held subject is known by.
struct HeldValue {
  std::string hold, kind;
  Personal<std::string> value;  // normalised

  friend auto operator<=>(const HeldValue&, const HeldValue&) = default;
};

struct Protection {
  std::vector<rule::Hold> holds;    // active ones
  std::vector<std::string> lifted;  // ids of holds on people that are taken for released
  std::vector<HeldValue> values;    // of kinds that `match` tables hold
  std::map<datamap::TableName, std::vector<TableMinimum>> minima;
  std::set<datamap::TableName> staged;  // tables of which rows wait in a stage of retention

  // Counts as if the hold were released: a preview's. Whoever deletes keeps to all of them.
  void lift(const std::string& hold);
  bool any_wide_hold() const;  // one without a subject
  std::vector<subject::SubjectRef> held_subjects() const;
};

// The tables of which rows of the tenant's wait in a stage of retention.
std::set<datamap::TableName> read_staged(store::Tx& tx, const datamap::Map& map,
                                         const std::string& tenant);

// Goes behind a table's alias in FROM: the row's stage as alias g, NULL where there is none.
std::string with_stage_sql(const datamap::Map& map, const datamap::Table& table,
                           const std::string& alias, const std::string& tenant_param);

// The tables of which erasures had to leave rows of the tenant's.
std::set<datamap::TableName> read_restricted(store::Tx& tx, const datamap::Map& map,
                                             const std::string& tenant);

// What a held person has in other tables than those that are deleted from says what is held, too:
// refuses what would hide rows of them from this session (denied), and a map that no longer fits
// (map_drift).
void require_sight(const datamap::Map& map, const datamap::Catalog& catalog,
                   const std::vector<rule::Hold>& holds);

// Reads the holds and the tenant's anchors in the caller's transaction; a deleting one has locked
// its attempt row before. `as_of` is the run's. Refuses as require_sight() does.
Protection protect(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                   const Scope& scope, const std::vector<rule::Retention>& documents,
                   const std::string& tenant, Instant as_of);

}  // namespace ccctl::plan
