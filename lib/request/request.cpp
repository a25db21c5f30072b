#include "request/request.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ccctl::request {
namespace {

struct PhaseRow {
  Phase phase;
  std::string_view text, status;
};

// The one table that maps our phases to the API's status.
constexpr std::array<PhaseRow, 10> kPhases{{{Phase::received, "received", "INITIATED"},
                                            {Phase::planned, "planned", "INITIATED"},
                                            {Phase::erasing, "erasing", "DELETING"},
                                            {Phase::settling, "settling", "FINALIZING"},
                                            {Phase::verifying, "verifying", "FINALIZING"},
                                            {Phase::unsealed, "unsealed", "FINALIZING"},
                                            {Phase::completed, "completed", "COMPLETED"},
                                            {Phase::closed, "closed", "COMPLETED"},
                                            {Phase::refused, "refused", "ERROR"},
                                            {Phase::cancelled, "cancelled", "ERROR"}}};

Phase phase_of(std::string_view text) {
  for (const PhaseRow& row : kPhases) {
    if (row.text == text) return row.phase;
  }
  throw Error(ErrorKind::unexpected,
              "a request has the unknown phase \"" + std::string(text) + "\"");
}

constexpr std::string_view kSelect =
    "SELECT request_id, phase, outcome, restricted, created_by, created_at, received_at, channel, "
    "channel_ref, "
    "on_behalf_of, identity_method, identity_by, identity_at, due_at, confirmation, policy_digest, "
    "map_digest, plan, "
    "planned_rows, settle_at, result, pg_catalog.encode(leaf_hash, 'hex'), "
    "pg_catalog.has_column_privilege('ccctl.request_member', 'subject_key', 'SELECT') FROM "
    "ccctl.request WHERE "
    "tenant_id = "
    "$1::text ";

// An auditor knows the members by their pseudonyms only.
void read_members(store::Tx& tx, Request& request, bool sees_keys) {
  const store::Rows rows =
      tx.exec({"SELECT ordinal, related_id, subject_kind, " +
                   std::string(sees_keys ? "subject_key" : "NULL::text") +
                   ", reference, planned_rows, status FROM ccctl.request_member WHERE tenant_id = "
                   "$1::text AND request_id = "
                   "$2::text ORDER BY ordinal",
               {request.tenant, request.id}});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Member member{static_cast<int>(rows.integer(r, 0)),
                  std::string(rows.text(r, 1)),
                  {std::string(rows.text(r, 2)), {}},
                  std::string(rows.text(r, 4)),
                  static_cast<std::uint64_t>(rows.integer(r, 5)),
                  std::string(rows.text(r, 6))};
    if (!rows.is_null(r, 3)) member.ref.key = subject::SubjectRef::key_of_json(rows.text(r, 3));
    request.members.push_back(std::move(member));
  }
}

Request from_row(store::Tx& tx, const std::string& tenant, const store::Rows& rows, std::size_t r) {
  Request request;
  request.tenant = tenant;
  request.id = rows.text(r, 0);
  request.phase = phase_of(rows.text(r, 1));
  request.outcome = rows.text(r, 2);
  request.restricted = rows.boolean(r, 3);
  request.created_by = rows.text(r, 4);
  request.created_at = *rows.instant(r, 5);
  request.intake = {
      *rows.instant(r, 6),          std::string(rows.text(r, 7)),  std::string(rows.text(r, 8)),
      std::string(rows.text(r, 9)), std::string(rows.text(r, 10)), std::string(rows.text(r, 11)),
      rows.instant(r, 12)};
  request.due_at = *rows.instant(r, 13);
  request.confirmation = rows.text(r, 14);
  request.policy_digest = rows.text(r, 15);
  request.map_digest = rows.text(r, 16);
  request.plan = rows.text(r, 17);
  request.planned_rows = static_cast<std::uint64_t>(rows.integer(r, 18));
  request.settle_at = rows.instant(r, 19);
  request.result = rows.text(r, 20);
  request.leaf_hash = rows.text(r, 21);
  read_members(tx, request, rows.boolean(r, 22));
  return request;
}

store::Value optional_text(const std::string& text) {
  return text.empty() ? store::Value() : store::Value(text);
}

Json intake_json(const Request& request) {
  Json x{{"phase", to_text(request.phase)},     {"receivedAt", to_text(request.intake.received_at)},
         {"channel", request.intake.channel},   {"dueDate", to_text(request.due_at)},
         {"article", "GDPR Art. 17"},           {"policyDigest", request.policy_digest},
         {"dataMapDigest", request.map_digest}, {"planDigest", request.confirmation},
         {"plannedRows", request.planned_rows}, {"restricted", request.restricted}};
  if (!request.outcome.empty()) x["outcome"] = request.outcome;
  if (!request.intake.channel_ref.empty()) x["channelRef"] = request.intake.channel_ref;
  if (!request.intake.on_behalf_of.empty()) x["onBehalfOf"] = request.intake.on_behalf_of;
  if (!request.intake.identity_method.empty()) {
    x["identityCheck"] = {{"method", request.intake.identity_method},
                          {"by", request.intake.identity_by}};
    if (request.intake.identity_at) x["identityCheck"]["at"] = to_text(*request.intake.identity_at);
  }
  if (request.settle_at) x["settleDate"] = to_text(*request.settle_at);
  if (!request.leaf_hash.empty()) x["receipt"] = {{"leafHash", request.leaf_hash}};
  return x;
}

}  // namespace

std::string_view to_text(Phase phase) {
  return kPhases.at(static_cast<std::size_t>(phase)).text;
}
std::string_view status_of(Phase phase) {
  return kPhases.at(static_cast<std::size_t>(phase)).status;
}

Json to_json(const Request& request) {
  Json related = Json::array();
  Json subject = Json::object();
  for (const Member& member : request.members) {
    const Json who{{"kind", member.ref.kind}, {"reference", member.reference}};
    if (member.related_id == request.id) {
      subject = who;
    } else {
      related.push_back({{"id", member.related_id}, {"status", member.status}, {"subject", who}});
    }
  }
  Json x = intake_json(request);
  if (!request.result.empty()) {
    const Json result = Json::parse(request.result);
    for (const char* part :
         {"actions", "kept", "excluded", "notCovered", "shared", "mentioned", "holds"}) {
      if (result.contains(part)) x[part] = result[part];
    }
    // Objects that were left when the receipt was written have gone since.
    if (request.outcome == "complete") x["notCovered"] = Json::array();
  }
  return {{"id", request.id},
          {"name", "request " + request.id},
          {"createdBy", {{"id", request.created_by}}},
          {"createdDate", to_text(request.created_at)},
          {"requestType", "GDPR_DELETE"},
          {"status", status_of(request.phase)},
          {"replacementTerms", Json::array()},
          {"subject", subject},
          {"relatedRequests", related},
          {"resultsUrls", Json::array()},
          {"selfUri", "/api/v2/gdpr/requests/" + request.id},
          {"x-ccctl", x}};
}

std::optional<Request> find(store::Tx& tx, const std::string& tenant, const std::string& id) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) + "AND request_id = $2::text", {tenant, id}});
  if (rows.empty()) return std::nullopt;
  return from_row(tx, tenant, rows, 0);
}

std::optional<Request> find_by_confirmation(store::Tx& tx, const std::string& tenant,
                                            const std::string& confirmation) {
  const store::Rows rows = tx.exec(
      {std::string(kSelect) + "AND confirmation = $2::text ORDER BY created_at DESC LIMIT 1",
       {tenant, confirmation}});
  if (rows.empty()) return std::nullopt;
  return from_row(tx, tenant, rows, 0);
}

Request get(store::Tx& tx, const std::string& tenant, const std::string& id) {
  std::optional<Request> found = find(tx, tenant, id);
  if (!found)
    throw Error(ErrorKind::not_found, "no request \"" + id + "\"", "see `ccctl request list`");
  return std::move(*found);
}

std::vector<Request> list(store::Tx& tx, const std::string& tenant) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) + "ORDER BY created_at DESC, request_id", {tenant}});
  std::vector<Request> all;
  for (std::size_t r = 0; r < rows.size(); ++r) all.push_back(from_row(tx, tenant, rows, r));
  return all;
}

void insert(store::Tx& tx, const Request& q) {
  tx.exec(
      {"INSERT INTO ccctl.request (tenant_id, request_id, request_type, phase, restricted, "
       "created_at, received_at, "
       "channel, channel_ref, on_behalf_of, identity_method, identity_by, identity_at, due_at, "
       "confirmation, "
       "policy_digest, map_digest, plan, planned_rows) VALUES ($1::text, $2::text, 'GDPR_DELETE', "
       "$3::text, "
       "$4::boolean, $5::timestamptz, $6::timestamptz, $7::text, $8::text, $9::text, $10::text, "
       "$11::text, "
       "$12::timestamptz, $13::timestamptz, $14::text, $15::text, $16::text, $17::text, "
       "$18::bigint)",
       {q.tenant, q.id, std::string(to_text(q.phase)), q.restricted ? "true" : "false",
        to_text(q.created_at), to_text(q.intake.received_at), q.intake.channel,
        optional_text(q.intake.channel_ref), optional_text(q.intake.on_behalf_of),
        optional_text(q.intake.identity_method), optional_text(q.intake.identity_by),
        q.intake.identity_at ? store::Value(to_text(*q.intake.identity_at)) : store::Value(),
        to_text(q.due_at), q.confirmation, q.policy_digest, q.map_digest, q.plan,
        std::to_string(q.planned_rows)}});
  for (const Member& member : q.members) {
    tx.exec(
        {"INSERT INTO ccctl.request_member (tenant_id, request_id, ordinal, related_id, "
         "subject_kind, subject_key, "
         "reference, planned_rows, status) VALUES ($1::text, $2::text, $3::integer, $4::text, "
         "$5::text, $6::text, "
         "$7::text, $8::bigint, $9::text)",
         {q.tenant, q.id, std::to_string(member.ordinal), member.related_id, member.ref.kind,
          member.ref.key_json(), member.reference, std::to_string(member.planned_rows),
          member.status}});
  }
}

void set_phase(store::Tx& tx, Request& request, Phase phase) {
  const store::Rows moved = tx.exec(
      {"UPDATE ccctl.request SET phase = $3::text WHERE tenant_id = $1::text AND request_id = "
       "$2::text AND phase = $4::text",
       {request.tenant, request.id, std::string(to_text(phase)),
        std::string(to_text(request.phase))}});
  if (moved.affected() != 1) throw Overtaken(request.id);
  request.phase = phase;
}

void set_member_status(store::Tx& tx, const Request& request, int ordinal,
                       std::string_view status) {
  tx.exec(
      {"UPDATE ccctl.request_member SET status = $4::text WHERE tenant_id = $1::text AND "
       "request_id = $2::text AND "
       "ordinal = $3::integer AND status <> 'COMPLETED'",
       {request.tenant, request.id, std::to_string(ordinal), std::string(status)}});
}

}  // namespace ccctl::request
