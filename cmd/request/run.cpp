// ccctl request run, retry: carrying requests on.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/request/import.h"
#include "cmd/request/intake.h"
#include "cmd/request/wiring.h"
#include "request/step.h"
#include "request/worker.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

// What a sub-processor answered, or why nobody waits for it.
void decide_step(App& app, const Args& args) {
  const bool waived = args.has("waive");
  request::StepDecision decision{waived ? args.get("waive") : args.get("acknowledge"),
                                 waived ? "waived" : "done", args.get("ref"), args.get("reason"),
                                 app.actor().login};
  if (waived ? decision.reason.empty() : decision.reference.empty()) {
    throw Error(ErrorKind::usage, waived ? "--waive needs a --reason"
                                         : "--acknowledge needs the --ref of the answer");
  }
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    request::decide(tx, request::get(tx, app.tenant(), args.get("id")), decision,
                    run::datastore_now(tx));
  });
}

int run_worker(App& app) {
  app.require_level_journal();
  Requests requests(app);
  request::Erasure erasure = requests.erasure(true, false);
  store::Session claims = app.open_as(app.session().session_user());
  const request::Worked worked = request::work({app.tenant(), erasure, claims, app.context(),
                                                [&app] { return app.seal_if_possible(false); }});
  app.level_journal();
  app.print({{"kind", "WorkerReport"},
             {"finished", worked.finished},
             {"waiting", worked.waiting},
             {"failed", worked.failed}});
  return worked.failed > 0 ? 4 : 0;
}

int run_run(App& app, const Args& args) {
  app.require_role({Role::officer});
  const bool step = args.has("acknowledge") || args.has("waive");
  if (!args.has("id")) {
    if (step) throw Error(ErrorKind::usage, "name the request that the sub-processor answers");
    if (args.has("import")) run_import(app, args);
    return run_worker(app);
  }
  if (args.has("acknowledge") && args.has("waive"))
    throw Error(ErrorKind::usage, "--acknowledge and --waive are two answers");
  Requests requests(app);
  if (step) decide_step(app, args);
  return answer(app, requests.erasure().advance(args.get("id")));
}

int run_retry(App& app, const Args& args) {
  app.require_role({Role::officer});
  Requests requests(app);
  return answer(app, requests.erasure().retry(args.get("id")));
}

std::vector<Option> with_import_options(std::vector<Option> own) {
  std::vector<Option> all = import_options();
  own.insert(own.end(), all.begin(), all.end());
  return with_intake_options(own);
}

}  // namespace

extern const Spec request_run;
const Spec request_run{
    .noun = "request",
    .verb = "run",
    .summary = "carry requests on from where they stand",
    .description =
        "Without an id it is a worker: it takes every queued request that is due, a batch at a "
        "time, until none is left. Any number may run at the same time; each step is done once, "
        "and what a worker that died had begun is carried on by the next. A request that waits "
        "for the release of a hold, for the end of a conversation or for its settling date is "
        "taken up again by itself.\n\nWith an id that request is continued: after a crash, after "
        "the settling time, after the release of a hold, after sealing. A request that was passed "
        "on to sub-processors is completed when each has answered, or was waived with a reason.",
    .options = with_import_options(
        {{.name = "id", .value = "ID", .help = "one request", .positional = true},
         {.name = "acknowledge",
          .value = "PROCESSOR",
          .help = "the sub-processor has done its part, as --ref says"},
         {.name = "ref", .value = "REF", .help = "the reference of its answer"},
         {.name = "waive",
          .value = "PROCESSOR",
          .help = "nobody waits for the sub-processor, for the --reason given"},
         {.name = "reason", .value = "REASON", .help = "why it is waived"},
         {.name = "confirm",
          .value = "DIGEST:ROWS",
          .help = "of an import: the confirmation that its plan printed"}}),
    .exits = {0, 4, 5, 6, 7, 8, 11, 13},
    .examples = {{"ccctl request run", "from cron: all that is due"},
                 {"ccctl request run 3f0c…", "go on"},
                 {"ccctl request run 3f0c… --acknowledge speech-vendor --ref T-881",
                  "a sub-processor answered"}},
    .run = run_run,
};

extern const Spec request_retry;
const Spec request_retry{
    .noun = "request",
    .verb = "retry",
    .summary = "try again the related requests that failed",
    .description = "Refused while a related request is still in flight: wait until all have ended.",
    .options = {{.name = "id",
                 .value = "ID",
                 .help = "the request's id",
                 .required = true,
                 .positional = true}},
    .exits = {0, 4, 5, 6, 7, 8, 11, 13},
    .examples = {{"ccctl request retry 3f0c…", "after a failure"}},
    .run = run_retry,
};

}  // namespace ccctl::cmd
