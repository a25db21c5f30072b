// Which retention rule decides about one row, and when (formats.md 2): a pure function over facts.
//
// `retention explain` and `policy test` use it; sweeps compile the same semantics to SQL. All times
// are UTC instants; civil arithmetic happens in the zone of each rule, through base/calendar.h.
// The order of the rules makes no difference.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "rule/ruleset.h"

namespace ccctl::rule {

// What a row holds for an anchor: NULL, an infinity of either sign, an instant, or a DATE.
struct Infinity {
  friend bool operator==(const Infinity&, const Infinity&) = default;
};
using AnchorValue = std::variant<std::monostate, Infinity, Instant, Day>;

// NULL when any part is: SQL's GREATEST would ignore it and let a live contract's data go. Infinity
// when any other part is. A DATE counts until its day has ended in `zone`.
AnchorValue latest_of(const std::vector<AnchorValue>& parts, std::string_view zone);

// A row that waits for its purge: since when, and the end of its period as it was when that began.
struct Waiting {
  Instant since{}, until{};
};

struct Facts {
  std::string tenant;
  std::string tenant_zone;  // empty: the tenant has none
  std::string category, data, label;
  std::map<std::string, AnchorValue> anchors;  // by the rules' names; one that is missing is NULL
  std::set<std::string> tenant_anchors;        // those of the table that are the tenant's (besides
                                               // `tenant.…`): they may lie in the future
  std::map<std::string, Duration> settings;    // the tenant's
  std::vector<std::string> holds;              // ids of the active holds that cover the row
  bool erasure = false;                        // a data subject asked for it: due at once
  std::optional<Waiting> waiting;              // it is soft-deleted or scheduled
  Instant as_of{};
};

enum class State {
  held,            // an active hold covers it
  no_zone,         // a rule reckons in the tenant's zone, and the tenant has none: skipped
  unmanaged,       // no maximum matches: never deleted
  quarantined,     // the anchor that decides is infinite, in the future or below the floor
  unset,           // the maximum that decides is a setting that the tenant left open
  pending_anchor,  // the anchor that decides is NULL
  kept,            // until due_at
  due,
  overdue,  // past the end of a `within`
};
std::string_view name_of(State state);
std::optional<State> state_named(std::string_view name);

// How a matching rule took part.
enum class Standing {
  counts,       // its expiry is one of those compared
  outranked,    // a maximum beside a more explicit one
  ignored,      // a minimum whose anchor is NULL, with `pending: ignore`
  not_asked,    // of an erasure: a rule that does not stop it
  pending,      // its anchor is NULL
  quarantined,  // its anchor cannot be believed
  unset,        // its setting is
};
std::string_view name_of(Standing standing);

// The more explicit, the greater.
enum class Rank { fallback, data, tenant, tenant_data, label };
Rank rank_of(const RuleMatch& match);

struct Verdict {
  const RuleInForce* rule = nullptr;  // of the list that was given
  Standing standing = Standing::counts;
  std::optional<Instant> expiry;    // where it is known
  std::optional<Instant> eligible;  // of a maximum: from when it makes the row due
  bool decides = false;
};

struct Decision {
  State state = State::unmanaged;
  std::optional<Instant> not_before;  // the latest of the minima that are known
  std::optional<Instant> delete_by;   // the earliest maximum in force
  std::optional<Instant> due_at;      // from when the row is due; nothing: never, as things stand
  bool min_over_max = false;          // a minimum outlasts the pack's maximum: the row stays
  Then then = Then::erase;            // of the maximum that decides
  std::optional<Stages> stages;
  // Of a maximum with stages: where its first act happens at as_of, or as the row waits already.
  std::optional<Instant> purge_from, backups_gone;
  std::vector<Verdict> rules;  // every rule that matches, sorted by id

  std::vector<std::string> deciding() const;  // ids, sorted
};

// Whether the rule concerns rows with these facts.
bool matches(const RuleMatch& match, const Facts& facts);

// Throws policy_invalid where a DATE anchor meets a period with hours.
Decision decide(const Facts& facts, const std::vector<RuleInForce>& rules);

// For `explain` and fixtures: state, times, and each rule with its standing and reason.
Json to_json(const Decision& decision);

}  // namespace ccctl::rule
