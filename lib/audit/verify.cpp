#include <algorithm>

#include "audit/event.h"
#include "audit/pins.h"
#include "audit/pruned.h"
#include "audit/references.h"
#include "audit/sealer.h"
#include "audit/tree_check.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

struct StoredShard {
  Shard shard;
  bool has_row = true;
  bool pruned = false;
};

// Those of the organisation stand last, for whoever may read them.
std::vector<StoredShard> read_shards(store::Tx& tx, const std::string& tenant) {
  // A checkpoint without its shard's row is a shard too: somebody deleted the row.
  const store::Rows rows =
      tx.exec({"SELECT k.tenant_id, k.log, k.period, s.origin, s.size, s.pruned_at IS NOT NULL, "
               "pg_catalog.encode(s.public_key, 'hex') FROM (SELECT tenant_id, log, period "
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
      stored.pruned = rows.boolean(i, 5);
      stored.shard.public_key = crypto::from_hex(rows.text(i, 6)).value_or("");
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

void worsen(Verification& result, const Finding& finding) {
  result.verdict = std::max(result.verdict, finding.verdict);
  result.explanation += "; " + finding.explanation;
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

// Recomputes the tree; gives its size.
std::uint64_t check_leaves(store::Tx& tx, const Shard& shard,
                           const std::vector<crypto::VerifierKey>& keys,
                           const std::vector<const Pin*>& pins, std::vector<Finding>& findings,
                           std::optional<Finding>& undeclared) {
  std::vector<std::uint64_t> sizes;
  for (const Pin* pin : pins) sizes.push_back(pin->size);
  TreeCheck check(tx, shard, keys, sizes);
  findings = check.run();
  undeclared = check.undeclared();
  for (const Pin* pin : pins) {
    check_pin(*pin, check, check.size(), findings);
    if (const auto root = check.signed_root(pin->size);
        root && pin->verdict == crypto::NoteVerdict::valid && *root != pin->root) {
      findings.push_back({Verdict::equivocation, "two checkpoints of " + std::to_string(pin->size) +
                                                     " leaves bear the log's signature"});
    }
  }
  return check.size();
}

// What a verified log was compared with.
Finding conclusion(const StoredShard& stored, const std::vector<const Pin*>& pins) {
  const std::string fits = stored.pruned
                               ? "pruned by the rules, and its checkpoints lead to the last one"
                               : "every leaf, hash and checkpoint fits";
  const auto any = [&](Pin::Kept kept) {
    return std::any_of(pins.begin(), pins.end(), [&](const Pin* pin) { return pin->kept == kept; });
  };
  if (any(Pin::Kept::elsewhere)) return {Verdict::verified, fits};
  if (any(Pin::Kept::with_the_organisations)) {
    return {Verdict::verified,
            fits + "; compared with the organisation's log, as far as that is pinned"};
  }
  return {Verdict::unpinned,
          "consistent, but compared with no checkpoint kept elsewhere: the sealing account could "
          "have rewritten it"};
}

// A shard has one key from its first checkpoint to its last: another one opens the next shard.
// Which it is, a pin says better than the shard's row, which whoever adds a key of their own
// changes too.
std::string key_of(const StoredShard& stored, const std::vector<const Pin*>& pins) {
  const Pin* best = nullptr;
  for (const Pin* pin : pins) {
    if (pin->verdict == crypto::NoteVerdict::valid && (best == nullptr || pin->kept < best->kept))
      best = pin;
  }
  return best != nullptr ? best->public_key : stored.shard.public_key;
}

std::vector<crypto::VerifierKey> only(const std::vector<crypto::VerifierKey>& keys,
                                      const std::string& public_key) {
  std::vector<crypto::VerifierKey> kept;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(kept),
               [&](const crypto::VerifierKey& key) { return key.public_key == public_key; });
  return kept;
}

Verification verify_shard(store::Tx& tx, const StoredShard& stored, const std::string& domain,
                          const std::vector<crypto::VerifierKey>& keys,
                          const std::vector<Pin>& pins) {
  Shard shard = stored.shard;
  shard.origin = tenant_prefix(domain, shard.key.tenant) + shard.key.log + "/" + shard.key.period;
  std::vector<const Pin*> own;
  for (const Pin& pin : pins) {
    if (pin.origin == shard.origin) own.push_back(&pin);
  }
  const std::string public_key = key_of(stored, own);
  const std::vector<crypto::VerifierKey> its = stored.has_row ? only(keys, public_key) : keys;
  std::vector<Finding> findings;
  std::optional<Finding> undeclared;
  std::uint64_t size = shard.size;
  if (stored.pruned) {
    findings = check_pruned(tx, shard, its, own);
  } else {
    size = check_leaves(tx, shard, its, own, findings, undeclared);
  }
  const bool one_key = std::all_of(own.begin(), own.end(), [&](const Pin* pin) {
    return pin->verdict != crypto::NoteVerdict::valid || pin->public_key == public_key;
  });
  if (!one_key || (stored.has_row && stored.shard.public_key != public_key)) {
    findings.push_back({Verdict::unknown_key,
                        "the log's key was replaced by another one, which can only open a log of "
                        "its own"});
  }
  if (!stored.has_row || stored.shard.origin != shard.origin) {
    findings.push_back(
        {Verdict::altered, "the shard's own row is missing or names another origin"});
  }
  if (findings.empty()) findings.push_back(conclusion(stored, own));
  if (undeclared) findings.push_back(*undeclared);
  return conclude(shard.origin, size, findings);
}

bool of_organisation(const StoredShard& stored) {
  return stored.shard.key.tenant == kOrganisation;
}

// How far a verified log of the organisation is pinned.
std::uint64_t pinned_size(const Verification& result, const std::vector<Pin>& pins) {
  std::uint64_t size = 0;
  for (const Pin& pin : pins) {
    if (pin.origin == result.origin && result.verdict == Verdict::verified) {
      size = std::max(size, pin.size);
    }
  }
  return size;
}

}  // namespace

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::verified:
      return "verified";
    case Verdict::unpinned:
      return "consistent-but-unpinned";
    case Verdict::undeclared:
      return "undeclared";
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
  std::vector<Pin> read = read_pins(pins, keys, prefixes);
  std::vector<Verification> results, organisation;
  // The organisation's own log first, because it has checkpoints of the others.
  for (const StoredShard& stored : shards) {
    if (!of_organisation(stored)) continue;
    organisation.push_back(verify_shard(tx, stored, domain, keys, read));
    if (tenant == kOrganisation) continue;
    std::vector<Pin> recorded;
    const std::uint64_t pinned = pinned_size(organisation.back(), read);
    if (!reads_leaves(
            tx, [&] { recorded = recorded_pins(tx, stored.shard.key, prefix, keys, pinned); })) {
      worsen(organisation.back(), {Verdict::altered, "a leaf of it is no event any more"});
    }
    for (Pin& pin : recorded) read.push_back(std::move(pin));
  }
  for (const StoredShard& stored : shards) {
    if (of_organisation(stored)) continue;
    results.push_back(verify_shard(tx, stored, domain, keys, read));
  }
  results.insert(results.end(), organisation.begin(), organisation.end());
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
  std::optional<Finding> missing;
  if (!reads_leaves(tx, [&] { missing = missing_leaves(tx, tenant); })) {
    missing = {Verdict::altered,
               "a leaf is no event any more, so that nothing says whether every request, run and "
               "hold has its leaf"};
  }
  if (missing) results.push_back(conclude(prefix + "evidence", 0, {*missing}));
  if (results.empty()) {
    results.push_back({prefix + "evidence", 0, Verdict::unpinned, "nothing has been sealed yet"});
  }
  return results;
}

}  // namespace ccctl::audit
