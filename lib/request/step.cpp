#include "request/step.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "request/deadline.h"

namespace ccctl::request {

void open_steps(store::Tx& tx, const PackRules& rules, const Request& request, Instant now) {
  if (request.type == Type::exporting) return;
  const std::string today = ccctl::to_text(now).substr(0, 10);
  for (const SubProcessor& processor : rules.sub_processors) {
    if (processor.from > today || (!processor.until.empty() && processor.until < today)) continue;
    tx.defer(
        {"INSERT INTO ccctl.request_step (tenant_id, request_id, processor, state) VALUES "
         "($1::text, $2::text, $3::text, 'open')",
         {request.tenant, request.id, processor.id}});
    owe(tx, request.tenant,
        {"sub_processor", request.id, processor.id,
         add(now, processor.respond, rules.requests.zone, Granularity::instant)});
  }
}

std::vector<Step> steps(store::Tx& tx, const std::string& tenant, const std::string& request_id) {
  const store::Rows rows = tx.exec(
      {"SELECT s.processor, s.state, s.reference, s.reason, s.decided_by, s.decided_at, o.due_at "
       "FROM ccctl.request_step s JOIN ccctl.obligation o ON o.tenant_id = s.tenant_id AND "
       "o.target = s.request_id AND o.detail = s.processor AND o.kind = 'sub_processor' WHERE "
       "s.tenant_id = $1::text AND s.request_id = $2::text ORDER BY s.processor",
       {tenant, request_id}});
  std::vector<Step> all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    all.push_back({std::string(rows.text(r, 0)), std::string(rows.text(r, 1)),
                   std::string(rows.text(r, 2)), std::string(rows.text(r, 3)),
                   std::string(rows.text(r, 4)), rows.instant(r, 5), *rows.instant(r, 6)});
  }
  return all;
}

void decide(store::Tx& tx, const Request& request, const StepDecision& decision, Instant at) {
  const std::vector<Step> all = steps(tx, request.tenant, request.id);
  const auto step = std::find_if(all.begin(), all.end(), [&](const Step& each) {
    return each.processor == decision.processor;
  });
  if (step == all.end()) {
    throw Error(ErrorKind::not_found,
                "request \"" + request.id + "\" has no step of \"" + decision.processor + "\"",
                "see `ccctl request show " + request.id + "`");
  }
  const auto optional = [](const std::string& text) {
    return text.empty() ? store::Value() : store::Value(text);
  };
  const store::Rows decided = tx.exec(
      {"UPDATE ccctl.request_step SET state = $4::text, reference = $5::text, reason = $6::text, "
       "decided_by = $7::text, decided_at = $8::timestamptz WHERE tenant_id = $1::text AND "
       "request_id = $2::text AND processor = $3::text AND state = 'open'",
       {request.tenant, request.id, decision.processor, decision.state,
        optional(decision.reference), optional(decision.reason), decision.actor, to_text(at)}});
  if (decided.affected() == 0) return;
  meet(tx, request.tenant, request.id, at, decision.processor);
  audit::append(tx,
                {audit::LogName::evidence, request.tenant, "request.step." + decision.state,
                 decision.actor, request.id,
                 Json{{"processor", decision.processor},
                      {"reference", decision.reference},
                      {"reason", decision.reason}}},
                at);
}

Json to_json(const std::vector<Step>& steps) {
  Json all = Json::array();
  for (const Step& step : steps) {
    Json entry{{"subProcessor", step.processor},
               {"state", step.state},
               {"dueDate", ccctl::to_text(step.due_at)}};
    if (!step.reference.empty()) entry["reference"] = step.reference;
    if (!step.reason.empty()) entry["reason"] = step.reason;
    if (step.decided_at) {
      entry["by"] = step.decided_by;
      entry["at"] = ccctl::to_text(*step.decided_at);
    }
    all.push_back(std::move(entry));
  }
  return all;
}

bool all_decided(const std::vector<Step>& steps) {
  return std::none_of(steps.begin(), steps.end(),
                      [](const Step& step) { return step.state == "open"; });
}

}  // namespace ccctl::request
