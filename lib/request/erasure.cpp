#include "request/erasure.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "audit/sealer.h"
#include "base/error.h"
#include "queue/item.h"
#include "run/objects.h"
#include "subject/reference.h"

namespace ccctl::request {

using subject::Identifier;
using subject::SubjectRef;

Erasure::Erasure(World world, Ground ground)
    : world_(std::move(world)), ground_(std::move(ground)) {}

void Erasure::transact(const std::function<void(store::Tx& tx, Instant now)>& work) {
  world_.session.transact(store::Mode::read_committed,
                          [&](store::Tx& tx) { work(tx, run::datastore_now(tx)); });
}

Request Erasure::confirm(const Preview& preview, const std::string& request_id,
                         const Intake& intake, bool restricted) {
  if (world_.guard) world_.guard();
  Request request;
  request.tenant = ground_.tenant;
  request.id = request_id;
  request.phase = restricted ? Phase::planned : Phase::erasing;
  request.restricted = restricted;
  request.intake = intake;
  request.confirmation = preview.confirmation;
  request.policy_digest = ground_.rules.digest;
  request.map_digest = ground_.map.digest;
  request.plan = canonical(plan::to_json(preview.plan));
  request.planned_rows = preview.outcome.rows();
  const auto insert_all = [&](store::Tx& tx, Instant now) {
    request.created_at = now;
    if (request.intake.received_at == Instant{}) request.intake.received_at = now;
    request.due_at = due_date(ground_.rules.requests, request.type, request.intake.received_at);
    std::vector<SubjectRef> refs = preview.merge_set.members;
    if (refs.empty()) refs.push_back({kTermOnly, {request_id}});
    request.members.clear();
    Json members = Json::array();
    for (std::size_t i = 0; i < refs.size(); ++i) {
      const bool last = i + 1 == refs.size();
      request.members.push_back(
          {static_cast<int>(i), last ? request_id : random_uuid(world_.context), refs[i],
           subject::reference(tx, ground_.tenant, refs[i]), preview.member_rows[i], "INITIATED"});
      members.push_back(
          {{"reference", request.members.back().reference}, {"rows", preview.member_rows[i]}});
    }
    request.verified =
        !intake.identity_method.empty() || ground_.rules.requests.identity_check_waived;
    // Of a term alone nothing but the plan's digest says whether it is the same.
    if (preview.merge_set.members.empty())
      request.subject_mark = preview.confirmation.substr(0, preview.confirmation.find(':'));
    insert(tx, request);
    int ordinal = 0;
    for (std::size_t i = 0; i < preview.identifiers.size(); ++i) {
      for (const Identifier& identifier : preview.identifiers[i]) {
        tx.exec(
            {"INSERT INTO ccctl.request_term (tenant_id, request_id, ordinal, member, kind, value) "
             "VALUES "
             "($1::text, $2::text, $3::integer, $4::integer, $5::text, $6::text)",
             {request.tenant, request.id, std::to_string(ordinal++), std::to_string(i),
              identifier.kind, identifier.value.reveal()}});
      }
    }
    if (!restricted) open_attempts(tx, now, request, 1);
    audit::append(tx,
                  {audit::LogName::evidence, request.tenant, "request.delete.confirmed",
                   world_.actor, request.id,
                   Json{{"confirmation", request.confirmation},
                        {"members", members},
                        {"restricted", restricted},
                        {"channel", request.intake.channel},
                        {"policy", request.policy_digest},
                        {"map", request.map_digest},
                        {"due", to_text(request.due_at)}}},
                  now);
  };
  try {
    transact(insert_all);
  } catch (const store::StatementError& error) {
    // The same confirmation twice at the same moment, or once more while a lost COMMIT was at work.
    std::optional<Request> other;
    transact([&](store::Tx& tx, Instant) {
      other = find_by_confirmation(tx, request.tenant, request.confirmation);
      if (other && live(other->phase)) return;
      const std::string mark = request.subject_mark.empty() && !request.members.empty()
                                   ? request.members.back().reference
                                   : request.subject_mark;
      if (auto same = find_live(tx, request.tenant, request.type, mark)) other = std::move(same);
    });
    if (error.sqlstate() != "23505" || !other) throw;
    return std::move(*other);
  }
  return request;
}

std::vector<Identifier> load_terms(store::Tx& tx, const Request& request, int member) {
  const store::Rows rows = tx.exec(
      {"SELECT kind, value FROM ccctl.request_term WHERE tenant_id = $1::text AND "
       "request_id = $2::text AND (member = $3::integer OR $3::integer < 0) ORDER BY ordinal",
       {request.tenant, request.id, std::to_string(member)}});
  std::vector<Identifier> terms;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    terms.push_back({std::string(rows.text(r, 0)),
                     Personal<std::string>(std::string(rows.text(r, 1))), false, "", ""});
  }
  return terms;
}

std::vector<SubjectRef> Erasure::subjects(const Request& request) const {
  std::vector<SubjectRef> refs;
  for (const Member& member : request.members) {
    if (member.ref.kind != kTermOnly) refs.push_back(member.ref);
  }
  return refs;
}

// Reads the catalog once and refuses to run a plan that was made on another one.
void Erasure::prepare(const Request& request) {
  if (request.policy_digest != ground_.rules.digest || request.map_digest != ground_.map.digest) {
    throw Error(ErrorKind::stale_plan, "the policy or the data map has changed since request \"" +
                                           request.id + "\" was confirmed");
  }
  if (request.plan == prepared_plan_) return;
  const Json plan = Json::parse(request.plan);
  if (!catalog_) {
    transact([&](store::Tx& tx, Instant) { catalog_ = datamap::read_catalog(tx, ground_.map); });
  }
  const std::string kind = plan.at("subject_kind").get<std::string>();
  if (!scope_ || scope_->kind != kind) {
    scope_ = plan::scope_of(ground_.map, kind);
    require_sight(ground_, *catalog_, *scope_);
  }
  if (plan.at("catalog").get<std::string>() !=
      catalog_->digest(plan::closure(ground_.map, *scope_))) {
    throw Error(ErrorKind::stale_plan, "the datastore's tables have changed since request \"" +
                                           request.id + "\" was confirmed");
  }
  prepared_plan_ = request.plan;
}

Request Erasure::read(const std::string& request_id) {
  Request request;
  transact([&](store::Tx& tx, Instant) { request = get(tx, ground_.tenant, request_id); });
  return request;
}

// From one phase to the next, or nowhere.
void Erasure::step(Request& request) {
  // Only an erasure may delete; of another type the proof alone is left to do here.
  if (request.type == Type::exporting && live(request.phase) && request.phase != Phase::unsealed) {
    throw Error(ErrorKind::refused, "request \"" + request.id + "\" is an export that did not end",
                "repeat `ccctl request export` for the same person: it goes on with this request");
  }
  switch (request.phase) {
    case Phase::received:
    case Phase::planned:
      return start(request);
    case Phase::erasing:
      return erase(request);
    case Phase::settling:
      return settle(request);
    case Phase::verifying:
      return conclude(request);
    case Phase::unsealed:
      return seal(request);
    case Phase::completed:
    case Phase::closed:
    case Phase::refused:
    case Phase::cancelled:
      return;
  }
}

Request Erasure::advance(const std::string& request_id) {
  if (world_.guard) world_.guard();
  Request request = read(request_id);
  if (request.phase == Phase::completed) drain(request);
  for (;;) {
    const Phase before = request.phase;
    try {
      step(request);
      if (request.phase == before) return request;  // waits: for a date, a second try, a seal
    } catch (const Overtaken&) {
      request = read(request_id);  // the other process was faster; what is left may be ours to do
    }
  }
}

void Erasure::start(Request& request) {
  prepare(request);
  transact([&](store::Tx& tx, Instant now) {
    set_phase(tx, request, Phase::erasing);
    open_attempts(tx, now, request, 1);
  });
}

void Erasure::open_attempts(store::Tx& tx, Instant now, const Request& request, int pass) {
  for (const Member& member : request.members)
    run::open_attempt(tx, {request.tenant, request.id, pass, member.ordinal}, now);
}

// Some of it is done and some is not: the request stays in its phase, for another run.
void Erasure::note_partial(Request& request) {
  request.outcome = "partial";
  transact([&](store::Tx& tx, Instant) {
    tx.exec(
        {"UPDATE ccctl.request SET outcome = 'partial' WHERE tenant_id = $1::text AND request_id = "
         "$2::text AND phase = $3::text",
         {request.tenant, request.id, std::string(to_text(request.phase, request.type))}});
  });
}

void Erasure::erase(Request& request) {
  prepare(request);
  bool all = true;
  for (Member& member : request.members) {
    if (member.status == "COMPLETED") continue;
    const bool canonical_member = member.related_id == request.id;
    if (canonical_member && !all) break;  // only when no member remains
    bool done = false;
    try {
      done = run_member(request, member, 1);
    } catch (const Error& error) {
      // Nothing was done yet: the refusal is the answer. Later it is a part that failed.
      const bool first = std::none_of(request.members.begin(), request.members.end(),
                                      [](const Member& m) { return m.status == "COMPLETED"; });
      if (first || error.exit_code() != 5) throw;
      world_.context.log(LogLevel::warning, "request " + member.related_id + ": " + error.what());
    }
    member.status = done ? "COMPLETED" : "ERROR";
    all = all && done;
  }
  if (request.phase != Phase::erasing) return;  // the last member's transaction has moved it on
  const auto move_on = [&](store::Tx& tx) {
    Request after = request;
    begin_settling(tx, run::datastore_now(tx), after);
  };
  delete_objects(request, all ? move_on : std::function<void(store::Tx&)>{});
  if (!all) return note_partial(request);
  request = read(request.id);
  if (request.phase != Phase::erasing) return;
  world_.session.transact(store::Mode::read_committed, move_on);
  request = read(request.id);
}

// From erasing to settling: its date, and the attempts of the pass that follows.
void Erasure::begin_settling(store::Tx& tx, Instant now, Request& request) const {
  set_phase(tx, request, Phase::settling);
  const RequestPolicy& policy = ground_.rules.requests;
  request.settle_at = add(now, policy.settling, policy.zone, Granularity::instant);
  tx.exec(
      {"UPDATE ccctl.request SET restricted = false, outcome = NULL, settle_at = $3::timestamptz "
       "WHERE tenant_id = $1::text AND request_id = $2::text",
       {request.tenant, request.id, to_text(*request.settle_at)}});
  request.restricted = false;
  request.outcome.clear();
  open_attempts(tx, now, request, 2);
}

// The holds that every erasing transaction knew of: none of them covers what it has deleted.
std::set<std::string> Erasure::seen_holds(store::Tx& tx, const Request& request) {
  const store::Rows rows =
      tx.exec({"SELECT tallies FROM ccctl.receipt WHERE tenant_id = $1::text AND request_id = "
               "$2::text",
               {request.tenant, request.id}});
  std::map<std::string, std::size_t> receipts;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Json tallies = Json::parse(rows.text(r, 0));
    for (const Json& hold : tallies.at("seenHolds")) ++receipts[hold.get<std::string>()];
  }
  std::set<std::string> seen;
  for (const auto& [hold, count] : receipts) {
    if (count == rows.size()) seen.insert(hold);
  }
  return seen;
}

void Erasure::delete_objects(const Request& request,
                             const std::function<void(store::Tx& tx)>& emptied) {
  std::uint64_t waiting = 0;
  run::ObjectOwner owner{subjects(request), {}, world_.objects, {}, emptied};
  owner.category_of = [&](const std::string& table) { return ground_.map.table(table)->category; };
  transact([&](store::Tx& tx, Instant) {
    waiting = queue::waiting(tx, request.tenant, request.id);
    if (waiting > 0) owner.seen_holds = seen_holds(tx, request);
  });
  if (waiting == 0) return;
  const run::ObjectsLeft left =
      run::delete_objects(world_.session, request.tenant, request.id, owner);
  if (left.parked > 0) {
    world_.context.log(LogLevel::warning,
                       std::to_string(left.parked) + " objects stay: a later hold may cover them");
  }
  if (left.failed > 0) {
    world_.context.log(LogLevel::warning, std::to_string(left.failed) +
                                              " objects could not be removed from their store");
  }
}

}  // namespace ccctl::request
