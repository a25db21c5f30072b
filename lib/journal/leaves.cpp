#include "journal/leaves.h"

#include <algorithm>

#include "audit/sealer.h"
#include "crypto/tree.h"

namespace ccctl::journal {
namespace {

// A leaf has up to 60,000 bytes and usually a thousand: a segment stays small enough to hold.
constexpr std::size_t kMostLeaves = 1000;

}  // namespace

std::string hash_of(std::string_view line) {
  return crypto::to_hex(crypto::view(crypto::leaf_hash(line)));
}

crypto::Digest digest_of(std::string_view hex) {
  const auto bytes = crypto::from_hex(hex);
  crypto::Digest digest{};
  if (!bytes || bytes->size() != digest.size()) {
    throw Error(ErrorKind::unexpected, "a stored hash is not 32 bytes long");
  }
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

Due read_due(store::Tx& tx, const std::string& tenant) {
  // A leaf is in one of the two tables, in a statement's snapshot never in both.
  const store::Rows rows = tx.exec(
      {"SELECT pg_catalog.encode(l.leaf_hash, 'hex'), pg_catalog.encode(l.line, 'hex'), "
       "pg_catalog.count(*) OVER () FROM (SELECT d.leaf_hash, COALESCE("
       "(SELECT p.line FROM ccctl.pending p WHERE p.tenant_id = $1 AND p.leaf_hash = d.leaf_hash "
       "LIMIT 1), (SELECT s.line FROM ccctl.leaf s WHERE s.tenant_id = $1 AND s.leaf_hash = "
       "d.leaf_hash LIMIT 1)) AS line FROM ccctl.journal_due d WHERE d.tenant_id = $1) l "
       "WHERE l.line IS NOT NULL ORDER BY pg_catalog.convert_from(l.line, 'UTF8')::json ->> 'at', "
       "l.leaf_hash LIMIT " +
           std::to_string(kMostLeaves),
       {tenant}});
  Due due;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    due.leaves.push_back(
        {std::string(rows.text(r, 0)), crypto::from_hex(rows.text(r, 1)).value_or("")});
    due.total = static_cast<std::uint64_t>(rows.integer(r, 2));
  }
  due.more = due.total > due.leaves.size();
  return due;
}

void take_off(store::Tx& tx, const std::string& tenant, const std::vector<std::string>& hashes) {
  tx.exec(
      {"DELETE FROM ccctl.journal_due WHERE tenant_id = $1 AND leaf_hash = ANY (SELECT "
       "pg_catalog.decode(h, 'hex') FROM pg_catalog.unnest($2::text[]) AS h)",
       {tenant, store::array_literal(hashes)}});
}

std::set<std::string> lacking(store::Tx& tx, const std::string& tenant,
                              const std::vector<std::string>& hashes) {
  std::set<std::string> lost;
  if (hashes.empty()) return lost;
  const store::Rows rows =
      tx.exec({"SELECT h FROM pg_catalog.unnest($2::text[]) AS h WHERE NOT EXISTS (SELECT FROM "
               "ccctl.pending p WHERE p.tenant_id = $1 AND p.leaf_hash = pg_catalog.decode(h, "
               "'hex')) AND NOT EXISTS (SELECT FROM ccctl.leaf l WHERE l.tenant_id = $1 AND "
               "l.leaf_hash = pg_catalog.decode(h, 'hex')) AND NOT EXISTS (SELECT FROM "
               "ccctl.replayed r WHERE r.tenant_id = $1 AND r.leaf_hash = pg_catalog.decode(h, "
               "'hex'))",
               {tenant, store::array_literal(hashes)}});
  for (std::size_t r = 0; r < rows.size(); ++r) lost.emplace(rows.text(r, 0));
  return lost;
}

std::vector<Checkpoint> newer_checkpoints(store::Tx& tx, const std::string& tenant,
                                          const std::vector<Published>& published) {
  const store::Rows rows =
      tx.exec({"SELECT DISTINCT ON (s.log) s.log, s.origin, c.size, c.note FROM ccctl.shard s JOIN "
               "ccctl.checkpoint c ON c.tenant_id = s.tenant_id AND c.log = s.log AND c.period = "
               "s.period AND c.size = s.size WHERE s.tenant_id = $1 ORDER BY s.log, s.opened_at "
               "DESC, c.size DESC",
               {tenant}});
  std::vector<Checkpoint> newer;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Checkpoint found{{std::string(rows.text(r, 0)), std::string(rows.text(r, 1)),
                      static_cast<std::uint64_t>(rows.integer(r, 2))},
                     std::string(rows.text(r, 3))};
    // A restored datastore has older ones; what the journal knows of stays the measure.
    const auto known = std::find_if(published.begin(), published.end(),
                                    [&](const Published& p) { return p.log == found.tree.log; });
    const bool is_newer =
        known == published.end() || audit::position_of(known->origin, known->size) <
                                        audit::position_of(found.tree.origin, found.tree.size);
    if (is_newer) newer.push_back(std::move(found));
  }
  return newer;
}

}  // namespace ccctl::journal
