// Keyed tombstones: which request erased somebody, answered to whoever brings the value.
//
// Hashes are those of journal/evidence_key.h, made by the World's `keyed`; nothing personal is
// stored. They stand until the pack's evidence period has passed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/personal.h"
#include "base/time.h"
#include "request/policy.h"
#include "store/session.h"
#include "subject/ref.h"

namespace ccctl::request {

// A keyed hash in hexadecimal of a normalised value of a kind.
using Keyed = std::function<std::string(std::string_view kind, const Personal<std::string>& value)>;

// The kind under which a subject's own row is hashed; the value is its key_json().
std::string subject_kind(const subject::SubjectRef& ref);
// {"subject": HASH, "identifiers": [HASH…]}: what an erasure's leaf holds of one member, so that a
// replay after a restore finds the person again. Without a subject for a request by term only.
Json keyed_json(const Keyed& keyed, const subject::SubjectRef* ref,
                const std::vector<subject::Identifier>& identifiers);

struct Tombstone {
  std::string request_id;
  Instant erased_at{};
  Instant expires_at{};
  std::string receipt;  // the hash of the request's completed leaf; empty where a restore lost it
};

// When what was erased at that instant is answered no longer.
Instant tombstone_expiry(const RequestPolicy& policy, Instant erased_at);
// Adds them in the caller's transaction; those that have expired go.
void write_tombstones(store::Tx& tx, const std::string& tenant, const std::string& request_id,
                      const std::vector<std::string>& hashes, Instant erased_at,
                      Instant expires_at);
// The hashes by which a complainant may ask: of the subjects, and of every identifier but a name,
// which many people bear.
std::vector<std::string> tombstone_hashes(const Keyed& keyed,
                                          const std::vector<subject::SubjectRef>& refs,
                                          const std::vector<subject::Identifier>& identifiers);
std::vector<Tombstone> find_tombstones(store::Tx& tx, const std::string& tenant,
                                       const std::string& hash);

}  // namespace ccctl::request
