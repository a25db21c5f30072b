// Opening, closing and changing shards, and what the organisation's log says of it (formats.md 5).
//
// Internal to this room. All of it happens in the sealer's transaction.
#pragma once

#include <optional>
#include <string>

#include "audit/sealer.h"
#include "audit/shard.h"
#include "base/json.h"

namespace ccctl::audit {

// What is the same for everything in one transaction.
struct Moment {
  Instant now;
  std::string domain;
  std::string actor;  // the sealing account
  const Elsewhere& elsewhere;

  Instant today() const;  // when this UTC day began
};
Moment read_moment(store::Tx& tx, const Elsewhere& elsewhere);

// An event for the organisation's log, pending.
void record(store::Tx& tx, const Moment& moment, const std::string& action, Json body);

// The shard of this moment and this key; a predecessor of another period or key, or one that had
// come further elsewhere, is closed. Nothing where the open shard's row names a key that it was not
// opened with, as the organisation's log says: somebody has changed it.
std::optional<Shard> open_shard(store::Tx& tx, const std::string& tenant, const std::string& log,
                                const crypto::Signer& signer, const Moment& moment);

// The daily checkpoint of every open shard whose last one was recorded before this UTC day.
void record_daily(store::Tx& tx, const Moment& moment);

}  // namespace ccctl::audit
