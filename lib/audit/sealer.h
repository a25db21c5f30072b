// Sealing: pending events become numbered leaves of a shard's tree under a signed checkpoint.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "crypto/digest.h"
#include "crypto/note.h"
#include "store/session.h"

namespace ccctl::audit {

struct Sealed {
  std::string origin;
  std::uint64_t size = 0;  // after sealing
  std::uint64_t added = 0;
  std::string checkpoint;  // the signed note of that size
};

// How far a log has come: a later shard is beyond an earlier one, whatever their sizes.
struct Position {
  std::string period;  // 2026, or 2026-11
  int shard = 1;       // the number after the period in its origin
  std::uint64_t size = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};
Position position_of(std::string_view origin, std::uint64_t size);

// How far a tenant's log had been signed, as somebody outside the datastore knows.
using Elsewhere =
    std::function<std::optional<Position>(const std::string& tenant, const std::string& log)>;

// Takes every pending event that is visible, numbers it densely in the shard of that moment
// (evidence: UTC year, security: UTC month, by the datastore's clock, and never an earlier one
// than before), signs, and commits; a
// checkpoint is published only once its commit is known. `session` belongs to the sealing account.
// Single flight by a row lock: busy when another sealer works. In bounded batches, each all or
// nothing; repeatable after a crash at any instant. A signer with another key than the open shard's
// closes it and opens the next; so does a shard
// that had come further elsewhere, because the datastore was restored, and signing another tree of
// the same size would be an equivocation. A log whose stored tree no longer fits its newest
// checkpoint gets nothing added; the others are sealed, then findings is thrown.
std::vector<Sealed> seal(store::Session& session, const crypto::Signer& signer,
                         const Context& context, const Elsewhere& elsewhere = {});

// The newest checkpoint of every shard that the session may read, `added` 0: what was published.
std::vector<Sealed> newest_checkpoints(store::Tx& tx);
// The verifier keys published for the tenant's logs. They come from the datastore: an auditor takes
// them from somewhere else.
std::vector<crypto::VerifierKey> published_keys(store::Tx& tx, const std::string& tenant);

// Where a leaf stands and the newest checkpoint that covers it; nothing while it is unsealed.
struct Proof {
  std::string origin;
  std::uint64_t index = 0;
  std::string leaf;        // exact bytes
  std::string tlog_proof;  // C2SP text, checkpoint included
};
std::optional<Proof> prove(store::Tx& tx, const std::string& tenant,
                           const crypto::Digest& leaf_hash);

enum class Verdict {
  verified,
  unpinned,                 // consistent, but compared with nothing kept elsewhere
  undeclared,               // a leaf has a field or value that no event may have (schema.h)
  unknown_key,              // a checkpoint or pin is not signed by a trusted key
  rollback_of_signed_tree,  // a signed tree was larger than what is stored now
  truncated,                // leaves that a stored checkpoint or a receipt covers are gone
  altered,                  // a leaf, hash or checkpoint is not what was signed
  equivocation,             // the same key signed two different trees
};
std::string_view to_text(Verdict verdict);

struct Verification {
  std::string origin;
  std::uint64_t size = 0;
  Verdict verdict = Verdict::verified;
  std::string explanation;  // plain words, for an auditor
};

// Recomputes every shard of the tenant from its leaves and compares with the stored and the pinned
// checkpoints; also that every receipt has its leaf, sealed or pending. Constant memory. `keys` are
// the trusted verifier keys; `pins` are what somebody kept elsewhere: signed checkpoints, or tlog
// proofs or receipts, which hold one. Several faults of a shard are one row with the gravest
// verdict. Throws usage for a pin that is no checkpoint or belongs to another tenant.
std::vector<Verification> verify(store::Tx& tx, const std::string& tenant,
                                 const std::vector<crypto::VerifierKey>& keys,
                                 const std::vector<std::string>& pins);

}  // namespace ccctl::audit
