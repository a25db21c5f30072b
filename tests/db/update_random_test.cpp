// Updates on random datastores, each with a random data map, compared with the model row by row:
// whatever is not the subject's keeps its value (G-55).
#include <gtest/gtest.h>

#include "support/random_place.h"

namespace ccctl::testing {
namespace {

using subject::SubjectRef;

// Nobody else's row follows theirs: whose value it is would change from pass to pass.
bool alone(const Erasing& updating, const Model& model, const SubjectRef& ref) {
  const std::vector<SubjectRef> members = model.merge_set(ref);
  const Ids own = model.visible(members, std::nullopt).own;
  const auto people = std::count_if(own.begin(), own.end(), [&](RowId id) {
    return model.table(id) == updating.map.subject(kPersonKind)->table;
  });
  return static_cast<std::size_t>(people) == members.size();
}

TEST_F(OnRandomSchemas, AnUpdateDoesWhatTheModelSays) {
  std::size_t updated = 0;
  const auto work = [&](Place& place, std::uint64_t seed) {
    std::size_t here = 0;
    for (const SubjectRef& ref : place.people(seed)) {
      const Model model = erasing_.model();
      const std::vector<Term> terms = model.terms(ref);
      const auto mail = std::find_if(terms.begin(), terms.end(),
                                     [](const Term& term) { return term.first == "email"; });
      if (mail == terms.end() || !alone(erasing_, model, ref)) continue;
      SCOPED_TRACE(ref.text());
      if (!erasing_.check_update(ref, *mail, "New" + std::to_string(seed) + "@Example.org")) break;
      ++updated;
      if (++here == 3) break;
    }
  };
  each(4001, 60, work);
  if (std::getenv("CCCTL_TEST_SEED") != nullptr || std::getenv("CCCTL_TEST_SCHEMAS") != nullptr)
    return;
  EXPECT_GT(updated, 60U);
  each(5212, 1, work);  // a row that two members of a merge set reach only together
}

}  // namespace
}  // namespace ccctl::testing
