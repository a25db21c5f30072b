// Keyed hashes of people's identifiers: what a journal line and a tombstone may hold of somebody
// who was erased.
//
// The key is the tenant's own, 32 random bytes that stand beside the journal and never in the
// datastore. Without it the hashes name nobody; with it they answer whoever brings the value.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/personal.h"

namespace ccctl::journal {

class EvidenceKey {
 public:
  // `before` is called before each hash is made, with its purpose.
  explicit EvidenceKey(Secret key, std::function<void(std::string_view purpose)> before = {})
      : key_(std::move(key)), before_(std::move(before)) {}

  // What a hash is made for: a word of the security log's (audit/event.h, key_used).
  static constexpr std::string_view kTombstone = "tombstone", kHold = "hold", kLookup = "lookup",
                                    kReplay = "replay";
  // HMAC-SHA256(key, LP("ccctl/tombstone/v1") LP(kind) LP(normalised value)), lower-case hex. A
  // subject's row is of kind "subject/KIND", its value the canonical JSON array of its key.
  std::string keyed(std::string_view purpose, std::string_view kind,
                    const Personal<std::string>& value) const;
  // Tells one key from another and gives nothing away: 16 hexadecimal digits. Not a use.
  std::string check() const;
  // How many hashes were made for each purpose, until somebody was told.
  const std::map<std::string, std::uint64_t>& uses() const { return uses_; }
  bool used() const { return !uses_.empty(); }
  void told() const { uses_.clear(); }

 private:
  Secret key_;
  std::function<void(std::string_view)> before_;
  mutable std::map<std::string, std::uint64_t> uses_;  // one thread's business, as the session is
};

}  // namespace ccctl::journal
