#include "support/decisions.h"

#include <algorithm>
#include <iterator>

namespace ccctl::testing {

bool is_due(const rule::Decision& decision) {
  return decision.state == rule::State::due || decision.state == rule::State::overdue;
}

bool outlives_minima(rule::Facts facts, const std::vector<rule::RuleInForce>& rules) {
  // A maximum that makes everything due at once, so that only minima can speak.
  rule::RuleInForce everything;
  everything.rule.id = "everything";
  everything.rule.anchor = "tenant.beginning";
  everything.rule.after = rule::Period{Duration{0, 0, 1}, ""};
  everything.zone = "UTC";
  facts.anchors["tenant.beginning"] = Instant{};
  std::vector<rule::RuleInForce> asked{everything};
  std::copy_if(rules.begin(), rules.end(), std::back_inserter(asked),
               [](const rule::RuleInForce& rule) { return rule.rule.min.has_value(); });
  return is_due(rule::decide(facts, asked));
}

}  // namespace ccctl::testing
