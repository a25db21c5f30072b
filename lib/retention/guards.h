// What must hold before a sweep's first write: limits, clocks, approved and known rules.
//
// Each throws refused and says which option, or which person, lets it go on.
#pragma once

#include <string>
#include <vector>

#include "policy/approval.h"
#include "retention/situation.h"
#include "retention/survey.h"
#include "store/session.h"

namespace ccctl::retention {

// Its target is a pack's digest; signed, sweeps delete by that pack (P-05).
extern const policy::ApprovalKind kPackApproval;

struct Waivers {
  bool first_run_ok = false;       // rules that this tenant was never swept by
  bool accept_shortening = false;  // rules by which rows are due earlier than at the last run
  bool accept_clock_jump = false;
};

// No more rows of a table, and no larger part of it, than the pack allows (S-40).
void require_limits(const Survey& survey, const rule::Limits& limits);
// Host and datastore agree, and the datastore's clock has neither gone back since the last run nor
// jumped ahead.
void require_clocks(store::Tx& tx, const Ground& ground, Instant host, Instant now,
                    bool accept_jump);
// No maximum in a wording by which the tenant was never swept, and none of which rows are due
// earlier.
void require_known_rules(store::Tx& tx, const Ground& ground, const Waivers& waivers);
// Gives the id of the approval that is missing, asked for now or before; empty when there is one.
std::string missing_approval(store::Tx& tx, const Context& context, const Ground& ground,
                             Instant now);
// Refuses for that id, when there is one: after what asked for it has committed.
void require_approved(const Ground& ground, const std::string& missing);

// The rules have run; `now` is recorded as the last run's clock where it is given.
void remember_run(store::Tx& tx, const Ground& ground, Instant now, bool clock);

}  // namespace ccctl::retention
