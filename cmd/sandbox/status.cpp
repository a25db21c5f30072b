// ccctl sandbox status: where it is and whether it runs.
#include <nlohmann/json.hpp>

#include "cmd/sandbox/place.h"

namespace ccctl::cmd {
namespace {

int run_sandbox_status(App& app, const Args&) {
  const sandbox::Place place = sandbox::default_place();
  app.print(sandbox_document(place, sandbox::status(place)));
  return 0;
}

}  // namespace

extern const Spec sandbox_status;
const Spec sandbox_status{
    .noun = "sandbox",
    .verb = "status",
    .summary = "show where the sandbox is and whether it runs",
    .description =
        "Shows the sandbox's folder, whether it exists, runs and has people in it, and the "
        "connection string that psql and other programs can use.",
    .options = {},
    .exits = {0},
    .examples = {{"ccctl sandbox status -o json", "for programs"}},
    .run = run_sandbox_status,
};

}  // namespace ccctl::cmd
