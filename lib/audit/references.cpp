#include "audit/references.h"

namespace ccctl::audit {

namespace {

// Rows that refer to their leaf: by its hash, or by an id that the leaf names under its action.
// Each statement gives both (one is NULL or empty), and when it was.
struct Reference {
  const char* name;  // as messages call them
  const char* rows;
};
constexpr Reference kReferences[] = {
    {"receipts", "SELECT leaf_hash, '', '', at FROM ccctl.receipt WHERE tenant_id = $1"},
    {"completed requests",
     "SELECT leaf_hash, '', '', created_at FROM ccctl.request WHERE tenant_id = $1 AND leaf_hash "
     "IS NOT NULL"},
    {"closed runs",
     "SELECT leaf_hash, '', '', closed_at FROM ccctl.destruction WHERE tenant_id = $1 AND "
     "leaf_hash IS NOT NULL"},
    {"requests",
     "SELECT NULL::bytea, 'request', request_id, created_at FROM ccctl.request WHERE tenant_id = "
     "$1"},
    {"steps",
     "SELECT NULL::bytea, 'request.step.' || state, request_id || '/' || processor, decided_at "
     "FROM "
     "ccctl.request_step WHERE tenant_id = $1 AND state <> 'open'"},
    {"cases",
     "SELECT NULL::bytea, 'case.opened', case_id, created_at FROM ccctl.request_case WHERE "
     "tenant_id = $1"},
    {"runs",
     "SELECT NULL::bytea, 'retention.opened', run_id, opened_at FROM ccctl.destruction WHERE "
     "tenant_id = "
     "$1"},
    {"holds",
     "SELECT NULL::bytea, 'hold.added', hold_id, added_at FROM ccctl.hold WHERE tenant_id = $1"},
    {"released holds",
     "SELECT NULL::bytea, 'hold.released', hold_id, released_at FROM ccctl.hold WHERE tenant_id = "
     "$1 AND "
     "released_at IS NOT NULL"},
    {"approvals",
     "SELECT NULL::bytea, 'approval.requested', approval_id, requested_at FROM ccctl.approval "
     "WHERE "
     "tenant_id = $1"},
    {"decided approvals",
     "SELECT NULL::bytea, CASE decision WHEN 'approved' THEN 'approval.signed' ELSE "
     "'approval.rejected' "
     "END, approval_id, decided_at FROM ccctl.approval WHERE tenant_id = $1 AND decision IS NOT "
     "NULL"}};

// What the evidence says by action and id. Lines are canonical and begin with their action, so that
// those of other nouns are passed over without being parsed. A leaf that a restore lost was said
// again by its replay.
constexpr const char* kSaid =
    "line AS (SELECT line FROM ccctl.leaf WHERE tenant_id = $1 AND log = 'evidence' UNION ALL "
    "SELECT line FROM ccctl.pending WHERE tenant_id = $1 AND log = 'evidence'), "
    "parsed AS MATERIALIZED (SELECT j ->> 'action' AS action, j ->> 'request' AS request, "
    "j -> 'body' AS body FROM (SELECT pg_catalog.convert_from(line, 'UTF8')::json AS j FROM line "
    "WHERE pg_catalog.substring(line, 12, 5) IN ('hold.', 'appro', 'reten', 'reque', 'case.')) x), "
    "said AS (SELECT CASE action WHEN 'retention.replayed' THEN body ->> 'action' ELSE action END "
    "AS action, COALESCE(CASE WHEN action = 'retention.replayed' THEN body ->> 'id' WHEN action "
    "LIKE 'request.step.%' THEN request || '/' || (body ->> 'processor') END, body ->> 'hold', "
    "body ->> 'run', body ->> 'case', body ->> 'approval') AS id FROM parsed "
    "UNION ALL SELECT 'request', request FROM parsed)";

std::string statement() {
  std::string claims;
  for (const Reference& reference : kReferences) {
    if (!claims.empty()) claims += " UNION ALL ";
    claims += "SELECT '" + std::string(reference.name) + "', x.* FROM (" + reference.rows + ") x";
  }
  return "WITH " + std::string(kSaid) + ", claimed (name, leaf_hash, action, id, at) AS (" +
         claims +
         "), lost AS (SELECT name, at FROM claimed c WHERE leaf_hash IS NULL AND NOT EXISTS "
         "(SELECT FROM said s WHERE s.action = c.action AND s.id = c.id) UNION ALL "
         "SELECT name, at FROM claimed c WHERE leaf_hash IS NOT NULL AND NOT EXISTS (SELECT FROM "
         "ccctl.leaf l WHERE l.tenant_id = $1 AND l.leaf_hash = c.leaf_hash) AND NOT EXISTS "
         "(SELECT FROM ccctl.pending p WHERE p.tenant_id = $1 AND p.leaf_hash = c.leaf_hash)) "
         // Those are excused whose leaf went with the evidence of its time.
         "SELECT name, pg_catalog.count(*) FROM lost WHERE NOT EXISTS (SELECT FROM ccctl.shard s "
         "WHERE s.tenant_id = $1 AND s.log = 'evidence' AND s.pruned_at IS NOT NULL AND "
         "s.sealed_at >= lost.at) GROUP BY name ORDER BY name";
}

}  // namespace

std::optional<Finding> missing_leaves(store::Tx& tx, const std::string& tenant) {
  const store::Rows rows = tx.exec({statement(), {tenant}});
  std::string explanation;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!explanation.empty()) explanation += "; ";
    explanation += std::string(rows.text(i, 0)) +
                   " without a leaf in the log: " + std::string(rows.text(i, 1));
  }
  if (explanation.empty()) return std::nullopt;
  return Finding{Verdict::truncated, explanation};
}

}  // namespace ccctl::audit
