#include "audit/pruned.h"

#include <algorithm>

#include "crypto/tree.h"

namespace ccctl::audit {

namespace {

constexpr int kPruned = 256;  // checkpoints

class PrunedCheck {
 public:
  PrunedCheck(store::Tx& tx, const Shard& shard, const std::vector<crypto::VerifierKey>& keys)
      : tx_(tx), shard_(shard), keys_(keys) {}

  std::vector<Finding> run(const std::vector<const Pin*>& pins) {
    if (!read_last()) return findings_;
    std::uint64_t beyond = 0;
    while (page(beyond)) {
    }
    check_rest();
    for (const Pin* pin : pins) check_pin(*pin);
    return findings_;
  }

 private:
  void find(Verdict verdict, std::string explanation) {
    if (std::none_of(findings_.begin(), findings_.end(),
                     [&](const Finding& f) { return f.verdict == verdict; })) {
      findings_.push_back({verdict, std::move(explanation)});
    }
  }

  // A note of that size; its fault is a finding.
  std::optional<crypto::Checkpoint> open(std::uint64_t size, std::string_view note) {
    const std::string at = "the checkpoint of " + std::to_string(size) + " leaves ";
    const OpenedCheckpoint opened = open_checkpoint(note, keys_);
    if (opened.verdict == crypto::NoteVerdict::unknown_key) {
      find(Verdict::unknown_key, at + "is signed by none of the trusted keys");
    } else if (opened.verdict != crypto::NoteVerdict::valid) {
      find(Verdict::altered, at + "bears no valid signature");
    } else if (opened.checkpoint.origin != shard_.origin || opened.checkpoint.size != size) {
      find(Verdict::altered, at + "was replaced by one of another tree or size");
    } else {
      return opened.checkpoint;
    }
    return std::nullopt;
  }

  bool read_last() {
    const store::Rows rows = read_checkpoints(shard_.size == 0 ? 0 : shard_.size - 1);
    if (rows.empty()) {
      find(Verdict::truncated, "the last checkpoint of a log that was pruned is gone");
      return false;
    }
    const auto last = open(static_cast<std::uint64_t>(rows.integer(0, 0)), rows.text(0, 1));
    if (!last) return false;
    if (last->size != shard_.size || rows.size() > 1) {
      find(Verdict::altered, "the shard's row names another size than its last checkpoint");
    }
    last_ = *last;
    return true;
  }

  store::Rows read_checkpoints(std::uint64_t beyond) {
    std::vector<store::Value> params = shard_.key.params();
    params.emplace_back(std::to_string(beyond));
    return tx_.exec(
        {"SELECT size, note, pg_catalog.encode(consistency, 'hex') FROM ccctl.checkpoint WHERE "
         "tenant_id = $1 AND log = $2 AND period = $3 AND size > $4::bigint ORDER BY size LIMIT " +
             std::to_string(kPruned),
         params});
  }

  bool leads_to_last(const crypto::Checkpoint& old, std::string_view proof) const {
    return crypto::verify_consistency(old.size, last_.size, old.root, last_.root,
                                      digests_of_hex(proof));
  }

  bool page(std::uint64_t& beyond) {
    const store::Rows rows = read_checkpoints(beyond);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      beyond = static_cast<std::uint64_t>(rows.integer(i, 0));
      if (beyond >= last_.size) return false;
      const auto old = open(beyond, rows.text(i, 1));
      if (old && !leads_to_last(*old, rows.text(i, 2))) {
        find(Verdict::altered, "the checkpoint of " + std::to_string(beyond) +
                                   " leaves does not lead to the last one");
      }
    }
    return !rows.empty();
  }

  // Nothing comes back, and nothing goes without a receipt in the evidence.
  void check_rest() {
    std::vector<store::Value> params = shard_.key.params();
    params.emplace_back("prune/" + shard_.origin);
    params.emplace_back(shard_.origin);
    std::optional<store::Rows> read;
    const auto statement = [&] {
      read = tx_.exec(
          // The leaf of the receipt may have been pruned itself by now, with a later shard of the
          // evidence whose own pruning a leaf tells. What the rows say of the time proves nothing.
          {"WITH told AS (SELECT r.request_id, EXISTS (SELECT FROM (SELECT line FROM ccctl.leaf l "
           "WHERE l.tenant_id = $1 AND l.leaf_hash = r.leaf_hash UNION ALL SELECT line FROM "
           "ccctl.pending p WHERE p.tenant_id = $1 AND p.leaf_hash = r.leaf_hash) x, LATERAL "
           "(SELECT "
           "pg_catalog.convert_from(x.line, 'UTF8')::json AS j) y WHERE j ->> 'action' = "
           "'audit.pruned' AND 'prune/' || (j -> 'body' ->> 'origin') = r.request_id) AS here FROM "
           "ccctl.receipt r WHERE r.tenant_id = $1 AND pg_catalog.starts_with(r.request_id, "
           "'prune/')) SELECT EXISTS (SELECT FROM ccctl.leaf WHERE tenant_id = $1 AND log = $2 AND "
           "period = $3), EXISTS (SELECT FROM told t WHERE t.request_id = $4 AND (t.here OR EXISTS "
           "(SELECT FROM ccctl.shard s JOIN told later ON later.request_id = 'prune/' || s.origin "
           "WHERE s.tenant_id = $1 AND s.log = 'evidence' AND s.pruned_at IS NOT NULL AND "
           "later.here "
           "AND s.origin <> $5 AND pg_catalog.substring(s.period, 1, 4) >= "
           "pg_catalog.substring($3::text, 1, 4))))",
           params});
    };
    if (!reads_leaves(tx_, statement)) {
      find(Verdict::altered, "a leaf that tells of pruning is no event any more");
      return;
    }
    const store::Rows& rows = *read;
    if (rows.boolean(0, 0)) find(Verdict::altered, "a log that was pruned has leaves again");
    if (!rows.boolean(0, 1)) {
      find(Verdict::truncated, "the leaves are gone, and no receipt says that they were pruned");
    }
  }

  void check_pin(const Pin& pin) {
    const std::string at = std::to_string(pin.size);
    if (pin.verdict != crypto::NoteVerdict::valid) {
      findings_.push_back(pin_fault(pin));
    } else if (pin.size > last_.size) {
      findings_.push_back(
          {Verdict::rollback_of_signed_tree, "a pinned checkpoint covers " + at +
                                                 " leaves, and the log was pruned with " +
                                                 std::to_string(last_.size)});
    } else if (!leads(pin)) {
      findings_.push_back({Verdict::equivocation, "the log's key signed one tree of " + at +
                                                      " leaves for the pin and another one that "
                                                      "was pruned"});
    }
  }

  bool leads(const Pin& pin) {
    const crypto::Checkpoint old{pin.origin, pin.size, pin.root};
    if (pin.size == last_.size) return pin.root == last_.root;
    if (pin.size == 0) return leads_to_last(old, "");
    const store::Rows rows = read_checkpoints(pin.size - 1);
    if (rows.empty() || static_cast<std::uint64_t>(rows.integer(0, 0)) != pin.size) {
      // A size that the log never published: whoever signed it signed it for this pin.
      return false;
    }
    return leads_to_last(old, rows.text(0, 2));
  }

  store::Tx& tx_;
  const Shard& shard_;
  const std::vector<crypto::VerifierKey>& keys_;
  crypto::Checkpoint last_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_pruned(store::Tx& tx, const Shard& shard,
                                  const std::vector<crypto::VerifierKey>& keys,
                                  const std::vector<const Pin*>& pins) {
  return PrunedCheck(tx, shard, keys).run(pins);
}

}  // namespace ccctl::audit
