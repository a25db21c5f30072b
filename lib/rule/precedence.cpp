#include "rule/precedence.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/zone.h"

namespace ccctl::rule {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr Duration kDefaultLead{0, 7, 0};

// The start of a civil day.
Instant start_of(Day day, std::string_view zone) {
  return add(day - days(1), Duration{}, zone);
}

// Elapsed time; leads and skews have no months.
seconds elapsed(const Duration& d) {
  return days(d.days) + seconds(d.seconds);
}

template <class T>
void keep_least(std::optional<T>& least, const T& value) {
  if (!least || value < *least) least = value;
}
template <class T>
void keep_greatest(std::optional<T>& greatest, const T& value) {
  if (!greatest || value > *greatest) greatest = value;
}

// One decision in the making.
class Deciding {
 public:
  Deciding(const Facts& facts, const std::vector<RuleInForce>& rules) : facts_(facts) {
    for (const RuleInForce& rule : rules) {
      if (matches(rule.rule.match, facts)) out_.rules.push_back({&rule, {}, {}, {}, false});
    }
    std::sort(out_.rules.begin(), out_.rules.end(),
              [](const Verdict& a, const Verdict& b) { return a.rule->rule.id < b.rule->rule.id; });
  }

  Decision decide() {
    if (!zones_known()) {
      out_.state = facts_.holds.empty() ? State::no_zone : State::held;
      return std::move(out_);
    }
    for (Verdict& verdict : out_.rules) reckon(verdict);
    outrank();
    minima();
    maxima();
    out_.state = state();
    mark();
    return std::move(out_);
  }

 private:
  static bool minimum(const Verdict& v) { return v.rule->rule.min.has_value(); }
  static bool unknown(const Verdict& v) {
    return v.standing == Standing::pending || v.standing == Standing::quarantined ||
           v.standing == Standing::unset;
  }

  std::string_view zone_of(const RuleInForce& rule) const {
    return rule.zone == "tenant" ? std::string_view(facts_.tenant_zone) : rule.zone;
  }
  bool zones_known() const {
    return std::all_of(out_.rules.begin(), out_.rules.end(), [&](const Verdict& v) {
      return v.rule->zone != "tenant" || known_zone(facts_.tenant_zone);
    });
  }

  // The period, or nothing for a setting that the tenant left open.
  std::optional<Duration> period_of(const RetentionRule& rule) const {
    if (rule.min) return rule.min;
    if (rule.within) return rule.within;
    if (rule.after->fixed) return rule.after->fixed;
    const auto found = facts_.settings.find(rule.after->setting);
    return found == facts_.settings.end() ? std::nullopt : std::optional(found->second);
  }

  // A tenant's anchors are dates that people agree on beforehand; a row's own are in the past.
  bool may_be_future(const std::string& anchor) const {
    return anchor.starts_with("tenant.") || facts_.tenant_anchors.contains(anchor);
  }

  // When the anchor began, as an instant; nothing when it is not to be believed.
  std::optional<Instant> believed(const AnchorValue& value, const RuleInForce& rule) const {
    const std::string_view zone = zone_of(rule);
    std::optional<Instant> at;
    if (const Instant* instant = std::get_if<Instant>(&value)) at = *instant;
    if (const Day* day = std::get_if<Day>(&value)) at = start_of(*day, zone);
    if (!at) return std::nullopt;
    const bool future = *at > facts_.as_of + elapsed(rule.skew);
    if (future && !may_be_future(rule.rule.anchor)) return std::nullopt;
    if (rule.floor) {
      const Day* floor_day = std::get_if<Day>(&*rule.floor);
      const Instant floor = floor_day ? start_of(*floor_day, zone) : std::get<Instant>(*rule.floor);
      if (*at < floor) return std::nullopt;
    }
    return at;
  }

  Instant expiry_of(const AnchorValue& value, const Duration& period, const RuleInForce& r) const {
    const Day* day = std::get_if<Day>(&value);
    if (day == nullptr)
      return add(std::get<Instant>(value), period, zone_of(r), r.rule.granularity);
    if (period.seconds != 0) {
      throw doc::error_at(ErrorKind::policy_invalid, r.rule.at,
                          "rule \"" + r.rule.id + "\" counts hours from a date",
                          "a period from a DATE has no time part");
    }
    return add(*day, period, zone_of(r));
  }

  // Standing and expiry of one rule by itself.
  void reckon(Verdict& v) const {
    const RuleInForce& in_force = *v.rule;
    const RetentionRule& rule = in_force.rule;
    if (facts_.erasure && !rule.blocks_erasure()) {
      v.standing = Standing::not_asked;
      return;
    }
    const auto found = facts_.anchors.find(rule.anchor);
    const AnchorValue value = found == facts_.anchors.end() ? AnchorValue{} : found->second;
    const std::optional<Duration> period = period_of(rule);
    if (!period) {
      v.standing = Standing::unset;
      return;
    }
    if (std::holds_alternative<std::monostate>(value)) {
      const bool ignored = minimum(v) && rule.pending == Pending::ignore;
      v.standing = ignored ? Standing::ignored : Standing::pending;
      return;
    }
    const std::optional<Instant> began = believed(value, in_force);
    if (!began) {
      v.standing = Standing::quarantined;
      return;
    }
    v.expiry = expiry_of(value, *period, in_force);
    if (minimum(v)) return;
    v.eligible = v.expiry;
    if (rule.within) {
      v.eligible = *v.expiry - elapsed(rule.lead.value_or(kDefaultLead));
      if (may_be_future(rule.anchor)) v.eligible = std::max(*v.eligible, *began);
    }
  }

  // Explicit beats implicit, known or not; a compliance ceiling takes part at every rank.
  void outrank() {
    std::optional<Rank> highest;
    for (const Verdict& v : out_.rules) {
      if (!minimum(v)) keep_greatest(highest, rank_of(v.rule->rule.match));
    }
    for (Verdict& v : out_.rules) {
      if (minimum(v) || v.standing == Standing::not_asked) continue;
      const bool ceiling = v.rule->rule.lock == "compliance";
      if (!ceiling && rank_of(v.rule->rule.match) < *highest) v.standing = Standing::outranked;
    }
  }

  void minima() {
    for (const Verdict& v : out_.rules) {
      if (!minimum(v)) continue;
      if (unknown(v)) keep_ = true;
      if (v.standing == Standing::counts) keep_greatest(out_.not_before, *v.expiry);
    }
  }

  void maxima() {
    std::optional<Instant> overdue_from;
    if (facts_.erasure) out_.delete_by = eligible_ = facts_.as_of;
    for (const Verdict& v : out_.rules) {
      if (minimum(v) || v.standing != Standing::counts) continue;
      keep_least(out_.delete_by, *v.expiry);
      keep_least(eligible_, *v.eligible);
      if (v.rule->rule.within) keep_least(overdue_from, *v.expiry);
    }
    out_.min_over_max =
        !facts_.erasure && out_.delete_by && out_.not_before && *out_.not_before > *out_.delete_by;
    if (eligible_ && !keep_) {
      out_.due_at = out_.not_before ? std::max(*eligible_, *out_.not_before) : *eligible_;
    }
    overdue_ = out_.due_at && facts_.as_of >= *out_.due_at && overdue_from &&
               facts_.as_of >= *overdue_from;
  }

  // The most telling of the unknown standings among the rules that `of` accepts.
  template <class Of>
  State unknown_state(Of of) const {
    const auto any = [&](Standing standing) {
      return std::any_of(out_.rules.begin(), out_.rules.end(),
                         [&](const Verdict& v) { return of(v) && v.standing == standing; });
    };
    if (any(Standing::quarantined)) return State::quarantined;
    return any(Standing::unset) ? State::unset : State::pending_anchor;
  }

  State state() const {
    if (!facts_.holds.empty()) return State::held;
    const bool managed =
        facts_.erasure || std::any_of(out_.rules.begin(), out_.rules.end(),
                                      [](const Verdict& v) { return !minimum(v); });
    if (!managed) return State::unmanaged;
    if (!eligible_) return unknown_state([](const Verdict& v) { return !minimum(v); });
    if (keep_) return unknown_state(minimum);
    if (facts_.as_of < *out_.due_at) return State::kept;
    return overdue_ ? State::overdue : State::due;
  }

  // Which rules made it so, and what a sweep would do.
  void mark() {
    const bool kept_by_minimum =
        keep_ || (out_.not_before && eligible_ && *out_.not_before > *eligible_);
    const bool now = out_.state == State::due || out_.state == State::overdue;
    const RetentionRule* act = nullptr;
    for (Verdict& v : out_.rules) {
      const bool counts = v.standing == Standing::counts;
      if (minimum(v)) {
        v.decides = kept_by_minimum && (keep_ ? unknown(v) : counts && v.expiry == out_.not_before);
        continue;
      }
      const bool first = counts && v.eligible == eligible_;
      // Of those that have made it due by now, the one that leaves least satisfies all.
      const bool acts = now ? counts && *v.eligible <= facts_.as_of : first;
      if (acts && (act == nullptr || stricter(v.rule->rule, *act))) act = &v.rule->rule;
      v.decides = !kept_by_minimum && (eligible_ ? first : unknown(v));
    }
    if (act == nullptr) return;
    out_.then = act->then;
    out_.stages = act->stages;
    if (!now || !act->stages) return;
    const auto place = std::find_if(out_.rules.begin(), out_.rules.end(),
                                    [&](const Verdict& v) { return &v.rule->rule == act; });
    const std::string_view zone = zone_of(*place->rule);
    const auto& waiting = facts_.waiting;
    const Instant since = waiting ? waiting->since : facts_.as_of;
    out_.purge_from = add(since, act->stages->purge, zone, Granularity::instant);
    // A shorter period than before shortens none that runs.
    if (waiting) out_.purge_from = std::max(*out_.purge_from, waiting->until);
    if (act->stages->backups) {
      out_.backups_gone = add(*out_.purge_from, *act->stages->backups, zone, Granularity::instant);
    }
  }

  // At once, in stages, or only what is personal.
  static bool stricter(const RetentionRule& a, const RetentionRule& b) {
    if (a.then != b.then) return a.then == Then::erase;
    return !a.stages && b.stages;
  }

  const Facts& facts_;
  Decision out_;
  std::optional<Instant> eligible_;  // the earliest of the maxima
  bool keep_ = false;                // a minimum is not known
  bool overdue_ = false;
};

constexpr std::pair<State, std::string_view> kStateNames[] = {
    {State::held, "held"},           {State::no_zone, "no_zone"},
    {State::unmanaged, "unmanaged"}, {State::quarantined, "quarantined"},
    {State::unset, "unset"},         {State::pending_anchor, "pending_anchor"},
    {State::kept, "kept"},           {State::due, "due"},
    {State::overdue, "overdue"},
};

Json verdict_json(const Verdict& v) {
  const RetentionRule& rule = v.rule->rule;
  Json json{{"rule", rule.id},
            {"pack", v.rule->pack},
            {"effect", rule.min ? "min" : (rule.within ? "within" : "after")},
            {"anchor", rule.anchor},
            {"standing", name_of(v.standing)},
            {"decides", v.decides},
            {"basis", rule.basis},
            {"reason", rule.reason},
            {"requirements", rule.requirements}};
  if (v.expiry) json["expiry"] = to_text(*v.expiry);
  if (v.eligible && v.eligible != v.expiry) json["eligibleFrom"] = to_text(*v.eligible);
  return json;
}

}  // namespace

std::string_view name_of(State state) {
  const auto* found = std::find_if(std::begin(kStateNames), std::end(kStateNames),
                                   [&](const auto& each) { return each.first == state; });
  return found->second;
}

std::optional<State> state_named(std::string_view name) {
  for (const auto& [state, text] : kStateNames) {
    if (text == name) return state;
  }
  return std::nullopt;
}

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::counts:
      return "counts";
    case Standing::outranked:
      return "outranked";
    case Standing::ignored:
      return "ignored";
    case Standing::not_asked:
      return "not_asked";
    case Standing::pending:
      return "pending_anchor";
    case Standing::quarantined:
      return "quarantined";
    case Standing::unset:
      return "unset";
  }
  return "";
}

Rank rank_of(const RuleMatch& match) {
  if (!match.label.empty()) return Rank::label;
  const bool data = !match.category.empty() || !match.data.empty();
  if (!match.tenant.empty()) return data ? Rank::tenant_data : Rank::tenant;
  return data ? Rank::data : Rank::fallback;
}

bool matches(const RuleMatch& match, const Facts& facts) {
  const auto fits = [](const std::string& wanted, const std::string& found) {
    return wanted.empty() || wanted == found;
  };
  return fits(match.category, facts.category) && fits(match.data, facts.data) &&
         fits(match.tenant, facts.tenant) && fits(match.label, facts.label);
}

AnchorValue latest_of(const std::vector<AnchorValue>& parts, std::string_view zone) {
  // Until when a part is not over yet: a DATE counts as its last instant.
  const auto until = [&](const AnchorValue& part) {
    const Day* day = std::get_if<Day>(&part);
    return day ? add(*day, Duration{}, zone) - std::chrono::microseconds(1)
               : std::get<Instant>(part);
  };
  AnchorValue latest;
  for (const AnchorValue& part : parts) {
    if (std::holds_alternative<std::monostate>(part)) return {};
    if (std::holds_alternative<Infinity>(latest)) continue;
    const bool first = std::holds_alternative<std::monostate>(latest);
    if (first || std::holds_alternative<Infinity>(part) || until(part) > until(latest))
      latest = part;
  }
  return latest;
}

std::vector<std::string> Decision::deciding() const {
  std::vector<std::string> ids;
  for (const Verdict& v : rules) {
    if (v.decides) ids.push_back(v.rule->rule.id);
  }
  return ids;
}

Decision decide(const Facts& facts, const std::vector<RuleInForce>& rules) {
  return Deciding(facts, rules).decide();
}

Json to_json(const Decision& decision) {
  Json json{{"state", name_of(decision.state)},
            {"minOverMax", decision.min_over_max},
            {"deciding", decision.deciding()},
            {"then", decision.then == Then::erase ? "delete" : "anonymise"},
            {"rules", Json::array()}};
  const auto put = [&](const char* name, const std::optional<Instant>& at) {
    if (at) json[name] = to_text(*at);
  };
  put("notBefore", decision.not_before);
  put("deleteBy", decision.delete_by);
  put("dueAt", decision.due_at);
  put("purgeFrom", decision.purge_from);
  put("backupsGone", decision.backups_gone);
  for (const Verdict& v : decision.rules) json["rules"].push_back(verdict_json(v));
  return json;
}

}  // namespace ccctl::rule
