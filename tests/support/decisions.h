// What the models of sweeps ask of rule::decide().
#pragma once

#include <vector>

#include "rule/precedence.h"

namespace ccctl::testing {

bool is_due(const rule::Decision& decision);

// Whether no minimum keeps the row any more, whatever would make it due.
bool outlives_minima(rule::Facts facts, const std::vector<rule::RuleInForce>& rules);

}  // namespace ccctl::testing
