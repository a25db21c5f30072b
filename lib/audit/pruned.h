// What is left of a shard whose leaves were dropped, compared with everything known about it.
//
// Internal to this room.
#pragma once

#include <vector>

#include "audit/pins.h"
#include "audit/shard.h"

namespace ccctl::audit {

// `pins` are those of this shard. No finding: the last checkpoint stands, every earlier one led to
// it, and so did the pins.
std::vector<Finding> check_pruned(store::Tx& tx, const Shard& shard,
                                  const std::vector<crypto::VerifierKey>& keys,
                                  const std::vector<const Pin*>& pins);

}  // namespace ccctl::audit
