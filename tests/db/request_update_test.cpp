// Updates of generated people, each compared with the model: every row of every table, and the
// counts of the dry run and of the run.
#include <gtest/gtest.h>

#include <array>

#include "support/erasing.h"

namespace ccctl::testing {
namespace {

using subject::SubjectRef;

// Replaces one value of each of up to `most` subjects of the kind; the number replaced.
std::size_t update_some(Erasing& updating, const std::string& kind, std::size_t most) {
  const std::array<std::string, 4> kinds{"phone", "email", "name", "address"};
  std::size_t updated = 0, turn = 0;
  for (const SubjectRef& ref : updating.model().subjects(kind)) {
    if (updated == most) break;
    const Model model = updating.model();
    if (model.merge_set(ref).back() != ref) continue;
    const std::string& wanted = kinds.at(turn++ % kinds.size());
    for (const Term& term : model.terms(ref)) {
      if (term.first != wanted) continue;
      const std::string number = std::to_string(10000000 + updated);
      const std::string written = term.first == "phone"   ? "070-" + number
                                  : term.first == "email" ? "New" + number + "@example.org"
                                                          : "新しい　" + number;
      SCOPED_TRACE(ref.text() + " " + term.first);
      if (!updating.check_update(ref, term, written)) return updated;
      ++updated;
      break;
    }
  }
  return updated;
}

class UpdateOfContacts : public ::testing::TestWithParam<int> {};

// G-55
TEST_P(UpdateOfContacts, DoesWhatTheModelSays) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  Erasing updating({seed, 60, seed % 2 == 0 ? "officer" : "postgres"});
  EXPECT_GE(update_some(updating, "external_contact", 24), 20U);
}
INSTANTIATE_TEST_SUITE_P(Seeds, UpdateOfContacts, ::testing::Range(1, 3));

TEST(Update, OfDialerContactsWhoseNumbersHaveNoOneForm) {
  Erasing updating({.seed = 6, .contacts = 60});
  EXPECT_GE(update_some(updating, "dialer_contact", 12), 5U);
}

}  // namespace
}  // namespace ccctl::testing
