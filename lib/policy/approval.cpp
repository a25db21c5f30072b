#include "policy/approval.h"

#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "base/json.h"

namespace ccctl::policy {
namespace {

constexpr std::string_view kSelect =
    "SELECT approval_id, kind, target, reason, requested_by, requested_at, decided_by, decided_at "
    "FROM "
    "ccctl.approval WHERE tenant_id = $1::text ";

Approval from_row(const store::Rows& rows, std::size_t r) {
  return {std::string(rows.text(r, 0)), std::string(rows.text(r, 1)),
          std::string(rows.text(r, 2)), std::string(rows.text(r, 3)),
          std::string(rows.text(r, 4)), *rows.instant(r, 5),
          std::string(rows.text(r, 6)), rows.instant(r, 7)};
}

void record(store::Tx& tx, const std::string& tenant, const std::string& action,
            const std::string& actor, const Approval& approval, Instant at) {
  audit::append(tx,
                {audit::LogName::evidence, tenant, action, actor, "",
                 Json{{"approval", approval.id},
                      {"kind", approval.kind},
                      {"target", approval.target},
                      {"reason", approval.reason},
                      {"requested_by", approval.requested_by}}},
                at);
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
  Approval approval{id, kind, target,      reason, std::string(inserted.text(0, 0)),
                    at, "",   std::nullopt};
  record(tx, tenant, "approval.requested", approval.requested_by, approval, at);
  return approval;
}

std::vector<Approval> list(store::Tx& tx, const std::string& tenant) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) + "ORDER BY requested_at, approval_id", {tenant}});
  std::vector<Approval> all;
  for (std::size_t r = 0; r < rows.size(); ++r) all.push_back(from_row(rows, r));
  return all;
}

Approval get(store::Tx& tx, const std::string& tenant, const std::string& id) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) + "AND approval_id = $2::text", {tenant, id}});
  if (rows.empty())
    throw Error(ErrorKind::not_found, "no approval \"" + id + "\"", "see `ccctl approve list`");
  return from_row(rows, 0);
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
  Approval approval = get(tx, tenant, id);
  if (approval.approved()) return approval;
  if (approval.requested_by == signer) {
    throw Error(ErrorKind::refused, "approval \"" + id + "\" was asked for by \"" + signer + "\"",
                "another person must sign it");
  }
  tx.exec(
      {"UPDATE ccctl.approval SET decision = 'approved', decided_by = $3::text, decided_at = "
       "$4::timestamptz "
       "WHERE tenant_id = $1::text AND approval_id = $2::text AND decision IS NULL",
       {tenant, id, signer, to_text(at)}});
  approval.decided_by = signer;
  approval.decided_at = at;
  record(tx, tenant, "approval.signed", signer, approval, at);
  return approval;
}

}  // namespace ccctl::policy
