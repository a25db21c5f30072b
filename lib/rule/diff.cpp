#include "rule/diff.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rule/precedence.h"

namespace ccctl::rule {
namespace {

const RuleInForce* find(const Ruleset& set, const std::string& id) {
  const auto found = std::find_if(set.rules.begin(), set.rules.end(),
                                  [&](const RuleInForce& each) { return each.rule.id == id; });
  return found == set.rules.end() ? nullptr : &*found;
}

bool same_match(const RuleMatch& a, const RuleMatch& b) {
  return a.category == b.category && a.data == b.data && a.tenant == b.tenant && a.label == b.label;
}

// Where and when the rule counts from: other places are other rows, or other times.
std::string moved(const RuleInForce& before, const RuleInForce& after) {
  if (!same_match(before.rule.match, after.rule.match)) return "it matches other rows";
  if (before.rule.anchor != after.rule.anchor) return "it counts from another anchor";
  if (before.zone != after.zone) return "it reckons in another zone";
  if (before.skew != after.skew || before.floor != after.floor) return "it believes other anchors";
  if (before.rule.granularity == Granularity::day && after.rule.granularity == Granularity::instant)
    return "it no longer waits for the end of the day";
  return "";
}

std::string minimum_shorter(const RetentionRule& before, const RetentionRule& after) {
  if (!no_shorter(*after.min, *before.min)) return "its minimum may be shorter";
  if (before.pending == Pending::keep && after.pending == Pending::ignore)
    return "it ignores an unknown anchor";
  if (before.blocks_erasure() && !after.blocks_erasure()) return "it no longer stops an erasure";
  return "";
}

std::string maximum_shorter(const RetentionRule& before, const RetentionRule& after) {
  if (before.within.has_value() != after.within.has_value()) return "its form is another";
  if (before.within) {
    if (!no_shorter(*after.within, *before.within)) return "its period may be shorter";
    constexpr Duration kLead{0, 7, 0};
    if (!no_shorter(before.lead.value_or(kLead), after.lead.value_or(kLead)))
      return "its lead may be longer";
  } else {
    if (before.after->setting != after.after->setting) return "its setting is another";
    if (before.after->fixed && !no_shorter(*after.after->fixed, *before.after->fixed))
      return "its period may be shorter";
  }
  if (before.lock != "compliance" && after.lock == "compliance")
    return "it becomes a ceiling for more explicit rules";
  if (before.then == Then::anonymise && after.then == Then::erase)
    return "it deletes what it anonymised";
  if (before.stages && (!after.stages || !no_shorter(after.stages->purge, before.stages->purge)))
    return "its purge may come earlier";
  return "";
}

std::string earlier_when_changed(const RuleInForce& before, const RuleInForce& after) {
  if (before.rule.min.has_value() != after.rule.min.has_value())
    return "a minimum and a maximum changed places";
  std::string why = moved(before, after);
  if (!why.empty()) return why;
  return before.rule.min ? minimum_shorter(before.rule, after.rule)
                         : maximum_shorter(before.rule, after.rule);
}

std::string earlier_when_gone(const RuleInForce& gone, const Ruleset& after) {
  if (gone.rule.min) return "a minimum is gone";
  const Rank rank = rank_of(gone.rule.match);
  const bool uncovers =
      std::any_of(after.rules.begin(), after.rules.end(), [&](const RuleInForce& other) {
        return !other.rule.min && rank_of(other.rule.match) < rank;
      });
  return uncovers ? "less explicit maxima decide in its place" : "";
}

Change made(Change::Kind kind, const std::string& id, const Json& before, const Json& after,
            const std::string& earlier) {
  return {kind, id, before.dump(), after.dump(), earlier};
}

// Only what differs.
void narrow(Json& before, Json& after) {
  Json from = Json::object(), to = Json::object();
  for (const auto& [key, value] : before.items()) {
    if (!after.contains(key) || after[key] != value) from[key] = value;
  }
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key) || before[key] != value) to[key] = value;
  }
  before = std::move(from);
  after = std::move(to);
}

void compare_rules(const Ruleset& before, const Ruleset& after, std::vector<Change>& changes) {
  for (const RuleInForce& now : after.rules) {
    const RuleInForce* then = find(before, now.rule.id);
    if (then == nullptr) {
      changes.push_back(made(Change::Kind::added, now.rule.id, Json(), to_json(now),
                             now.rule.min ? "" : "a new maximum"));
      continue;
    }
    Json was = to_json(*then), is = to_json(now);
    if (was == is) continue;
    narrow(was, is);
    changes.push_back(
        made(Change::Kind::changed, now.rule.id, was, is, earlier_when_changed(*then, now)));
  }
  for (const RuleInForce& then : before.rules) {
    if (find(after, then.rule.id) != nullptr) continue;
    changes.push_back(made(Change::Kind::removed, then.rule.id, to_json(then), Json(),
                           earlier_when_gone(then, after)));
  }
}

using Settings = std::map<std::string, Duration>;  // by "TENANT: SETTING"

Settings settings_of(const Ruleset& set) {
  Settings all;
  for (const auto& [tenant, settings] : set.settings) {
    for (const auto& [name, period] : settings) all.emplace(tenant + ": " + name, period);
  }
  return all;
}

void compare_settings(const Settings& before, const Settings& after, std::vector<Change>& changes) {
  for (const auto& [name, period] : after) {
    const auto then = before.find(name);
    if (then == before.end()) {
      changes.push_back(made(Change::Kind::added, name, Json(), to_text(period), "a new maximum"));
    } else if (then->second != period) {
      changes.push_back(made(Change::Kind::changed, name, to_text(then->second), to_text(period),
                             no_shorter(period, then->second) ? "" : "its period may be shorter"));
    }
  }
  for (const auto& [name, period] : before) {
    if (!after.contains(name))
      changes.push_back(made(Change::Kind::removed, name, to_text(period), Json(), ""));
  }
}

}  // namespace

std::string_view name_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::added:
      return "added";
    case Change::Kind::removed:
      return "removed";
    case Change::Kind::changed:
      break;
  }
  return "changed";
}

std::vector<Change> diff(const Ruleset& before, const Ruleset& after) {
  std::vector<Change> changes;
  compare_rules(before, after, changes);
  compare_settings(settings_of(before), settings_of(after), changes);
  return changes;
}

}  // namespace ccctl::rule
