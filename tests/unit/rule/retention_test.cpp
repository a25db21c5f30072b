// Retention documents, and which minima stop an erasure.
#include "rule/retention.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/committed_schema.h"

namespace ccctl::rule {
namespace {

Retention read(const std::string& rules) {
  return doc::read<Retention>(
      "apiVersion: ccctl/v1\nkind: Retention\nzone: Asia/Tokyo\nlimits: {rows: 10, percent: "
      "5}\nrules:\n" +
          rules,
      "pack.yaml", "Retention", ErrorKind::policy_invalid);
}

std::string refusal(const std::string& rules) {
  try {
    read(rules);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::policy_invalid);
    return error.what();
  }
  return "";
}

datamap::Table table(datamap::Erase erase = datamap::Erase::erase_row,
                     const std::string& basis = "") {
  datamap::Table made;
  made.name = "billing";
  made.category = "host_usage";
  made.data = {{{}, "billing"}, {{{"kind", datamap::Condition::Op::any_of, {"log"}}}, "log"}};
  made.erase = erase;
  made.retain_basis = basis;
  return made;
}

const std::string kTail = ", basis: legal_obligation, reason: r}\n";

TEST(Retention, ReadsTheRulesOfTheFormatsPage) {
  const Retention found = read(
      "- {id: webex.inactive, match: {category: generated}, anchor: tenant.inactive, within: P60D, "
      "lead: PT24H, lock: "
      "compliance, basis: contract, reason: \"subscription inactive\", requirements: [W-35]}\n"
      "- {id: webex.recordings, match: {data: recording}, anchor: created, after: {setting: "
      "recording_retention}, "
      "basis: contract, reason: \"service and training\", requirements: [W-32, W-37]}\n"
      "- {id: scc.end, match: {}, anchor: tenant.contract_end, after: P180D, lock: compliance, "
      "stages: {purge: P30D, "
      "backups: P90D}, basis: contract, reason: \"end of contract\"}\n");
  ASSERT_EQ(found.rules.size(), 3U);
  EXPECT_EQ(found.rules[0].within, parse_duration("P60D"));
  EXPECT_EQ(found.rules[1].after->setting, "recording_retention");
  EXPECT_EQ(found.rules[2].stages->backups, parse_duration("P90D"));
}

TEST(Retention, RefusesWhatCannotBeMeant) {
  EXPECT_NE(refusal("- {id: a, match: {}, anchor: created" + kTail).find("pack.yaml:6"),
            std::string::npos);
  EXPECT_NE(refusal("- {id: a, match: {}, anchor: created, min: P1Y, after: P2Y" + kTail), "");
  EXPECT_NE(refusal("- {id: a, match: {}, anchor: created, min: 30" + kTail), "");
  EXPECT_NE(refusal("- {id: a, match: {}, anchor: created, min: PT36H, granularity: day" + kTail)
                .find("civil day"),
            std::string::npos);
  EXPECT_NE(refusal("- {id: a, match: {}, anchor: created, after: P1Y, pending: ignore" + kTail),
            "");
}

// G-48, W-29: only a legal obligation stops a request, unless the rule says otherwise.
TEST(BlockingMinima, AreLegalObligationsByDefault) {
  const std::vector<Retention> documents{
      read("- {id: law, match: {data: billing}, anchor: created, min: P7Y" + kTail +
           "- {id: contract, match: {data: billing}, anchor: created, min: P1Y, basis: contract, "
           "reason: r}\n"
           "- {id: said, match: {category: host_usage}, anchor: created, min: P1Y, basis: "
           "contract, reason: r, blocks_erasure: true}\n"
           "- {id: unsaid, match: {}, anchor: created, min: P9Y, basis: legal_obligation, reason: "
           "r, blocks_erasure: false}\n"
           "- {id: elsewhere, match: {data: billing, tenant: globex}, anchor: created, min: P9Y" +
           kTail + "- {id: maximum, match: {data: billing}, anchor: created, after: P1Y" + kTail)};
  std::vector<std::string> ids;
  for (const Minimum& minimum : blocking_minima(documents, table(), "acme"))
    ids.push_back(minimum.rule.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"law", "said"}));
}

TEST(BlockingMinima, ConcernOnlyTheRowsOfTheirDataType) {
  const std::vector<Retention> documents{
      read("- {id: log, match: {data: log}, anchor: created, min: P7Y" + kTail)};
  const std::vector<Minimum> minima = blocking_minima(documents, table(), "acme");
  ASSERT_EQ(minima.size(), 1U);
  EXPECT_EQ(minima[0].data, "log");
  EXPECT_TRUE(minima[0].when.empty());
}

TEST(BlockingMinima, ARetainedTableNeedsAMinimumOfItsBasis) {  // W-29
  const std::vector<Retention> documents{
      read("- {id: c, match: {}, anchor: created, min: P7Y, basis: contract, reason: r, "
           "blocks_erasure: true}\n")};
  EXPECT_THROW(
      blocking_minima(documents, table(datamap::Erase::retain, "legal_obligation"), "acme"), Error);
  EXPECT_NO_THROW(blocking_minima(documents, table(datamap::Erase::retain, "contract"), "acme"));
}

TEST(RetentionSchema, IsTheCommittedOne) {
  testing::expect_committed("retention", retention_schema());
}

}  // namespace
}  // namespace ccctl::rule
