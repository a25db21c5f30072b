// Dropping a closed shard whole: its signed checkpoints stay, and what proves that each of them led
// to the last one (formats.md 5).
//
// When a shard may go is not known here: see retention/prune.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "store/session.h"

namespace ccctl::audit {

struct ClosedShard {
  std::string tenant, log, period, origin;
  std::uint64_t size = 0;
  Instant opened_at{};
};

// Of the tenant, the oldest first; without those that are pruned.
std::vector<ClosedShard> closed_shards(store::Tx& tx, const std::string& tenant);

// When the events of a shard happened. Of the last days before `last`, `latest` has the latest
// instant of each quarter of an hour: a calendar period is longest from one of them.
struct Span {
  Instant first{}, last{};
  std::vector<Instant> latest;
};
Span span_of(store::Tx& tx, const ClosedShard& shard);

// Drops it in the caller's transaction, and says so in the organisation's log, with `body`. Throws
// busy while the journal does not have all of its leaves, findings when the shard is not what was
// signed (that must be looked into, not removed), and refused when it is pruned already or open.
void drop_shard(store::Tx& tx, const ClosedShard& shard, const Json& body);

}  // namespace ccctl::audit
