// What is due at an instant, for which request: obligations, and the clock that may be put off or
// stopped (GDPR Art. 12(3)).
#pragma once

#include <string>
#include <vector>

#include "request/policy.h"
#include "request/request.h"
#include "store/session.h"

namespace ccctl::request {

struct Obligation {
  std::string kind;  // "request.answer", "request.target", "sub_processor"
  std::string request_id;
  std::string detail;  // the sub-processor
  Instant due_at{};
};

// The answer, and the pack's target for it. In the transaction that stores the request.
void owe(store::Tx& tx, const RequestPolicy& policy, const Request& request);
// One more, due at an instant.
void owe(store::Tx& tx, const std::string& tenant, const Obligation& obligation);
// Whatever is owed for the request is met; with `detail` only that of the sub-processor.
void meet(store::Tx& tx, const std::string& tenant, const std::string& request_id, Instant at,
          const std::string& detail = "");
// What was due before `at` and is not met, of requests whose clock runs; earliest first.
std::vector<Obligation> overdue(store::Tx& tx, const std::string& tenant, Instant at);

// A person's decisions about a request that no transaction has begun to carry out, or about an
// export without answer, which may be ended at any time. Each throws refused in another phase, or
// once the time for it has passed; each is recorded with its reason, which is no personal data.
struct Decision {
  std::string tenant, request_id;
  std::string actor;   // session_user
  std::string reason;  // Art. 12(3), 12(4)
  Instant at{};
};
// Puts the answer off by `by`, at most the pack's maximum, once, and only before it is due.
Request extend(store::Tx& tx, const RequestPolicy& policy, const Decision& decision,
               const std::optional<Duration>& by);
// Stops the clock for a clarification; going on moves every date by the time that it stood still.
Request pause(store::Tx& tx, const Decision& decision);
Request resume(store::Tx& tx, const Decision& decision);
// Refused: with reasons, told to the person. Cancelled: withdrawn. Both delete the terms.
Request end(store::Tx& tx, const Decision& decision, Phase phase);

}  // namespace ccctl::request
