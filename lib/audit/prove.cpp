#include "audit/sealer.h"
#include "audit/shard.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

std::vector<crypto::Digest> read_proof(store::Tx& tx, const Shard& shard, std::uint64_t index) {
  // Which subtrees a proof needs depends on index and size only: the first walk collects them, one
  // statement reads them, the second walk uses them.
  std::vector<crypto::NodeId> wanted;
  crypto::inclusion_proof(index, shard.size, [&](crypto::NodeId id) {
    wanted.push_back(id);
    return crypto::Digest{};
  });
  const Hashes hashes = read_hashes(tx, shard.key, wanted);
  return crypto::inclusion_proof(index, shard.size, [&](crypto::NodeId id) {
    const auto hash = hashes.find(id);
    if (hash == hashes.end()) {
      throw Error(ErrorKind::findings, "a hash of '" + shard.origin + "' is missing",
                  "see `ccctl audit verify`");
    }
    return hash->second;
  });
}

}  // namespace

std::optional<Proof> prove(store::Tx& tx, const std::string& tenant,
                           const crypto::Digest& leaf_hash) {
  const store::Rows rows = tx.exec(
      {"SELECT s.log, s.period, s.origin, s.size, l.leaf_index, pg_catalog.encode(l.line, 'hex'), "
       "c.note, pg_catalog.encode(s.public_key, 'hex') FROM ccctl.leaf l "
       "JOIN ccctl.shard s ON s.tenant_id = l.tenant_id AND s.log = l.log "
       "AND s.period = l.period JOIN ccctl.checkpoint c ON c.tenant_id = l.tenant_id "
       "AND c.log = l.log AND c.period = l.period AND c.size = s.size "
       "WHERE l.tenant_id = $1 AND l.leaf_hash = pg_catalog.decode($2, 'hex') "
       "AND l.leaf_index < s.size ORDER BY s.opened_at, l.leaf_index LIMIT 1",
       {tenant, crypto::to_hex(crypto::view(leaf_hash))}});
  if (rows.empty()) return std::nullopt;
  Shard shard;
  shard.key = {tenant, std::string(rows.text(0, 0)), std::string(rows.text(0, 1))};
  shard.origin = rows.text(0, 2);
  shard.size = static_cast<std::uint64_t>(rows.integer(0, 3));
  Proof proof;
  proof.origin = shard.origin;
  proof.index = static_cast<std::uint64_t>(rows.integer(0, 4));
  proof.leaf = crypto::from_hex(rows.text(0, 5)).value_or("");
  const auto hashes = read_proof(tx, shard, proof.index);
  const auto key =
      crypto::VerifierKey::of(shard.origin, crypto::from_hex(rows.text(0, 7)).value_or(""));
  const OpenedCheckpoint newest = open_checkpoint(rows.text(0, 6), {key});
  // A receipt that does not verify must never leave: whoever gets it could not know why.
  if (newest.verdict != crypto::NoteVerdict::valid || newest.checkpoint.origin != shard.origin ||
      newest.checkpoint.size != shard.size || crypto::leaf_hash(proof.leaf) != leaf_hash ||
      !crypto::verify_inclusion(leaf_hash, proof.index, shard.size, hashes,
                                newest.checkpoint.root)) {
    throw Error(ErrorKind::findings, "a leaf of '" + shard.origin + "' does not prove",
                "see `ccctl audit verify`");
  }
  proof.tlog_proof = crypto::tlog_proof(proof.index, hashes, rows.text(0, 6));
  return proof;
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
      {"SELECT key FROM ccctl.log_key WHERE tenant_id = $1 ORDER BY valid_from, origin, key",
       {tenant}});
  std::vector<crypto::VerifierKey> keys;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (auto key = crypto::VerifierKey::parse(rows.text(i, 0))) keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace ccctl::audit
