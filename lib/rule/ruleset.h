// The retention rules of a pack as they hold: inheritance resolved, tenants' settings read.
//
// A child pack replaces a rule of the same id whole, a rule with `lock: compliance` only by a
// tighter one. Everything that is wrong with a pack's retention is refused here as policy_invalid,
// with file:line:column.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "policy/pack.h"
#include "rule/retention.h"

namespace ccctl::rule {

// A rule with what its document says for all of its rules, and where it came from.
struct RuleInForce {
  RetentionRule rule;
  std::string zone;            // IANA name, or "tenant"
  Duration skew{0, 0, 300};    // how far in the future an anchor may lie
  std::optional<Floor> floor;  // anchors before it are quarantined
  std::string pack;            // the folder's name
  std::string replaces;        // the pack whose rule of the same id it replaced; empty: none
};

// In the grammar of the document, with the zone and bounds that hold for it; no defaults.
Json to_json(const RuleInForce& rule);

// Kind TenantSettings: what a tenant chose where a rule says {setting: …}.
struct TenantSettings {
  std::string tenant;
  std::map<std::string, Duration> set;
  doc::Position at;
};
void describe(TenantSettings& settings, doc::Fields& f);
std::string tenant_settings_schema();

struct Ruleset {
  std::vector<RuleInForce> rules;  // in the packs' order, extended packs first
  // Of the nearest pack that has retention rules; where it has several documents, the strictest.
  Limits limits;
  Duration interval{0, 1, 0};
  std::optional<Duration> plan_ttl;
  ReceiptOf receipt = ReceiptOf::counts;
  std::map<std::string, std::map<std::string, Duration>> settings;  // by tenant
};

// A rule that would make every row of every table due: without category, data, label or tenant,
// and anchored at the rows themselves. A sweep wants `--tenant T --allow-match-all` for it.
bool matches_all(const RetentionRule& rule);
enum class MatchAll { refuse, allow };

Ruleset resolve(const policy::Pack& pack, MatchAll match_all = MatchAll::refuse);
// The same as documents: each with those of its rules that no child pack replaced.
std::vector<Retention> retention_of(const policy::Pack& pack);

// Why `child` may not replace a rule with `lock: compliance`; empty: it is as tight or tighter.
std::string loosens(const RuleInForce& base, const RuleInForce& child);

// Whether a period is at least as long as another from every anchor; false also when they cannot be
// compared (P1M and P30D).
bool no_shorter(const Duration& period, const Duration& than);

}  // namespace ccctl::rule
