// Sub-processors that hold the data too: an erasure or a correction is passed on to each (W-57).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "request/policy.h"
#include "request/request.h"
#include "store/session.h"

namespace ccctl::request {

struct Step {
  std::string processor;
  std::string state;  // open, done, waived
  std::string reference, reason, decided_by;
  std::optional<Instant> decided_at;
  Instant due_at{};
};

// One for each sub-processor that is active on the day, none for an export. In the transaction that
// stores the request.
void open_steps(store::Tx& tx, const PackRules& rules, const Request& request, Instant now);
std::vector<Step> steps(store::Tx& tx, const std::string& tenant, const std::string& request_id);

struct StepDecision {
  std::string processor;
  std::string state;      // done, waived
  std::string reference;  // done: of the acknowledgement
  std::string reason;     // waived
  std::string actor;
};
// Deciding twice is the first decision again. Throws not_found for a sub-processor that has no step
// in the request.
void decide(store::Tx& tx, const Request& request, const StepDecision& decision, Instant at);

Json to_json(const std::vector<Step>& steps);
bool all_decided(const std::vector<Step>& steps);

}  // namespace ccctl::request
