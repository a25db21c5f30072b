// Sealing: pending events become numbered leaves of a shard's tree under a signed checkpoint.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "audit/event.h"
#include "crypto/note.h"
#include "store/session.h"

namespace ccctl::audit {

struct Sealed {
  std::string origin;
  std::uint64_t size = 0;  // after sealing
  std::uint64_t added = 0;
};

// Takes every pending event that is visible, numbers it densely in the shard of that moment
// (evidence: UTC year, security: UTC month), signs, and commits; a checkpoint is published only once
// its commit is known. `session` belongs to the sealing account. Single flight by a row lock: busy
// when another sealer works. Repeatable after a crash at any instant.
std::vector<Sealed> seal(store::Session& session, const crypto::Signer& signer, const Context& context);

// Where a leaf stands and the newest checkpoint that covers it; nothing while it is unsealed.
struct Proof {
  std::string origin;
  std::uint64_t index = 0;
  std::string leaf;         // exact bytes
  std::string tlog_proof;   // C2SP text, checkpoint included
};
std::optional<Proof> prove(store::Tx& tx, const std::string& tenant, const crypto::Digest& leaf_hash);

enum class Verdict { verified, unpinned, altered, truncated, rollback_of_signed_tree, equivocation, unknown_key };
std::string_view to_text(Verdict verdict);

struct Verification {
  std::string origin;
  std::uint64_t size = 0;
  Verdict verdict = Verdict::verified;
  std::string explanation;  // plain words, for an auditor
};

// Recomputes every shard of the tenant from its leaves and compares with the stored and the pinned
// checkpoints; also that every receipt has its leaf. `keys` are the trusted verifier keys; `pins`
// are signed checkpoints that somebody kept elsewhere.
std::vector<Verification> verify(store::Tx& tx, const std::string& tenant,
                                 const std::vector<crypto::VerifierKey>& keys,
                                 const std::vector<std::string>& pins);

}  // namespace ccctl::audit
