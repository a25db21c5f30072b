// The use of keys, told once per run, key and purpose (formats.md 4 and 5).
//
// A use is counted where it happens and told when the run ends, in the security log as `key.used`
// with the count. What a run used before it was killed is not told: each hash that it committed
// stands in an event of its own, as each signature is a checkpoint.
#pragma once

#include <cstdint>
#include <string>

#include "audit/event.h"

namespace ccctl::audit {

struct KeyUse {
  std::string kind;     // evidence: hashes of people's identifiers
  std::string key;      // 16 hexadecimal digits that tell it from others
  std::string purpose;  // a word: tombstone, hold, lookup, replay
  std::uint64_t uses = 0;
};
Event key_used(const std::string& tenant, const std::string& actor, const KeyUse& use);

}  // namespace ccctl::audit
