// Every pack that ccctl brings along: it resolves, its fixtures hold, and it fits the reference
// map.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/error.h"
#include "datamap/map.h"
#include "rule/fixture.h"
#include "support/committed_schema.h"

namespace ccctl::rule {
namespace {

namespace fs = std::filesystem;

const fs::path kPolicies = fs::path(CCCTL_SOURCE_DIR) / "policies";

std::vector<std::string> shipped() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kPolicies)) {
    if (fs::exists(entry.path() / "pack.yaml")) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ShippedPack : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedPack, ResolvesAndKeepsItsFixtures) {
  const policy::Pack pack = policy::load_pack(kPolicies / GetParam());
  EXPECT_EQ(pack.name, GetParam());
  const Ruleset rules = resolve(pack);
  std::size_t cases = 0;
  for (const PolicyTest& test : pack.read_all<PolicyTest>("PolicyTest")) {
    for (const Case& each : test.cases) {
      ++cases;
      for (const Mismatch& mismatch : run(each, rules).mismatches) {
        ADD_FAILURE() << doc::to_text(each.at) << ": " << each.name << ": " << mismatch.member
                      << ": expected " << mismatch.expected << ", found " << mismatch.found;
      }
    }
  }
  EXPECT_GT(cases, 0U);
}

// A figure without its reason, or without a fixture that shows it, is a number that nobody checks.
TEST_P(ShippedPack, EveryRuleHasItsRequirementsAndAFixtureOfEach) {
  const policy::Pack pack = policy::load_pack(kPolicies / GetParam());
  std::set<std::string> shown;
  for (const PolicyTest& test : pack.read_all<PolicyTest>("PolicyTest")) {
    for (const Case& each : test.cases)
      shown.insert(each.requirements.begin(), each.requirements.end());
  }
  for (const RuleInForce& each : resolve(pack).rules) {
    EXPECT_FALSE(each.rule.requirements.empty()) << each.rule.id;
    for (const std::string& id : each.rule.requirements)
      EXPECT_TRUE(shown.contains(id)) << each.rule.id << ": " << id;
  }
}

// A rule for a data type that no table has would never match, and nobody would see it.
TEST_P(ShippedPack, MatchesWhatTheReferenceMapKnows) {
  const fs::path file = kPolicies / "sandbox" / "datamap.yaml";
  std::ifstream in(file);
  const datamap::Map map =
      datamap::read_map({std::istreambuf_iterator<char>(in), {}}, file.string());
  std::set<std::string> data{"", "event_log"}, categories{""};  // event_log: ccctl's own log
  for (const datamap::Table& table : map.tables) {
    categories.insert(table.category);
    for (const datamap::DataType& type : table.data) data.insert(type.is);
  }
  for (const RuleInForce& each : resolve(policy::load_pack(kPolicies / GetParam())).rules) {
    EXPECT_TRUE(data.contains(each.rule.match.data)) << each.rule.id;
    EXPECT_TRUE(categories.contains(each.rule.match.category)) << each.rule.id;
    if (each.rule.anchor.starts_with("tenant.")) {
      EXPECT_TRUE(map.tenants->anchors.contains(each.rule.anchor.substr(7))) << each.rule.id;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedPack, ::testing::ValuesIn(shipped()), [](const auto& param) {
  std::string name = param.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(PolicyTestSchema, IsTheCommittedOne) {
  testing::expect_committed("policytest", policy_test_schema());
}

TEST(Fixtures, SayWhatWasExpectedAndWhatWasFound) {
  const auto test = doc::read<PolicyTest>(
      "apiVersion: ccctl/v1\nkind: PolicyTest\ncases:\n- name: a case\n"
      "  row: {data: chat, anchors: {created: 2025-01-01T00:00:00Z, ended: null, gone: infinity, "
      "day: "
      "2025-01-01}}\n"
      "  as_of: 2025-01-01T00:00:00Z\n"
      "  expect: {state: due, due_at: 2025-01-02T00:00:00Z, rules: [b, a]}\n",
      "test.yaml", "PolicyTest", ErrorKind::policy_invalid);
  const Outcome outcome = run(test.cases.at(0), {});
  ASSERT_EQ(outcome.mismatches.size(), 3U);
  EXPECT_EQ(outcome.mismatches[0].expected, "due");
  EXPECT_EQ(outcome.mismatches[0].found, "unmanaged");
  EXPECT_EQ(outcome.mismatches[2].expected, "a, b");
  EXPECT_EQ(outcome.mismatches[2].found, "none");
  EXPECT_THROW(doc::read<PolicyTest>("apiVersion: ccctl/v1\nkind: PolicyTest\ncases:\n- name: a\n"
                                     "  row: {anchors: {created: 2025-13-01}}\n"
                                     "  as_of: 2025-01-01T00:00:00Z\n  expect: {state: due}\n",
                                     "test.yaml", "PolicyTest", ErrorKind::policy_invalid),
               Error);
}

}  // namespace
}  // namespace ccctl::rule
