// E-11: the allow-list of the log. Every field of every action is declared with its form; nothing
// else can be appended. ccctl writes no log file of its own beside this one: what it has to say to
// people goes to stderr, which tests/cli/canaries.py searches for personal data after each script.
#include "audit/schema.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "audit/event.h"
#include "base/error.h"
#include "base/time.h"
#include "support/committed_schema.h"

namespace ccctl::audit {
namespace {

Event hold() {
  Event event;
  event.tenant = "acme";
  event.action = "hold.added";
  event.actor = "officer";
  event.body = {{"hold", "3f2b8c4e-1111-4222-8333-944445555666"},
                {"matter", "2026-17"},
                {"scope", {{"data", "recording"}, {"subjects", {std::string(64, 'a')}}}}};
  return event;
}

std::string refusal_of(const Event& event) {
  try {
    leaf_line(event, *parse_instant("2026-11-21T12:00:00Z"));
  } catch (const Error& error) {
    return std::string(info(error.kind()).id) + ": " + error.what();
  }
  return "none";
}

TEST(EventSchema, TakesWhatIsDeclared) {
  EXPECT_EQ(refusal_of(hold()), "none");
}

TEST(EventSchema, TakesNothingElseAndTellsNoValue) {
  const std::string prefix = "unexpected: the audit log takes no such event: ";
  Event event = hold();
  event.body["phone"] = "+81 90 1234 5678";
  EXPECT_EQ(refusal_of(event), prefix + "field 'body/phone' of 'hold.added' is not declared");
  event = hold();
  event.body["scope"]["taro@example.jp"] = 1;
  EXPECT_EQ(refusal_of(event), prefix + "field 'body/scope/…' of 'hold.added' is not declared");
  event = hold();
  event.body["scope"]["subjects"].push_back("taro@example.jp");
  EXPECT_EQ(refusal_of(event),
            prefix + "field 'body/scope/subjects' of 'hold.added' is no pseudonym");
  event = hold();
  event.request_id = "Taro Tanaka";
  EXPECT_EQ(refusal_of(event), prefix + "field 'request' of 'hold.added' is no uuid");
  event = hold();
  event.action = "taro.tanaka";
  EXPECT_EQ(refusal_of(event), prefix + "an event is of an action that is not declared");
  event = hold();
  event.log = LogName::security;
  EXPECT_EQ(refusal_of(event),
            prefix + "field 'log' of 'hold.added' is another one than that action's");
}

// The declared exception, and its limit.
TEST(EventSchema, TakesReasonsOfTwoThousandCharacters) {
  Event event = hold();
  std::string reason;
  for (int i = 0; i < 2'000; ++i) reason += "長";
  event.body["reason"] = reason;
  EXPECT_EQ(refusal_of(event), "none");
  event.body["reason"] = reason + "い";
  EXPECT_EQ(refusal_of(event),
            "usage: field 'body/reason' of 'hold.added' is longer than 2000 characters");
}

TEST(EventSchema, TakesARefusalOfAnyCommand) {
  Event event;
  event.log = LogName::security;
  event.tenant = "acme";
  event.action = "request.delete.refused";
  event.actor = "officer";
  event.body = {{"kind", "held"}, {"exit", 5}, {"reason", "hold \"…\" covers the data subject"}};
  EXPECT_EQ(refusal_of(event), "none");
  event.body["code"] = "+81 90";
  EXPECT_NE(refusal_of(event), "none");
}

TEST(EventSchema, DeclaresEachActionOnce) {
  std::set<std::string_view> seen;
  for (const Declared& each : declared_events()) {
    EXPECT_TRUE(seen.insert(each.action).second) << each.action;
    EXPECT_TRUE(each.action == ".refused" || has_form(Form::action, each.action)) << each.action;
  }
}

// The code for each leaf and the expression for others say the same.
RC_GTEST_PROP(EventSchema, FormsAreTheirPatterns, ()) {
  static const std::vector<std::string> examples{
      "3f2b8c4e-1111-4222-8333-944445555666",
      std::string(64, 'a'),
      std::string(64, '0') + ":12",
      "2026-11-21T12:00:00.500000Z",
      "2026-11-21",
      "0044-03-15 BC",
      "-infinity",
      "2025-03-31 10:00:00.5+09:30",
      "P1Y2M",
      "3/4",
      "GDPR Art. 17",
      "request.delete.completed",
      "2025b",
      "42501",
      "attributes$.note",
      "example.org/tenant/a%20b/evidence/2026.2",
      "example.org/tenant/acme/evidence/2026\n7\nabc=\n\n— example.org/tenant abc=\n",
      "example.org/tenant/acme/2026+ee049fc8+Af9vrV2w6PO/aBW="};
  std::string text = *rc::gen::elementOf(examples);
  for (int changes = *rc::gen::inRange(0, 3); changes > 0; --changes) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const std::string with =
        *rc::gen::element<std::string>("", "0", "9", "a", "f", "Z", "T", "-", ":", ".", "/", "+",
                                       " ", "\n", "\x01", "=", "@", "_");
    text.replace(at, *rc::gen::inRange<std::size_t>(0, 2), with);
  }
  for (int i = 0; i < static_cast<int>(Form::statements); ++i) {
    const Form form = static_cast<Form>(i);
    const FormText& said = text_of(form);
    if (said.pattern.empty()) continue;
    std::string pattern(said.pattern);
    const bool matches = std::regex_search(text, std::regex(pattern, std::regex::ECMAScript)) &&
                         text.size() <= said.most;
    RC_ASSERT(has_form(form, text) == matches);
  }
}

// What is accepted is canonical JSON, byte for byte, whatever else was made of a line.
RC_GTEST_PROP(EventSchema, TakesNothingButCanonicalJson, ()) {
  Event event = hold();
  event.request_id = *rc::gen::element<std::string>("", "3f2b8c4e-1111-4222-8333-944445555666");
  event.body["reason"] = "a \"quoted\"\\ line\n\x01\x1f\tand \u65e5\u672c\u8a9e";
  std::string line = leaf_line(event, *parse_instant("2026-11-21T12:00:00Z"));
  RC_ASSERT(!misfit(line));
  for (int changes = *rc::gen::inRange(1, 3); changes > 0; --changes) {
    const auto at = *rc::gen::inRange<std::size_t>(0, line.size() + 1);
    const std::string with = *rc::gen::element<std::string>(
        "", "0", "1", "a", " ", ",", ":", "{", "}", "[", "]", "\"", "\\", "\\u0001", "\\u0009",
        "\\u000A", "\\/", "\n", "\xff", "\xe6\x97", "\u00fc", "null", ",\"v\":1");
    line.replace(at, *rc::gen::inRange<std::size_t>(0, 3), with);
  }
  if (misfit(line)) return;
  const Json read = Json::parse(line, nullptr, false);
  RC_ASSERT(!read.is_discarded());
  RC_ASSERT(canonical(read) == line);
}

TEST(EventSchema, TellsWhatIsMissingOrOutOfOrder) {
  const std::string line = leaf_line(hold(), *parse_instant("2026-11-21T12:00:00Z"));
  const auto told = [&](const std::string& what, const std::string& with) {
    std::string changed = line;
    changed.replace(changed.find(what), what.size(), with);
    const auto found = misfit(changed);
    return found ? found->text : "";
  };
  const std::string of = " of 'hold.added' ";
  EXPECT_EQ(told("\"actor\":\"officer\",", ""), "field 'actor'" + of + "is missing");
  EXPECT_EQ(told(",\"v\":1", ""), "field 'v'" + of + "is missing");
  EXPECT_EQ(told(",\"v\":1", ",\"v\":\"1\""), "field 'v'" + of + "is no count");
  EXPECT_EQ(told("\"v\":1", "\"v\":1.5"), "an event" + of + "is no canonical JSON");
  EXPECT_EQ(told("\"scope\":{", "\"scope\":{\"zone\":1,"),
            "field 'body/scope/zone'" + of + "is not declared");
  EXPECT_EQ(told("\"matter\":\"2026-17\"", "\"matter\": \"2026-17\""),
            "field 'body/matter'" + of + "is no statement");
  EXPECT_EQ(told("{\"action\"", "{ \"action\""), "an event is of an action that is not declared");
}

TEST(EventSchema, IsCommitted) {
  testing::expect_committed("event", event_schema());
}

}  // namespace
}  // namespace ccctl::audit
