#include "report/mapping.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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

// W-46: an event of every action there is, held against OCSF 1.8.0 as it is published.
TEST(Mapping, WritesEveryActionAsOcsfHasIt) {
  const std::string source = CCCTL_SOURCE_DIR;
  const std::string path = source + "/policies/templates/mapping.ocsf.yaml";
  std::ifstream file(path);
  const Mapping ocsf = read_mapping(std::string(std::istreambuf_iterator<char>(file), {}), path);
  std::ifstream declared(source + "/schemas/json/event.schema.json");
  std::vector<std::string> actions =
      Json::parse(declared).at("/properties/action/anyOf/0/enum"_json_pointer);
  for (const char* verb : {"request.list", "request.get", "subjects.search", "audit.show"})
    actions.push_back(verb + std::string(".refused"));
  const std::string rendered = ::testing::TempDir() + "/every_action.ndjson";
  std::ofstream out(rendered);
  for (const std::string& action : actions) {
    const Json line{{"action", action},
                    {"actor", "officer"},
                    {"at", "2026-11-21T12:00:00.123456Z"},
                    {"body", {{"outcome", "complete"}, {"reason", "court order"}}},
                    {"log", "evidence"},
                    {"tenant", "acme"}};
    out << ocsf.row(line.dump(), "example.org/tenant/acme/evidence/2026", 7);
  }
  out.close();
  EXPECT_GT(actions.size(), 50u);
  const std::string check =
      "/usr/bin/python3 '" + source + "/tests/ocsf_check.py' '" + rendered + "'";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST(MappingSchema, IsTheCommittedOne) {
  testing::expect_committed("mapping", mapping_schema());
}

}  // namespace
}  // namespace ccctl::report
