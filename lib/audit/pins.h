// Checkpoints that somebody kept outside the datastore, and what is found wrong with them.
//
// Internal to this room.
#pragma once

#include <string>
#include <vector>

#include "audit/sealer.h"
#include "audit/shard.h"

namespace ccctl::audit {

struct Finding {
  Verdict verdict;
  std::string explanation;
};

struct Pin {
  std::string origin;
  std::uint64_t size = 0;
  crypto::Digest root{};
  crypto::NoteVerdict verdict = crypto::NoteVerdict::malformed;
  std::string public_key;  // that it is signed with, where valid
  // Of one that the organisation's log recorded, and nobody kept: whether that leaf is itself under
  // a checkpoint that somebody kept.
  enum class Kept { elsewhere, with_the_organisations, nowhere } kept = Kept::elsewhere;
};

// Reads checkpoints (one or several in a text), tlog proofs and receipts. Throws usage when one is
// none of them, or of a log whose origin begins with none of the prefixes: skipping it would make a
// verdict look better founded than it is.
std::vector<Pin> read_pins(const std::vector<std::string>& texts,
                           const std::vector<crypto::VerifierKey>& keys,
                           const std::vector<std::string>& prefixes);

// The checkpoints of logs whose origin begins with `prefix`, as leaves of a shard of the
// organisation's log recorded them; the first `pinned` leaves are under a pin of that shard.
std::vector<Pin> recorded_pins(store::Tx& tx, const ShardKey& organisation,
                               const std::string& prefix,
                               const std::vector<crypto::VerifierKey>& keys, std::uint64_t pinned);

// What to say of a pin that is not signed as it should be.
Finding pin_fault(const Pin& pin);

}  // namespace ccctl::audit
