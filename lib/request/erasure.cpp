#include "request/erasure.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "audit/sealer.h"
#include "base/error.h"
#include "queue/item.h"
#include "run/objects.h"

namespace ccctl::request {

using subject::Identifier;
using subject::SubjectRef;

Erasure::Erasure(World world, Ground ground)
    : world_(std::move(world)), ground_(std::move(ground)) {}

void Erasure::transact(const std::function<void(store::Tx& tx)>& work) {
  world_.session.transact(store::Mode::read_committed, work);
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
    transact([&](store::Tx& tx) { catalog_ = datamap::read_catalog(tx, ground_.map); });
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
  transact([&](store::Tx& tx) { request = get(tx, ground_.tenant, request_id); });
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
  return carry_on(read(request_id));
}

Request Erasure::advance(Request request) {
  if (world_.guard) world_.guard();
  return carry_on(std::move(request));
}

Request Erasure::carry_on(Request request) {
  const std::string id = request.id;
  if (request.phase == Phase::completed) drain(request);
  for (;;) {
    const Phase before = request.phase;
    try {
      step(request);
      if (request.phase == before) return request;  // waits: for a date, a second try, a seal
    } catch (const Overtaken&) {
      request = read(id);  // the other process was faster; what is left may be ours to do
    }
  }
}

void Erasure::start(Request& request) {
  if (request.phase == Phase::received) {
    throw Error(ErrorKind::refused, "request \"" + request.id + "\" is not confirmed",
                "look at its plan, then confirm it");
  }
  if (request.paused_at) {
    throw Error(ErrorKind::refused, "request \"" + request.id + "\" waits for a clarification",
                "`ccctl request pause " + request.id + " --resume` when it has come");
  }
  prepare(request);
  transact([&](store::Tx& tx) {
    set_phase(tx, request, Phase::erasing);
    open_attempts(tx, tx.began_at(), request, 1);
  });
}

void Erasure::open_attempts(store::Tx& tx, Instant now, const Request& request, int pass) {
  for (const Member& member : request.members)
    run::open_attempt(tx, {request.tenant, request.id, pass, member.ordinal}, now);
}

// Some of it is done and some is not, or none can be: the request stays in its phase.
void Erasure::note_outcome(Request& request, const std::string& outcome) {
  request.outcome = outcome;
  transact([&](store::Tx& tx) {
    tx.exec(
        {"UPDATE ccctl.request SET outcome = $4::text WHERE tenant_id = $1::text AND request_id = "
         "$2::text AND phase = $3::text",
         {request.tenant, request.id, std::string(to_text(request.phase, request.type)), outcome}});
  });
}

void Erasure::fail(const std::string& request_id) {
  Request request = read(request_id);
  if (live(request.phase)) note_outcome(request, "failed");
}

Request Erasure::retry(const std::string& request_id) {
  if (world_.guard) world_.guard();
  Request request = read(request_id);
  bool failed = false;
  for (const Member& member : request.members) {
    // The canonical member begins when no other remains, so it is not in flight before that.
    if (member.status != "COMPLETED" && member.status != "ERROR" &&
        member.related_id != request.id) {
      throw Error(ErrorKind::refused,
                  "related request \"" + member.related_id + "\" is still " + member.status,
                  "wait until all related requests have ended, or run `ccctl request run " +
                      request.id + "`")
          .with("reason", "siblings_in_flight");
    }
    failed = failed || member.status == "ERROR";
  }
  if (!failed || !live(request.phase)) return request;
  transact([&](store::Tx& tx) {
    tx.exec(
        {"UPDATE ccctl.request_member SET status = 'INITIATED' WHERE tenant_id = $1::text AND "
         "request_id = $2::text AND status = 'ERROR'",
         {request.tenant, request.id}});
    audit::append(tx,
                  {audit::LogName::evidence, request.tenant, "request.retried", world_.actor,
                   request.id, Json::object()},
                  tx.began_at());
  });
  return carry_on(read(request_id));
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
    const Instant now = tx.began_at();
    seen_at_ = std::max(seen_at_, now);
    begin_settling(tx, now, after);
  };
  delete_objects(request, all ? move_on : std::function<void(store::Tx&)>{});
  if (!all) return note_outcome(request, "partial");
  request = read(request.id);
  if (request.phase != Phase::erasing) return;
  transact(move_on);
  request = read(request.id);
}

// From erasing to settling: its date, and the attempts of the pass that follows.
void Erasure::begin_settling(store::Tx& tx, Instant now, Request& request) const {
  const RequestPolicy& policy = ground_.rules.requests;
  request.settle_at = add(now, policy.settling, policy.zone, Granularity::instant);
  const store::Rows moved = tx.exec(
      {"UPDATE ccctl.request SET phase = 'settling', restricted = false, outcome = NULL, settle_at "
       "= $3::timestamptz WHERE tenant_id = $1::text AND request_id = $2::text AND phase = "
       "$4::text",
       {request.tenant, request.id, to_text(*request.settle_at),
        std::string(to_text(request.phase, request.type))}});
  if (moved.affected() != 1) throw Overtaken(request.id);
  request.phase = Phase::settling;
  request.restricted = false;
  request.outcome.clear();
  open_attempts(tx, now, request, 2);
  if (*request.settle_at > now)
    queue::put(tx, request.tenant, std::string(kRun), request.id, *request.settle_at);
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
  transact([&](store::Tx& tx) {
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
