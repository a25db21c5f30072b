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
};

// Reads checkpoints, tlog proofs and receipts. Throws usage when one is none of them, or of a log
// whose origin begins with none of the prefixes: skipping it would make a verdict look better
// founded than it is.
std::vector<Pin> read_pins(const std::vector<std::string>& texts,
                           const std::vector<crypto::VerifierKey>& keys,
                           const std::vector<std::string>& prefixes);

// What to say of a pin that is not signed as it should be.
Finding pin_fault(const Pin& pin);

}  // namespace ccctl::audit
