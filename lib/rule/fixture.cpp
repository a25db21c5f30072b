#include "rule/fixture.h"

#include <algorithm>

#include "base/error.h"

namespace ccctl::rule {
namespace {

constexpr doc::TextRule kInstant{
    .what = "an instant such as 2025-03-31T15:00:00Z",
    .pattern = R"(^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.]\d+)?)?([Zz]|[+-]\d\d:\d\d)$)",
    .accepts = [](std::string_view text) { return parse_instant(text).has_value(); }};

std::optional<AnchorValue> parse_anchor(std::string_view text) {
  if (text == "infinity" || text == "-infinity") return Infinity{};
  if (const auto day = parse_day(text)) return *day;
  if (const auto instant = parse_instant(text)) return *instant;
  return std::nullopt;
}

constexpr doc::TextRule kAnchor{
    .what = "an instant, a day, infinity or -infinity",
    .accepts = [](std::string_view text) { return parse_anchor(text).has_value(); }};

void read_instant(Instant& out, doc::Value& value) {
  std::string text;
  value.text(text, kInstant);
  if (value.decoding()) out = *parse_instant(text);
}

void read_anchor(AnchorValue& out, doc::Value& value) {
  value.one_of({{doc::Shape::text,
                 [&](doc::Value& v) {
                   std::string text;
                   v.text(text, kAnchor);
                   if (v.decoding()) out = *parse_anchor(text);
                 }},
                {doc::Shape::null, [](doc::Value& v) { v.null(); }}});
}

const doc::Choices<Then> kThenWanted{{"delete", Then::erase}, {"anonymise", Then::anonymise}};
const doc::Choices<State> kStates{
    {"held", State::held},           {"no_zone", State::no_zone},
    {"unmanaged", State::unmanaged}, {"quarantined", State::quarantined},
    {"unset", State::unset},         {"pending_anchor", State::pending_anchor},
    {"kept", State::kept},           {"due", State::due},
    {"overdue", State::overdue}};

void describe_row(Case& each, doc::Fields& f) {
  Facts& facts = each.facts;
  f.optional("category", facts.category, "the table's category");
  f.optional("data", facts.data, "the row's data type");
  f.optional("tenant", facts.tenant, "the tenant");
  f.optional("label", facts.label, "the row's retention label");
  f.optional("zone", facts.tenant_zone, "the tenant's zone");
  f.field("anchors", true, "what the row has for each anchor; null is unknown",
          [&](doc::Value& value) {
            value.entries([&](const std::string& name, const doc::Position&, doc::Value& v) {
              read_anchor(facts.anchors[name], v);
            });
          });
  f.optional("settings", facts.settings, "the tenant's settings, in place of those of the pack");
  f.optional("holds", facts.holds, "holds that cover the row");
  f.optional("erasure", facts.erasure, "whether a data subject asked for its erasure");
  each.own_settings = f.decoding() && f.has("settings");
}

void describe_expectation(Expectation& expect, doc::Fields& f) {
  const auto instant = [&](const char* key, std::optional<Instant>& out, const char* about) {
    f.field(key, false, about, [&](doc::Value& value) { read_instant(out.emplace(), value); });
  };
  f.required("state", expect.state, kStates, "what is decided");
  instant("not_before", expect.not_before, "the latest minimum");
  instant("delete_by", expect.delete_by, "the earliest maximum in force");
  instant("due_at", expect.due_at, "from when the row is due");
  instant("purge_from", expect.purge_from, "when it is purged, if it is soft-deleted at as_of");
  instant("backups_gone", expect.backups_gone, "when backups no longer hold it after that");
  f.field("min_over_max", false, "whether a minimum outlasts the maximum",
          [&](doc::Value& value) { value.boolean(expect.min_over_max.emplace()); });
  f.field("then", false, "what happens to a due row",
          [&](doc::Value& value) { value.choice(expect.then.emplace(), kThenWanted); });
  f.optional("rules", expect.rules, "the rules that decide");
}

std::string shown(Instant at) {
  return to_text(at);
}

std::string shown(const std::optional<Instant>& at) {
  return at ? to_text(*at) : "none";
}

std::string shown(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
  return text.empty() ? "none" : text;
}

std::string shown(bool value) {
  return value ? "true" : "false";
}

}  // namespace

static void describe(Case& each, doc::Fields& f) {
  f.position(each.at);
  f.required("name", each.name, "what the case shows, in words");
  f.field("row", true, "the facts about one row", [&](doc::Value& value) {
    value.record([&](doc::Fields& fields) { describe_row(each, fields); });
  });
  f.field("as_of", true, "the instant at which it is decided",
          [&](doc::Value& value) { read_instant(each.facts.as_of, value); });
  f.field("expect", true, "the decision", [&](doc::Value& value) {
    value.record([&](doc::Fields& fields) { describe_expectation(each.expect, fields); });
  });
  f.optional("requirements", each.requirements, "what it shows");
}

void describe(PolicyTest& test, doc::Fields& f) {
  f.required("cases", test.cases, "the cases");
}

std::string policy_test_schema() {
  return doc::schema<PolicyTest>("PolicyTest", "what a pack's retention rules decide about rows");
}

Outcome run(const Case& each, const Ruleset& rules) {
  Facts facts = each.facts;
  const auto settings = rules.settings.find(facts.tenant);
  if (!each.own_settings && settings != rules.settings.end()) facts.settings = settings->second;
  Outcome outcome{decide(facts, rules.rules), {}};
  const Decision& found = outcome.decision;
  const Expectation& expect = each.expect;
  const auto compare = [&](const char* member, const auto& expected, const auto& got) {
    if (!expected) return;
    if (shown(*expected) != shown(got))
      outcome.mismatches.push_back({member, shown(*expected), shown(got)});
  };
  if (expect.state != found.state) {
    outcome.mismatches.push_back(
        {"state", std::string(name_of(expect.state)), std::string(name_of(found.state))});
  }
  compare("not_before", expect.not_before, found.not_before);
  compare("delete_by", expect.delete_by, found.delete_by);
  compare("due_at", expect.due_at, found.due_at);
  compare("purge_from", expect.purge_from, found.purge_from);
  compare("backups_gone", expect.backups_gone, found.backups_gone);
  compare("min_over_max", expect.min_over_max, found.min_over_max);
  compare("rules", expect.rules, found.deciding());
  if (expect.then && *expect.then != found.then) {
    outcome.mismatches.push_back({"then", std::string(kThenWanted.name(*expect.then)),
                                  std::string(kThenWanted.name(found.then))});
  }
  return outcome;
}

}  // namespace ccctl::rule
