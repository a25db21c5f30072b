#include "report/mapping.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "support/committed_schema.h"

namespace ccctl::report {
namespace {

constexpr std::string_view kHead =
    "apiVersion: ccctl/v1\nkind: Mapping\nname: x\nabout: y\nfile: z\n";
constexpr std::string_view kLine =
    R"({"action":"hold.added","actor":"o","at":"2026-11-21T12:00:00.123456Z",)"
    R"("body":{"reason":"=1+1","n":7}})";

Mapping mapping(const std::string& rest) {
  return read_mapping(std::string(kHead) + rest, "x.yaml");
}

TEST(Mapping, TakesTheFirstPathThatLeadsToAValue) {
  const Mapping m = mapping(
      "form: ndjson\nmembers: {a.b: {from: [body.none, actor]}, a.c: 3, d: {from: [none]}, t: "
      "{from: [at], as: milliseconds}, n: {from: [body.n], as: text}, i: {from: [leaf.index]}}\n");
  EXPECT_EQ(Json::parse(m.row(kLine, "log", 5)),
            Json::parse(R"({"a":{"b":"o","c":3},"t":1795262400123,"n":"7","i":5})"));
}

TEST(Mapping, AddsTheMembersOfTheFirstFittingClassAndActivity) {
  const Mapping m = mapping(
      "form: ndjson\nmembers: {a: 1}\nclasses:\n- {actions: [request.*], members: {c: other}}\n"
      "- {actions: [hold.*], members: {c: hold}, activities: [{actions: [hold.added], members: {v: "
      "add}}, {actions: ['*'], members: {v: other}}]}\n- {actions: ['*'], members: {c: all}}\n");
  EXPECT_EQ(m.row(kLine, "log", 0), "{\"a\":1,\"c\":\"hold\",\"v\":\"add\"}\n");
}

// A reason that somebody typed must not become a formula of whoever opens the file.
TEST(Mapping, GuardsFormulasInCsv) {
  const Mapping m =
      mapping("form: csv\nmembers: {why: {from: [body.reason]}, none: {from: [x]}}\n");
  EXPECT_EQ(m.head() + m.row(kLine, "log", 0), "why,none\r\n'=1+1,\r\n");
}

TEST(Mapping, RefusesALineThatIsNoEvent) {
  const Mapping m = mapping("form: ndjson\nmembers: {a: 1}\n");
  EXPECT_THROW(m.row("{\"at\":", "log", 0), Error);
}

TEST(MappingSchema, IsTheCommittedOne) {
  testing::expect_committed("mapping", mapping_schema());
}

}  // namespace
}  // namespace ccctl::report
