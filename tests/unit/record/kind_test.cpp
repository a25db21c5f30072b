#include "record/kind.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.h"
#include "support/committed_schema.h"

namespace ccctl::record {
namespace {

Kind disclosure() {
  std::ostringstream text;
  text << std::ifstream(std::string(CCCTL_SOURCE_DIR) +
                        "/policies/records/recordkind.disclosure.yaml")
              .rdbuf();
  return read_kind(text.str(), "recordkind.disclosure.yaml");
}

// W-04: an erasure's result reads the recipient, so no disclosure may be without.
TEST(RecordKind, ADisclosureNamesARecipientAndAPerson) {
  const Kind kind = disclosure();
  EXPECT_EQ(kind.subject, Need::required);
  EXPECT_NO_THROW(kind.require_fields({{"recipient", "Acme"}}));
  EXPECT_THROW(kind.require_fields({{"purpose", "a claim"}}), Error);
  EXPECT_THROW(kind.require_fields({{"recipient", ""}}), Error);
  EXPECT_THROW(kind.require_fields({{"recipient", "Acme"}, {"recipent", "Acme"}}), Error);
}

TEST(RecordKind, RefusesARoleThatCannotEnterRecords) {
  EXPECT_THROW(read_kind("apiVersion: ccctl/v1\nkind: RecordKind\nname: x\nabout: y\nroles: "
                         "[auditor]\nfields: {}\n",
                         "x.yaml"),
               Error);
}

TEST(RecordKindSchema, IsTheCommittedOne) {
  testing::expect_committed("recordkind", kind_schema());
}

}  // namespace
}  // namespace ccctl::record
