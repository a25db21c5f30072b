#include "request/tombstone.h"

#include <nlohmann/json.hpp>

namespace ccctl::request {

std::string subject_kind(const subject::SubjectRef& ref) {
  return "subject/" + ref.kind;
}

Json keyed_json(const Keyed& keyed, const subject::SubjectRef* ref,
                const std::vector<subject::Identifier>& identifiers) {
  Json hashes = Json::array();
  for (const subject::Identifier& identifier : identifiers) {
    hashes.push_back(keyed(identifier.kind, identifier.value));
  }
  Json all{{"identifiers", std::move(hashes)}};
  if (ref != nullptr) {
    all["subject"] = keyed(subject_kind(*ref), Personal<std::string>(ref->key_json()));
  }
  return all;
}

Instant tombstone_expiry(const RequestPolicy& policy, Instant erased_at) {
  return add(erased_at, policy.evidence, policy.zone, Granularity::instant);
}

void write_tombstones(store::Tx& tx, const std::string& tenant, const std::string& request_id,
                      const std::vector<std::string>& hashes, Instant erased_at,
                      Instant expires_at) {
  tx.defer(
      {"DELETE FROM ccctl.tombstone WHERE tenant_id = $1 AND expires_at <= "
       "pg_catalog.statement_timestamp()",
       {tenant}});
  tx.defer(
      {"INSERT INTO ccctl.tombstone (tenant_id, keyed_hash, request_id, erased_at, expires_at) "
       "SELECT $1, pg_catalog.decode(h, 'hex'), $3, $4::timestamptz, $5::timestamptz FROM "
       "pg_catalog.unnest($2::text[]) AS h ON CONFLICT (tenant_id, keyed_hash, request_id) DO "
       "NOTHING",
       {tenant, store::array_literal(hashes), request_id, to_text(erased_at),
        to_text(expires_at)}});
}

std::vector<std::string> tombstone_hashes(const Keyed& keyed,
                                          const std::vector<subject::SubjectRef>& refs,
                                          const std::vector<subject::Identifier>& identifiers) {
  std::vector<std::string> hashes;
  for (const subject::SubjectRef& ref : refs) {
    hashes.push_back(keyed(subject_kind(ref), Personal<std::string>(ref.key_json())));
  }
  for (const subject::Identifier& identifier : identifiers) {
    if (identifier.kind != "name") hashes.push_back(keyed(identifier.kind, identifier.value));
  }
  return hashes;
}

std::vector<Tombstone> find_tombstones(store::Tx& tx, const std::string& tenant,
                                       const std::string& hash) {
  const store::Rows rows = tx.exec(
      {"SELECT t.request_id, t.erased_at, t.expires_at, pg_catalog.encode(r.leaf_hash, 'hex') FROM "
       "ccctl.tombstone t LEFT JOIN ccctl.request r ON r.tenant_id = t.tenant_id AND r.request_id "
       "= "
       "t.request_id WHERE t.tenant_id = $1 AND t.keyed_hash = pg_catalog.decode($2, 'hex') AND "
       "t.expires_at > pg_catalog.statement_timestamp() ORDER BY t.erased_at DESC, t.request_id",
       {tenant, hash}});
  std::vector<Tombstone> found;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    found.push_back({std::string(rows.text(r, 0)), *rows.instant(r, 1), *rows.instant(r, 2),
                     std::string(rows.text(r, 3))});
  }
  return found;
}

}  // namespace ccctl::request
