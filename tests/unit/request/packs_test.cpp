// The deadlines for requests that the shipped packs name.
#include <gtest/gtest.h>

#include "request/policy.h"

namespace ccctl::request {
namespace {

RequestPolicy of(const std::string& pack) {
  return rules_of(policy::load_pack(std::string(CCCTL_SOURCE_DIR) + "/policies/" + pack)).requests;
}

std::string due(const std::string& pack, Type type, const std::string& received) {
  return to_text(due_date(of(pack), type, parse_instant(received).value()));
}

TEST(ShippedRequests, WebexErasesWithinThirtyDays) {  // W-25, W-28
  EXPECT_EQ(due("webex", Type::erasing, "2025-01-31T00:00:00Z"), "2025-03-02T00:00:00.000000Z");
  EXPECT_EQ(of("webex").export_window, parse_duration("P60D"));
}

TEST(ShippedRequests, GenesysErasesWithinFourteenDays) {  // G-46, G-47
  for (const char* pack : {"genesys", "eea-only"}) {
    EXPECT_EQ(due(pack, Type::erasing, "2025-01-31T00:00:00Z"), "2025-02-14T00:00:00.000000Z");
    EXPECT_EQ(of(pack).target[Type::exporting], parse_duration("P2D"));
    EXPECT_FALSE(of(pack).bulk);
  }
}

TEST(ShippedRequests, TheLawsMonthHoldsWhereNothingElseIsPromised) {
  for (const char* pack : {"gdpr", "purecloud"}) {
    EXPECT_EQ(due(pack, Type::erasing, "2025-01-31T12:00:00Z"), "2025-02-28T12:00:00.000000Z");
    EXPECT_EQ(of(pack).extension, parse_duration("P2M"));
  }
}

TEST(ShippedRequests, SccReturnsDataForThirtyDays) {  // S-16
  EXPECT_EQ(of("scc").export_window, parse_duration("P30D"));
}

}  // namespace
}  // namespace ccctl::request
