// A shard of a log: its name, its place in the datastore, and its checkpoints.
//
// Internal to this room. Indexes count from 0; times are the datastore's.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "crypto/digest.h"
#include "crypto/note.h"
#include "store/session.h"

namespace ccctl::audit {

struct ShardKey {
  std::string tenant;
  std::string log;     // "security", "evidence", or the organisation's
  std::string period;  // "2026-11", "2026", "2026.2": the last part of the origin

  std::vector<store::Value> params() const { return {tenant, log, period}; }  // $1, $2, $3
};

struct Shard {
  ShardKey key;
  std::string origin;
  std::uint64_t size = 0;
  std::string public_key;  // 32 bytes
};

// RFC 3986: what is not unreserved is percent-encoded, so an origin has neither spaces nor slashes
// from an id.
std::string escape_id(std::string_view id);
// The domain of ccctl.organisation. Throws config_invalid when nobody has set it.
std::string organisation_domain(store::Tx& tx);
// "<domain>/tenant/<tenant>/": what every origin of the tenant begins with. Of the organisation
// "<domain>/".
std::string tenant_prefix(std::string_view domain, std::string_view tenant);
// "<domain>/organisation/": what every origin of the organisation's log begins with.
std::string organisation_prefix(std::string_view domain);
// The UTC month of a security shard, else the UTC year.
std::string period_of(std::string_view log, Instant at);

// Throws unexpected when it is not 32 bytes.
crypto::Digest digest_of_hex(std::string_view hex);
// Of several, one behind the other; an incomplete last one is left out.
std::vector<crypto::Digest> digests_of_hex(std::string_view hex);

// A note read under the trusted keys. A key is trusted as a key: it counts under the origin's name.
struct OpenedCheckpoint {
  crypto::NoteVerdict verdict = crypto::NoteVerdict::malformed;
  crypto::Checkpoint checkpoint;  // as the note says it, unless malformed
  std::string public_key;         // which of the keys signed it, where valid
};
OpenedCheckpoint open_checkpoint(std::string_view note,
                                 const std::vector<crypto::VerifierKey>& keys);

// Runs statements that read leaves as JSON. False when the datastore cannot read one, because
// somebody has changed its bytes; the transaction goes on.
bool reads_leaves(store::Tx& tx, const std::function<void()>& statements);

}  // namespace ccctl::audit
