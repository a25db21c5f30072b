#include "audit/prove.h"

#include "audit/event.h"
#include "audit/hashes.h"
#include "audit/pins.h"
#include "audit/shard.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

// A checkpoint under the shard's own key. The last one is remembered, with all that its verdict
// depends on: many proofs in a row are made against the same.
OpenedCheckpoint opened_under(const std::string& origin, const std::string& public_key,
                              const std::string& note) {
  struct Last {
    std::string origin, public_key, note;
    OpenedCheckpoint opened;
  };
  thread_local Last last;
  if (last.origin != origin || last.public_key != public_key || last.note != note) {
    const auto key = crypto::VerifierKey::of(origin, public_key);
    last = {origin, public_key, note, open_checkpoint(note, {key})};
  }
  return last.opened;
}

// The newest checkpoint of a shard; nothing when it is not that.
std::optional<crypto::Checkpoint> read_newest(const Shard& shard, const std::string& note) {
  const OpenedCheckpoint newest = opened_under(shard.origin, shard.public_key, note);
  if (newest.verdict != crypto::NoteVerdict::valid || newest.checkpoint.origin != shard.origin ||
      newest.checkpoint.size != shard.size) {
    return std::nullopt;
  }
  return newest.checkpoint;
}

// Of the leaf that the condition names, with parameters from $2 on.
std::optional<Proof> prove_where(store::Tx& tx, const std::string& tenant,
                                 const std::string& condition,
                                 const std::vector<store::Value>& values) {
  std::vector<store::Value> params{tenant};
  params.insert(params.end(), values.begin(), values.end());
  const store::Rows rows = tx.exec(
      {"SELECT s.log, s.period, s.origin, s.size, l.leaf_index, pg_catalog.encode(l.line, 'hex'), "
       "c.note, pg_catalog.encode(s.public_key, 'hex') FROM ccctl.leaf l "
       "JOIN ccctl.shard s ON s.tenant_id = l.tenant_id AND s.log = l.log "
       "AND s.period = l.period JOIN ccctl.checkpoint c ON c.tenant_id = l.tenant_id "
       "AND c.log = l.log AND c.period = l.period AND c.size = s.size "
       "WHERE l.tenant_id = $1 AND l.leaf_index < s.size AND " +
           condition + " ORDER BY s.opened_at, l.leaf_index LIMIT 1",
       params});
  if (rows.empty()) return std::nullopt;
  const Shard shard{{tenant, std::string(rows.text(0, 0)), std::string(rows.text(0, 1))},
                    std::string(rows.text(0, 2)),
                    static_cast<std::uint64_t>(rows.integer(0, 3)),
                    crypto::from_hex(rows.text(0, 7)).value_or("")};
  Proof proof;
  proof.origin = shard.origin;
  proof.index = static_cast<std::uint64_t>(rows.integer(0, 4));
  proof.leaf = crypto::from_hex(rows.text(0, 5)).value_or("");
  const auto walk = [&](const crypto::NodeSource& nodes) {
    return crypto::inclusion_proof(proof.index, shard.size, nodes);
  };
  const auto hashes = walk(read_for(tx, shard, walk));
  const auto newest = read_newest(shard, std::string(rows.text(0, 6)));
  // A receipt that does not verify must never leave: whoever gets it could not know why.
  if (!newest || !crypto::verify_inclusion(crypto::leaf_hash(proof.leaf), proof.index, shard.size,
                                           hashes, newest->root)) {
    throw Error(ErrorKind::findings, "a leaf of '" + shard.origin + "' does not prove",
                "see `ccctl audit verify`");
  }
  proof.tlog_proof = crypto::tlog_proof(proof.index, hashes, rows.text(0, 6));
  return proof;
}

struct Newest {
  Shard shard;
  std::string note;
  bool pruned = false;
};

Newest newest_of(store::Tx& tx, const std::string& tenant, const std::string& origin) {
  const store::Rows rows = tx.exec(
      {"SELECT s.log, s.period, s.size, pg_catalog.encode(s.public_key, 'hex'), c.note, "
       "s.pruned_at IS "
       "NOT NULL FROM ccctl.shard s JOIN ccctl.checkpoint c ON c.tenant_id = s.tenant_id AND c.log "
       "= s.log "
       "AND c.period = s.period AND c.size = s.size WHERE s.tenant_id = $1 AND s.origin = $2",
       {tenant, origin}});
  if (rows.empty()) {
    throw Error(ErrorKind::not_found, "the datastore has no log '" + origin + "'");
  }
  return {{{tenant, std::string(rows.text(0, 0)), std::string(rows.text(0, 1))},
           origin,
           static_cast<std::uint64_t>(rows.integer(0, 2)),
           crypto::from_hex(rows.text(0, 3)).value_or("")},
          std::string(rows.text(0, 4)),
          rows.boolean(0, 5)};
}

// Of a pruned shard the proofs from each of its checkpoints were kept; nothing for another size.
std::vector<crypto::Digest> kept_proof(store::Tx& tx, const Shard& shard, std::uint64_t size) {
  std::vector<store::Value> params = shard.key.params();
  params.emplace_back(std::to_string(size));
  const store::Rows rows =
      tx.exec({"SELECT pg_catalog.encode(consistency, 'hex') FROM ccctl.checkpoint WHERE tenant_id "
               "= $1 AND "
               "log = $2 AND period = $3 AND size = $4::bigint",
               params});
  return rows.empty() ? std::vector<crypto::Digest>() : digests_of_hex(rows.text(0, 0));
}

// Why no proof can be given from an older checkpoint; empty when one can.
std::string obstacle(const Pin& old, const Shard& shard) {
  if (old.verdict != crypto::NoteVerdict::valid) return pin_fault(old).explanation;
  if (old.size > shard.size) {
    return "the checkpoint covers " + std::to_string(old.size) + " leaves, and the log has " +
           std::to_string(shard.size) + ": the datastore was set back";
  }
  return "";
}

}  // namespace

std::optional<Proof> prove(store::Tx& tx, const std::string& tenant,
                           const crypto::Digest& leaf_hash) {
  auto proof = prove_where(tx, tenant, "l.leaf_hash = pg_catalog.decode($2, 'hex')",
                           {crypto::to_hex(crypto::view(leaf_hash))});
  if (proof && crypto::leaf_hash(proof->leaf) != leaf_hash) {
    throw Error(ErrorKind::findings, "a leaf of '" + proof->origin + "' does not prove",
                "see `ccctl audit verify`");
  }
  return proof;
}

std::optional<Proof> prove_at(store::Tx& tx, const std::string& tenant, const std::string& origin,
                              std::uint64_t index) {
  return prove_where(tx, tenant, "s.origin = $2 AND l.leaf_index = $3::bigint",
                     {origin, std::to_string(index)});
}

Absence absence(store::Tx& tx, const std::string& tenant, const crypto::Digest& leaf_hash) {
  const store::Rows rows = tx.exec(
      {"SELECT EXISTS (SELECT FROM ccctl.pending WHERE tenant_id = $1 AND leaf_hash = "
       "pg_catalog.decode($2, 'hex')), EXISTS (SELECT FROM ccctl.leaf WHERE tenant_id = $1 AND "
       "leaf_hash = pg_catalog.decode($2, 'hex')), EXISTS (SELECT FROM ccctl.shard WHERE tenant_id "
       "= $1 AND pruned_at IS NOT NULL)",
       {tenant, crypto::to_hex(crypto::view(leaf_hash))}});
  if (rows.boolean(0, 0)) return Absence::unsealed;
  return rows.boolean(0, 2) && !rows.boolean(0, 1) ? Absence::pruned : Absence::unknown;
}

std::string Consistency::to_text() const {
  std::string text = "old " + std::to_string(old_size) + "\n";
  for (const crypto::Digest& hash : hashes) {
    text += crypto::to_base64(crypto::view(hash)) + "\n";
  }
  return text + "\n" + checkpoint;
}

Consistency prove_consistency(store::Tx& tx, const std::string& tenant, const std::string& old,
                              const std::vector<crypto::VerifierKey>& keys) {
  const std::string domain = organisation_domain(tx);
  const std::string prefix =
      tenant == kOrganisation ? organisation_prefix(domain) : tenant_prefix(domain, tenant);
  const Pin pin = read_pins({old}, keys, {prefix}).front();
  const Newest newest = newest_of(tx, tenant, pin.origin);
  const std::string why_not = obstacle(pin, newest.shard);
  if (!why_not.empty()) throw Error(ErrorKind::findings, why_not, "see `ccctl audit verify`");
  Consistency proof{pin.origin, pin.size, newest.shard.size, {}, newest.note};
  const auto walk = [&](const crypto::NodeSource& nodes) {
    return crypto::consistency_proof(pin.size, newest.shard.size, nodes);
  };
  proof.hashes = newest.pruned ? kept_proof(tx, newest.shard, pin.size)
                               : walk(read_for(tx, newest.shard, walk));
  const auto opened = read_newest(newest.shard, newest.note);
  if (!opened || !crypto::verify_consistency(pin.size, newest.shard.size, pin.root, opened->root,
                                             proof.hashes)) {
    throw Error(ErrorKind::findings,
                "the log '" + pin.origin + "' does not extend the checkpoint of " +
                    std::to_string(pin.size) + " leaves",
                "see `ccctl audit verify`");
  }
  return proof;
}

std::optional<crypto::Digest> final_leaf(store::Tx& tx, const std::string& tenant,
                                         const std::string& id) {
  const store::Rows rows = tx.exec(
      {"SELECT pg_catalog.encode(leaf_hash, 'hex') FROM ccctl.request WHERE tenant_id = $1 AND "
       "request_id = $2 UNION ALL SELECT pg_catalog.encode(leaf_hash, 'hex') FROM "
       "ccctl.destruction WHERE tenant_id = $1 AND run_id = $2",
       {tenant, id}});
  if (rows.empty()) {
    throw Error(ErrorKind::not_found, "there is no request or run \"" + id + "\"");
  }
  if (rows.is_null(0, 0)) return std::nullopt;
  return digest_of_hex(rows.text(0, 0));
}

std::vector<Sealed> newest_checkpoints(store::Tx& tx) {
  const store::Rows rows = tx.exec(
      "SELECT s.origin, c.size, c.note FROM ccctl.shard s JOIN ccctl.checkpoint c "
      "ON c.tenant_id = s.tenant_id AND c.log = s.log AND c.period = s.period "
      "AND c.size = s.size ORDER BY s.origin");
  std::vector<Sealed> newest;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    newest.push_back({std::string(rows.text(i, 0)), static_cast<std::uint64_t>(rows.integer(i, 1)),
                      0, std::string(rows.text(i, 2))});
  }
  return newest;
}

std::vector<crypto::VerifierKey> published_keys(store::Tx& tx, const std::string& tenant) {
  const store::Rows rows = tx.exec(
      {"SELECT key FROM ccctl.log_key WHERE tenant_id IN ($1, $2) ORDER BY valid_from, origin, key",
       {tenant, std::string(kOrganisation)}});
  std::vector<crypto::VerifierKey> keys;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (auto key = crypto::VerifierKey::parse(rows.text(i, 0))) keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace ccctl::audit
