// Erasures of generated people, one after the other in the same datastore, each compared with a
// model that knows the data map's meaning and nothing of the program's SQL (support/model.h):
// the dry run's counts, the run's counts, every row of every table, the objects, what is kept and
// shared, and that nothing of the person is left.
#include <gtest/gtest.h>

#include "sandbox/seeder.h"
#include "support/erasing.h"

namespace ccctl::testing {
namespace {

using subject::SubjectRef;

SubjectRef contact(const char* id) {
  return {"external_contact", {id}};
}

// Erases up to `most` subjects of the kind, each with its merge set, and compares each; the number
// erased. Stops where something differed: what follows would only repeat it.
std::size_t erase_some(Erasing& erasing, const std::string& kind, std::size_t most) {
  const std::vector<SubjectRef> all = erasing.model().subjects(kind);
  std::size_t erased = 0;
  for (std::size_t i = 0; i < all.size() && erased < most; ++i) {
    const std::vector<SubjectRef> members = erasing.model().merge_set(all[i]);
    if (members.empty()) continue;  // went with another member
    SCOPED_TRACE(members.back().text());
    if (!erasing.check(members.back())) break;
    ++erased;
  }
  return erased;
}

class ErasureOfContacts : public ::testing::TestWithParam<int> {};

// G-20 G-21 G-23, for a caller whom row-level security filters and for one whom it does not.
TEST_P(ErasureOfContacts, DoesWhatTheModelSays) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  Erasing erasing({seed, 100, seed % 2 == 0 ? "officer" : "postgres"});
  EXPECT_EQ(erase_some(erasing, "external_contact", 45), 45U);
}
INSTANTIATE_TEST_SUITE_P(Seeds, ErasureOfContacts, ::testing::Range(1, 5));

// As the tour does it; the second tenant has a person with the very same key.
TEST(Erasure, OfAMergeSetLeavesTheOtherTenantAlone) {
  Erasing erasing({.seed = 1, .contacts = 20, .stir = false});
  EXPECT_TRUE(erasing.check(contact(sandbox::well_known::kTanaka)));
  EXPECT_TRUE(erasing.check(contact(sandbox::well_known::kSuzuki)));
  EXPECT_TRUE(erasing.check(contact(sandbox::well_known::kSmith)));
}

TEST(Erasure, OfFormerEmployeesCutsThemFromWhatOthersOwn) {
  Erasing erasing({.seed = 5, .contacts = 100});
  EXPECT_TRUE(erasing.check(SubjectRef{"user", {sandbox::well_known::kFormerAgent}}));
  EXPECT_GE(erase_some(erasing, "user", 6), 5U);
}

TEST(Erasure, OfDialerContacts) {
  Erasing erasing({.seed = 6, .contacts = 100});
  EXPECT_GE(erase_some(erasing, "dialer_contact", 21), 20U);
}

TEST(Erasure, OfVisitors) {
  Erasing erasing({.seed = 7, .contacts = 150});
  EXPECT_GE(erase_some(erasing, "journey_customer", 20), 10U);
}

// A telephone number that no subject holds: only tables that are found by the value itself.
TEST(Erasure, OfATermAloneReachesMatchTablesOnly) {
  Erasing erasing({.seed = 8, .contacts = 100});
  std::size_t erased = 0;
  for (bool more = true; more && erased < 10;) {
    more = false;
    const Model model = erasing.model();
    for (const Term& term : model.matched_terms()) {
      if (model.shared(term, {}) || term.second.size() < 8) continue;
      more = true;
      ASSERT_TRUE(erasing.check(std::nullopt, term));
      ++erased;
      break;
    }
  }
  EXPECT_GE(erased, 5U);
}

// Whoever is erased first, the datastore ends up the same.
TEST(Erasure, Commutes) {
  Erasing one({.seed = 9, .contacts = 60}), other({.seed = 9, .contacts = 60});
  ASSERT_EQ(one.model().differences(other.model()), std::vector<std::string>{});
  const std::vector<SubjectRef> all = one.model().subjects("external_contact");
  std::vector<SubjectRef> people;
  for (const SubjectRef& ref : all) {
    const std::vector<SubjectRef> members = one.model().merge_set(ref);
    if (members.back() == ref && people.size() < 16) people.push_back(ref);
  }
  for (const SubjectRef& ref : people) one.erase(one.preview(ref));
  for (auto it = people.rbegin(); it != people.rend(); ++it) other.erase(other.preview(*it));
  EXPECT_EQ(one.model().differences(other.model()), std::vector<std::string>{});
}

}  // namespace
}  // namespace ccctl::testing
