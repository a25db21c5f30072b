// Sends the newest checkpoints away from the machine: what `audit verify --pin` compares with
// later.
//
// One item per destination waits in the queue until it has everything; it is committed before
// anything is sent, so that a run that was killed is made up for by the next one. Sending is
// harmless to repeat.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/sealer.h"
#include "base/time.h"
#include "store/session.h"

namespace ccctl::queue {

struct Destination {
  std::string name;
  // Returns when they are kept there. Throws Error when they are not.
  std::function<void(const std::vector<audit::Sealed>&)> send;
};

struct Sent {
  std::string destination;
  std::size_t checkpoints = 0;
  std::string failure;             // empty: all are kept there
  std::optional<Instant> next_at;  // when a failed one is due again
  int attempts = 0;                // that failed, this one included
};

// `everything`: each destination gets what is newest, now. `waiting`: those that failed before and
// are due again, after a pause that doubles with each failure.
enum class Which { everything, waiting };

// Tries each destination once; one at which another process is at work is left to that.
std::vector<Sent> send_pins(store::Session& session, const std::string& tenant,
                            const std::vector<Destination>& destinations, Which which);

}  // namespace ccctl::queue
