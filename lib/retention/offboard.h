// The end of a tenant's contract as its pack's rules lay it out: until when its data is kept, when
// it goes, and when the last copy has gone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "retention/situation.h"

namespace ccctl::retention {

// `at` is not known while the anchor is not.
struct Milestone {
  std::string rule, anchor;
  std::string what;  // kept_until, goes_from, gone_by, purged_from, backups_gone
  std::optional<Instant> at;
  bool passed = false;  // at the situation's instant
};

// One or more for each rule that counts from an anchor of the tenant's, in the order of time; what
// has been hidden already is told by its stage: of the row that was hidden last.
std::vector<Milestone> time_line(store::Tx& tx, const Situation& situation,
                                 const rule::Ruleset& rules);

// Whether the end has come: some anchor of the tenant's by which a maximum counts lies in the past.
bool ended(const Situation& situation, const rule::Ruleset& rules);

Json to_json(const Milestone& milestone);

}  // namespace ccctl::retention
