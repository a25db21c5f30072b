#include "request/residual.h"

#include <nlohmann/json.hpp>

#include "record/record.h"

namespace ccctl::request {
namespace {

// The kind of record (policies/records) and its field that say who has a copy.
constexpr const char* kDisclosure = "disclosure";
constexpr const char* kRecipient = "recipient";

Json exports_of(store::Tx& tx, const Request& request, const std::vector<std::string>& references) {
  const store::Rows rows = tx.exec(
      {"SELECT r.request_id, r.requester, r.result FROM ccctl.request r WHERE r.tenant_id "
       "= $1::text AND r.request_type = 'GDPR_EXPORT' AND r.outcome <> 'failed' AND r.result "
       "IS NOT NULL AND r.request_id IN (SELECT m.request_id FROM ccctl.request_member m WHERE "
       "m.tenant_id "
       "= $1::text AND m.reference = ANY ($2::text[])) ORDER BY r.created_at, r.request_id",
       {request.tenant, store::array_literal(references)}});
  Json copies = Json::array();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Json result = Json::parse(rows.text(r, 2));
    copies.push_back({{"kind", "export"},
                      {"request", rows.text(r, 0)},
                      {"recipient", rows.is_null(r, 1) ? "subject" : rows.text(r, 1)},
                      // One that people gave outside has no other date.
                      {"date", result.value("exportedAt", result.value("completedAt", ""))}});
  }
  return copies;
}

}  // namespace

Json residual_copies(store::Tx& tx, const Request& request, const std::vector<Step>& steps) {
  std::vector<std::string> references;
  for (const Member& member : request.members) references.push_back(member.reference);
  Json copies = exports_of(tx, request, references);
  for (const record::Record& record :
       record::list(tx, request.tenant, {"", kDisclosure, references, false})) {
    copies.push_back({{"kind", kDisclosure},
                      {"record", record.id},
                      {"recipient", record.fields.at(kRecipient)},
                      {"date", record.from}});
  }
  for (const Step& step : steps) {
    if (step.state != "waived") continue;
    copies.push_back({{"kind", "sub_processor"},
                      {"recipient", step.processor},
                      {"date", to_text(*step.decided_at)}});
  }
  return copies;
}

}  // namespace ccctl::request
