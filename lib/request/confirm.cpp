// What a confirmed request is stored with: members, terms, deadlines, sub-processors, its attempts
// or its place in the queue.
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "queue/item.h"
#include "request/case.h"
#include "request/deadline.h"
#include "request/erasure.h"
#include "request/rate.h"
#include "request/rectify.h"
#include "request/step.h"
#include "subject/reference.h"

namespace ccctl::request {

using subject::Identifier;
using subject::SubjectRef;

namespace {

std::string digest_of(const Json& value) {
  return crypto::to_hex(crypto::view(crypto::sha256(canonical(value))));
}

void insert_terms(store::Tx& tx, const Request& request, const Preview& preview) {
  store::Params params;
  const std::string request_sql =
      params.bind(request.tenant) + "::text, " + params.bind(request.id);
  std::string rows;
  int ordinal = 0;
  for (std::size_t i = 0; i < preview.identifiers.size(); ++i) {
    for (const Identifier& identifier : preview.identifiers[i]) {
      store::Value updated;
      for (const plan::Replacement& term : preview.replacements) {
        if (term.kind == identifier.kind && term.existing == identifier.value.reveal())
          updated = term.written;
      }
      rows += (rows.empty() ? "(" : ", (") + request_sql + "::text, " + std::to_string(ordinal++) +
              ", " + std::to_string(i) + ", " + params.bind(identifier.kind) + "::text, " +
              params.bind(identifier.value.reveal()) + "::text, " + params.bind(updated) +
              "::text)";
    }
  }
  if (rows.empty()) return;
  tx.defer(
      {"INSERT INTO ccctl.request_term (tenant_id, request_id, ordinal, member, kind, value, "
       "updated) VALUES " +
           rows,
       params.take()});
}

// The members as related requests, each with its pseudonym.
Json freeze_members(store::Tx& tx, const Context& context, const Preview& preview,
                    Request& request) {
  std::vector<SubjectRef> refs = preview.merge_set.members;
  if (refs.empty()) refs.push_back({kTermOnly, {request.id}});
  request.members.clear();
  Json members = Json::array();
  for (std::size_t i = 0; i < refs.size(); ++i) {
    const bool last = i + 1 == refs.size();
    request.members.push_back({static_cast<int>(i), last ? request.id : random_uuid(context),
                               refs[i], subject::reference(tx, request.tenant, refs[i]),
                               preview.member_rows[i], "INITIATED"});
    members.push_back(
        {{"reference", request.members.back().reference}, {"rows", preview.member_rows[i]}});
  }
  return members;
}

// Whom and what it is about: the same for a duplicate, another for a request that asks for more. A
// term that the map only suggests is more; of a term alone nothing but the plan's digest says
// whether it is the same.
std::string mark_of(store::Tx& tx, const Preview& preview, Request& request) {
  if (preview.merge_set.members.empty())
    return preview.confirmation.substr(0, preview.confirmation.find(':'));
  std::vector<plan::Replacement> more;
  for (const Identifier& identifier : preview.identifiers.back()) {
    if (identifier.suggest) {
      more.push_back({identifier.kind, identifier.value.reveal(), identifier.value.reveal(), ""});
    }
  }
  const SubjectRef& whom = request.members.back().ref;
  std::string mark = request.members.back().reference;
  const auto marks = [&](const std::vector<plan::Replacement>& terms) {
    return replacement_marks(tx, request.tenant, whom, terms);
  };
  if (!more.empty()) mark += "/" + digest_of(marks(more));
  if (!preview.replacements.empty()) {
    const Json terms = marks(preview.replacements);
    request.replacement = canonical(terms);
    mark += "/" + digest_of(terms);
  }
  return mark;
}

struct Finished {
  std::string id;
};

}  // namespace

Request Erasure::confirm(const Preview& preview, const std::string& request_id,
                         const Intake& intake, bool restricted, const Handling& handling) {
  if (world_.guard) world_.guard();
  Request request;
  request.tenant = ground_.tenant;
  request.id = request_id;
  request.type = preview.type;
  request.phase = restricted || handling.queued ? Phase::planned : Phase::erasing;
  request.restricted = restricted;
  request.created_by = world_.actor;
  request.intake = intake;
  request.case_id = handling.case_id;
  request.confirmation = preview.confirmation;
  request.policy_digest = ground_.rules.digest;
  request.map_digest = ground_.map.digest;
  request.plan = canonical(plan::to_json(*preview.plan));
  request.planned_rows = preview.outcome.rows();
  request.verified =
      !intake.identity_method.empty() || ground_.rules.requests.identity_check_waived;
  std::optional<Request> other;
  try {
    transact([&](store::Tx& tx) {
      store_confirmed(tx, tx.began_at(), preview, handling.bulk, request);
    });
  } catch (const Finished& finished) {
    transact([&](store::Tx& tx) { other = get(tx, request.tenant, finished.id); });
  } catch (const store::StatementError& error) {
    // The same confirmation twice at the same moment, once more while a lost COMMIT was at work, or
    // another request about the same person that is not finished.
    transact([&](store::Tx& tx) {
      other = find_by_confirmation(tx, request.tenant, request.confirmation);
      if (other && live(other->phase)) return;
      if (auto same = find_live(tx, request.tenant, request.type, request.subject_mark))
        other = std::move(same);
    });
    if (error.sqlstate() != "23505" || !other) throw;
  }
  return other ? std::move(*other) : request;
}

void Erasure::store_confirmed(store::Tx& tx, Instant now, const Preview& preview, bool bulk,
                              Request& request) {
  if (!bulk) take_token(tx, request.tenant, "requests", ground_.rules.requests.rate.requests, now);
  if (!request.case_id.empty()) require_open_case(tx, request.tenant, request.case_id);
  request.created_at = now;
  if (request.intake.received_at == Instant{}) request.intake.received_at = now;
  const RequestPolicy& policy = ground_.rules.requests;
  request.due_at = due_date(policy, request.type, request.intake.received_at);
  const Json members = freeze_members(tx, world_.context, preview, request);
  request.subject_mark = mark_of(tx, preview, request);
  insert(tx, request);
  // None of that confirmation is alive, then; one that has finished since the preview has erased
  // what was seen there.
  const std::string finished = finished_as(tx, request.tenant, request.confirmation);
  if (finished != preview.earlier) throw Finished{finished};
  insert_terms(tx, request, preview);
  cover(tx, request);
  owe(tx, policy, request);
  open_steps(tx, ground_.rules, request, now);
  if (request.phase == Phase::planned) {
    queue::put(tx, request.tenant, std::string(kRun), request.id, now);
  } else {
    open_attempts(tx, now, request, 1);
  }
  Json body{{"confirmation", request.confirmation}, {"members", members},
            {"restricted", request.restricted},     {"channel", request.intake.channel},
            {"policy", request.policy_digest},      {"map", request.map_digest},
            {"article", article_of(request.type)},  {"due", to_text(request.due_at)}};
  if (!request.case_id.empty()) body["case"] = request.case_id;
  if (!request.replacement.empty()) body["replacementTerms"] = Json::parse(request.replacement);
  audit::append(tx,
                {audit::LogName::evidence, request.tenant,
                 "request." + std::string(verb_of(request.type)) + ".confirmed", world_.actor,
                 request.id, std::move(body)},
                now);
}

}  // namespace ccctl::request
