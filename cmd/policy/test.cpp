// ccctl policy test: a pack's fixtures.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/policy/pack.h"
#include "rule/fixture.h"

namespace ccctl::cmd {
namespace {

Json row_of(const rule::Case& each, const rule::Outcome& outcome) {
  std::string expected, found;
  for (const rule::Mismatch& mismatch : outcome.mismatches) {
    expected += (expected.empty() ? "" : "; ") + mismatch.member + ": " + mismatch.expected;
    found += (found.empty() ? "" : "; ") + mismatch.member + ": " + mismatch.found;
  }
  return {{"case", each.name},
          {"result", outcome.mismatches.empty() ? "passed" : "failed"},
          {"state", rule::name_of(outcome.decision.state)},
          {"expected", expected},
          {"found", found},
          {"place", doc::to_text(each.at)},
          {"requirements", each.requirements},
          {"decision", rule::to_json(outcome.decision)}};
}

int run_test(App& app, const Args& args) {
  const policy::Pack pack = pack_named(app, args);
  const rule::Ruleset rules = rule::resolve(pack, rule::MatchAll::allow);
  std::vector<Json> rows;
  std::size_t failed = 0;
  for (const auto& test : pack.read_all<rule::PolicyTest>("PolicyTest")) {
    for (const rule::Case& each : test.cases) {
      const rule::Outcome outcome = rule::run(each, rules);
      if (!outcome.mismatches.empty()) ++failed;
      rows.push_back(row_of(each, outcome));
    }
  }
  app.print_rows({"case", "result", "state", "expected", "found"}, rows,
                 {{"kind", "PolicyTestList"},
                  {"pack", pack.name},
                  {"digest", pack.digest},
                  {"failed", failed}});
  app.message(rows.empty() ? "the pack has no fixtures"
                           : std::to_string(rows.size() - failed) + " passed, " +
                                 std::to_string(failed) + " failed");
  return failed == 0 ? 0 : info(ErrorKind::findings).exit_code;
}

}  // namespace

extern const Spec policy_test;
const Spec policy_test{
    .noun = "policy",
    .verb = "test",
    .summary = "run a pack's fixtures",
    .description =
        "Decides about the rows of the pack's PolicyTest documents as a sweep would, at the "
        "instants that they name, and compares: rows and instants in, decisions with reasons out. "
        "Exit 3 when one differs, with what was expected and what was found; with -o json every "
        "case has its whole decision. No datastore is asked.",
    .options = {pack_option()},
    .exits = {0, 3, 6},
    .examples = {{"ccctl policy test webex", "a line for each case"},
                 {"ccctl policy test webex -o json", "which rules took part, and why"}},
    .run = run_test,
};

}  // namespace ccctl::cmd
