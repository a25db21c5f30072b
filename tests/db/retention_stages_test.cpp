// Sweeps by rules with stages against the model: random policies, links, holds and tenants, one
// sweep after the other while everything changes in between. CCCTL_TEST_SEED names the first case,
// CCCTL_TEST_CASES how many there are.
#include <gtest/gtest.h>

#include <iostream>

#include "support/staging.h"

namespace ccctl::testing {
namespace {

// Any window, one worker or two, interrupted or not: after each sweep every row, mark and stage is
// as the model says, the dry run has counted it, and the receipts tell of it.
TEST(Stages, EndAsTheModelEnds) {
  const std::uint64_t first = setting("CCCTL_TEST_SEED", 1),
                      count = setting("CCCTL_TEST_CASES", 12);
  std::uint64_t purged = 0, restored = 0, staged = 0, explained = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("CCCTL_TEST_SEED=" + std::to_string(seed));
    Staging staging(seed);
    for (int i = 0; i < 4 && !HasFailure(); ++i) {
      if (i > 0) staging.go_on();
      staging.sweep();
    }
    purged += staging.totals.purged;
    restored += staging.totals.restored;
    staged += staging.totals.staged;
    explained += staging.totals.explained;
    if (HasFailure()) {
      std::cerr << staging.text();
      return;
    }
  }
  std::cout << staged << " rows staged, " << purged << " purged, " << restored << " restored, "
            << explained << " explained\n";
}

}  // namespace
}  // namespace ccctl::testing
