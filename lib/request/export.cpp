#include "request/export.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "crypto/pseudonym.h"
#include "datamap/check.h"
#include "request/case.h"
#include "request/deadline.h"
#include "request/export_write.h"
#include "request/manual.h"
#include "request/outside.h"
#include "request/rate.h"
#include "run/window.h"
#include "subject/reference.h"

namespace ccctl::request {

using subject::Identifier;
using subject::SubjectRef;

Export::Export(World world, Ground ground, const Answer& answer, ExportOptions options)
    : world_(std::move(world)),
      ground_(std::move(ground)),
      answer_(answer),
      options_(std::move(options)) {}

void Export::transact(const std::function<void(store::Tx& tx, Instant now)>& work) {
  world_.session.transact(store::Mode::read_committed,
                          [&](store::Tx& tx) { work(tx, tx.began_at()); });
}

// The tables as this transaction or the one before it sees them.
void Export::prepare(store::Tx& tx) {
  catalog_ = known_ ? *std::exchange(known_, std::nullopt) : datamap::read_catalog(tx, ground_.map);
}

// A drifted map refuses (map_drift).
Found Export::find(store::Tx& tx, const std::optional<SubjectRef>& ref, const Identifier* term) {
  reader_.reset();
  scope_ = plan::scope_of(ground_.map, ref ? ref->kind : ground_.map.subjects.front().kind);
  require_sight(ground_, *catalog_, *scope_);
  reader_.emplace(ground_.map, *catalog_, *scope_, ground_.tenant, options_.deny);
  const subject::Finder finder(tx, ground_.map, *catalog_, ground_.tenant);
  Found found;
  if (ref) {
    found.merge_set = finder.merge_set(*ref);
    for (const SubjectRef& member : found.merge_set.members)
      found.identifiers.push_back(followed(finder.profile(member), term));
  } else {
    found.identifiers.push_back(followed(std::nullopt, term));
  }
  found.drivers =
      drivers_of(finder, found.merge_set.members, found.identifiers, found.identifiers.size());
  plan::Plan plan =
      plan::erasure_plan(ground_.map, *catalog_, *scope_,
                         {"export", ground_.tenant, ground_.rules.digest, ground_.map.digest, ""});
  std::vector<SubjectRef> subjects = found.merge_set.members;
  if (!ref && term != nullptr) subjects.push_back({"term." + term->kind, {term->value.reveal()}});
  found.digest = plan::digest(plan, subjects);
  return found;
}

// One that was received is made with the rules and tables of now. Its people are those of then: a
// merge set that has changed since names somebody else.
void Export::begin(store::Tx& tx, const Found& found, Request& request) const {
  std::vector<std::string> then, now;
  for (const Member& member : request.members) {
    if (member.ref.kind != kTermOnly) then.push_back(member.reference);
  }
  for (const SubjectRef& ref : found.merge_set.members)
    now.push_back(subject::reference(tx, request.tenant, ref));
  if (then != now) {
    throw Error(ErrorKind::stale_plan,
                "the person's entries have changed since request \"" + request.id + "\" came in",
                "cancel it with `ccctl request cancel " + request.id + "`, then ask again");
  }
  set_phase(tx, request, Phase::erasing);
  request.confirmation = found.digest;
  request.policy_digest = ground_.rules.digest;
  request.map_digest = ground_.map.digest;
  tx.exec(
      {"UPDATE ccctl.request SET confirmation = $3::text, policy_digest = $4::text, map_digest = "
       "$5::text WHERE tenant_id = $1::text AND request_id = $2::text",
       {request.tenant, request.id, request.confirmation, request.policy_digest,
        request.map_digest}});
  for (Member& member : request.members) {
    member.status = status_of(request.phase, request.type);
    set_member_status(tx, request, member.ordinal, member.status);
  }
}

Request Export::insert(const Found& found, const Intake& intake, const Handling& handling) {
  Request request;
  const RequestPolicy& policy = ground_.rules.requests;
  transact([&](store::Tx& tx, Instant now) {
    request = {};
    request.tenant = ground_.tenant;
    request.id = random_uuid(world_.context);
    request.type = Type::exporting;
    request.phase = handling.queued ? Phase::received : Phase::erasing;  // the latter: "searching"
    request.case_id = handling.case_id;
    request.created_by = world_.actor;
    request.created_at = now;
    request.intake = intake;
    if (intake.received_at == Instant{}) request.intake.received_at = now;
    request.due_at = due_date(policy, request.type, request.intake.received_at);
    request.verified = !intake.identity_method.empty() || policy.identity_check_waived;
    request.confirmation = found.digest;
    request.policy_digest = ground_.rules.digest;
    request.map_digest = ground_.map.digest;
    request.plan = canonical(Json{{"kind", "export"}, {"subject_kind", scope_->kind}});
    std::vector<SubjectRef> refs = found.merge_set.members;
    if (refs.empty()) refs.push_back({kTermOnly, {request.id}});
    for (std::size_t i = 0; i < refs.size(); ++i) {
      const bool last = i + 1 == refs.size();
      request.members.push_back({static_cast<int>(i),
                                 last ? request.id : random_uuid(world_.context), refs[i],
                                 subject::reference(tx, ground_.tenant, refs[i]), 0,
                                 std::string(status_of(request.phase, request.type))});
    }
    request.subject_mark =
        found.merge_set.members.empty() ? found.digest : request.members.back().reference;
    // An interrupted one goes on, and whoever asks twice at the same moment has one request.
    if (std::optional<Request> same =
            find_live(tx, request.tenant, request.type, request.subject_mark)) {
      request = std::move(*same);
      if (request.phase == Phase::received && !request.paused_at && !handling.queued)
        begin(tx, found, request);
      return;
    }
    if (!handling.bulk) take_token(tx, request.tenant, "requests", policy.rate.requests, now);
    if (!request.case_id.empty()) require_open_case(tx, request.tenant, request.case_id);
    request::insert(tx, request);
    for (const std::vector<Identifier>& followed : found.identifiers) cover(tx, request, followed);
    owe(tx, policy, request);
    audit::append(tx,
                  {audit::LogName::evidence, request.tenant, "request.export.started", world_.actor,
                   request.id,
                   Json{{"members", request.members.size()},
                        {"channel", request.intake.channel},
                        {"policy", request.policy_digest},
                        {"map", request.map_digest},
                        {"due", to_text(request.due_at)}}},
                  now);
  });
  if (!handling.queued && (request.paused_at || request.phase != Phase::erasing)) {
    throw Error(ErrorKind::refused,
                "request \"" + request.id + "\" for the same person is in phase \"" +
                    std::string(to_text(request.phase, request.type)) + "\"",
                "see `ccctl request show " + request.id + "`");
  }
  return request;
}

Request Export::start(const std::optional<SubjectRef>& ref, const Identifier* term,
                      const Intake& intake, const Handling& handling, bool one_person) {
  Found found;
  {
    store::Tx tx = world_.session.begin(store::Mode::read_only_snapshot);
    prepare(tx);
    found = find(tx, ref, term);
    const Instant asked =
        intake.received_at == Instant{} ? run::datastore_now(tx) : intake.received_at;
    require_window(tx, ground_, *catalog_, Type::exporting, asked);
    if (!one_person && conflict(found.identifiers)) {
      throw Error(ErrorKind::refused, "the members of the merge set have different names",
                  "compare them with `ccctl subjects show`, then repeat with --confirm-merge-set");
    }
    if (!ref) {
      const std::vector<std::uint64_t> counts = reader_->count(tx, found.drivers);
      if (std::all_of(counts.begin(), counts.end(), [](std::uint64_t n) { return n == 0; }))
        throw Error(ErrorKind::not_found, "no data subject matches", "see `ccctl subjects search`");
    }
  }
  return insert(found, intake, handling);
}

Written Export::write(store::Tx& tx, const Found& found, const Request& request, Instant at,
                      Package& package) {
  ExportWriter writer(package, answer_, ground_, *reader_, options_, world_.objects);
  writer.begin(request, at);
  reader_->read(tx, found.drivers,
                [&](std::size_t portion, const plan::Row& row) { writer.row(portion, row); });
  Written written = writer.close();
  if (found.merge_set.members.empty()) {
    for (const datamap::Table& table : ground_.map.tables) {
      if (table.requires_subject) written.not_covered.push_back(table.name);
    }
  }
  return written;
}

Json Export::result(const Request& request, const Written& written, const Package& package) const {
  Json members = Json::array(), tables = Json::array(), not_covered = Json::array();
  for (const Member& member : request.members)
    members.push_back({{"reference", member.reference}, {"related", member.related_id}});
  for (const Written::Part& part : written.parts) {
    if (part.rows == 0) continue;
    tables.push_back({{"table", part.portion->table->name},
                      {"action", "export"},
                      {"rows", part.rows},
                      {"masked", part.masked}});
  }
  for (const std::string& name : written.not_covered) not_covered.push_back(name);
  Json result{{"requestType", to_text(request.type)},
              {"article", article_of(request.type)},
              {"members", members},
              {"actions", tables},
              {"rows", written.rows},
              {"files", written.files},
              {"bytes", written.bytes},
              {"manifest", written.manifest_sha256},
              {"excluded", excluded_json(ground_.rules.requests)},
              {"notCovered", not_covered},
              {"policy", ground_.rules.digest},
              {"map", ground_.map.digest},
              {"receivedAt", to_text(request.intake.received_at)},
              {"requestedBy", request.created_by},
              {"channel", request.intake.channel},
              {"outcome", written.not_covered.empty() ? "complete" : "partial"}};
  if (const std::string recipient = package.recipient(); !recipient.empty())
    result["recipient"] = recipient;
  if (!request.intake.requester.empty()) result["requester"] = request.intake.requester;
  if (!request.intake.identity_method.empty()) {
    result["identityCheck"] = {{"method", request.intake.identity_method},
                               {"by", request.intake.identity_by}};
  }
  return result;
}

// Each recording that was read is an access of its own (W-46). It is named under the person's key,
// which dies with the person.
void Export::record_readings(store::Tx& tx, const Request& request, const Written& written,
                             Instant now) {
  if (written.recordings.empty()) return;
  const Member& whose = request.members.back();
  const std::string subject = subject::reference(tx, request.tenant, whose.ref);
  const Secret r = subject::reference_key(tx, request.tenant, whose.ref);
  const crypto::Pseudonymiser pseudonymiser{Secret(crypto::from_hex(r.reveal()).value_or(""))};
  std::vector<audit::Event> events;
  for (const Written::Recording& one : written.recordings) {
    const std::string recording =
        pseudonymiser.subject("recording", Personal<std::string>(one.pointer));
    events.push_back({audit::LogName::security, request.tenant, "recording.read", world_.actor,
                      request.id,
                      Json{{"table", one.table},
                           {"recording", recording},
                           {"reference", subject},
                           {"purpose", "request.export"},
                           {"policy", request.policy_digest}}});
  }
  audit::append_all(tx, events, now);
}

// Before the first byte leaves; the request itself goes on when the last has.
void Export::record(Request& request, const Written& written, const Package& package) {
  std::vector<Outside> outside;
  transact([&](store::Tx& tx, Instant now) {
    outside = outside_of(tx, ground_.map, *catalog_, ground_.tenant, now);
  });
  transact([&](store::Tx& tx, Instant now) {
    // Whoever was faster has given the answer out.
    set_phase(tx, request, Phase::erasing);
    Json body = result(request, written, package);
    tell_outside(body, outside);
    body["exportedAt"] = to_text(now);
    request.outcome = body.at("outcome").get<std::string>();
    request.result = canonical(body);
    const crypto::Digest leaf =
        audit::append(tx,
                      {audit::LogName::evidence, request.tenant, "request.export.completed",
                       world_.actor, request.id, body},
                      now);
    request.leaf_hash = crypto::to_hex(crypto::view(leaf));
    request.planned_rows = written.rows;
    record_readings(tx, request, written, now);
  });
}

// The answer is where it was asked for. Of two processes that gave one, the first is told of.
void Export::complete(Request& request) {
  transact([&](store::Tx& tx, Instant now) {
    const store::Rows updated = tx.exec(
        {"UPDATE ccctl.request SET phase = 'unsealed', outcome = $3::text, result = $4::text, "
         "planned_rows = $5::bigint, leaf_hash = pg_catalog.decode($6::text, 'hex') WHERE "
         "tenant_id = $1::text AND request_id = $2::text AND phase = 'searching'",
         {request.tenant, request.id, request.outcome, request.result,
          std::to_string(request.planned_rows), request.leaf_hash}});
    if (updated.affected() != 1) {
      request = get(tx, request.tenant, request.id);
      return;
    }
    meet(tx, request.tenant, request.id, now);
    for (const Member& member : request.members)
      set_member_status(tx, request, member.ordinal, "COMPLETED");
  });
  if (request.phase != Phase::erasing) return;
  request.phase = Phase::unsealed;
  for (Member& member : request.members) member.status = "COMPLETED";
}

// The evidence says that the answer was given, and its last step failed: it says that, too. The
// request goes on with the next answer.
void Export::failed(const Request& request) {
  transact([&](store::Tx& tx, Instant now) {
    audit::append(tx,
                  {audit::LogName::evidence, request.tenant, "request.export.undelivered",
                   world_.actor, request.id, Json{{"receipt", request.leaf_hash}}},
                  now);
    tx.exec(
        {"UPDATE ccctl.request SET outcome = 'failed' WHERE tenant_id = $1::text AND "
         "request_id = $2::text",
         {request.tenant, request.id}});
  });
}

Request Export::run(Request request, const std::optional<SubjectRef>& ref, const Identifier* term,
                    Package& package) {
  std::optional<Written> written;
  {
    store::Tx tx = world_.session.begin(store::Mode::read_only_snapshot);
    const Found found = find(tx, ref, term);
    if (found.digest != request.confirmation) {
      throw Error(ErrorKind::stale_plan,
                  "the person's entries or the rules have changed since request \"" + request.id +
                      "\" began",
                  "cancel it with `ccctl request cancel " + request.id + "`, then ask again");
    }
    written = write(tx, found, request, run::datastore_now(tx), package);
  }
  record(request, *written, package);
  try {
    package.publish();
  } catch (const Error&) {
    failed(request);
    throw;
  }
  complete(request);
  world_.seal();
  transact([&](store::Tx& tx, Instant) { note_sealed(tx, request); });
  return request;
}

Json Export::summary(const std::optional<SubjectRef>& ref, const Identifier* term) {
  Found found;
  std::vector<std::uint64_t> counts;
  Json tables = Json::array();
  std::uint64_t rows = 0;
  {
    store::Tx tx = world_.session.begin(store::Mode::read_only_snapshot);
    prepare(tx);
    found = find(tx, ref, term);
    counts = reader_->count(tx, found.drivers);
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const plan::Portion& portion = reader_->portions()[i];
    rows += counts[i];
    if (counts[i] == 0) continue;
    Json kinds = Json::array();
    for (const datamap::DataType& type : portion.table->data) kinds.push_back(type.is);
    tables.push_back({{"table", portion.table->name},
                      {"name", answer_.wording.name(portion.table->name)},
                      {"category", portion.table->category},
                      {"data", kinds},
                      {"rows", counts[i]}});
  }
  if (rows == 0)
    throw Error(ErrorKind::not_found, "no data subject matches", "see `ccctl subjects search`");
  transact([&](store::Tx& tx, Instant now) {
    Json references = Json::array();
    for (const SubjectRef& member : found.merge_set.members)
      references.push_back(subject::reference(tx, ground_.tenant, member));
    audit::append(tx,
                  {audit::LogName::security, ground_.tenant, "request.get", world_.actor, "",
                   Json{{"subjects", references}, {"rows", rows}}},
                  now);
  });
  Json answer = answer_json(answer_, ground_.rules, reader_->portions(), ground_.tenant);
  answer["entities"] = tables;
  return answer;
}

}  // namespace ccctl::request
