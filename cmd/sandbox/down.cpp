// ccctl sandbox down: stops the server; with --erase nothing remains.
#include <nlohmann/json.hpp>

#include "cmd/sandbox/place.h"

namespace ccctl::cmd {
namespace {

int run_sandbox_down(App& app, const Args& args) {
  const sandbox::Place place = sandbox::default_place();
  sandbox::down(place, args.has("erase"));
  app.print(sandbox_document(place, sandbox::status(place)));
  return 0;
}

}  // namespace

extern const Spec sandbox_down;
const Spec sandbox_down{
    .noun = "sandbox",
    .verb = "down",
    .summary = "stop the sandbox",
    .description =
        "Stops the sandbox's server; `ccctl sandbox up` starts it again with the same data. With "
        "--erase the sandbox's folder goes too, its objects, audit log and seal key included. "
        "Stopping what does not run is success.",
    .options = {{.name = "erase",
                 .type = Type::flag,
                 .help = "remove the sandbox's folder as well"}},
    .exits = {0, 7},
    .examples = {{"ccctl sandbox down", "until tomorrow"},
                 {"ccctl sandbox down --erase", "for good"}},
    .run = run_sandbox_down,
};

}  // namespace ccctl::cmd
