// The journal outside the datastore: what a restored backup must not undo (formats.md 3).
//
// One per tenant, in an object store, as numbered segments that are created exclusively and never
// changed: nothing is appended to a file, so there is no torn line to repair, and of several
// processes that write one number only one succeeds. The datastore commits with each leaf that it
// is due (ccctl.journal_due); append() writes what is due and then takes it off, so a command that
// was killed in between leaves it to the next one, and what stands in the journal already is not
// written twice. ccctl.journal_head is the last segment of which the datastore held every leaf: a
// datastore that lacks a leaf of a later segment was restored. Failures of the store are
// ErrorKind::io.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/sealer.h"
#include "journal/evidence_key.h"
#include "journal/segment.h"
#include "object/store.h"
#include "store/session.h"

namespace ccctl::journal {

// The journal and the datastore side by side.
struct State {
  std::uint64_t segments = 0;  // the journal's last
  crypto::Digest last{};       // the SHA-256 of its last line
  std::uint64_t head = 0;      // the last that the datastore is known to hold all of
  std::uint64_t due = 0;       // leaves that the journal does not have yet
  std::uint64_t missing = 0;   // leaves that the datastore lost
};

// A leaf that only the journal has.
struct Missing {
  std::uint64_t segment = 0;
  crypto::Digest hash{};
  std::string line;  // the exact leaf
};

struct Verified {
  std::uint64_t segments = 0, leaves = 0;
  std::vector<std::string> checkpoints;  // of each origin the newest note
};

// An id as a part of a path: what is no letter, digit, hyphen or underscore is percent-encoded.
std::string escaped(std::string_view id);

class Journal {
 public:
  // `store` outlives the journal. Without a key it can be read and not written.
  Journal(object::ObjectStore& store, std::string tenant, const EvidenceKey* key);

  // Reads. `tx` is READ COMMITTED: a segment may be newer than a snapshot. Throws Damaged, and
  // key_unavailable for a key that is not the journal's.
  State compare(store::Tx& tx) const;
  // Writes what is due, and the newest checkpoints; gives the state afterwards. When it returns,
  // every leaf that was committed before the call is durable in the journal.
  State append(store::Session& session) const;
  // append(), then throws restored_datastore when the datastore lacks what the journal has.
  void require_level(store::Session& session) const;

  // What the datastore lacks, in the order of the journal.
  void each_missing(store::Tx& tx, const std::function<void(const Missing&)>& tell) const;
  // Every line from the first on. Throws Damaged at the first that is not what was written.
  Verified verify(store::Tx& tx) const;
  // How far a log had been signed when the last segment was written.
  std::optional<audit::Position> published(const std::string& log) const;

  std::uint64_t segments() const { return last_segment(0); }
  const std::string& tenant() const { return tenant_; }

 private:
  struct Look;
  struct Head;
  std::string key_of(std::uint64_t segment) const;
  std::uint64_t last_segment(std::uint64_t known) const;
  Segment fetch(std::uint64_t number, const std::optional<crypto::Digest>& before) const;
  Head read_head(store::Tx& tx) const;
  Look look(store::Tx& tx) const;
  Segment next(const Look& look) const;
  void require_key(const Segment& segment) const;
  void settle(store::Session& session, const Look& look, const Segment& written) const;

  object::ObjectStore& store_;
  std::string tenant_;
  const EvidenceKey* key_;
};

}  // namespace ccctl::journal
