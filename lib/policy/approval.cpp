#include "policy/approval.h"

#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "base/json.h"

namespace ccctl::policy {
namespace {

constexpr std::string_view kSelect =
    "SELECT approval_id, kind, target, reason, requested_by, requested_at, decision, decided_by, "
    "decided_at, rejection FROM ccctl.approval WHERE tenant_id = $1::text ";

Approval from_row(const store::Rows& rows, std::size_t r) {
  Approval approval;
  approval.id = rows.text(r, 0);
  approval.kind = rows.text(r, 1);
  approval.target = rows.text(r, 2);
  approval.reason = rows.text(r, 3);
  approval.requested_by = rows.text(r, 4);
  approval.requested_at = *rows.instant(r, 5);
  approval.decision = rows.text(r, 6);
  approval.decided_by = rows.text(r, 7);
  approval.decided_at = rows.instant(r, 8);
  approval.rejection = rows.text(r, 9);
  return approval;
}

void record(store::Tx& tx, const std::string& tenant, const std::string& action,
            const std::string& actor, const Approval& approval, Instant at) {
  Json body{{"approval", approval.id},
            {"kind", approval.kind},
            {"target", approval.target},
            {"reason", approval.reason},
            {"requested_by", approval.requested_by}};
  if (approval.rejected()) body["rejection"] = approval.rejection;
  audit::append(tx, {audit::LogName::evidence, tenant, action, actor, "", std::move(body)}, at);
}

Approval find(store::Tx& tx, const std::string& tenant, const std::string& id, bool lock) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) + "AND approval_id = $2::text" + (lock ? " FOR UPDATE" : ""),
               {tenant, id}});
  if (rows.empty())
    throw Error(ErrorKind::not_found, "no approval \"" + id + "\"", "see `ccctl approve list`");
  return from_row(rows, 0);
}

void store_decision(store::Tx& tx, const std::string& tenant, const Approval& approval) {
  tx.exec(
      {"UPDATE ccctl.approval SET decision = $3::text, decided_by = $4::text, decided_at = "
       "$5::timestamptz, rejection = $6::text WHERE tenant_id = $1::text AND approval_id = "
       "$2::text AND decision IS NULL",
       {tenant, approval.id, approval.decision, approval.decided_by, to_text(*approval.decided_at),
        approval.rejected() ? store::Value(approval.rejection) : store::Value()}});
}

// Both decisions: under the row's lock, so that of two people one decides.
Approval decide(store::Tx& tx, const std::string& tenant, const std::string& id,
                const std::string& decision, const std::string& decider,
                const std::string& rejection, Instant at) {
  Approval approval = find(tx, tenant, id, true);
  if (approval.decision == decision) return approval;
  if (!approval.open()) {
    throw Error(ErrorKind::refused, "approval \"" + id + "\" was " + approval.decision + " by \"" +
                                        approval.decided_by + "\"");
  }
  if (approval.requested_by == decider) {
    throw Error(
        ErrorKind::refused, "approval \"" + id + "\" was asked for by \"" + decider + "\"",
        decision == "approved" ? "another person must sign it" : "another person must reject it");
  }
  approval.decision = decision;
  approval.decided_by = decider;
  approval.decided_at = at;
  approval.rejection = rejection;
  store_decision(tx, tenant, approval);
  record(tx, tenant, approval.approved() ? "approval.signed" : "approval.rejected", decider,
         approval, at);
  return approval;
}

}  // namespace

Approval ask(store::Tx& tx, const Context& context, const std::string& tenant,
             const std::string& kind, const std::string& target, const std::string& reason,
             Instant at) {
  const store::Rows open = tx.exec(
      {std::string(kSelect) + "AND kind = $2::text AND target = $3::text AND decision IS NULL",
       {tenant, kind, target}});
  if (!open.empty()) return from_row(open, 0);
  const std::string id = random_uuid(context);
  const store::Rows inserted = tx.exec(
      {"INSERT INTO ccctl.approval (tenant_id, approval_id, kind, target, reason, requested_at) "
       "VALUES "
       "($1::text, $2::text, $3::text, $4::text, $5::text, $6::timestamptz) RETURNING requested_by",
       {tenant, id, kind, target, reason, to_text(at)}});
  Approval approval;
  approval.id = id;
  approval.kind = kind;
  approval.target = target;
  approval.reason = reason;
  approval.requested_by = inserted.text(0, 0);
  approval.requested_at = at;
  record(tx, tenant, "approval.requested", approval.requested_by, approval, at);
  return approval;
}

std::vector<Approval> list(store::Tx& tx, const std::string& tenant, bool only_open) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) + (only_open ? "AND decision IS NULL " : "") +
                   "ORDER BY requested_at, approval_id",
               {tenant}});
  std::vector<Approval> all;
  for (std::size_t r = 0; r < rows.size(); ++r) all.push_back(from_row(rows, r));
  return all;
}

Approval get(store::Tx& tx, const std::string& tenant, const std::string& id) {
  return find(tx, tenant, id, false);
}

std::optional<Approval> find_approved(store::Tx& tx, const std::string& tenant,
                                      const std::string& kind, const std::string& target) {
  const store::Rows rows = tx.exec(
      {std::string(kSelect) + "AND kind = $2::text AND target = $3::text AND decision = 'approved' "
                              "ORDER BY decided_at DESC LIMIT 1",
       {tenant, kind, target}});
  if (rows.empty()) return std::nullopt;
  return from_row(rows, 0);
}

Approval sign(store::Tx& tx, const std::string& tenant, const std::string& id,
              const std::string& signer, Instant at) {
  return decide(tx, tenant, id, "approved", signer, "", at);
}

Approval reject(store::Tx& tx, const std::string& tenant, const std::string& id,
                const std::string& decider, const std::string& reason, Instant at) {
  return decide(tx, tenant, id, "rejected", decider, reason, at);
}

bool restore_rejection(store::Tx& tx, const std::string& tenant, const std::string& id,
                       const std::string& decider, const std::string& reason, Instant at) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) + "AND approval_id = $2::text AND decision IS NULL FOR UPDATE",
               {tenant, id}});
  if (rows.empty()) return false;
  Approval approval = from_row(rows, 0);
  approval.decision = "rejected";
  approval.decided_by = decider;
  approval.decided_at = at;
  approval.rejection = reason;
  store_decision(tx, tenant, approval);
  return true;
}

}  // namespace ccctl::policy
