// ccctl policy validate: is a pack one that sweeps and requests can work by?
#include <nlohmann/json.hpp>

#include "cmd/policy/pack.h"
#include "request/policy.h"
#include "rule/fixture.h"
#include "rule/ruleset.h"

namespace ccctl::cmd {
namespace {

int run_validate(App& app, const Args& args) {
  const policy::Pack pack = pack_named(app, args);
  const rule::Ruleset rules = rule::resolve(pack);
  request::rules_of(pack);
  std::size_t cases = 0;
  for (const auto& test : pack.read_all<rule::PolicyTest>("PolicyTest")) cases += test.cases.size();
  app.print({{"kind", "PolicyValidation"},
             {"pack", pack.name},
             {"digest", pack.digest},
             {"documents", pack.documents.size()},
             {"rules", rules.rules.size()},
             {"fixtures", cases}});
  return 0;
}

}  // namespace

extern const Spec policy_validate;
const Spec policy_validate{
    .noun = "policy",
    .verb = "validate",
    .summary = "check that a policy pack can be worked by",
    .description =
        "Reads every document of a pack and of the packs that it extends, and resolves them: "
        "unknown keys and kinds, periods and zones that mean nothing, two rules of one id, a "
        "locked rule that is loosened, a rule that would make every row due, settings for which "
        "no rule asks. The first thing that is wrong ends it with exit 2 and its file, line and "
        "column.",
    .options = {pack_option()},
    .exits = {0, 6},
    .examples = {{"ccctl policy validate webex", "a pack that ccctl brings along"},
                 {"ccctl policy validate ./policies/ours", "a folder, before it is installed"}},
    .run = run_validate,
};

}  // namespace ccctl::cmd
