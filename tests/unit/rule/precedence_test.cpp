// Which rule decides about a row, and when: the cases of formats.md 1 and 2.
#include "rule/precedence.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ccctl::rule {
namespace {

Instant at(const std::string& text) {
  return parse_instant(text).value();
}
Duration period(const std::string& text) {
  return parse_duration(text).value();
}

// A rule as a document writes it, in one line: `match: {…}, anchor: created, after: P30D`.
RuleInForce rule(const std::string& id, const std::string& body, const std::string& zone = "UTC",
                 const std::string& head = "") {
  const Retention read =
      doc::read<Retention>("apiVersion: ccctl/v1\nkind: Retention\nzone: " + zone + "\n" + head +
                               "limits: {rows: 10, percent: 5}\nrules:\n- {id: " + id + ", " +
                               body + ", basis: contract, reason: r}\n",
                           "pack.yaml", "Retention", ErrorKind::policy_invalid);
  RuleInForce made;
  made.rule = read.rules.front();
  made.zone = read.zone;
  made.pack = "test";
  made.floor = parse_floor(read.anchor_floor);
  if (read.skew) made.skew = *read.skew;
  return made;
}

Facts facts(const std::string& as_of, const std::map<std::string, AnchorValue>& anchors = {}) {
  Facts made;
  made.tenant = "acme";
  made.category = "generated";
  made.data = "chat";
  made.anchors = anchors;
  made.as_of = at(as_of);
  return made;
}

const std::string kChat = "match: {data: chat}, anchor: created, ";

TEST(Decide, IsDueWhenTheExpiryIsReached) {  // W-33
  const std::vector<RuleInForce> rules{rule("chat", kChat + "after: P30D")};
  const std::map<std::string, AnchorValue> anchors{{"created", at("2025-03-01T10:00:00Z")}};
  EXPECT_EQ(decide(facts("2025-03-31T09:59:59.999999Z", anchors), rules).state, State::kept);
  const Decision due = decide(facts("2025-03-31T10:00:00Z", anchors), rules);
  EXPECT_EQ(due.state, State::due);
  EXPECT_EQ(due.deciding(), std::vector<std::string>{"chat"});
  EXPECT_EQ(due.due_at, at("2025-03-31T10:00:00Z"));
}

TEST(Decide, LeavesAloneWhatNoMaximumMatches) {
  const std::vector<RuleInForce> rules{
      rule("email", "match: {data: email}, anchor: created, after: P1D"),
      rule("least", kChat + "min: P1D")};
  const Decision found =
      decide(facts("2025-03-31T10:00:00Z", {{"created", at("2001-01-01T00:00:00Z")}}), rules);
  EXPECT_EQ(found.state, State::unmanaged);
  EXPECT_FALSE(found.due_at);
}

TEST(Decide, ComparesMinimaAsInstants) {
  const std::vector<RuleInForce> rules{rule("five", "match: {}, anchor: changed, min: P5Y"),
                                       rule("seven", "match: {}, anchor: created, min: P7Y"),
                                       rule("max", kChat + "after: P1D")};
  const Decision found = decide(
      facts("2029-05-31T23:59:59Z",
            {{"changed", at("2024-06-01T00:00:00Z")}, {"created", at("2020-01-01T00:00:00Z")}}),
      rules);
  EXPECT_EQ(found.not_before, at("2029-06-01T00:00:00Z"));
  EXPECT_EQ(found.state, State::kept);
  EXPECT_EQ(found.deciding(), std::vector<std::string>{"five"});
  EXPECT_TRUE(found.min_over_max);
}

TEST(Decide, AMinimumOutlastsAMaximumAndIsReported) {
  const std::vector<RuleInForce> rules{
      rule("max", "match: {}, anchor: created, after: P3Y"),
      rule("min", "match: {category: generated}, anchor: created, min: P5Y")};
  const Decision found =
      decide(facts("2025-01-01T00:00:00Z", {{"created", at("2020-01-02T00:00:00Z")}}), rules);
  EXPECT_EQ(found.state, State::kept);
  EXPECT_EQ(found.due_at, at("2025-01-02T00:00:00Z"));
  EXPECT_TRUE(found.min_over_max);
}

TEST(Decide, TheEarliestOfOneRankDecides) {
  const std::map<std::string, AnchorValue> anchors{{"created", at("2025-01-31T00:00:00Z")}};
  const std::vector<RuleInForce> rules{rule("days", kChat + "after: P30D"),
                                       rule("month", kChat + "after: P1M")};
  const Decision found = decide(facts("2025-02-28T00:00:00Z", anchors), rules);
  EXPECT_EQ(found.state, State::due);
  EXPECT_EQ(found.delete_by, at("2025-02-28T00:00:00Z"));
  EXPECT_EQ(found.deciding(), std::vector<std::string>{"month"});
}

TEST(Decide, TheMoreExplicitMaximumDecides) {
  // From the least explicit to the most; each shorter than the one before, so that the earliest
  // alone would always be the last.
  const std::vector<std::string> matches{"{}", "{data: chat}", "{tenant: acme}",
                                         "{tenant: acme, category: generated}", "{label: x}"};
  std::vector<RuleInForce> rules;
  Facts row = facts("2025-01-02T00:00:00Z", {{"created", at("2025-01-01T00:00:00Z")}});
  row.label = "x";
  for (std::size_t i = 0; i < matches.size(); ++i) {
    rules.push_back(
        rule("r" + std::to_string(i),
             "match: " + matches[i] + ", anchor: created, after: P" + std::to_string(i + 1) + "Y"));
    EXPECT_EQ(decide(row, rules).deciding(), std::vector<std::string>{"r" + std::to_string(i)});
  }
  rules.push_back(rule("law", "match: {}, anchor: created, after: P6M, lock: compliance"));
  EXPECT_EQ(decide(row, rules).deciding(), std::vector<std::string>{"law"});
}

TEST(Decide, ARuleOfAnotherLabelTenantOrCategoryIsNotAsked) {
  const Facts row = facts("2025-01-02T00:00:00Z", {{"created", at("2001-01-01T00:00:00Z")}});
  for (const char* match : {"{label: x}", "{tenant: globex}", "{category: host_usage}",
                            "{data: email}", "{data: chat, tenant: globex}"}) {
    const Decision found = decide(
        row, {rule("other", std::string("match: ") + match + ", anchor: created, after: P1D")});
    EXPECT_EQ(found.state, State::unmanaged) << match;
    EXPECT_TRUE(found.rules.empty());
  }
}

TEST(Decide, AnUnsetSettingKeepsItsRankAndDeletesNothing) {  // W-32
  const std::vector<RuleInForce> rules{rule("own", kChat + "after: {setting: chat_retention}"),
                                       rule("default", "match: {}, anchor: created, after: P1D")};
  Facts row = facts("2026-01-01T00:00:00Z", {{"created", at("2025-01-01T00:00:00Z")}});
  EXPECT_EQ(decide(row, rules).state, State::unset);
  row.settings["chat_retention"] = period("P90D");
  EXPECT_EQ(decide(row, rules).delete_by, at("2025-04-01T00:00:00Z"));
  EXPECT_EQ(decide(row, rules).deciding(), std::vector<std::string>{"own"});
  row.settings.clear();
  std::vector<RuleInForce> with_ceiling = rules;
  with_ceiling.push_back(rule("law", "match: {}, anchor: created, after: P1Y, lock: compliance"));
  EXPECT_EQ(decide(row, with_ceiling).state, State::due);
}

TEST(Decide, AnUnknownAnchorOfAMaximumKeepsItsRank) {
  const std::vector<RuleInForce> rules{
      rule("ended", "match: {data: chat}, anchor: ended, after: P1D"),
      rule("default", "match: {}, anchor: created, after: P1D")};
  const Decision found = decide(
      facts("2026-01-01T00:00:00Z", {{"ended", {}}, {"created", at("2025-01-01T00:00:00Z")}}),
      rules);
  EXPECT_EQ(found.state, State::pending_anchor);
  EXPECT_EQ(found.deciding(), std::vector<std::string>{"ended"});
}

TEST(Decide, AnUnknownAnchorOfAMinimumKeepsUnlessItSaysOtherwise) {
  const std::map<std::string, AnchorValue> anchors{{"created", at("2025-01-01T00:00:00Z")}};
  const RuleInForce max = rule("max", kChat + "after: P1D");
  const std::string min = "match: {}, anchor: tenant.contract_end, min: P180D";
  EXPECT_EQ(decide(facts("2026-01-01T00:00:00Z", anchors), {max, rule("min", min)}).state,
            State::pending_anchor);
  const Decision ignored =
      decide(facts("2026-01-01T00:00:00Z", anchors), {max, rule("min", min + ", pending: ignore")});
  EXPECT_EQ(ignored.state, State::due);
  EXPECT_FALSE(ignored.min_over_max);
}

TEST(Decide, WithinIsEligibleFromItsLeadAndOverdueAfterIt) {  // W-35
  const RuleInForce within = rule(
      "gone", "match: {category: generated}, anchor: tenant.inactive, within: P60D, lead: PT24H");
  const std::map<std::string, AnchorValue> anchors{{"tenant.inactive", at("2025-01-01T00:00:00Z")}};
  EXPECT_EQ(decide(facts("2025-02-28T23:59:59Z", anchors), {within}).state, State::kept);
  EXPECT_EQ(decide(facts("2025-03-01T00:00:00Z", anchors), {within}).state, State::due);
  EXPECT_EQ(decide(facts("2025-03-02T00:00:00Z", anchors), {within}).state, State::overdue);
  const RuleInForce unled = rule("gone", "match: {}, anchor: tenant.inactive, within: P60D");
  EXPECT_EQ(decide(facts("2025-02-23T00:00:00Z", anchors), {unled}).state, State::due);
  EXPECT_EQ(decide(facts("2025-02-22T23:59:59Z", anchors), {unled}).state, State::kept);
  // Never before the minimum, whatever the lead; and a minimum beyond it is reported.
  const RuleInForce min = rule("min", "match: {}, anchor: tenant.inactive, min: P61D");
  const Decision kept = decide(facts("2025-03-02T12:00:00Z", anchors), {within, min});
  EXPECT_EQ(kept.state, State::kept);
  EXPECT_TRUE(kept.min_over_max);
  EXPECT_EQ(decide(facts("2025-03-03T00:00:00Z", anchors), {within, min}).state, State::overdue);
}

TEST(Decide, QuarantinesAnchorsThatCannotBeBelieved) {
  const RuleInForce plain =
      rule("chat", kChat + "after: P1D", "UTC", "skew: PT5M\nanchor_floor: \"2000-01-01\"\n");
  const auto state = [&](const AnchorValue& created) {
    return decide(facts("2026-01-01T00:00:00Z", {{"created", created}}), {plain}).state;
  };
  EXPECT_EQ(state(Infinity{}), State::quarantined);
  EXPECT_EQ(state(at("2026-01-01T00:05:00.000001Z")), State::quarantined);
  EXPECT_EQ(state(at("2026-01-01T00:05:00Z")), State::kept);
  EXPECT_EQ(state(at("1999-12-31T23:59:59Z")), State::quarantined);
  EXPECT_EQ(state(at("2000-01-01T00:00:00Z")), State::due);
  EXPECT_EQ(state(std::chrono::sys_days(std::chrono::year{1999} / 12 / 31)), State::quarantined);
  EXPECT_EQ(state(std::chrono::sys_days(std::chrono::year{2000} / 1 / 1)), State::due);
  EXPECT_EQ(state(std::chrono::sys_days(std::chrono::year{2026} / 1 / 2)), State::quarantined);
  EXPECT_EQ(state(std::chrono::sys_days(std::chrono::year{2026} / 1 / 1)), State::kept);
}

TEST(Decide, ADateThatCannotBeBelievedKeepsWhatAMinimumProtects) {
  const std::vector<RuleInForce> rules{
      rule("max", kChat + "after: P1D"),
      rule("min", "match: {}, anchor: tenant.contract_end, min: P1D, pending: ignore")};
  const Decision found =
      decide(facts("2026-01-01T00:00:00Z",
                   {{"created", at("2025-01-01T00:00:00Z")}, {"tenant.contract_end", Infinity{}}}),
             rules);
  EXPECT_EQ(found.state, State::quarantined);
  EXPECT_EQ(found.deciding(), std::vector<std::string>{"min"});
}

TEST(Decide, AContractsEndMayLieAhead) {
  const std::vector<RuleInForce> rules{
      rule("end", "match: {}, anchor: tenant.contract_end, after: P180D", "Asia/Tokyo")};
  const Decision found = decide(
      facts("2025-01-01T00:00:00Z",
            {{"tenant.contract_end", std::chrono::sys_days(std::chrono::year{2025} / 3 / 31)}}),
      rules);
  EXPECT_EQ(found.state, State::kept);
  EXPECT_EQ(found.due_at, at("2025-09-27T15:00:00Z"));
}

TEST(Decide, ADateTakesTheDayRule) {
  const auto due = [](std::chrono::sys_days day, const std::string& p) {
    return decide(facts("2026-01-01T00:00:00Z", {{"created", day}}),
                  {rule("r", kChat + "after: " + p, "Asia/Tokyo")})
        .due_at;
  };
  EXPECT_EQ(due(std::chrono::year{2025} / 2 / 28, "P1M"), at("2025-03-28T15:00:00Z"));
  EXPECT_EQ(due(std::chrono::year{2025} / 3 / 31, "P180D"), at("2025-09-27T15:00:00Z"));
  EXPECT_THROW(due(std::chrono::year{2025} / 3 / 31, "PT36H"), Error);
}

TEST(Decide, StagesFollowTheActAndNotTheAnchor) {  // S-18, S-19, S-20
  const std::vector<RuleInForce> rules{rule(
      "end",
      "match: {}, anchor: tenant.contract_end, after: P180D, stages: {purge: P30D, backups: P90D}",
      "Asia/Tokyo")};
  const std::map<std::string, AnchorValue> anchors{
      {"tenant.contract_end", std::chrono::sys_days(std::chrono::year{2025} / 3 / 31)}};
  const Decision punctual = decide(facts("2025-09-27T15:00:00Z", anchors), rules);
  EXPECT_EQ(punctual.purge_from, at("2025-10-27T15:00:00Z"));
  EXPECT_EQ(punctual.backups_gone, at("2026-01-25T15:00:00Z"));
  EXPECT_EQ(decide(facts("2025-11-07T00:00:00Z", anchors), rules).purge_from,
            at("2025-12-07T00:00:00Z"));
  EXPECT_FALSE(decide(facts("2025-09-27T14:59:59Z", anchors), rules).purge_from);
}

TEST(Decide, AHoldKeepsWhateverElseHolds) {
  const std::vector<RuleInForce> rules{rule("chat", kChat + "after: P1D")};
  Facts row = facts("2026-01-01T00:00:00Z", {{"created", at("2025-01-01T00:00:00Z")}});
  row.holds = {"one", "two"};
  EXPECT_EQ(decide(row, rules).state, State::held);
  row.holds = {"two"};  // one was released
  EXPECT_EQ(decide(row, rules).state, State::held);
  row.erasure = true;
  EXPECT_EQ(decide(row, rules).state, State::held);
}

TEST(Decide, AnErasureIsStoppedByBlockingMinimaOnly) {  // W-29
  const std::map<std::string, AnchorValue> anchors{{"created", at("2025-01-01T00:00:00Z")}};
  Facts row = facts("2026-01-01T00:00:00Z", anchors);
  row.erasure = true;
  const RuleInForce contract = rule("contract", kChat + "min: P9Y");
  EXPECT_EQ(decide(row, {contract}).state, State::due);
  const RuleInForce law = rule("law", kChat + "min: P7Y, blocks_erasure: true");
  const std::vector<RuleInForce> both{contract, law};
  const Decision kept = decide(row, both);
  EXPECT_EQ(kept.state, State::kept);
  EXPECT_EQ(kept.due_at, at("2032-01-01T00:00:00Z"));
  EXPECT_EQ(kept.deciding(), std::vector<std::string>{"law"});
  row.anchors["created"] = {};
  EXPECT_EQ(decide(row, {law}).state, State::pending_anchor);
}

TEST(Decide, ATenantWithoutAZoneIsSkipped) {
  const std::vector<RuleInForce> rules{rule("chat", kChat + "after: P1D", "tenant")};
  Facts row = facts("2025-01-02T00:00:00Z", {{"created", at("2025-01-01T00:00:00Z")}});
  EXPECT_EQ(decide(row, rules).state, State::no_zone);
  row.tenant_zone = "Nowhere/Land";
  EXPECT_EQ(decide(row, rules).state, State::no_zone);
  row.tenant_zone = "Europe/Berlin";
  EXPECT_EQ(decide(row, rules).state, State::due);
}

TEST(LatestOf, IsUnknownWhenAPartIs) {
  const Instant early = at("2025-01-01T00:00:00Z"), late = at("2025-06-01T00:00:00Z");
  EXPECT_EQ(latest_of({early, late}, "UTC"), AnchorValue(late));
  EXPECT_EQ(latest_of({early, std::monostate{}}, "UTC"), AnchorValue());
  EXPECT_EQ(latest_of({std::monostate{}, late}, "UTC"), AnchorValue());
  EXPECT_EQ(latest_of({Infinity{}, late}, "UTC"), AnchorValue(Infinity{}));
  EXPECT_EQ(latest_of({late, Infinity{}, std::monostate{}}, "UTC"), AnchorValue());
  EXPECT_EQ(latest_of({}, "UTC"), AnchorValue());
  // A day is over when it has ended in the zone.
  const Day day = std::chrono::year{2025} / 6 / 1;
  EXPECT_EQ(latest_of({day, at("2025-06-01T23:00:00Z")}, "UTC"), AnchorValue(day));
  EXPECT_EQ(latest_of({day, at("2025-06-01T23:00:00Z")}, "Asia/Tokyo"),
            AnchorValue(at("2025-06-01T23:00:00Z")));
}

// Random packs: what must hold whatever the rules say.
struct Drawn {
  std::vector<RuleInForce> rules;
  Facts row;
};

Drawn draw() {
  const auto pick = [](const std::vector<std::string>& of) { return *rc::gen::elementOf(of); };
  Drawn drawn;
  drawn.row = facts("2026-01-01T00:00:00Z");
  drawn.row.as_of += std::chrono::hours(*rc::gen::inRange(-40000, 40000));
  drawn.row.label = pick({"", "x"});
  if (*rc::gen::arbitrary<bool>()) drawn.row.settings["s"] = period(pick({"P1D", "P90D", "P3Y"}));
  for (const char* name : {"created", "ended", "tenant.end"}) {
    const int kind = *rc::gen::inRange(0, 8);
    if (kind == 0) continue;
    const Instant when =
        at("2023-01-31T10:00:00Z") + std::chrono::hours(*rc::gen::inRange(0, 30000));
    if (kind == 1) drawn.row.anchors[name] = Infinity{};
    if (kind == 2) drawn.row.anchors[name] = std::chrono::floor<std::chrono::days>(when);
    if (kind > 2) drawn.row.anchors[name] = when;
  }
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    const std::string length = pick({"P1D", "P30D", "P1M", "P180D", "P1Y", "P3Y"});
    const std::string form = pick({"min: " + length, "min: " + length + ", pending: ignore",
                                   "after: " + length, "after: {setting: s}", "within: " + length,
                                   "after: " + length + ", lock: compliance"});
    drawn.rules.push_back(
        rule("r" + std::to_string(i),
             "match: " +
                 pick({"{}", "{data: chat}", "{category: generated}", "{tenant: acme}",
                       "{tenant: acme, data: chat}", "{label: x}", "{data: email}"}) +
                 ", anchor: " + pick({"created", "ended", "tenant.end"}) + ", " + form,
             pick({"UTC", "Asia/Tokyo", "Europe/Berlin"})));
  }
  return drawn;
}

bool going(const Decision& found) {
  return found.state == State::due || found.state == State::overdue;
}

RC_GTEST_PROP(Decide, TheOrderOfRulesMakesNoDifference, ()) {
  Drawn drawn = draw();
  const std::string before = to_json(decide(drawn.row, drawn.rules)).dump();
  std::reverse(drawn.rules.begin(), drawn.rules.end());
  RC_ASSERT(to_json(decide(drawn.row, drawn.rules)).dump() == before);
  if (!drawn.rules.empty()) {
    std::rotate(drawn.rules.begin(), drawn.rules.begin() + 1, drawn.rules.end());
  }
  RC_ASSERT(to_json(decide(drawn.row, drawn.rules)).dump() == before);
}

RC_GTEST_PROP(Decide, AnotherMinimumNeverMakesARowDueEarlier, ()) {
  Drawn drawn = draw();
  const Decision before = decide(drawn.row, drawn.rules);
  drawn.rules.push_back(rule("z", "match: {}, anchor: created, min: P1Y"));
  const Decision after = decide(drawn.row, drawn.rules);
  RC_ASSERT(!going(after) || going(before));
  RC_ASSERT(!after.due_at || (before.due_at && *after.due_at >= *before.due_at));
}

RC_GTEST_PROP(Decide, ACeilingNeverMakesARowDueLater, ()) {
  Drawn drawn = draw();
  const Decision before = decide(drawn.row, drawn.rules);
  drawn.rules.push_back(rule("z", "match: {}, anchor: created, after: P1Y, lock: compliance"));
  const Decision after = decide(drawn.row, drawn.rules);
  RC_ASSERT(!before.due_at || (after.due_at && *after.due_at <= *before.due_at));
}

RC_GTEST_PROP(Decide, WhatIsDueStaysDue, ()) {
  Drawn drawn = draw();
  const Decision before = decide(drawn.row, drawn.rules);
  drawn.row.as_of += std::chrono::hours(*rc::gen::inRange(0, 5000));
  const Decision after = decide(drawn.row, drawn.rules);
  RC_ASSERT(!going(before) || going(after));
  RC_ASSERT(!going(after) || drawn.row.as_of >= *after.due_at);
}

}  // namespace
}  // namespace ccctl::rule
