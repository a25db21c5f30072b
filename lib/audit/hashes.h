// The stored hashes of a shard's tree, for whoever makes proofs of them.
//
// Internal to this room.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "audit/shard.h"
#include "crypto/tree.h"

namespace ccctl::audit {

// The hashes of the subtrees that are stored; what is missing is missing in the result.
using Hashes = std::map<crypto::NodeId, crypto::Digest>;
Hashes read_hashes(store::Tx& tx, const ShardKey& shard, const std::vector<crypto::NodeId>& ids);
// Reads them; nothing when one is missing.
std::optional<std::vector<crypto::Digest>> read_all(store::Tx& tx, const ShardKey& shard,
                                                    const std::vector<crypto::NodeId>& ids);

// What a walk over the tree asks for, read by one statement. Which subtrees that are must depend on
// indexes and sizes only: `walk` is run here with hashes of nothing, to learn it, and by the caller
// again with what is returned. That throws findings for a hash that is not stored.
using Walk = std::function<void(const crypto::NodeSource&)>;
crypto::NodeSource read_for(store::Tx& tx, const Shard& shard, const Walk& walk);

}  // namespace ccctl::audit
