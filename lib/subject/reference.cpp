#include "subject/reference.h"

#include "crypto/digest.h"
#include "crypto/pseudonym.h"

namespace ccctl::subject {

std::string reference(store::Tx& tx, const std::string& tenant, const SubjectRef& ref) {
  // gen_random_uuid() is PostgreSQL's strong random source; two of them, hashed, give 32 bytes with
  // 244 bits of entropy, in one round trip and without a value of ours travelling.
  const store::Rows rows =
      tx.exec({"WITH made AS (INSERT INTO ccctl.subject_ref (tenant_id, subject_kind, subject_key, "
               "r) VALUES ($1::text, "
               "$2::text, $3::text, "
               "pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || "
               "pg_catalog.uuid_send(pg_catalog.gen_random_uuid()))) ON CONFLICT (tenant_id, "
               "subject_kind, subject_key) DO "
               "NOTHING RETURNING r) SELECT pg_catalog.encode(r, 'hex') FROM made UNION ALL SELECT "
               "pg_catalog.encode(r, "
               "'hex') FROM ccctl.subject_ref WHERE tenant_id = $1::text AND subject_kind = "
               "$2::text AND subject_key = "
               "$3::text",
               {tenant, ref.kind, ref.key_json()}});
  Secret r;
  if (rows.empty()) {
    r = reference_key(tx, tenant,
                      ref);  // another transaction made it between our snapshot and our insert
  } else {
    r = Secret(std::string(rows.text(0, 0)));
  }
  const crypto::Pseudonymiser pseudonymiser{Secret(crypto::from_hex(r.reveal()).value_or(""))};
  return pseudonymiser.subject(ref.kind, Personal<std::string>(ref.key_json()));
}

Secret reference_key(store::Tx& tx, const std::string& tenant, const SubjectRef& ref) {
  const store::Rows rows =
      tx.exec({"SELECT pg_catalog.encode(r, 'hex') FROM ccctl.subject_ref WHERE tenant_id = "
               "$1::text AND subject_kind = "
               "$2::text AND subject_key = $3::text",
               {tenant, ref.kind, ref.key_json()}});
  return Secret(rows.empty() ? "" : std::string(rows.text(0, 0)));
}

void forget(store::Tx& tx, const std::string& tenant, const SubjectRef& ref) {
  tx.exec(
      {"DELETE FROM ccctl.subject_ref WHERE tenant_id = $1::text AND subject_kind = $2::text AND "
       "subject_key = "
       "$3::text",
       {tenant, ref.kind, ref.key_json()}});
}

}  // namespace ccctl::subject
