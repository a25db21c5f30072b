// That whatever is stored as done was said in the log.
//
// Internal to this room.
#pragma once

#include <optional>
#include <string>

#include "audit/pins.h"
#include "store/session.h"

namespace ccctl::audit {

// Receipts, requests, runs, holds, approvals, steps and cases of the tenant whose leaf is neither
// sealed nor pending, counted by kind; nothing when there is none. What happened before the end of
// the evidence that was pruned is left out, and a leaf that a restore lost counts where its replay
// was said.
std::optional<Finding> missing_leaves(store::Tx& tx, const std::string& tenant);

}  // namespace ccctl::audit
