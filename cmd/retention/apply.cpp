// ccctl retention apply: a saved plan, and nothing else.
#include "base/error.h"
#include "cmd/retention/sweeping.h"

namespace ccctl::cmd {
namespace {

int run_apply(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  const Retentions retentions(app);
  return sweep_and_print(app, args, retentions, "apply");
}

}  // namespace

extern const Spec retention_apply;
const Spec retention_apply{
    .noun = "retention",
    .verb = "apply",
    .summary = "carry out a saved plan, and nothing else",
    .description =
        "Deletes, anonymises, hides or purges the rows that stand in a file of `retention plan "
        "--out`, less what is held, kept or no longer due by now, and never a row more: what came "
        "since then keeps whatever it would go along with. Guards, windows, receipts and the "
        "destruction record are those of `retention sweep`.\n\nExit 5 when the file is not as it "
        "was saved, when pack, data map, schema or holds have changed since, or when the pack's "
        "plan_ttl (seven days where it says nothing) has passed. Interrupted, it is run again "
        "with the same file; a sweep in between gives up the rest of it.",
    .options = sweep_options({{.name = "FILE",
                               .value = "FILE",
                               .help = "the saved plan",
                               .required = true,
                               .positional = true}},
                             false),
    .exits = {0, 4, 5, 7, 8, 11, 13},
    .examples = {{"ccctl retention apply tonight.plan", "what was looked at, and only that"}},
    .run = run_apply,
};

}  // namespace ccctl::cmd
