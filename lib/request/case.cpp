#include "request/case.h"

#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/pseudonym.h"
#include "request/erasure.h"
#include "subject/reference.h"

namespace ccctl::request {
namespace {

// The case's own key stands where the subjects' keys stand.
subject::SubjectRef key_of(const std::string& case_id) {
  return {"case", {case_id}};
}

std::string mark(store::Tx& tx, const std::string& tenant, const std::string& case_id,
                 const subject::Identifier& term) {
  const Secret key = subject::reference_key(tx, tenant, key_of(case_id));
  const crypto::Pseudonymiser pseudonymiser{Secret(crypto::from_hex(key.reveal()).value_or(""))};
  return pseudonymiser.subject("criterion." + term.kind, term.value);
}

void record(store::Tx& tx, const std::string& tenant, const std::string& action,
            const std::string& actor, const std::string& case_id, Json body, Instant at) {
  body["case"] = case_id;
  audit::append(tx, {audit::LogName::evidence, tenant, action, actor, "", std::move(body)}, at);
}

// A criterion that nobody and nothing answers to is covered: the lookup was the answer. A request
// that was refused with reasons is an answer, a cancelled one is none.
constexpr const char* kCoverage =
    "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE missing = 0), "
    "COALESCE(pg_catalog.sum(people), 0)::bigint, COALESCE(pg_catalog.sum(people - missing), "
    "0)::bigint FROM (SELECT c.mark, pg_catalog.count(s.reference) AS people, "
    "pg_catalog.count(s.reference) FILTER (WHERE q.request_id IS NULL OR q.phase = 'cancelled') AS "
    "missing FROM ccctl.case_criterion c LEFT JOIN ccctl.case_subject s ON s.tenant_id = "
    "c.tenant_id AND s.case_id = c.case_id AND s.mark = c.mark LEFT JOIN ccctl.request q ON "
    "q.tenant_id = s.tenant_id AND q.request_id = s.request_id WHERE c.tenant_id = $1::text AND "
    "c.case_id = $2::text GROUP BY c.mark) x";

}  // namespace

std::string open_case(store::Tx& tx, const Context& context, const std::string& tenant,
                      Instant at) {
  std::string id = random_uuid(context);
  const store::Rows rows =
      tx.exec({"INSERT INTO ccctl.request_case (tenant_id, case_id, created_at) VALUES ($1::text, "
               "$2::text, $3::timestamptz) RETURNING created_by",
               {tenant, id, to_text(at)}});
  (void)subject::reference(tx, tenant, key_of(id));
  record(tx, tenant, "case.opened", std::string(rows.text(0, 0)), id, Json::object(), at);
  return id;
}

Coverage coverage(store::Tx& tx, const std::string& tenant, const std::string& case_id) {
  const store::Rows found =
      tx.exec({"SELECT created_at, closed_at IS NOT NULL FROM ccctl.request_case WHERE tenant_id = "
               "$1::text AND case_id = $2::text",
               {tenant, case_id}});
  if (found.empty()) throw Error(ErrorKind::not_found, "no case \"" + case_id + "\"");
  const store::Rows rows = tx.exec({kCoverage, {tenant, case_id}});
  return {static_cast<int>(rows.integer(0, 0)),
          static_cast<int>(rows.integer(0, 1)),
          static_cast<int>(rows.integer(0, 2)),
          static_cast<int>(rows.integer(0, 3)),
          *found.instant(0, 0),
          found.boolean(0, 1)};
}

Json Coverage::json() const {
  return {{"criteria", criteria},
          {"covered", covered},
          {"people", people},
          {"answered", answered},
          {"coverage", std::to_string(covered) + "/" + std::to_string(criteria)},
          {"closed", closed}};
}

void require_open_case(store::Tx& tx, const std::string& tenant, const std::string& case_id) {
  if (coverage(tx, tenant, case_id).closed)
    throw Error(ErrorKind::refused, "case \"" + case_id + "\" is closed");
}

void look_up(store::Tx& tx, const std::string& tenant, const std::string& case_id,
             const subject::Identifier& term, const std::vector<subject::SubjectRef>& found,
             bool rows, Instant at) {
  const std::string mine = mark(tx, tenant, case_id, term);
  tx.exec(
      {"INSERT INTO ccctl.case_criterion (tenant_id, case_id, mark, kind, looked_up, matches) "
       "VALUES ($1::text, $2::text, $3::text, $4::text, $5::timestamptz, $6::integer) ON "
       "CONFLICT (tenant_id, case_id, mark) DO UPDATE SET looked_up = excluded.looked_up, "
       "matches = excluded.matches",
       {tenant, case_id, mine, term.kind, to_text(at), std::to_string(found.size())}});
  std::vector<std::string> references;
  for (const subject::SubjectRef& ref : found)
    references.push_back(subject::reference(tx, tenant, ref));
  if (found.empty() && rows) references.emplace_back();
  for (const std::string& reference : references) {
    tx.exec(
        {"INSERT INTO ccctl.case_subject (tenant_id, case_id, mark, reference) VALUES "
         "($1::text, $2::text, $3::text, $4::text) ON CONFLICT (tenant_id, case_id, mark, "
         "reference) DO NOTHING",
         {tenant, case_id, mine, reference}});
  }
}

void cover(store::Tx& tx, const Request& request,
           const std::vector<subject::Identifier>& followed) {
  if (request.case_id.empty()) return;
  const bool alone = request.members.back().ref.kind == kTermOnly;
  for (const subject::Identifier& term : followed) {
    tx.exec(
        {"UPDATE ccctl.case_subject SET request_id = $5::text WHERE tenant_id = $1::text AND "
         "case_id = $2::text AND mark = $3::text AND reference = $4::text",
         {request.tenant, request.case_id, mark(tx, request.tenant, request.case_id, term),
          alone ? std::string() : request.members.back().reference, request.id}});
  }
}

void cover(store::Tx& tx, const Request& request) {
  if (!request.case_id.empty()) cover(tx, request, load_terms(tx, request, -1));
}

void close_case(store::Tx& tx, const std::string& tenant, const std::string& case_id,
                const std::string& waived, const std::string& actor, Instant at) {
  const Coverage found = coverage(tx, tenant, case_id);
  if (found.closed) return;
  const store::Rows open = tx.exec(
      {"SELECT q.request_id FROM ccctl.request q WHERE q.tenant_id = $1::text AND q.case_id = "
       "$2::text AND (q.phase NOT IN ('completed', 'closed', 'refused', 'cancelled') OR (q.phase "
       "IN ('completed', 'closed') AND EXISTS (SELECT 1 FROM ccctl.request_member m WHERE "
       "m.tenant_id = q.tenant_id AND m.request_id = q.request_id AND m.status = 'ERROR'))) ORDER "
       "BY q.request_id LIMIT 1",
       {tenant, case_id}});
  if (!open.empty()) {
    throw Error(ErrorKind::refused,
                "request \"" + std::string(open.text(0, 0)) + "\" of the case is not finished",
                "see `ccctl request list --case " + case_id + "`");
  }
  if (!found.complete() && waived.empty()) {
    throw Error(ErrorKind::refused,
                "the case covers " + std::to_string(found.covered) + " of " +
                    std::to_string(found.criteria) + " identifiers",
                "make the missing requests, or give the reason with --waive");
  }
  tx.exec(
      {"UPDATE ccctl.request_case SET closed_at = $3::timestamptz, waived = $4::text WHERE "
       "tenant_id = $1::text AND case_id = $2::text",
       {tenant, case_id, to_text(at), found.complete() ? store::Value() : store::Value(waived)}});
  subject::forget(tx, tenant, key_of(case_id));
  Json body = found.json();
  if (!found.complete()) body["waived"] = waived;
  record(tx, tenant, "case.closed", actor, case_id, std::move(body), at);
}

}  // namespace ccctl::request
