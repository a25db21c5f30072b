#include "request/request.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ccctl::request {
namespace {

struct TypeRow {
  Type type;
  std::string_view text, verb, article, phase, status;  // the last two: while at work
};
constexpr std::array<TypeRow, 3> kTypeRows{
    {{Type::exporting, "GDPR_EXPORT", "export", "GDPR Art. 15", "searching", "SEARCHING"},
     {Type::updating, "GDPR_UPDATE", "update", "GDPR Art. 16", "updating", "UPDATING"},
     {Type::erasing, "GDPR_DELETE", "delete", "GDPR Art. 17", "erasing", "DELETING"}}};

struct PhaseRow {
  Phase phase;
  std::string_view text, status;  // empty: the type's
  bool live;
};
// The one table that maps our phases to the API's status.
constexpr std::array<PhaseRow, 10> kPhases{{{Phase::received, "received", "INITIATED", true},
                                            {Phase::planned, "planned", "INITIATED", true},
                                            {Phase::erasing, "", "", true},
                                            {Phase::settling, "settling", "FINALIZING", true},
                                            {Phase::verifying, "verifying", "FINALIZING", true},
                                            {Phase::unsealed, "unsealed", "FINALIZING", true},
                                            {Phase::completed, "completed", "COMPLETED", false},
                                            {Phase::closed, "closed", "COMPLETED", false},
                                            {Phase::refused, "refused", "ERROR", false},
                                            {Phase::cancelled, "cancelled", "ERROR", false}}};

const TypeRow& row_of(Type type) {
  return kTypeRows.at(static_cast<std::size_t>(type));
}
const PhaseRow& row_of(Phase phase) {
  return kPhases.at(static_cast<std::size_t>(phase));
}

Type type_of(std::string_view text) {
  for (const TypeRow& row : kTypeRows) {
    if (row.text == text) return row.type;
  }
  throw Error(ErrorKind::unexpected,
              "a request has the unknown type \"" + std::string(text) + "\"");
}

Phase phase_of(std::string_view text, Type type) {
  for (const PhaseRow& row : kPhases) {
    if (to_text(row.phase, type) == text) return row.phase;
  }
  throw Error(ErrorKind::unexpected,
              "a request has the unknown phase \"" + std::string(text) + "\"");
}

constexpr std::string_view kSelect =
    "SELECT request_id, phase, outcome, restricted, created_by, created_at, received_at, channel, "
    "channel_ref, requester, on_behalf_of, identity_method, identity_by, identity_at, due_at, "
    "confirmation, policy_digest, map_digest, plan, planned_rows, settle_at, result, "
    "pg_catalog.encode(leaf_hash, 'hex'), "
    "pg_catalog.has_column_privilege('ccctl.request_member', 'subject_key', 'SELECT'), "
    "request_type, verified, subject_mark, case_id, extension, paused_at, reason, "
    "replacement, EXISTS (SELECT 1 FROM ccctl.restricting g WHERE g.tenant_id = request.tenant_id "
    "AND g.request_id = request.request_id OFFSET 0) FROM "
    "ccctl.request WHERE tenant_id = $1::text ";

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
  request.type = type_of(rows.text(r, 24));
  request.phase = phase_of(rows.text(r, 1), request.type);
  request.outcome = rows.text(r, 2);
  request.restricted = rows.boolean(r, 3);
  request.created_by = rows.text(r, 4);
  request.created_at = *rows.instant(r, 5);
  request.intake = {*rows.instant(r, 6),           std::string(rows.text(r, 7)),
                    std::string(rows.text(r, 8)),  std::string(rows.text(r, 9)),
                    std::string(rows.text(r, 10)), std::string(rows.text(r, 11)),
                    std::string(rows.text(r, 12)), rows.instant(r, 13)};
  request.due_at = *rows.instant(r, 14);
  request.confirmation = rows.text(r, 15);
  request.policy_digest = rows.text(r, 16);
  request.map_digest = rows.text(r, 17);
  request.plan = rows.text(r, 18);
  request.planned_rows = static_cast<std::uint64_t>(rows.integer(r, 19));
  request.settle_at = rows.instant(r, 20);
  request.result = rows.text(r, 21);
  request.leaf_hash = rows.text(r, 22);
  request.verified = rows.boolean(r, 25);
  request.subject_mark = rows.text(r, 26);
  request.case_id = rows.text(r, 27);
  request.extension = rows.text(r, 28);
  request.paused_at = rows.instant(r, 29);
  request.reason = rows.text(r, 30);
  request.replacement = rows.text(r, 31);
  request.leaves_rows = rows.boolean(r, 32);
  read_members(tx, request, rows.boolean(r, 23));
  return request;
}

store::Value optional_text(const std::string& text) {
  return text.empty() ? store::Value() : store::Value(text);
}

void add_text(Json& x, const char* name, const std::string& text) {
  if (!text.empty()) x[name] = text;
}

Json intake_json(const Request& request) {
  const Intake& intake = request.intake;
  Json x{{"phase", to_text(request.phase, request.type)},
         {"receivedAt", to_text(intake.received_at)},
         {"channel", intake.channel},
         {"dueDate", to_text(request.due_at)},
         {"article", article_of(request.type)},
         {"policyDigest", request.policy_digest},
         {"dataMapDigest", request.map_digest},
         {"planDigest", request.confirmation},
         {"plannedRows", request.planned_rows},
         {"restricted", request.restricted},
         {"verified", request.verified}};
  add_text(x, "outcome", told_outcome(request));
  add_text(x, "case", request.case_id);
  add_text(x, "channelRef", intake.channel_ref);
  add_text(x, "requester", intake.requester);
  add_text(x, "onBehalfOf", intake.on_behalf_of);
  add_text(x, "extension", request.extension);
  add_text(x, "reason", request.reason);
  if (request.paused_at) x["pausedAt"] = to_text(*request.paused_at);
  if (!intake.identity_method.empty()) {
    x["identityCheck"] = {{"method", intake.identity_method}, {"by", intake.identity_by}};
    if (intake.identity_at) x["identityCheck"]["at"] = to_text(*intake.identity_at);
  }
  if (request.settle_at) x["settleDate"] = to_text(*request.settle_at);
  if (!request.leaf_hash.empty()) x["receipt"] = {{"leafHash", request.leaf_hash}};
  return x;
}

}  // namespace

std::string_view to_text(Type type) {
  return row_of(type).text;
}
std::string_view verb_of(Type type) {
  return row_of(type).verb;
}
std::string_view article_of(Type type) {
  return row_of(type).article;
}
std::string_view to_text(Phase phase, Type type) {
  return row_of(phase).text.empty() ? row_of(type).phase : row_of(phase).text;
}
std::string_view status_of(Phase phase, Type type) {
  return row_of(phase).status.empty() ? row_of(type).status : row_of(phase).status;
}
std::string told_outcome(const Request& request) {
  return request.leaves_rows && request.outcome == "complete" ? "partial" : request.outcome;
}
bool live(Phase phase) {
  return row_of(phase).live;
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
    for (const char* part : {"actions", "kept", "excluded", "notCovered", "shared", "mentioned",
                             "holds", "residualCopies", "manual"}) {
      if (result.contains(part)) x[part] = result[part];
    }
    // Objects that were left when the receipt was written have gone since.
    if (request.outcome == "complete") x["notCovered"] = Json::array();
  }
  return {{"id", request.id},
          {"name", "request " + request.id},
          {"createdBy", {{"id", request.created_by}}},
          {"createdDate", to_text(request.created_at)},
          {"requestType", to_text(request.type)},
          {"status", status_of(request.phase, request.type)},
          {"replacementTerms",
           request.replacement.empty() ? Json::array() : Json::parse(request.replacement)},
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

std::string finished_as(store::Tx& tx, const std::string& tenant, const std::string& confirmation) {
  const store::Rows rows =
      tx.exec({"SELECT request_id FROM ccctl.request WHERE tenant_id = $1::text AND confirmation = "
               "$2::text AND phase IN ('unsealed', 'completed') ORDER BY created_at DESC LIMIT 1",
               {tenant, confirmation}});
  return rows.empty() ? "" : std::string(rows.text(0, 0));
}

std::optional<Request> find_by_confirmation(store::Tx& tx, const std::string& tenant,
                                            const std::string& confirmation) {
  const store::Rows rows = tx.exec(
      {std::string(kSelect) + "AND confirmation = $2::text ORDER BY created_at DESC LIMIT 1",
       {tenant, confirmation}});
  if (rows.empty()) return std::nullopt;
  return from_row(tx, tenant, rows, 0);
}

std::optional<Request> find_live(store::Tx& tx, const std::string& tenant, Type type,
                                 const std::string& subject_mark) {
  const store::Rows rows =
      tx.exec({std::string(kSelect) +
                   "AND request_type = $2::text AND subject_mark = $3::text AND verified "
                   "AND phase NOT IN ('unsealed', 'completed', 'closed', 'refused', 'cancelled')",
               {tenant, std::string(to_text(type)), subject_mark}});
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
  tx.defer(
      {"INSERT INTO ccctl.request (tenant_id, request_id, request_type, phase, restricted, "
       "created_at, received_at, channel, channel_ref, requester, on_behalf_of, identity_method, "
       "identity_by, identity_at, verified, subject_mark, case_id, due_at, confirmation, "
       "policy_digest, map_digest, plan, planned_rows, replacement) VALUES ($1::text, $2::text, "
       "$3::text, "
       "$4::text, $5::boolean, $6::timestamptz, $7::timestamptz, $8::text, $9::text, $10::text, "
       "$11::text, $12::text, $13::text, $14::timestamptz, $15::boolean, $16::text, $17::text, "
       "$18::timestamptz, $19::text, $20::text, $21::text, $22::text, $23::bigint, $24::text)",
       {q.tenant,
        q.id,
        std::string(to_text(q.type)),
        std::string(to_text(q.phase, q.type)),
        q.restricted ? "true" : "false",
        to_text(q.created_at),
        to_text(q.intake.received_at),
        q.intake.channel,
        optional_text(q.intake.channel_ref),
        optional_text(q.intake.requester),
        optional_text(q.intake.on_behalf_of),
        optional_text(q.intake.identity_method),
        optional_text(q.intake.identity_by),
        q.intake.identity_at ? store::Value(to_text(*q.intake.identity_at)) : store::Value(),
        q.verified ? "true" : "false",
        q.subject_mark.empty() ? q.members.back().reference : q.subject_mark,
        optional_text(q.case_id),
        to_text(q.due_at),
        q.confirmation,
        q.policy_digest,
        q.map_digest,
        q.plan,
        std::to_string(q.planned_rows),
        optional_text(q.replacement)}});
  for (const Member& member : q.members) {
    tx.defer(
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
       {request.tenant, request.id, std::string(to_text(phase, request.type)),
        std::string(to_text(request.phase, request.type))}});
  if (moved.affected() != 1) throw Overtaken(request.id);
  request.phase = phase;
}

void set_member_status(store::Tx& tx, const Request& request, int ordinal,
                       std::string_view status) {
  tx.defer(
      {"UPDATE ccctl.request_member SET status = $4::text WHERE tenant_id = $1::text AND "
       "request_id = $2::text AND "
       "ordinal = $3::integer AND status <> 'COMPLETED'",
       {request.tenant, request.id, std::to_string(ordinal), std::string(status)}});
}

}  // namespace ccctl::request
