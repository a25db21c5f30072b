// Keyed hashes of people's identifiers: what a journal line and a tombstone may hold of somebody
// who was erased.
//
// The key is the tenant's own, 32 random bytes that stand beside the journal and never in the
// datastore. Without it the hashes name nobody; with it they answer whoever brings the value.
#pragma once

#include <string>
#include <string_view>

#include "base/personal.h"

namespace ccctl::journal {

class EvidenceKey {
 public:
  explicit EvidenceKey(Secret key) : key_(std::move(key)) {}

  // HMAC-SHA256(key, LP("ccctl/tombstone/v1") LP(kind) LP(normalised value)), lower-case hex. A
  // subject's row is of kind "subject/KIND", its value the canonical JSON array of its key.
  std::string keyed(std::string_view kind, const Personal<std::string>& value) const;
  // Tells one key from another and gives nothing away: 16 hexadecimal digits.
  std::string check() const;

 private:
  Secret key_;
};

}  // namespace ccctl::journal
