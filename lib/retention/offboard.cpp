#include "retention/offboard.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/zone.h"
#include "rule/precedence.h"

namespace ccctl::retention {
namespace {

constexpr std::string_view kTenantsOwn = "tenant.";

const std::string& zone_of(const Situation& situation, const rule::RuleInForce& rule) {
  return rule.zone == "tenant" ? situation.tenant().zone : rule.zone;
}

bool of_tenant(const Situation& situation, const rule::RuleInForce& rule) {
  const std::string& tenant = rule.rule.match.tenant;
  return rule.rule.anchor.starts_with(kTenantsOwn) &&
         (tenant.empty() || tenant == situation.tenant().tenant);
}

rule::AnchorValue anchor_of(const Situation& situation, const rule::RuleInForce& rule) {
  const auto& anchors = situation.tenant().anchors;
  const auto found = anchors.find(rule.rule.anchor.substr(kTenantsOwn.size()));
  return found == anchors.end() ? rule::AnchorValue{} : found->second;
}

// The rule by itself, asked about a row that has nothing else.
rule::Verdict verdict_of(const Situation& situation, const rule::RuleInForce& rule) {
  rule::Facts facts;
  facts.tenant = situation.tenant().tenant;
  facts.tenant_zone = situation.tenant().zone;
  facts.category = rule.rule.match.category;
  facts.data = rule.rule.match.data;
  facts.label = rule.rule.match.label;
  facts.anchors[rule.rule.anchor] = anchor_of(situation, rule);
  facts.tenant_anchors.insert(rule.rule.anchor);
  facts.as_of = situation.as_of();
  const rule::Decision decision = rule::decide(facts, {rule});
  return decision.rules.empty() ? rule::Verdict{} : decision.rules.front();
}

class Telling {
 public:
  Telling(store::Tx& tx, const Situation& situation) : tx_(tx), situation_(situation) {}

  void tell(const rule::RuleInForce& rule) {
    rule_ = &rule;
    if (!known_zone(zone_of(situation_, rule))) return add("goes_from", std::nullopt);
    const rule::Verdict verdict = verdict_of(situation_, rule);
    if (rule.rule.min) return add("kept_until", verdict.expiry);
    if (rule.rule.within) {
      add("goes_from", verdict.eligible);
      return add("gone_by", verdict.expiry);
    }
    add("goes_from", verdict.eligible);
    if (rule.rule.stages) stages(*rule.rule.stages, verdict.eligible);
  }

  std::vector<Milestone> take() {
    std::stable_sort(told_.begin(), told_.end(), [](const Milestone& a, const Milestone& b) {
      return a.at.has_value() != b.at.has_value() ? a.at.has_value() : a.at < b.at;
    });
    return std::move(told_);
  }

 private:
  void add(const char* what, const std::optional<Instant>& at) {
    told_.push_back({rule_->rule.id, rule_->rule.anchor, what, at,
                     at.has_value() && *at <= situation_.as_of()});
  }

  // From when they really were hidden; before that, from when they may be.
  void stages(const rule::Stages& stages, const std::optional<Instant>& eligible) {
    const std::string& zone = zone_of(situation_, *rule_);
    std::optional<Instant> purge;
    const store::Rows rows = tx_.exec(
        {"SELECT pg_catalog.max(next_at), (SELECT pg_catalog.max(backups_gone_at) FROM "
         "ccctl.destruction WHERE tenant_id = $1::text) FROM ccctl.stage WHERE tenant_id = "
         "$1::text AND rule_id = $2::text",
         {situation_.tenant().tenant, rule_->rule.id}});
    if (!rows.is_null(0, 0)) {
      purge = rows.instant(0, 0);
    } else if (eligible) {
      const Instant hidden = std::max(*eligible, situation_.as_of());
      purge = add_period(hidden, stages.purge, zone);
    }
    std::optional<Instant> backups;
    if (!rows.is_null(0, 1) && rows.is_null(0, 0)) {
      backups = rows.instant(0, 1);
      purge.reset();  // it has happened
    } else if (purge && stages.backups) {
      backups = add_period(*purge, *stages.backups, zone);
    }
    if (purge || !backups) add("purged_from", purge);
    if (stages.backups) add("backups_gone", backups);
  }

  static Instant add_period(Instant from, const Duration& period, const std::string& zone) {
    return ccctl::add(from, period, zone, Granularity::instant);
  }

  store::Tx& tx_;
  const Situation& situation_;
  const rule::RuleInForce* rule_ = nullptr;
  std::vector<Milestone> told_;
};

}  // namespace

std::vector<Milestone> time_line(store::Tx& tx, const Situation& situation,
                                 const rule::Ruleset& rules) {
  Telling telling(tx, situation);
  for (const rule::RuleInForce& rule : rules.rules) {
    if (of_tenant(situation, rule)) telling.tell(rule);
  }
  return telling.take();
}

bool ended(const Situation& situation, const rule::Ruleset& rules) {
  return std::any_of(rules.rules.begin(), rules.rules.end(), [&](const auto& rule) {
    if (rule.rule.min || !of_tenant(situation, rule)) return false;
    const rule::AnchorValue value = anchor_of(situation, rule);
    if (const Instant* at = std::get_if<Instant>(&value)) return *at <= situation.as_of();
    if (const Day* day = std::get_if<Day>(&value)) {
      const std::string& zone = zone_of(situation, rule);
      return known_zone(zone) &&
             add(*day - std::chrono::days(1), Duration{}, zone) <= situation.as_of();
    }
    return false;
  });
}

Json to_json(const Milestone& milestone) {
  Json json{{"rule", milestone.rule},
            {"anchor", milestone.anchor},
            {"milestone", milestone.what},
            {"passed", milestone.passed}};
  if (milestone.at) json["at"] = to_text(*milestone.at);
  return json;
}

}  // namespace ccctl::retention
