// Events for reading: who did what to whom, why, under which policy.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/event.h"
#include "audit/filter.h"
#include "store/session.h"

namespace ccctl::audit {

struct ShownEvent {
  std::string origin;                  // empty while it is pending
  std::optional<std::uint64_t> index;  // nothing while it is pending
  Json event;                          // the leaf
  std::vector<std::string> subjects;   // pseudonyms, as they stand in the body
  std::string why;                     // reason, article, basis or rule
  std::string policy;                  // digest
};

// What the body says of it; `event` is the leaf's object.
ShownEvent shown(Json event);

// Sealed and pending events of the tenant in the order of their time, of one log or of both. `each`
// may not use the transaction. Memory does not grow with the log.
void each_event(store::Tx& tx, const std::string& tenant, std::optional<LogName> log,
                const EventFilter& filter, const std::function<void(const ShownEvent&)>& each);

}  // namespace ccctl::audit
