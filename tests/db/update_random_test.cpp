// Updates on random datastores, each with a random data map, compared with the model row by row:
// whatever is not the subject's keeps its value (G-55).
#include <gtest/gtest.h>

#include "support/random_place.h"

namespace ccctl::testing {
namespace {

using subject::SubjectRef;

TEST_F(OnRandomSchemas, AnUpdateDoesWhatTheModelSays) {
  std::size_t updated = 0;
  each(4001, 60, [&](Place& place, std::uint64_t seed) {
    std::size_t here = 0;
    for (const SubjectRef& ref : place.people(seed)) {
      const std::vector<Term> terms = erasing_.model().terms(ref);
      const auto mail = std::find_if(terms.begin(), terms.end(),
                                     [](const Term& term) { return term.first == "email"; });
      if (mail == terms.end()) continue;
      SCOPED_TRACE(ref.text());
      if (!erasing_.check_update(ref, *mail, "New" + std::to_string(seed) + "@Example.org")) break;
      ++updated;
      if (++here == 3) break;
    }
  });
  EXPECT_GT(updated, 60U);
}

}  // namespace
}  // namespace ccctl::testing
