// The later phases of an erasure: settling, verification, the receipt's leaf, closing.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "queue/item.h"
#include "request/deadline.h"
#include "request/erasure.h"
#include "request/manual.h"
#include "request/rectify.h"
#include "request/residual.h"
#include "request/step.h"
#include "run/partition.h"
#include "subject/reference.h"

namespace ccctl::request {
namespace {

constexpr int kMostPasses = 5;

struct PassTallies {
  int pass = 1;
  Json tallies;
};

// The receipts of all passes as one list: rows of the same table, action and rule added up. Of what
// is kept only the first pass counts that found it: later ones find the same rows again. A row that
// two members of a merge set keep counts for each.
Json merged(const std::vector<PassTallies>& receipts, const char* part,
            std::initializer_list<const char*> key) {
  const bool repeats = std::string_view(part) == "kept";
  std::map<std::string, std::pair<int, Json>> sums;
  for (const PassTallies& receipt : receipts) {
    for (const Json& entry : receipt.tallies.at(part)) {
      std::string id;
      for (const char* name : key) id += entry.value(name, "") + "\n";
      const auto [it, fresh] = sums.emplace(id, std::pair(receipt.pass, entry));
      if (fresh || (repeats && it->second.first != receipt.pass)) continue;
      Json& sum = it->second.second;
      sum["rows"] = sum["rows"].get<std::uint64_t>() + entry["rows"].get<std::uint64_t>();
      if (entry.contains("until") && sum.value("until", "") < entry["until"].get<std::string>()) {
        sum["until"] = entry["until"];
      }
    }
  }
  Json all = Json::array();
  for (auto& [id, entry] : sums) all.push_back(std::move(entry.second));
  return all;
}

struct Receipts {
  std::vector<PassTallies> tallies;
  Json leaves = Json::array();
  Instant first{}, last{};
};

Receipts load_receipts(store::Tx& tx, const Request& request, int only_pass) {
  const store::Rows rows = tx.exec(
      {"SELECT tallies, pg_catalog.encode(leaf_hash, 'hex'), at, pass FROM ccctl.receipt WHERE "
       "tenant_id = $1::text AND request_id = $2::text AND (pass = $3::integer OR "
       "$3::integer = 0) ORDER BY pass, ordinal",
       {request.tenant, request.id, std::to_string(only_pass)}});
  Receipts all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    all.tallies.push_back({static_cast<int>(rows.integer(r, 3)), Json::parse(rows.text(r, 0))});
    all.leaves.push_back(std::string(rows.text(r, 1)));
    if (r == 0) all.first = *rows.instant(r, 2);
    all.last = *rows.instant(r, 2);
  }
  return all;
}

// How many rows of each table may still hold the person's values.
std::map<datamap::TableName, std::uint64_t> kept_rows(const Json& kept) {
  std::map<datamap::TableName, std::uint64_t> rows;
  for (const Json& entry : kept) {
    // A row that only a foreign key keeps has lost its values.
    if (entry.at("rule") == "foreign_key") continue;
    rows[entry.at("table").get<std::string>()] += entry.at("rows").get<std::uint64_t>();
  }
  return rows;
}

}  // namespace

std::uint64_t Erasure::rows_of_pass(store::Tx& tx, const Request& request, int pass) {
  std::uint64_t rows = 0;
  for (const PassTallies& receipt : load_receipts(tx, request, pass).tallies)
    rows += receipt.tallies.at("rows").get<std::uint64_t>();
  return rows;
}

// A hold that comes between the passes leaves the request partly done until its release.
bool Erasure::run_pass(Request& request, int pass) {
  try {
    return std::all_of(request.members.begin(), request.members.end(),
                       [&](const Member& member) { return run_member(request, member, pass); });
  } catch (const Error& error) {
    if (error.exit_code() != 5) throw;
    world_.context.log(LogLevel::warning, "request " + request.id + ": " + error.what());
    return false;
  }
}

// Another pass over the same subjects once the settling time has passed, until one finds nothing.
void Erasure::settle(Request& request) {
  if (request.settle_at && *request.settle_at > seen_at_) {
    transact([&](store::Tx& tx) { seen_at_ = tx.began_at(); });
    if (*request.settle_at > seen_at_) return;
  }
  prepare(request);
  for (int pass = 2;; ++pass) {
    if (pass > kMostPasses) {
      throw Error(
          ErrorKind::partial, "rows of the erased subject keep coming back",
          "find the import that brings them, then run `ccctl request run " + request.id + "`");
    }
    // Those of the second were committed with the phase.
    if (pass > 2) transact([&](store::Tx& tx) { open_attempts(tx, tx.began_at(), request, pass); });
    if (!run_pass(request, pass)) return note_outcome(request, "partial");
    if (request.phase != Phase::settling) return;  // the last member has moved it on
    delete_objects(request);
    std::uint64_t rows = 0;
    transact([&](store::Tx& tx) { rows = rows_of_pass(tx, request, pass); });
    if (rows == 0) break;
  }
  transact([&](store::Tx& tx) { set_phase(tx, request, Phase::verifying); });
}

Verification Erasure::verify(const std::string& request_id,
                             const std::vector<subject::Identifier>& terms, bool deep) {
  Request request;
  transact([&](store::Tx& tx) { request = get(tx, ground_.tenant, request_id); });
  const bool ended = request.phase == Phase::refused || request.phase == Phase::cancelled;
  if (request.type == Type::exporting || ended) {
    throw Error(ErrorKind::refused,
                "request \"" + request_id + "\" " +
                    (ended ? "was " + std::string(to_text(request.phase)) : "is an export") +
                    ": it has changed nothing, and there is nothing to verify",
                "see `ccctl request show " + request_id + "`");
  }
  if (request.phase == Phase::closed && terms.empty()) {
    throw Error(ErrorKind::usage, "request \"" + request_id + "\" is closed and its terms are gone",
                "give the terms to look for: --phone, --email …");
  }
  return look(request, terms, deep);
}

Verification Erasure::look(const Request& request, const std::vector<subject::Identifier>& terms,
                           bool deep) {
  prepare(request);
  store::Tx tx = world_.session.begin(store::Mode::read_only_snapshot);
  // A sweep at work notices what was erased meanwhile, and copies again; a killed one does not.
  if (run::copies_left(tx)) {
    throw Error(ErrorKind::busy, "a sweep has left a copy of a partition that it was replacing",
                "`ccctl retention sweep` removes what a killed one has left; then repeat this");
  }
  const Json kept = merged(load_receipts(tx, request, 0).tallies, "kept", {"table", "rule"});
  std::vector<subject::Identifier> wanted = terms;
  if (terms.empty() && request.type == Type::updating) {
    // What an update has replaced must be gone; what else the person has must not.
    for (const plan::Replacement& term : load_replacements(tx, request, ""))
      wanted.push_back({term.kind, Personal<std::string>(term.existing), false, "", ""});
  } else if (terms.empty()) {
    wanted = load_terms(tx, request, -1);
  }
  const bool erased = request.type == Type::erasing;
  return request::verify(tx, {ground_.map, *catalog_, *scope_, ground_.tenant, wanted,
                              kept_rows(kept), request.id, subjects(request), erased, deep});
}

// The receipt's body.
Json Erasure::result_of(store::Tx& tx, const Request& request,
                        const Verification& verification) const {
  const Receipts receipts = load_receipts(tx, request, 0);
  const Json kept = merged(receipts.tallies, "kept", {"table", "rule"});
  Json holds = Json::array(), not_covered = Json::array(), members = Json::array();
  for (const Json& entry : kept) {
    for (const Json& hold : entry.value("holds", Json::array())) {
      if (std::find(holds.begin(), holds.end(), hold) == holds.end()) holds.push_back(hold);
    }
  }
  if (request.members.front().ref.kind == kTermOnly) {
    for (const datamap::Table& table : ground_.map.tables) {
      if (table.requires_subject) not_covered.push_back(table.name);
    }
  }
  if (queue::waiting(tx, request.tenant, request.id) > 0) not_covered.push_back("objects");
  for (const Member& member : request.members)
    members.push_back({{"reference", member.reference}, {"related", member.related_id}});
  const std::vector<Step> asked = steps(tx, request.tenant, request.id);
  // What a hold or a law keeps is no failure, but the erasure is not at its end.
  const bool clean = verification.clean() && not_covered.empty();
  const bool erased = request.type == Type::erasing;
  Json result{{"requestType", to_text(request.type)},
              {"article", article_of(request.type)},
              {"members", members},
              {"actions", merged(receipts.tallies, "actions", {"table", "action", "detail"})},
              {"kept", kept},
              {"holds", holds},
              {"excluded", excluded_json(ground_.rules.requests)},
              {"notCovered", not_covered},
              {"shared", verification.json(Finding::shared)},
              {"mentioned", verification.json(Finding::mentioned)},
              {"residue", verification.json(Finding::residue)},
              {"notSearched", verification.json(Finding::not_searched)},
              {"subProcessors", to_json(asked)},
              {"receipts", receipts.leaves},
              {"confirmation", request.confirmation},
              {"policy", request.policy_digest},
              {"map", request.map_digest},
              {"receivedAt", to_text(request.intake.received_at)},
              {"requestedBy", request.created_by},
              {"channel", request.intake.channel},
              {erased ? "erasedAt" : "rectifiedAt", to_text(receipts.first)},
              {"settledAt", to_text(receipts.last)},
              {"outcome", clean && (!erased || kept.empty()) ? "complete" : "partial"}};
  if (erased) {
    result["residualCopies"] = residual_copies(tx, request, asked);
    result["physical"] =
        "dead rows, write-ahead log and backups hold the data until vacuum and their own expiry";
  } else {
    result["replacementTerms"] = Json::parse(request.replacement);
  }
  if (!request.intake.identity_method.empty()) {
    result["identityCheck"] = {{"method", request.intake.identity_method},
                               {"by", request.intake.identity_by}};
  }
  return result;
}

// What had to be left is not forgotten: a sweep takes it, and tells when the last of it has gone.
// Table by table, until when the law keeps it.
bool note_left(store::Tx& tx, const Request& request, const Json& kept) {
  std::map<std::string, std::string> until;
  for (const Json& entry : kept) {
    std::string& latest = until[entry.at("table").get<std::string>()];
    latest = std::max(latest, entry.value("until", ""));
  }
  if (until.empty()) return false;
  const store::Rows noted = tx.exec(
      {"WITH left_by AS (SELECT r.request_id FROM ccctl.restricted r WHERE r.tenant_id = "
       "$1::text AND r.request_id = $2::text LIMIT 1), known AS (UPDATE ccctl.restricted r SET "
       "until = u.value::timestamptz FROM pg_catalog.jsonb_each_text($4::jsonb) u WHERE "
       "r.tenant_id = $1::text AND r.request_id = $2::text AND r.table_name = u.key AND "
       "u.value <> '') INSERT INTO ccctl.restricting (tenant_id, request_id, receipt) SELECT "
       "$1::text, l.request_id, pg_catalog.decode($3::text, 'hex') FROM left_by l ON CONFLICT "
       "(tenant_id, request_id) DO NOTHING",
       {request.tenant, request.id, request.leaf_hash, Json(until).dump()}});
  return noted.affected() > 0;
}

// Verifies, and writes the leaf that is the receipt, in one transaction with the phase. Before
// that every sub-processor has answered, or was waived (W-57).
void Erasure::conclude(Request& request) {
  bool answered = ground_.rules.sub_processors.empty();
  if (!answered) {
    transact([&](store::Tx& tx) { answered = all_decided(steps(tx, request.tenant, request.id)); });
  }
  if (!answered) return;
  const Verification verification = look(request, {}, false);
  if (!outside_) {
    transact([&](store::Tx& tx) {
      outside_ = outside_of(tx, ground_.map, *catalog_, ground_.tenant, tx.began_at());
    });
  }
  transact([&](store::Tx& tx) {
    Json result = result_of(tx, request, verification);
    const Instant now = tx.began_at();
    tell_outside(result, *outside_);
    const bool clean = verification.clean() && result.at("notCovered").empty();
    request.outcome = clean ? "complete" : "partial";
    request.result = canonical(result);
    const crypto::Digest leaf =
        audit::append(tx,
                      {audit::LogName::evidence, request.tenant,
                       "request." + std::string(verb_of(request.type)) + ".completed", world_.actor,
                       request.id, result},
                      now);
    request.leaf_hash = crypto::to_hex(crypto::view(leaf));
    if (world_.keyed && request.type == Type::erasing) {
      const Instant erased = load_receipts(tx, request, 0).first;
      write_tombstones(
          tx, request.tenant, request.id,
          tombstone_hashes(world_.keyed, subjects(request), load_terms(tx, request, -1)), erased,
          tombstone_expiry(ground_.rules.requests, erased));
    }
    meet(tx, request.tenant, request.id, now);
    if (request.type == Type::erasing)
      request.leaves_rows = note_left(tx, request, result.at("kept"));
    // What an interrupted pass or object deletion left open; nothing deletes for this request any
    // more.
    tx.defer({"DELETE FROM ccctl.attempt WHERE tenant_id = $1::text AND request_id = $2::text",
              {request.tenant, request.id}});
    // The guard on the phase makes a second writer's leaf impossible: one receipt per request.
    const store::Rows updated =
        tx.exec({"UPDATE ccctl.request SET phase = 'unsealed', outcome = $3::text, result = "
                 "$4::text, leaf_hash = pg_catalog.decode($5::text, 'hex') WHERE tenant_id = "
                 "$1::text AND request_id = $2::text AND phase = 'verifying'",
                 {request.tenant, request.id, request.outcome, request.result, request.leaf_hash}});
    if (updated.affected() != 1) throw Overtaken(request.id);
  });
  request.phase = Phase::unsealed;
  concluded_ = request.id;
}

void Erasure::seal(Request& request) {
  // A leaf that was written a moment ago has only been sealed where this process did it.
  if (!world_.seal() && std::exchange(concluded_, "") == request.id) return;
  transact([&](store::Tx& tx) { note_sealed(tx, request); });
}

// Deletes the objects that a hold had parked, or a store had refused, when the receipt was written.
// The receipt stays as it is; another leaf tells of their end.
void Erasure::drain(Request& request) {
  if (request.outcome != "partial") return;
  bool emptied = false;
  delete_objects(request, [&](store::Tx& tx) {
    const Json result = Json::parse(request.result);
    const bool nothing_else =
        result.at("residue").empty() && result.at("notCovered") == Json::array({"objects"});
    const std::string outcome = nothing_else ? "complete" : "partial";
    audit::append(
        tx,
        {audit::LogName::evidence, request.tenant, "request.objects.deleted", world_.actor,
         request.id, Json{{"receipt", request.leaf_hash}, {"outcome", outcome}}},
        tx.began_at());
    tx.exec(
        {"UPDATE ccctl.request SET outcome = $3::text WHERE tenant_id = $1::text AND request_id = "
         "$2::text",
         {request.tenant, request.id, outcome}});
    emptied = true;
  });
  if (!emptied) return;
  world_.seal();
  request = read(request.id);
}

Request Erasure::close(const std::string& request_id) {
  Request request;
  transact([&](store::Tx& tx) {
    request = get(tx, ground_.tenant, request_id);
    if (request.phase == Phase::closed) return;
    if (request.phase != Phase::completed) {
      throw Error(
          ErrorKind::refused,
          "request \"" + request_id + "\" is in phase \"" +
              std::string(to_text(request.phase, request.type)) + "\"",
          "a request is closed after it is completed: run `ccctl request run " + request_id + "`");
    }
    set_phase(tx, request, Phase::closed);
    if (queue::waiting(tx, request.tenant, request.id) > 0) {
      throw Error(ErrorKind::refused, "objects of request \"" + request_id + "\" are still there",
                  "a later hold covers them, or their store refused: run `ccctl request run " +
                      request_id + "` when that is over");
    }
    tx.exec({"DELETE FROM ccctl.request_term WHERE tenant_id = $1::text AND request_id = $2::text",
             {request.tenant, request.id}});
    // The reference's key is erased with the subject; who was put right lives on.
    for (const Member& member : request.members) {
      if (request.type == Type::erasing) subject::forget(tx, request.tenant, member.ref);
    }
    tx.exec(
        {"UPDATE ccctl.request_member SET subject_key = NULL WHERE tenant_id = $1::text AND "
         "request_id = $2::text",
         {request.tenant, request.id}});
    audit::append(tx,
                  {audit::LogName::evidence, request.tenant, "request.closed", world_.actor,
                   request.id, Json::object()},
                  tx.began_at());
  });
  return request;
}

}  // namespace ccctl::request
