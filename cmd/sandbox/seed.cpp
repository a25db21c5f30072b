// ccctl sandbox seed: people for a sandbox that has none.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/sandbox/place.h"

namespace ccctl::cmd {
namespace {

int run_sandbox_seed(App& app, const Args& args) {
  const sandbox::SeedOptions options = seed_options(args);
  const sandbox::Place place = sandbox::default_place();
  if (!sandbox::status(place).running) {
    throw Error(ErrorKind::unreachable, "the sandbox does not run", "run `ccctl sandbox up`");
  }
  const sandbox::SeedResult made = seed_sandbox(app, place, options);
  app.print({{"kind", "SandboxSeed"},
             {"contacts", options.contacts},
             {"seed", options.seed},
             {"rows", made.rows},
             {"objects", made.objects}});
  return 0;
}

}  // namespace

extern const Spec sandbox_seed;
const Spec sandbox_seed{
    .noun = "sandbox",
    .verb = "seed",
    .summary = "make synthetic people in a sandbox that has none",
    .description =
        "Fills the reference tables of the running sandbox: tenant acme with the people asked for, "
        "and tenant globex, a small second one that nobody has rights in. The same seed makes the "
        "same people. Refused when there are people already.",
    .options = seed_options(),
    .exits = {0, 5},
    .examples = {{"ccctl sandbox seed --contacts 1000",
                  "after `ccctl sandbox up` was interrupted"}},
    .run = run_sandbox_seed,
};

}  // namespace ccctl::cmd
