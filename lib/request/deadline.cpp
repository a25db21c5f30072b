#include "request/deadline.h"

#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "queue/item.h"

namespace ccctl::request {
namespace {

void record(store::Tx& tx, const Decision& decision, const std::string& action, Json body) {
  body["reason"] = decision.reason;
  audit::append(tx,
                {audit::LogName::evidence, decision.tenant, action, decision.actor,
                 decision.request_id, std::move(body)},
                decision.at);
}

// The request, locked against whoever would begin with it. Whatever has begun goes on to its end,
// but an export may be given up: it leaves nothing behind.
Request waiting_request(store::Tx& tx, const Decision& decision, std::string_view what,
                        bool ends = false) {
  tx.exec(
      {"SELECT FROM ccctl.request WHERE tenant_id = $1::text AND request_id = $2::text FOR "
       "UPDATE",
       {decision.tenant, decision.request_id}});
  Request request = get(tx, decision.tenant, decision.request_id);
  const bool export_at_work =
      ends && request.type == Type::exporting && request.phase == Phase::erasing;
  if (request.phase != Phase::received && request.phase != Phase::planned && !export_at_work) {
    throw Error(ErrorKind::refused,
                "request \"" + request.id + "\" is in phase \"" +
                    std::string(to_text(request.phase, request.type)) + "\" and cannot be " +
                    std::string(what),
                "only what has not begun can");
  }
  return request;
}

void move_dates(store::Tx& tx, const Request& request, const std::string& seconds) {
  tx.exec(
      {"UPDATE ccctl.obligation SET due_at = due_at + $3::interval WHERE tenant_id = $1::text "
       "AND target = $2::text AND met_at IS NULL",
       {request.tenant, request.id, seconds}});
}

}  // namespace

void owe(store::Tx& tx, const std::string& tenant, const Obligation& obligation) {
  tx.defer(
      {"INSERT INTO ccctl.obligation (tenant_id, obligation_id, kind, target, detail, due_at) "
       "VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::timestamptz) ON CONFLICT "
       "(tenant_id, obligation_id) DO NOTHING",
       {tenant, obligation.kind + "/" + obligation.request_id + "/" + obligation.detail,
        obligation.kind, obligation.request_id, obligation.detail, to_text(obligation.due_at)}});
}

void owe(store::Tx& tx, const RequestPolicy& policy, const Request& request) {
  owe(tx, request.tenant, {"request.answer", request.id, "", request.due_at});
  if (const auto& target = policy.target[request.type]) {
    owe(tx, request.tenant,
        {"request.target", request.id, "",
         add(request.intake.received_at, *target, policy.zone, Granularity::instant)});
  }
}

void meet(store::Tx& tx, const std::string& tenant, const std::string& request_id, Instant at,
          const std::string& detail) {
  tx.defer(
      {"UPDATE ccctl.obligation SET met_at = $3::timestamptz WHERE tenant_id = $1::text AND "
       "target = $2::text AND met_at IS NULL AND ($4::text = '' OR detail = $4::text)",
       {tenant, request_id, to_text(at), detail}});
}

std::vector<Obligation> overdue(store::Tx& tx, const std::string& tenant, Instant at) {
  const store::Rows rows = tx.exec(
      {"SELECT o.kind, o.target, o.detail, o.due_at FROM ccctl.obligation o JOIN ccctl.request q "
       "ON q.tenant_id = o.tenant_id AND q.request_id = o.target WHERE o.tenant_id = $1::text AND "
       "o.met_at IS NULL AND q.paused_at IS NULL AND o.due_at < $2::timestamptz ORDER BY o.due_at, "
       "o.target",
       {tenant, to_text(at)}});
  std::vector<Obligation> all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    all.push_back({std::string(rows.text(r, 0)), std::string(rows.text(r, 1)),
                   std::string(rows.text(r, 2)), *rows.instant(r, 3)});
  }
  return all;
}

Request extend(store::Tx& tx, const RequestPolicy& policy, const Decision& decision,
               const std::optional<Duration>& by) {
  Request request = get(tx, decision.tenant, decision.request_id);
  if (!live(request.phase)) (void)waiting_request(tx, decision, "put off");
  if (!policy.extension) throw Error(ErrorKind::refused, "the pack lets no request be put off");
  if (!request.extension.empty())
    throw Error(ErrorKind::refused, "request \"" + request.id + "\" has been put off already");
  if (decision.at >= request.due_at) {
    throw Error(ErrorKind::refused,
                "request \"" + request.id + "\" was due at " + to_text(request.due_at),
                "an extension must be told before that (GDPR Art. 12(3))");
  }
  const Duration period = by.value_or(*policy.extension);
  const Instant now_due = request.due_at;
  const auto reach = [&](const Duration& duration) {
    return due_date(policy, request.type, request.intake.received_at, duration);
  };
  if (reach(period) > reach(*policy.extension)) {
    throw Error(ErrorKind::refused, "an extension by " + to_text(period) +
                                        " is longer than the pack's maximum " +
                                        to_text(*policy.extension));
  }
  // What a pause has added stays added.
  const Instant plain = due_date(policy, request.type, request.intake.received_at);
  request.due_at = reach(period) + (now_due - plain);
  request.extension = to_text(period);
  tx.exec(
      {"UPDATE ccctl.request SET due_at = $3::timestamptz, extension = $4::text WHERE "
       "tenant_id = $1::text AND request_id = $2::text",
       {request.tenant, request.id, to_text(request.due_at), request.extension}});
  tx.exec(
      {"UPDATE ccctl.obligation SET due_at = $3::timestamptz WHERE tenant_id = $1::text AND "
       "target = $2::text AND kind = 'request.answer'",
       {request.tenant, request.id, to_text(request.due_at)}});
  record(tx, decision, "request.extended",
         {{"by", request.extension}, {"due", to_text(request.due_at)}});
  return request;
}

Request pause(store::Tx& tx, const Decision& decision) {
  Request request = waiting_request(tx, decision, "paused");
  if (request.paused_at) return request;
  request.paused_at = decision.at;
  request.reason = decision.reason;
  tx.exec(
      {"UPDATE ccctl.request SET paused_at = $3::timestamptz, reason = $4::text WHERE "
       "tenant_id = $1::text AND request_id = $2::text",
       {request.tenant, request.id, to_text(decision.at), decision.reason}});
  record(tx, decision, "request.paused", Json::object());
  return request;
}

Request resume(store::Tx& tx, const Decision& decision) {
  Request request = waiting_request(tx, decision, "resumed");
  if (!request.paused_at) return request;
  const auto stood = decision.at - *request.paused_at;
  request.due_at += stood;
  request.paused_at.reset();
  request.reason.clear();
  tx.exec(
      {"UPDATE ccctl.request SET paused_at = NULL, reason = NULL, due_at = $3::timestamptz "
       "WHERE tenant_id = $1::text AND request_id = $2::text",
       {request.tenant, request.id, to_text(request.due_at)}});
  move_dates(tx, request, std::to_string(stood.count()) + " microseconds");
  if (request.phase == Phase::planned)
    queue::put(tx, request.tenant, std::string(kRun), request.id, decision.at);
  record(tx, decision, "request.resumed", {{"due", to_text(request.due_at)}});
  return request;
}

Request end(store::Tx& tx, const Decision& decision, Phase phase) {
  const bool refusal = phase == Phase::refused;
  Request seen = get(tx, decision.tenant, decision.request_id);
  if (seen.phase == phase) return seen;
  Request request = waiting_request(tx, decision, refusal ? "refused" : "cancelled", true);
  set_phase(tx, request, phase);
  request.reason = decision.reason;
  request.outcome = refusal ? "refused" : "";
  tx.exec(
      {"UPDATE ccctl.request SET reason = $3::text, outcome = $4::text, paused_at = NULL WHERE "
       "tenant_id = $1::text AND request_id = $2::text",
       {request.tenant, request.id, decision.reason,
        refusal ? store::Value("refused") : store::Value()}});
  tx.exec({"DELETE FROM ccctl.request_term WHERE tenant_id = $1::text AND request_id = $2::text",
           {request.tenant, request.id}});
  tx.exec(
      {"UPDATE ccctl.request_member SET subject_key = NULL WHERE tenant_id = $1::text AND "
       "request_id = $2::text",
       {request.tenant, request.id}});
  meet(tx, request.tenant, request.id, decision.at);
  record(tx, decision, refusal ? "request.refused" : "request.cancelled", Json::object());
  return request;
}

}  // namespace ccctl::request
