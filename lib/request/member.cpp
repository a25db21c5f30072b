// One member's transaction of an erasure: what it locks, decides, deletes and leaves behind.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "plan/access.h"
#include "queue/item.h"
#include "request/erasure.h"
#include "request/rectify.h"

namespace ccctl::request {

using subject::Identifier;
using subject::SubjectRef;

// False when it failed and was recorded as failed.
bool Erasure::run_member(Request& request, const Member& member, int pass) {
  run::Runner runner(world_.session, world_.connect);
  Request after = request;
  try {
    const run::Receipt receipt = runner.run_window(
        {request.tenant, request.id, pass, member.ordinal}, [&](store::Tx& tx, Instant now) {
          after = request;
          seen_at_ = std::max(seen_at_, now);
          return work(tx, now, after, member, pass);
        });
    // Where another process, or a commit in doubt, has done it, the next step finds the phase out.
    if (!receipt.repeated) {
      request.phase = after.phase;
      request.settle_at = after.settle_at;
      request.outcome = after.outcome;
    }
    return true;
  } catch (const store::StatementError& error) {
    if (error.kind() != ErrorKind::unexpected) throw;
    world_.context.log(LogLevel::warning, "request " + member.related_id + ": " + error.what());
  } catch (const store::RetryableError& error) {
    world_.context.log(LogLevel::warning, "request " + member.related_id + ": " + error.what());
  }
  transact([&](store::Tx& tx) { set_member_status(tx, request, member.ordinal, "ERROR"); });
  return false;
}

// The members frozen in the request are the set; whoever joined or left it since needs a new plan.
// The first one's turn looks at all of them: nobody's rows go when one turned out to be another
// person. Later those in between may have gone already.
void Erasure::require_merge_set(const subject::Finder& finder, const Request& request,
                                const Member& member) const {
  const std::vector<SubjectRef> frozen = subjects(request);
  const auto has = [](const std::vector<SubjectRef>& set, const SubjectRef& ref) {
    return std::find(set.begin(), set.end(), ref) != set.end();
  };
  const auto stale = [&](const std::string& what) {
    return Error(ErrorKind::stale_plan, "the merge set of request \"" + request.id + "\" " + what);
  };
  const std::vector<SubjectRef> set = finder.merge_set(member.ref).members;
  for (const SubjectRef& now : set) {
    if (!has(frozen, now)) throw stale("has a new member");
  }
  if (member.ordinal > 0 || set.empty()) return;
  for (const SubjectRef& then : frozen) {
    if (!has(set, then) && !finder.merge_set(then).members.empty())
      throw stale("has lost a member");
  }
}

// The other members whose own rows the first pass left to a hold.
std::vector<SubjectRef> Erasure::kept_members(store::Tx& tx, const Request& request,
                                              const Member& member) const {
  std::vector<SubjectRef> kept;
  const std::string& own_table = ground_.map.subject(member.ref.kind)->table;
  for (const Member& other : request.members) {
    run::Receipt receipt;
    if (other.ordinal == member.ordinal ||
        !run::find_receipt(tx, {request.tenant, request.id, 1, other.ordinal}, &receipt))
      continue;
    const Json tallies = Json::parse(receipt.tallies);
    for (const Json& entry : tallies.at("kept")) {
      if (entry.at("table") != own_table || entry.at("rule") != "hold") continue;
      if (kept.empty() || kept.back() != other.ref) kept.push_back(other.ref);
    }
  }
  return kept;
}

// What is protected now; refuses when a hold covers one of the subjects.
plan::Protection Erasure::protection(store::Tx& tx, Instant now, const Request& request) const {
  plan::Protection found = plan::protect(tx, ground_.map, *catalog_, *scope_,
                                         ground_.rules.retention, ground_.tenant, now);
  const std::vector<SubjectRef> own = subjects(request);
  for (const rule::Hold& hold : found.holds) {
    for (const SubjectRef& held : hold.subjects) {
      if (std::find(own.begin(), own.end(), held) == own.end()) continue;
      throw Error(ErrorKind::held, "hold \"" + hold.id + "\" covers the data subject");
    }
  }
  // The law keeps rows from being deleted, not from being put right.
  if (request.type == Type::updating) found.minima.clear();
  return found;
}

// The statement that does it, or counts what it would do.
plan::Compiled Erasure::compile(store::Tx& tx, const subject::Finder& finder,
                                const plan::Compiler& compiler, const Request& request,
                                const plan::Drivers& drivers, const plan::Protection& found,
                                bool run) const {
  if (request.type != Type::updating)
    return run ? compiler.erase(drivers, found, request.id) : compiler.count(drivers, found);
  const std::vector<plan::Replacement> terms = load_replacements(tx, request, finder.region());
  const std::vector<plan::Standing> stands =
      standing(tx, finder, ground_.map, compiler, *scope_, drivers, terms);
  return compiler.rectify(drivers, found, stands, run ? request.id : "");
}

void Erasure::lock(store::Tx& tx, const subject::Finder& finder, const Request& request,
                   const Member& member, int pass) const {
  plan::Drivers drivers;
  drivers.refs = {member.ref};
  const plan::Locks locks =
      plan::Compiler(ground_.map, *catalog_, *scope_, ground_.tenant).lock(drivers);
  const std::uint64_t open = locks.open_units(tx.exec(locks.sql));
  if (pass == 1 && open > 0 && request.type == Type::erasing) {
    throw Error(ErrorKind::busy, "the data subject takes part in a conversation that has not ended",
                "the request waits: run `ccctl request run " + request.id + "` afterwards");
  }
  require_merge_set(finder, request, member);
}

plan::Drivers Erasure::drivers(store::Tx& tx, const subject::Finder& finder, const Request& request,
                               const Member& member, int pass, const plan::Compiler& compiler,
                               const plan::Protection& found) const {
  const std::vector<Identifier> terms = load_terms(tx, request, member.ordinal);
  TakenAlong along;
  if (request.type == Type::erasing && plan::takes_people_along(ground_.map, *scope_))
    along = taken_along(tx, compiler, found);
  if (member.ref.kind == kTermOnly) return drivers_of(finder, {}, {terms}, 1, along);
  // Members whose turn has been are nobody else, though a hold may have left their rows.
  std::vector<SubjectRef> turned = subjects(request);
  if (pass == 1) turned.resize(static_cast<std::size_t>(member.ordinal) + 1);
  if (request.type == Type::updating) {
    // None of their rows goes: what several members reach together is reached with the last.
    std::vector<std::vector<Identifier>> known;
    for (std::size_t i = 0; i < turned.size(); ++i)
      known.push_back(load_terms(tx, request, request.members[i].ordinal));
    return drivers_of(finder, turned, known, turned.size(), along);
  }
  const std::vector<SubjectRef> kept = kept_members(tx, request, member);
  std::vector<plan::Drivers> whole;
  if (request.members.size() > 1 && request.type == Type::erasing && !found.holds.empty()) {
    std::vector<std::vector<Identifier>> all;
    for (const Member& each : request.members) all.push_back(load_terms(tx, request, each.ordinal));
    whole = {drivers_of(finder, subjects(request), all, all.size(), along)};
  }
  const auto own = [&](plan::Drivers drivers) {
    drivers.refs = {member.ref};
    drivers.canonical.reset();
    drivers.whole = whole;
    drivers.kept_members = kept;
    return drivers;
  };
  const TakenAlong along_with_own = [&](const plan::Drivers& drivers,
                                        const std::vector<SubjectRef>& people) {
    return along(own(drivers), people);
  };
  return own(drivers_of(finder, turned, {terms}, turned.size(), along ? along_with_own : along));
}

run::Work Erasure::work(store::Tx& tx, Instant now, Request& request, const Member& member,
                        int pass) {
  plan::prefer_indexes(tx, ground_.map, *catalog_, *scope_);
  const plan::Compiler compiler(ground_.map, *catalog_, *scope_, ground_.tenant);
  const subject::Finder finder(tx, ground_.map, *catalog_, ground_.tenant);
  const auto driven = [&](const plan::Protection& found) {
    return drivers(tx, finder, request, member, pass, compiler, found);
  };
  if (pass > 1) {
    // A settling pass mostly finds nothing. Then there is nothing to lock and to delete, and what
    // comes after this snapshot would also come after locks: the subject's row is gone.
    const plan::Protection found = protection(tx, now, request);
    const plan::Compiled counted =
        compile(tx, finder, compiler, request, driven(found), found, false);
    const plan::Outcome outcome = counted.read(tx.exec(counted.sql));
    if (outcome.rows() == 0) return done(tx, now, request, member, pass, outcome, found);
  }
  if (member.ref.kind != kTermOnly) lock(tx, finder, request, member, pass);
  const plan::Protection found = protection(tx, now, request);
  const plan::Compiled compiled =
      compile(tx, finder, compiler, request, driven(found), found, true);
  const plan::Outcome outcome = compiled.read(tx.exec(compiled.sql));
  if (outcome.overtaken > 0) {
    throw store::RetryableError(ErrorKind::busy,
                                "rows of the data subject are being changed by somebody else");
  }
  const std::uint64_t rows = outcome.rows(), planned = member.planned_rows;
  if (pass == 1 && rows == 0 && planned > 0 && outcome.kept.empty()) {
    throw Error(ErrorKind::stale_plan,
                "found nothing where the plan counted " + std::to_string(planned) + " rows");
  }
  if (pass == 1 && rows > planned + std::max<std::uint64_t>(planned / 10, 100)) {
    throw Error(ErrorKind::stale_plan, "found " + std::to_string(rows) +
                                           " rows where the plan counted " +
                                           std::to_string(planned));
  }
  return done(tx, now, request, member, pass, outcome, found);
}

// Moves the request on where this was the last thing to do, and tells what was done.
run::Work Erasure::done(store::Tx& tx, Instant now, Request& request, const Member& member,
                        int pass, const plan::Outcome& outcome,
                        const plan::Protection& found) const {
  const bool last = member.related_id == request.id;
  if (pass == 1) set_member_status(tx, request, member.ordinal, "COMPLETED");
  if (last && queue::waiting(tx, request.tenant, request.id) == 0) {
    if (pass == 1) {
      begin_settling(tx, now, request);
    } else if (outcome.rows() + rows_of_pass(tx, request, pass) == 0) {
      set_phase(tx, request, Phase::verifying);
    }
  } else if (last) {
    // Committed with the intents, so that the objects need no commit of their own before they go.
    run::open_attempt(tx, {request.tenant, request.id, 0, 0}, now);
  }
  Json tallies{{"actions", tallies_json(outcome, request.type)},
               {"kept", kept_json(outcome, ground_.map)},
               {"rows", outcome.rows()},
               {"planned", member.planned_rows}};
  Json body = tallies;
  body["reference"] = member.reference;
  body["related"] = member.related_id;
  body["pass"] = pass;
  body["confirmation"] = request.confirmation;
  if (pass == 1 && world_.keyed && request.type == Type::erasing) {
    const bool by_term = member.ref.kind == kTermOnly;
    body["keyed"] = keyed_json(world_.keyed, by_term ? nullptr : &member.ref,
                               load_terms(tx, request, member.ordinal));
  }
  Json seen = Json::array();
  for (const rule::Hold& hold : found.holds) seen.push_back(hold.id);
  tallies["seenHolds"] = std::move(seen);
  return {std::move(tallies),
          {audit::LogName::evidence, request.tenant,
           request.type == Type::updating ? "subject.rectified" : "subject.erased", world_.actor,
           request.id, std::move(body)}};
}

}  // namespace ccctl::request
