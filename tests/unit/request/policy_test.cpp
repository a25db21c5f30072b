// What a pack says of requests; the sandbox's own pack is read by the final readers.
#include "request/policy.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "policy/pack.h"
#include "request/request.h"
#include "support/committed_schema.h"

namespace ccctl::request {
namespace {

TEST(SandboxPack, SetsWhatAPackSets) {
  const PackRules rules =
      rules_of(policy::load_pack(std::string(CCCTL_SOURCE_DIR) + "/policies/sandbox"));
  EXPECT_TRUE(rules.requests.identity_check_waived);
  EXPECT_EQ(rules.requests.settling, parse_duration("PT0S"));
  EXPECT_EQ(rules.requests.due[Type::exporting], parse_duration("P30D"));  // W-28
  EXPECT_EQ(rules.requests.due[Type::erasing], parse_duration("P30D"));    // W-28
  EXPECT_EQ(rules.requests.excluded.size(), 2U);                           // G-35, G-49
  ASSERT_EQ(rules.retention.size(), 1U);
  EXPECT_EQ(rules.retention[0].rules[0].min, parse_duration("P7Y"));  // W-31
}

TEST(Requests, AnUnknownZoneIsRefusedAtItsPlace) {
  try {
    doc::read<RequestPolicy>(
        "apiVersion: ccctl/v1\nkind: Requests\nzone: Asia/Tokio\n"
        "due: {export: P30D, update: P30D, delete: P14D}\n",
        "r.yaml", "Requests", ErrorKind::policy_invalid);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("r.yaml:3"), std::string::npos) << error.what();
  }
}

// G-26: one table maps our phases to the API's status.
TEST(Phases, HaveTheApisStatus) {
  EXPECT_EQ(status_of(Phase::erasing, Type::erasing), "DELETING");
  EXPECT_EQ(status_of(Phase::erasing, Type::updating), "UPDATING");
  EXPECT_EQ(status_of(Phase::erasing, Type::exporting), "SEARCHING");
  for (Type type : kTypes) {
    EXPECT_EQ(status_of(Phase::planned, type), "INITIATED");
    for (Phase phase : {Phase::settling, Phase::verifying, Phase::unsealed})
      EXPECT_EQ(status_of(phase, type), "FINALIZING");
    for (Phase phase : {Phase::completed, Phase::closed})
      EXPECT_EQ(status_of(phase, type), "COMPLETED");
    for (Phase phase : {Phase::refused, Phase::cancelled})
      EXPECT_EQ(status_of(phase, type), "ERROR");
  }
}

// G-47, G-46: an answer is due after the pack's period for its type; W-28's other figure likewise.
TEST(DueDate, IsReckonedFromReceiptAndTheExtensionBeforeIt) {
  RequestPolicy policy;
  policy.due.of = {parse_duration("P30D"), parse_duration("P30D"), parse_duration("P14D")};
  const Instant received = *parse_instant("2026-01-31T09:00:00Z");
  EXPECT_EQ(due_date(policy, Type::erasing, received), *parse_instant("2026-02-14T09:00:00Z"));
  // Months are added before days, from the receipt: never to a date that was reckoned before.
  EXPECT_EQ(due_date(policy, Type::exporting, received, parse_duration("P1M")),
            *parse_instant("2026-03-30T09:00:00Z"));
}

TEST(Requesters, WithAnUnknownRoleAreRefused) {
  EXPECT_THROW(
      doc::read<RequestPolicy>("apiVersion: ccctl/v1\nkind: Requests\nzone: UTC\nrequesters: "
                               "[nobody]\ndue: {export: P30D, update: P30D, delete: P14D}\n",
                               "r.yaml", "Requests", ErrorKind::policy_invalid),
      Error);
}

TEST(SubProcessorsSchema, IsTheCommittedOne) {
  testing::expect_committed("subprocessors", sub_processors_schema());
}

TEST(RequestsSchema, IsTheCommittedOne) {
  testing::expect_committed("requests", requests_schema());
}

}  // namespace
}  // namespace ccctl::request
