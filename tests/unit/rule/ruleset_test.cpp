// Packs' retention as it holds: inheritance, locks, settings, what is refused, and how packs
// differ.
#include "rule/ruleset.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "rule/diff.h"
#include "support/committed_schema.h"

namespace ccctl::rule {
namespace {

namespace fs = std::filesystem;

class Rulesets : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ccctl-rules.XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(root_); }

  void pack(const std::string& name, const std::string& rules, const std::string& extends = "",
            const std::string& zone = "UTC") {
    fs::create_directories(root_ / name);
    std::ofstream(root_ / name / "pack.yaml") << "apiVersion: ccctl/v1\nkind: Pack\nname: " << name
                                              << "\nabout: a test\nextends: [" << extends << "]\n";
    std::ofstream(root_ / name / "retention.yaml")
        << "apiVersion: ccctl/v1\nkind: Retention\nzone: " << zone
        << "\nlimits: {rows: 10, percent: 5}\nrules:\n"
        << rules;
  }
  void settings(const std::string& pack, const std::string& file, const std::string& set) {
    std::ofstream(root_ / pack / file)
        << "apiVersion: ccctl/v1\nkind: TenantSettings\ntenant: acme\nset: " << set << "\n";
  }
  Ruleset read(const std::string& name) { return resolve(policy::load_pack(root_ / name)); }
  std::string refusal(const std::string& name) {
    try {
      read(name);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::policy_invalid);
      return error.what();
    }
    return "";
  }

  fs::path root_;
};

std::string rule_text(const std::string& id, const std::string& body) {
  return "- {id: " + id + ", match: {data: chat}, anchor: created, " + body +
         ", basis: contract, reason: r}\n";
}

TEST_F(Rulesets, AChildReplacesARuleWhole) {
  pack("base", rule_text("a", "after: P1Y, then: anonymise") + rule_text("b", "after: P1Y"));
  pack("child", rule_text("a", "after: P2Y"), "base");
  const Ruleset set = read("child");
  ASSERT_EQ(set.rules.size(), 2U);
  EXPECT_EQ(set.rules[0].rule.after->fixed, parse_duration("P2Y"));
  EXPECT_EQ(set.rules[0].rule.then, Then::erase);
  EXPECT_EQ(set.rules[0].pack, "child");
  EXPECT_EQ(set.rules[0].replaces, "base");
  EXPECT_EQ(set.rules[1].pack, "base");
  const std::vector<Retention> documents = retention_of(policy::load_pack(root_ / "child"));
  ASSERT_EQ(documents.size(), 2U);
  ASSERT_EQ(documents[0].rules.size(), 1U);
  EXPECT_EQ(documents[0].rules[0].id, "b");
}

TEST_F(Rulesets, ADiamondLoadsOnce) {
  pack("base", rule_text("a", "after: P1Y"));
  pack("left", rule_text("l", "after: P1Y"), "base");
  pack("right", rule_text("r", "after: P1Y"), "base");
  pack("top", rule_text("a", "after: P2Y"), "left, right");
  EXPECT_EQ(read("top").rules.size(), 3U);
}

TEST_F(Rulesets, RefusesTwoRulesOfOneId) {
  pack("twice", rule_text("a", "after: P1Y") + rule_text("a", "after: P2Y"));
  EXPECT_NE(refusal("twice").find("two rules \"a\""), std::string::npos);
  pack("left", rule_text("a", "after: P1Y"));
  pack("right", rule_text("a", "after: P2Y"));
  pack("top", rule_text("t", "after: P1Y"), "left, right");
  EXPECT_NE(refusal("top").find("two rules \"a\""), std::string::npos);
}

TEST_F(Rulesets, AComplianceRuleIsOnlyTightened) {
  const std::string lock = ", lock: compliance";
  pack("base", rule_text("max", "after: P90D" + lock) + rule_text("min", "min: P1Y" + lock));
  const auto child = [&](const std::string& rules, const std::string& zone = "UTC") {
    pack("child", rules, "base", zone);
    return refusal("child");
  };
  EXPECT_EQ(child(rule_text("max", "after: P30D" + lock)), "");
  EXPECT_EQ(child(rule_text("min", "min: P2Y" + lock)), "");
  EXPECT_NE(child(rule_text("max", "after: P91D" + lock)).find("longer"), std::string::npos);
  EXPECT_NE(child(rule_text("max", "after: P2M" + lock)).find("longer"), std::string::npos);
  EXPECT_NE(child(rule_text("max", "after: P30D")).find("keep the lock"), std::string::npos);
  EXPECT_NE(child(rule_text("max", "within: P30D" + lock)), "");
  EXPECT_NE(child(rule_text("max", "after: {setting: s}" + lock)), "");
  EXPECT_NE(child(rule_text("max", "after: P30D, then: anonymise" + lock)), "");
  EXPECT_NE(child(rule_text("max", "after: P30D, stages: {purge: P1D}" + lock)), "");
  EXPECT_NE(child(rule_text("max", "after: P30D, granularity: day" + lock)), "");
  EXPECT_NE(child(rule_text("max", "after: P30D" + lock), "Asia/Tokyo").find("zone"),
            std::string::npos);
  EXPECT_NE(child(rule_text("min", "min: P11M" + lock)).find("shorter"), std::string::npos);
  EXPECT_NE(child(rule_text("min", "min: P2Y, pending: ignore" + lock)), "");
  EXPECT_NE(child("- {id: max, match: {data: chat, tenant: acme}, anchor: created, after: P1D, "
                  "lock: compliance, basis: contract, reason: r}\n")
                .find("fewer rows"),
            std::string::npos);
}

TEST_F(Rulesets, RefusesARuleThatMatchesEverything) {  // S-40
  pack("all", "- {id: a, match: {}, anchor: created, after: P1Y, basis: contract, reason: r}\n");
  EXPECT_NE(refusal("all").find("every row"), std::string::npos);
  EXPECT_NO_THROW(resolve(policy::load_pack(root_ / "all"), MatchAll::allow));
  pack("tenant",
       "- {id: a, match: {}, anchor: tenant.contract_end, after: P1Y, basis: contract, "
       "reason: r}\n");
  EXPECT_EQ(refusal("tenant"), "");
}

TEST_F(Rulesets, SettingsBelongToARuleAndATenant) {  // W-32
  pack("base", rule_text("a", "after: {setting: chat_retention}"));
  settings("base", "acme.yaml", "{chat_retention: P90D}");
  pack("child", rule_text("b", "after: P1Y"), "base");
  EXPECT_EQ(read("child").settings.at("acme").at("chat_retention"), parse_duration("P90D"));
  settings("child", "acme.yaml", "{chat_retention: P30D}");
  EXPECT_EQ(read("child").settings.at("acme").at("chat_retention"), parse_duration("P30D"));
  settings("child", "again.yaml", "{chat_retention: P31D}");
  EXPECT_NE(refusal("child").find("set twice"), std::string::npos);
  settings("base", "acme.yaml", "{chat_retension: P90D}");
  EXPECT_NE(refusal("base").find("no rule asks"), std::string::npos);
}

TEST_F(Rulesets, RefusesWhatCannotBeMeant) {
  const auto refused = [&](const std::string& body) {
    pack("bad", rule_text("a", body));
    return refusal("bad");
  };
  EXPECT_NE(refused("after: PT36H, granularity: day").find("civil day"), std::string::npos);
  EXPECT_NE(refused("within: P60D, lead: P1M").find("lead"), std::string::npos);
  EXPECT_NE(refused("after: P1Y, then: anonymise, stages: {purge: P1D}"), "");
  EXPECT_NE(refused("min: P1Y, then: delete"), "");
  EXPECT_NE(refused("after: 30"), "");
  EXPECT_NE(refused("after: P-1D"), "");
  pack("bad", rule_text("a", "after: P1D"), "", "Asia/Tokio");
  EXPECT_NE(refusal("bad").find("unknown time zone"), std::string::npos);
  std::ofstream(root_ / "bad" / "retention.yaml")
      << "apiVersion: ccctl/v1\nkind: Retention\nzone: UTC\nrules: []\n";
  EXPECT_NE(refusal("bad").find("missing key \"limits\""), std::string::npos);
  std::ofstream(root_ / "bad" / "retention.yaml")
      << "apiVersion: ccctl/v1\nkind: Retention\nzone: UTC\nlimits: {rows: 0, percent: 5}\nrules: "
         "[]\n";
  EXPECT_NE(refusal("bad"), "");
}

// What differs, and whether a row may be due earlier.
TEST_F(Rulesets, TheDifferenceSaysWhatMakesRowsDueEarlier) {
  const std::string before = rule_text("max", "after: P1Y") + rule_text("min", "min: P1Y");
  pack("a", before);
  const auto earlier = [&](const std::string& rules) {
    pack("b", rules);
    std::string ids;
    for (const Change& change : diff(read("a"), read("b"))) {
      ids += std::string(name_of(change.kind)) + " " + change.id +
             (change.earlier.empty() ? "; " : " earlier; ");
    }
    return ids;
  };
  EXPECT_EQ(earlier(before), "");
  EXPECT_EQ(earlier(rule_text("min", "min: P1Y") + rule_text("max", "after: P1Y")), "");
  EXPECT_EQ(earlier(rule_text("max", "after: P2Y") + rule_text("min", "min: P1Y")),
            "changed max; ");
  EXPECT_EQ(earlier(rule_text("max", "after: P11M") + rule_text("min", "min: P1Y")),
            "changed max earlier; ");
  EXPECT_EQ(earlier(rule_text("max", "after: P365D") + rule_text("min", "min: P1Y")),
            "changed max earlier; ");
  EXPECT_EQ(earlier(rule_text("max", "after: P1Y") + rule_text("min", "min: P2Y")),
            "changed min; ");
  EXPECT_EQ(earlier(rule_text("max", "after: P1Y") + rule_text("min", "min: P1M")),
            "changed min earlier; ");
  EXPECT_EQ(earlier(rule_text("max", "after: P1Y")), "removed min earlier; ");
  EXPECT_EQ(earlier(rule_text("min", "min: P1Y")), "removed max; ");
  EXPECT_EQ(earlier(before + rule_text("new", "after: P9Y")), "added new earlier; ");
  EXPECT_EQ(earlier(before + rule_text("new", "min: P9Y")), "added new; ");
  EXPECT_EQ(
      earlier(rule_text("max", "after: P1Y, requirements: [W-33]") + rule_text("min", "min: P1Y")),
      "changed max; ");
  EXPECT_EQ(
      earlier(rule_text("max", "after: P1Y, lock: compliance") + rule_text("min", "min: P1Y")),
      "changed max earlier; ");
}

TEST_F(Rulesets, AnExplicitMaximumThatGoesUncoversTheDefault) {
  const std::string fallback =
      "- {id: any, match: {}, anchor: tenant.end, after: P1D, basis: contract, reason: r}\n";
  pack("a", fallback + rule_text("long", "after: P9Y"));
  pack("b", fallback);
  const std::vector<Change> changes = diff(read("a"), read("b"));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_NE(changes[0].earlier, "");
}

TEST(TenantSettingsSchema, IsTheCommittedOne) {
  testing::expect_committed("tenantsettings", tenant_settings_schema());
}

}  // namespace
}  // namespace ccctl::rule
