#include "retention/prune.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "run/window.h"

namespace ccctl::retention {
namespace {

constexpr const char* kCategory = "host_usage";
constexpr const char* kAnchor = "created";

std::string data_of(std::string_view log) {
  return log == "security" ? "event_log" : "evidence_log";
}

bool is_due(rule::State state) {
  return state == rule::State::due || state == rule::State::overdue;
}

// The pack's evidence period, as the rule that it is.
rule::RuleInForce evidence_rule(const Duration& period) {
  rule::RuleInForce made;
  made.rule.id = "evidence";
  made.rule.match.data = data_of("evidence");
  made.rule.anchor = kAnchor;
  made.rule.min = period;
  made.rule.basis = "legal_obligation";
  made.zone = "UTC";
  return made;
}

// Whether a hold that is not about people's dates of another time covers events between the two.
bool covers(const rule::Hold& hold, const audit::Span& span) {
  return (!hold.created_from || *hold.created_from <= span.last) &&
         (!hold.created_to || span.first < *hold.created_to);
}

run::Window window_of(const audit::ClosedShard& shard) {
  return {shard.tenant, "prune/" + shard.origin, 1, 1};
}

// What the evidence and the organisation's log say of it.
Json body_of(const LogShard& found) {
  return {{"origin", found.shard.origin},
          {"size", found.shard.size},
          {"first", to_text(found.span.first)},
          {"last", to_text(found.span.last)},
          {"rules", found.rules}};
}

}  // namespace

Json to_json(const LogShard& found) {
  Json json{{"origin", found.shard.origin},
            {"size", found.shard.size},
            {"state", rule::name_of(found.state)},
            {"rules", found.rules}};
  if (found.due_at) json["dueAt"] = to_text(*found.due_at);
  if (!found.holds.empty()) json["holds"] = found.holds;
  if (!found.span.latest.empty()) {
    json["firstEvent"] = to_text(found.span.first);
    json["lastEvent"] = to_text(found.span.last);
  }
  return json;
}

Pruning::Pruning(const Ground& ground, Duration evidence, std::string tenant_zone)
    : ground_(ground), tenant_zone_(std::move(tenant_zone)) {
  // A rule for all data of a tenant means the mapped tables: a log is named or not meant.
  for (const rule::RuleInForce& each : ground.rules.rules) {
    if (each.rule.match.data == data_of("security") || each.rule.match.data == data_of("evidence"))
      rules_.push_back(each);
  }
  rules_.push_back(evidence_rule(evidence));
}

// Every quarter of an hour near the end, because the calendar's periods are not alike: what began
// on the 29th may end after what began on the 31st.
void Pruning::judge_events(LogShard& found, Instant as_of) const {
  rule::Facts facts;
  facts.tenant = ground_.tenant;
  facts.tenant_zone = tenant_zone_;
  facts.category = kCategory;
  facts.data = data_of(found.shard.log);
  if (const auto set = ground_.rules.settings.find(ground_.tenant);
      set != ground_.rules.settings.end()) {
    facts.settings = set->second;
  }
  facts.as_of = as_of;
  std::set<std::string> rules;
  found.state = rule::State::due;
  bool never = false;
  for (const Instant at : found.span.latest) {
    facts.anchors[kAnchor] = at;
    const rule::Decision decision = rule::decide(facts, rules_);
    for (const std::string& id : decision.deciding()) rules.insert(id);
    if (!is_due(decision.state)) found.state = decision.state;
    never = never || !decision.due_at;
    if (decision.due_at)
      found.due_at = std::max(found.due_at.value_or(*decision.due_at), *decision.due_at);
  }
  if (never) found.due_at.reset();
  found.rules.assign(rules.begin(), rules.end());
}

LogShard Pruning::judge(store::Tx& tx, const audit::ClosedShard& shard,
                        const std::vector<rule::Hold>& holds, Instant as_of) const {
  LogShard found;
  found.shard = shard;
  const bool managed = std::any_of(rules_.begin(), rules_.end(), [&](const rule::RuleInForce& r) {
    return !r.rule.min && r.rule.match.data == data_of(shard.log);
  });
  if (!managed) return found;
  found.span = audit::span_of(tx, shard);
  if (found.span.latest.empty()) return found;
  judge_events(found, as_of);
  if (!is_due(found.state)) return found;
  for (const rule::Hold& hold : holds) {
    if (covers(hold, found.span)) found.holds.push_back(hold.id);
  }
  if (!found.holds.empty()) found.state = rule::State::held;
  return found;
}

std::vector<LogShard> Pruning::look(store::Tx& tx, Instant as_of) const {
  const std::vector<rule::Hold> holds = rule::active_holds(tx, ground_.tenant);
  std::vector<LogShard> shards;
  for (const audit::ClosedShard& shard : audit::closed_shards(tx, ground_.tenant)) {
    shards.push_back(judge(tx, shard, holds, as_of));
  }
  return shards;
}

void Pruning::drop(store::Session& session, const std::function<store::Session()>& connect,
                   const LogShard& wanted) const {
  const run::Window window = window_of(wanted.shard);
  // `hold add` waits for the attempt: committed before, locked first, holds are read afterwards.
  session.transact(store::Mode::read_committed,
                   [&](store::Tx& tx) { run::open_attempt(tx, window, run::datastore_now(tx)); });
  const auto work = [&](store::Tx& tx, Instant now) {
    const LogShard found = judge(tx, wanted.shard, rule::active_holds(tx, ground_.tenant), now);
    if (!is_due(found.state)) {
      throw Error(ErrorKind::refused, "\"" + wanted.shard.origin + "\" is " +
                                          std::string(rule::name_of(found.state)) + " by now");
    }
    audit::drop_shard(tx, found.shard, body_of(found));
    return run::Work{
        Json::array(
            {{{"table", found.shard.origin}, {"action", "prune"}, {"rows", found.shard.size}}}),
        {audit::LogName::evidence, ground_.tenant, "audit.pruned", session.session_user(), "",
         body_of(found)}};
  };
  try {
    run::Runner(session, connect).run_window(window, work);
  } catch (...) {
    const std::exception_ptr why = std::current_exception();
    try {
      session.transact(store::Mode::read_committed,
                       [&](store::Tx& tx) { run::close_attempt(tx, window); });
    } catch (const std::exception&) {
      // Left open it is in nobody's way: `hold add` only waits for one that is locked.
    }
    std::rethrow_exception(why);
  }
}

}  // namespace ccctl::retention
