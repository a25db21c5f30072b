#include "request/manual.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "audit/sealer.h"
#include "base/error.h"
#include "queue/item.h"
#include "request/residual.h"
#include "request/step.h"
#include "rule/hold.h"

namespace ccctl::request {
namespace {

struct Work {
  std::string reference, sha256;
  std::uint64_t bytes = 0;
};

Work work_of(store::Tx& tx, const std::string& tenant, const std::string& approval_id) {
  const store::Rows rows = tx.exec(
      {"SELECT reference, pg_catalog.encode(sha256, 'hex'), bytes FROM ccctl.request_manual WHERE "
       "tenant_id = $1::text AND approval_id = $2::text",
       {tenant, approval_id}});
  if (rows.empty()) return {};
  return {std::string(rows.text(0, 0)), std::string(rows.text(0, 1)),
          static_cast<std::uint64_t>(rows.integer(0, 2))};
}

// The request, kept from whoever would carry it on, which must not be at its end.
Request lock_open(store::Tx& tx, const std::string& tenant, const std::string& id) {
  Request request = get(tx, tenant, id);
  // Of an erasure the datastore shows an administrator no row to lock.
  if (tx.exec({"SELECT FROM ccctl.request WHERE tenant_id = $1::text AND request_id = $2::text FOR "
               "UPDATE",
               {tenant, id}})
          .empty())
    throw Error(ErrorKind::refused, "request \"" + id + "\" is an officer's to complete");
  request = get(tx, tenant, id);
  if (!live(request.phase) || request.phase == Phase::unsealed) {
    throw Error(ErrorKind::refused, "request \"" + id + "\" is in phase \"" +
                                        std::string(to_text(request.phase, request.type)) +
                                        "\" and needs no completion");
  }
  return request;
}

void require_completable(store::Tx& tx, const Request& request) {
  for (const rule::Hold& hold : rule::active_holds(tx, request.tenant)) {
    for (const Member& member : request.members) {
      if (request.type != Type::erasing ||
          std::find(hold.subjects.begin(), hold.subjects.end(), member.ref) == hold.subjects.end())
        continue;
      throw Error(ErrorKind::held, "hold \"" + hold.id + "\" covers the data subject");
    }
  }
  const std::string run = "`ccctl request run " + request.id;
  if (!all_decided(steps(tx, request.tenant, request.id))) {
    throw Error(ErrorKind::refused,
                "sub-processors of request \"" + request.id + "\" have not answered",
                run + " --acknowledge …` or `--waive …`");
  }
  if (queue::waiting(tx, request.tenant, request.id) > 0) {
    throw Error(ErrorKind::refused,
                "objects of request \"" + request.id + "\" wait to be deleted here", run + "`");
  }
}

// The receipt's body: what was shown, and by whom, never that ccctl did it.
Json result_of(store::Tx& tx, const Request& request, const policy::Approval& approval,
               const Work& work, Instant at) {
  Json members = Json::array(), receipts = Json::array();
  for (const Member& member : request.members)
    members.push_back({{"reference", member.reference}, {"related", member.related_id}});
  const store::Rows rows = tx.exec(
      {"SELECT pg_catalog.encode(leaf_hash, 'hex') FROM ccctl.receipt WHERE tenant_id = $1::text "
       "AND request_id = $2::text ORDER BY pass, ordinal",
       {request.tenant, request.id}});
  for (std::size_t r = 0; r < rows.size(); ++r) receipts.push_back(std::string(rows.text(r, 0)));
  const std::vector<Step> asked = steps(tx, request.tenant, request.id);
  Json result{{"requestType", to_text(request.type)},
              {"article", article_of(request.type)},
              {"members", members},
              {"receipts", receipts},
              {"manual",
               {{"reference", work.reference},
                {"evidence", {{"sha256", work.sha256}, {"bytes", work.bytes}}},
                {"requestedBy", approval.requested_by},
                {"approvedBy", approval.decided_by},
                {"approval", approval.id},
                {"statement",
                 "people say that they completed it outside; ccctl did and verified nothing of it "
                 "but what `receipts` tell"}}},
              {"subProcessors", to_json(asked)},
              {"confirmation", request.confirmation},
              {"policy", request.policy_digest},
              {"map", request.map_digest},
              {"receivedAt", to_text(request.intake.received_at)},
              {"requestedBy", request.created_by},
              {"channel", request.intake.channel},
              {"completedAt", to_text(at)},
              {"outcome", "manual"}};
  if (request.type == Type::erasing) result["residualCopies"] = residual_copies(tx, request, asked);
  if (!request.intake.identity_method.empty()) {
    result["identityCheck"] = {{"method", request.intake.identity_method},
                               {"by", request.intake.identity_by}};
  }
  return result;
}

void complete(store::Tx& tx, const std::string& tenant, const policy::Approval& approval,
              const std::string& signer, Instant at) {
  Request request = get(tx, tenant, approval.target);
  // A repeated signature finds its own work done.
  if (request.outcome == "manual") return;
  request = lock_open(tx, tenant, approval.target);
  require_completable(tx, request);
  const Work work = work_of(tx, tenant, approval.id);
  const Json result = result_of(tx, request, approval, work, at);
  const crypto::Digest leaf = audit::append(
      tx,
      {audit::LogName::evidence, tenant,
       "request." + std::string(verb_of(request.type)) + ".manual", signer, request.id, result},
      at);
  // Nothing deletes for this request any more; a window at work is waited for.
  tx.exec({"DELETE FROM ccctl.attempt WHERE tenant_id = $1::text AND request_id = $2::text",
           {tenant, request.id}});
  tx.exec(
      {"UPDATE ccctl.request SET phase = 'unsealed', outcome = 'manual', restricted = false, "
       "paused_at = NULL, result = $3::text, leaf_hash = pg_catalog.decode($4::text, 'hex') WHERE "
       "tenant_id = $1::text AND request_id = $2::text",
       {tenant, request.id, canonical(result), crypto::to_hex(crypto::view(leaf))}});
  for (const Member& member : request.members)
    set_member_status(tx, request, member.ordinal, "COMPLETED");
  meet(tx, tenant, request.id, at);
}

}  // namespace

const policy::ApprovalKind kManualApproval{
    "request.manual", "completes the request as carried out by people, outside ccctl", false,
    complete};

policy::Approval ask_manual(store::Tx& tx, const Context& context, const Decision& decision,
                            const record::Evidence& evidence) {
  const Request request = lock_open(tx, decision.tenant, decision.request_id);
  require_completable(tx, request);
  const std::string reason =
      "statement of work " + decision.reason + ", evidence sha256 " + evidence.sha256;
  const policy::Approval approval =
      policy::ask(tx, context, decision.tenant, std::string(kManualApproval.name), request.id,
                  reason, decision.at);
  if (approval.reason != reason) {
    throw Error(ErrorKind::refused,
                "approval \"" + approval.id + "\" waits with another reference or evidence",
                "have it rejected first: `ccctl approve reject " + approval.id + "`");
  }
  tx.exec(
      {"INSERT INTO ccctl.request_manual (tenant_id, approval_id, request_id, reference, sha256, "
       "bytes) VALUES ($1::text, $2::text, $3::text, $4::text, pg_catalog.decode($5::text, 'hex'), "
       "$6::bigint) ON CONFLICT (tenant_id, approval_id) DO NOTHING",
       {decision.tenant, approval.id, request.id, decision.reason, evidence.sha256,
        std::to_string(evidence.bytes)}});
  return approval;
}

void note_sealed(store::Tx& tx, Request& request) {
  crypto::Digest leaf{};
  const std::string bytes = crypto::from_hex(request.leaf_hash).value_or("");
  std::copy(bytes.begin(), bytes.end(), leaf.begin());
  if (audit::prove(tx, request.tenant, leaf)) set_phase(tx, request, Phase::completed);
}

void note_sealed(store::Tx& tx, const std::string& tenant, const std::string& request_id) {
  Request request = get(tx, tenant, request_id);
  try {
    if (request.phase == Phase::unsealed) note_sealed(tx, request);
  } catch (const Overtaken&) {
    // Then it is done.
  }
}

}  // namespace ccctl::request
