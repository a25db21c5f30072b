#include <algorithm>

#include "audit/event.h"
#include "audit/pins.h"
#include "audit/sealer.h"
#include "audit/tree_check.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

struct StoredShard {
  Shard shard;
  bool has_row = true;
};

// Those of the organisation stand last, for whoever may read them.
std::vector<StoredShard> read_shards(store::Tx& tx, const std::string& tenant) {
  // A checkpoint without its shard's row is a shard too: somebody deleted the row.
  const store::Rows rows = tx.exec(
      {"SELECT k.tenant_id, k.log, k.period, s.origin, s.size FROM (SELECT tenant_id, log, period "
       "FROM ccctl.shard WHERE tenant_id IN ($1, $2) UNION SELECT tenant_id, log, period "
       "FROM ccctl.checkpoint WHERE tenant_id IN ($1, $2)) k LEFT JOIN ccctl.shard s "
       "ON s.tenant_id = k.tenant_id AND s.log = k.log AND s.period = k.period "
       "ORDER BY k.tenant_id = $2, k.log, s.opened_at, k.period",
       {tenant, std::string(kOrganisation)}});
  std::vector<StoredShard> shards;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    StoredShard stored;
    stored.shard.key = {std::string(rows.text(i, 0)), std::string(rows.text(i, 1)),
                        std::string(rows.text(i, 2))};
    stored.has_row = !rows.is_null(i, 3);
    if (stored.has_row) {
      stored.shard.origin = rows.text(i, 3);
      stored.shard.size = static_cast<std::uint64_t>(rows.integer(i, 4));
    }
    shards.push_back(std::move(stored));
  }
  return shards;
}

// The gravest finding gives the verdict; all of them are told.
Verification conclude(std::string origin, std::uint64_t size,
                      const std::vector<Finding>& findings) {
  Verification result{std::move(origin), size, Verdict::verified, ""};
  for (const Finding& finding : findings) {
    result.verdict = std::max(result.verdict, finding.verdict);
    if (!result.explanation.empty()) result.explanation += "; ";
    result.explanation += finding.explanation;
  }
  return result;
}

void check_pin(const Pin& pin, const TreeCheck& check, std::uint64_t size,
               std::vector<Finding>& findings) {
  const std::string at = std::to_string(pin.size);
  if (pin.verdict != crypto::NoteVerdict::valid) {
    findings.push_back(pin_fault(pin));
  } else if (pin.size > size) {
    const std::string stored = std::to_string(size);
    if (check.found(Verdict::truncated)) {
      findings.push_back({Verdict::truncated, "a pinned checkpoint covers " + at +
                                                  " leaves, and only " + stored + " are stored"});
    } else {
      findings.push_back({Verdict::rollback_of_signed_tree, "a pinned checkpoint covers " + at +
                                                                " leaves; the datastore was set " +
                                                                "back to a tree of " + stored});
    }
  } else if (const auto root = check.root_at(pin.size); root && *root != pin.root) {
    if (check.signed_size() >= pin.size && !check.found(Verdict::altered)) {
      findings.push_back({Verdict::equivocation, "the log's key signed one tree of " + at +
                                                     " leaves for the pin and "
                                                     "another one that is stored"});
    } else {
      findings.push_back(
          {Verdict::altered, "the first " + at + " leaves are not those of the pinned checkpoint"});
    }
  }
}

Verification verify_shard(store::Tx& tx, const StoredShard& stored, const std::string& domain,
                          const std::vector<crypto::VerifierKey>& keys,
                          const std::vector<Pin>& pins) {
  const ShardKey& key = stored.shard.key;
  const std::string origin = tenant_prefix(domain, key.tenant) + key.log + "/" + key.period;
  std::vector<const Pin*> own;
  for (const Pin& pin : pins) {
    if (pin.origin == origin) own.push_back(&pin);
  }
  std::vector<std::uint64_t> sizes;
  for (const Pin* pin : own) sizes.push_back(pin->size);
  TreeCheck check(tx, {key, origin, stored.shard.size, ""}, keys, sizes);
  std::vector<Finding> findings = check.run();
  if (!stored.has_row || stored.shard.origin != origin) {
    findings.push_back(
        {Verdict::altered, "the shard's own row is missing or names another origin"});
  }
  const bool sound = findings.empty();
  for (const Pin* pin : own) {
    check_pin(*pin, check, check.size(), findings);
    if (const auto root = check.signed_root(pin->size);
        root && pin->verdict == crypto::NoteVerdict::valid && *root != pin->root) {
      findings.push_back({Verdict::equivocation, "two checkpoints of " + std::to_string(pin->size) +
                                                     " leaves bear the log's signature"});
    }
  }
  if (sound && own.empty()) {
    findings.push_back({Verdict::unpinned,
                        "consistent, but compared with no checkpoint kept elsewhere: the sealing "
                        "account could have rewritten it"});
  }
  if (findings.empty()) {
    findings.push_back({Verdict::verified, "every leaf, hash and checkpoint fits"});
  }
  return conclude(origin, check.size(), findings);
}

// What other tables refer to by leaf hash must stand in the log or wait for it.
std::optional<Verification> verify_references(store::Tx& tx, const std::string& tenant,
                                              const std::string& prefix) {
  if (!tx.exec("SELECT pg_catalog.to_regclass('ccctl.receipt') IS NOT NULL").boolean(0, 0)) {
    return std::nullopt;
  }
  const store::Rows rows = tx.exec(
      {"SELECT pg_catalog.count(*) FROM (SELECT leaf_hash FROM ccctl.receipt WHERE tenant_id = $1 "
       "UNION ALL SELECT leaf_hash FROM ccctl.request WHERE tenant_id = $1 "
       "AND leaf_hash IS NOT NULL) r "
       "WHERE NOT EXISTS (SELECT FROM ccctl.leaf l WHERE l.tenant_id = $1 "
       "AND l.leaf_hash = r.leaf_hash) AND NOT EXISTS (SELECT FROM ccctl.pending p "
       "WHERE p.tenant_id = $1 AND p.leaf_hash = r.leaf_hash)",
       {tenant}});
  if (rows.integer(0, 0) == 0) return std::nullopt;
  return Verification{prefix + "evidence", 0, Verdict::truncated,
                      "receipts without a leaf in the log: " + std::string(rows.text(0, 0))};
}

}  // namespace

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::verified:
      return "verified";
    case Verdict::unpinned:
      return "consistent-but-unpinned";
    case Verdict::unknown_key:
      return "unknown_key";
    case Verdict::rollback_of_signed_tree:
      return "rollback_of_signed_tree";
    case Verdict::truncated:
      return "truncated";
    case Verdict::altered:
      return "altered";
    case Verdict::equivocation:
      return "equivocation";
  }
  return "altered";
}

std::vector<Verification> verify(store::Tx& tx, const std::string& tenant,
                                 const std::vector<crypto::VerifierKey>& keys,
                                 const std::vector<std::string>& pins) {
  const std::string domain = organisation_domain(tx);
  const std::string prefix =
      tenant == kOrganisation ? organisation_prefix(domain) : tenant_prefix(domain, tenant);
  const std::vector<StoredShard> shards = read_shards(tx, tenant);
  std::vector<std::string> prefixes{prefix};
  if (!shards.empty() && shards.back().shard.key.tenant == kOrganisation) {
    prefixes.push_back(organisation_prefix(domain));
  }
  const std::vector<Pin> read = read_pins(pins, keys, prefixes);
  std::vector<Verification> results;
  for (const StoredShard& stored : shards) {
    results.push_back(verify_shard(tx, stored, domain, keys, read));
  }
  for (const Pin& pin : read) {
    const bool known = std::any_of(results.begin(), results.end(),
                                   [&](const Verification& v) { return v.origin == pin.origin; });
    if (known) continue;
    if (pin.verdict != crypto::NoteVerdict::valid) {
      results.push_back(conclude(pin.origin, 0, {pin_fault(pin)}));
    } else {
      results.push_back({pin.origin, 0, Verdict::rollback_of_signed_tree,
                         "a pinned checkpoint covers " + std::to_string(pin.size) +
                             " leaves of a log that the datastore does not have"});
    }
  }
  if (auto missing = verify_references(tx, tenant, prefix)) results.push_back(*missing);
  if (results.empty()) {
    results.push_back({prefix + "evidence", 0, Verdict::unpinned, "nothing has been sealed yet"});
  }
  return results;
}

}  // namespace ccctl::audit
