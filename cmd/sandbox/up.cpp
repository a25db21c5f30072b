// ccctl sandbox up: from nothing to a datastore with people in it, or simply starts it again.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/sandbox/place.h"

namespace ccctl::cmd {
namespace {

int run_sandbox_up(App& app, const Args& args) {
  const sandbox::SeedOptions options = seed_options(args);
  const sandbox::Place place = sandbox::default_place();
  if (!sandbox::status(place).running) {
    app.message("starting a private PostgreSQL server in " + place.root.string() + " …");
  }
  sandbox::Status status = sandbox::up(place, app.context());
  if (sandbox_seeded(place)) {
    if (args.find("contacts") || args.find("seed")) {
      app.message("the sandbox has its people already; --contacts and --seed change nothing");
    }
  } else {
    seed_sandbox(app, place, options);
  }
  app.print(sandbox_document(place, status));
  return 0;
}

}  // namespace

extern const Spec sandbox_up;
const Spec sandbox_up{
    .noun = "sandbox",
    .verb = "up",
    .summary = "start a private datastore with synthetic people",
    .description =
        "Makes a PostgreSQL cluster of your own, reachable by a Unix socket only, with the ccctl "
        "schema, the reference contact-centre schema and synthetic people in Japanese, English and "
        "German, and starts it. Repeating the command starts what stands; what an interruption "
        "left "
        "unfinished is finished. Run by root it lives in /var/lib/ccctl/sandbox and its server "
        "runs "
        "as account postgres; otherwise it lives in $XDG_STATE_HOME/ccctl/sandbox.\n\nOther "
        "commands "
        "use it when no setting and no PG* variable names a datastore. PGUSER chooses the log-in: "
        "officer (the default), officer2, admin, auditor or sealer.",
    .options = seed_options(),
    .exits = {0, 7},
    .examples = {{"ccctl sandbox up", "10,000 contacts and their conversations"},
                 {"ccctl sandbox up --contacts 200 --seed 7", "a small one, other people"}},
    .run = run_sandbox_up,
};

}  // namespace ccctl::cmd
