#include "audit/prune.h"

#include <nlohmann/json.hpp>

#include "audit/hashes.h"
#include "audit/opening.h"
#include "audit/tree_check.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

constexpr int kNotes = 256;  // checkpoints

ShardKey key_of(const ClosedShard& shard) {
  return {shard.tenant, shard.log, shard.period};
}

// The shard's row, locked; refused unless it is closed and not pruned.
Shard lock_shard(store::Tx& tx, const ClosedShard& closed) {
  const ShardKey key = key_of(closed);
  const store::Rows rows = tx.exec(
      {"SELECT size, pg_catalog.encode(public_key, 'hex') FROM ccctl.shard WHERE tenant_id = $1 "
       "AND log = $2 AND period = $3 AND closed_at IS NOT NULL AND pruned_at IS NULL FOR UPDATE",
       key.params()});
  if (rows.empty()) {
    throw Error(ErrorKind::refused, "'" + closed.origin + "' is open, or pruned already");
  }
  return {key, closed.origin, static_cast<std::uint64_t>(rows.integer(0, 0)),
          crypto::from_hex(rows.text(0, 1)).value_or("")};
}

void require_in_journal(store::Tx& tx, const Shard& shard) {
  const store::Rows rows = tx.exec(
      {"SELECT FROM ccctl.journal_due d JOIN ccctl.leaf l ON l.tenant_id = d.tenant_id "
       "AND l.leaf_hash = d.leaf_hash WHERE d.tenant_id = $1 AND l.log = $2 AND l.period = $3 "
       "LIMIT 1",
       shard.key.params()});
  if (rows.empty()) return;
  throw Error(ErrorKind::busy, "the journal does not have all leaves of '" + shard.origin + "' yet",
              "see `ccctl journal status`");
}

void require_sound(store::Tx& tx, const Shard& shard) {
  const std::vector<crypto::VerifierKey> keys{
      crypto::VerifierKey::of(shard.origin, shard.public_key)};
  TreeCheck check(tx, shard, keys, {});
  const std::vector<Finding> findings = check.run();
  if (findings.empty()) return;
  throw Error(ErrorKind::findings,
              "'" + shard.origin + "' is not what was signed: " + findings.front().explanation,
              "see `ccctl audit verify`; it is not removed");
}

using Sizes = std::vector<std::uint64_t>;

// The next checkpoints beyond that size, without the last of all.
Sizes next_sizes(store::Tx& tx, const Shard& shard, std::uint64_t beyond) {
  std::vector<store::Value> params = shard.key.params();
  params.insert(params.end(), {std::to_string(beyond), std::to_string(shard.size)});
  const store::Rows rows = tx.exec(
      {"SELECT size FROM ccctl.checkpoint WHERE tenant_id = $1 AND log = $2 AND period = $3 AND "
       "size > $4::bigint AND size < $5::bigint ORDER BY size LIMIT " +
           std::to_string(kNotes),
       params});
  Sizes sizes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sizes.push_back(static_cast<std::uint64_t>(rows.integer(i, 0)));
  }
  return sizes;
}

// One statement reads what all proofs of the page need.
std::vector<std::string> proofs_of(store::Tx& tx, const Shard& shard, const Sizes& sizes) {
  const crypto::NodeSource nodes = read_for(tx, shard, [&](const crypto::NodeSource& source) {
    for (const std::uint64_t size : sizes) crypto::consistency_proof(size, shard.size, source);
  });
  std::vector<std::string> proofs;
  for (const std::uint64_t size : sizes) {
    std::string bytes;
    for (const crypto::Digest& hash : crypto::consistency_proof(size, shard.size, nodes)) {
      bytes += crypto::view(hash);
    }
    proofs.push_back(crypto::to_hex(bytes));
  }
  return proofs;
}

// A pin of any signed size can be compared with the last checkpoint, when no leaf is left.
void keep_proofs(store::Tx& tx, const Shard& shard) {
  std::uint64_t beyond = 0;
  for (;;) {
    const Sizes sizes = next_sizes(tx, shard, beyond);
    if (sizes.empty()) return;
    beyond = sizes.back();
    std::vector<std::string> texts;
    for (const std::uint64_t size : sizes) texts.push_back(std::to_string(size));
    std::vector<store::Value> params = shard.key.params();
    params.insert(params.end(),
                  {store::array_literal(texts), store::array_literal(proofs_of(tx, shard, sizes))});
    tx.exec(
        {"UPDATE ccctl.checkpoint c SET consistency = pg_catalog.decode(w.proof, 'hex') FROM ROWS "
         "FROM (pg_catalog.unnest($4::bigint[]), pg_catalog.unnest($5::text[])) AS w(size, proof) "
         "WHERE c.tenant_id = $1 AND c.log = $2 AND c.period = $3 AND c.size = w.size",
         params});
  }
}

}  // namespace

std::vector<ClosedShard> closed_shards(store::Tx& tx, const std::string& tenant) {
  const store::Rows rows = tx.exec(
      {"SELECT log, period, origin, size, opened_at FROM ccctl.shard WHERE tenant_id = $1 AND "
       "closed_at IS NOT NULL AND pruned_at IS NULL ORDER BY log, opened_at, period",
       {tenant}});
  std::vector<ClosedShard> shards;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    shards.push_back({tenant, std::string(rows.text(i, 0)), std::string(rows.text(i, 1)),
                      std::string(rows.text(i, 2)), static_cast<std::uint64_t>(rows.integer(i, 3)),
                      *rows.instant(i, 4)});
  }
  return shards;
}

Span span_of(store::Tx& tx, const ClosedShard& shard) {
  const store::Rows rows = tx.exec(
      {"WITH happened AS MATERIALIZED (SELECT (pg_catalog.convert_from(line, 'UTF8')::json ->> "
       "'at')::timestamptz AS at FROM ccctl.leaf WHERE tenant_id = $1 AND log = $2 AND period = "
       "$3),"
       " ends AS (SELECT pg_catalog.min(at) AS first, pg_catalog.max(at) AS last FROM happened) "
       "SELECT e.first, e.last, pg_catalog.max(h.at) FROM ends e JOIN happened h ON h.at > e.last "
       "- interval '96 hours' GROUP BY e.first, e.last, pg_catalog.floor(pg_catalog.date_part("
       "'epoch', h.at) / 900) ORDER BY 3",
       key_of(shard).params()});
  Span span;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    span.first = *rows.instant(i, 0);
    span.last = *rows.instant(i, 1);
    span.latest.push_back(*rows.instant(i, 2));
  }
  return span;
}

void drop_shard(store::Tx& tx, const ClosedShard& closed, const Json& body) {
  const Elsewhere nowhere;
  const Moment moment = read_moment(tx, nowhere);
  const Shard shard = lock_shard(tx, closed);
  require_in_journal(tx, shard);
  require_sound(tx, shard);
  keep_proofs(tx, shard);
  for (const char* table : {"leaf", "node"}) {
    tx.exec({"DELETE FROM ccctl." + std::string(table) +
                 " WHERE tenant_id = $1 AND log = $2 AND period = $3",
             shard.key.params()});
  }
  std::vector<store::Value> params = shard.key.params();
  params.emplace_back(ccctl::to_text(moment.now));
  tx.exec(
      {"UPDATE ccctl.shard SET pruned_at = $4::timestamptz WHERE tenant_id = $1 AND log = $2 AND "
       "period = $3",
       params});
  record(tx, moment, "shard.pruned", body);
}

}  // namespace ccctl::audit
