#include "base/error.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace ccctl {
namespace {

// The exit codes that cron scripts live by (design.md 5); 1 is any unexpected failure.
const std::map<std::string_view, int> kContract{{"unexpected", 1},     {"io", 1},
                                                {"usage", 2},          {"config_invalid", 2},
                                                {"policy_invalid", 2}, {"map_invalid", 2},
                                                {"findings", 3},       {"partial", 4},
                                                {"refused", 5},        {"held", 5},
                                                {"stale_plan", 5},     {"map_drift", 5},
                                                {"not_found", 6},      {"ambiguous", 6},
                                                {"busy", 7},           {"unsealed", 7},
                                                {"paused", 8},         {"unreachable", 10},
                                                {"denied", 11},        {"key_unavailable", 12},
                                                {"in_doubt", 13},      {"restored_datastore", 5}};

TEST(ErrorTable, KeepsTheExitCodesOfTheContract) {
  std::set<std::string_view> seen;
  for (const ErrorKind kind : all_error_kinds()) {
    const ErrorInfo& row = info(kind);
    ASSERT_TRUE(kContract.contains(row.id)) << row.id;
    EXPECT_EQ(row.exit_code, kContract.at(row.id)) << row.id;
    EXPECT_TRUE(seen.insert(row.id).second) << row.id << " stands twice";
  }
  EXPECT_EQ(seen.size(), kContract.size());
}

TEST(ErrorTable, HasEveryKindOnce) {
  // in_doubt is the last of the enumeration, so that a kind without a row is noticed here.
  const auto& kinds = all_error_kinds();
  ASSERT_EQ(kinds.size(), static_cast<std::size_t>(ErrorKind::in_doubt) + 1);
  EXPECT_EQ(std::set<ErrorKind>(kinds.begin(), kinds.end()).size(), kinds.size());
  EXPECT_EQ(info(ErrorKind::usage).id, "usage");
  EXPECT_EQ(info(ErrorKind::in_doubt).id, "in_doubt");
}

TEST(ErrorTable, WritesHintsAsMessagesAreWritten) {
  for (const ErrorKind kind : all_error_kinds()) {
    const std::string_view hint = info(kind).hint;
    if (hint.empty()) continue;
    EXPECT_TRUE(hint.front() >= 'a' && hint.front() <= 'z') << hint;
    EXPECT_NE(hint.back(), '.') << hint;
  }
}

TEST(Error, CarriesItsKindHintAndContext) {
  Error plain(ErrorKind::ambiguous, "3 people match 'x'");
  EXPECT_EQ(plain.exit_code(), 6);
  EXPECT_EQ(plain.hint(), info(ErrorKind::ambiguous).hint);
  EXPECT_STREQ(plain.what(), "3 people match 'x'");

  Error special(ErrorKind::denied, "no right", "ask the owner");
  special.with("sqlstate", "42501").with("table", "people");
  EXPECT_EQ(special.hint(), "ask the owner");
  ASSERT_EQ(special.context().size(), 2U);
  EXPECT_EQ(special.context()[1].second, "people");
}

}  // namespace
}  // namespace ccctl
