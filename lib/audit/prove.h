// Proofs that somebody checks without the datastore: that a leaf is in a log, and that a log only
// grew since an older checkpoint.
//
// Each proof is one indexed query for the place and one for O(log n) hashes. Nothing leaves that
// would not verify: `findings` is thrown instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/sealer.h"
#include "crypto/digest.h"
#include "crypto/note.h"
#include "store/session.h"

namespace ccctl::audit {

// The same as prove() for the leaf of that index in the log of that origin; nothing when the newest
// checkpoint does not cover it.
std::optional<Proof> prove_at(store::Tx& tx, const std::string& tenant, const std::string& origin,
                              std::uint64_t index);

// Why prove() gives nothing for a leaf that was appended. Of a leaf that is gone nobody knows in
// which log it stood: pruned where logs of the tenant were, and it is in none.
enum class Absence { unsealed, pruned, unknown };
Absence absence(store::Tx& tx, const std::string& tenant, const crypto::Digest& leaf_hash);

struct Consistency {
  std::string origin;
  std::uint64_t old_size = 0, size = 0;
  std::vector<crypto::Digest> hashes;
  std::string checkpoint;  // the newest of the shard

  // As a log presents it to a C2SP witness: "old N", the hashes, an empty line, the checkpoint.
  std::string to_text() const;
};

// That the newest tree of a shard extends the one of an older checkpoint of it. `old` is a signed
// checkpoint, or a proof or receipt, which holds one. Throws usage when it is none of them or of no
// log of the tenant, not_found for a shard that the datastore does not have, and findings when the
// checkpoint is signed by none of the keys, is ahead of the log, or of another tree.
Consistency prove_consistency(store::Tx& tx, const std::string& tenant, const std::string& old,
                              const std::vector<crypto::VerifierKey>& keys);

// The leaf with which a request or a run of a sweep ended; nothing while it has not. Throws
// not_found for an id of neither.
std::optional<crypto::Digest> final_leaf(store::Tx& tx, const std::string& tenant,
                                         const std::string& id);

}  // namespace ccctl::audit
