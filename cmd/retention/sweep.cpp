// ccctl retention sweep: what is due goes.
#include "retention/sweep.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/retention/sweeping.h"
#include "run/window.h"

namespace ccctl::cmd {

extern const Spec retention_sweep;

namespace {

int dry_run(App& app, const Args& args, const Retentions& retentions) {
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const retention::Situation situation(tx, retentions.ground(),
                                       as_of_given(args).value_or(run::datastore_now(tx)),
                                       !args.has("as-of"));
  const retention::Survey survey = retention::survey(tx, situation);
  tell_notices(messages_of(app), survey);
  print_survey(app, survey, sweep_envelope(retentions, situation));
  return skips_tables(survey) ? info(ErrorKind::partial).exit_code : 0;
}

int run_sweep(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  if (args.has("workers")) return sweep_tenants(app, args, retention_sweep);
  const bool all = args.has("allow-match-all");
  if (all && !args.has("tenant")) throw Error(ErrorKind::usage, "--allow-match-all needs --tenant");
  const Retentions retentions(app, all ? rule::MatchAll::allow : rule::MatchAll::refuse);
  if (args.has("dry-run")) return dry_run(app, args, retentions);
  return sweep_and_print(app, args, retentions, "sweep");
}

}  // namespace

const Spec retention_sweep{
    .noun = "retention",
    .verb = "sweep",
    .summary = "delete or anonymise what is due",
    .description =
        "Deletes or anonymises every row that a rule of the tenant's pack has made due, with what "
        "follows it, in windows of about a quarter of a second, each a transaction with its "
        "receipt. Rows under a legal hold or an unexpired minimum stay, and so does what would "
        "take such a row along. The objects of deleted rows go at the end. What the erasure of a "
        "person had to leave goes, too, as soon as no hold and no law keeps it (rule "
        "`erasure`).\n\nOf a table partitioned by range of the rule's anchor, a partition that is "
        "due as a whole is dropped instead: what stays of it (held rows, other tenants' rows) is "
        "copied beforehand and takes its place, under a lock of the table for at most a fifth of a "
        "second. The log-in must own table and partition and may create tables beside them; no "
        "foreign key may point at it, and nothing hang on it that a copy would not have (triggers, "
        "publications, views). Otherwise, where more than a quarter of the rows stay, or where the "
        "table is in use all the time, its rows go in windows.\n\nNothing is deleted "
        "by a pack that another person has not approved as it is (the first attempt asks for it), "
        "by a rule that never ran for the tenant in its wording, by rules that make rows due "
        "earlier than at the last run, beyond the pack's limits, or by a clock that cannot be "
        "right.\n\nOnly one sweep of a tenant runs at a time (exit 7). The first SIGTERM lets the "
        "window end (exit 8). With --workers each tenant is swept by itself, by its own pack and "
        "guards, as many at a time as it says, and one summary lists them all; where one tenant is "
        "refused or fails, the others go on (exit 4), and the signal and --run-time end all. "
        "However a sweep ends, the next one carries on from the window that "
        "was open. Exit 4 when rows or tables could not be covered."
        "\n\nBetween two windows it waits as long as the settings say: for replicas "
        "(throttle_replicas, throttle_lag), for a load (throttle_query, throttle_limit), for a "
        "file "
        "to go away (throttle_file); a message, the answer to SIGUSR1 and --metrics-file say for "
        "what. SIGUSR1 prints how far it is.",
    .options =
        sweep_options({{.name = "dry-run",
                        .type = Type::flag,
                        .help = "count what would go and stop: the numbers of `retention "
                                "plan`"},
                       {.name = "allow-match-all",
                        .type = Type::flag,
                        .help = "a rule may match every row of the tenant that --tenant "
                                "names"},
                       {.name = "workers",
                        .type = Type::number,
                        .value = "N",
                        .help = "sweep every tenant for which you may, N at the same time"}}),
    .exits = {0, 4, 5, 7, 8, 11, 13},
    .examples = {{"ccctl retention sweep --dry-run", "look first"},
                 {"ccctl retention sweep --yes --quiet --run-time PT4H", "from cron"},
                 {"ccctl retention sweep --yes --workers 2", "every tenant, two at a time"}},
    .run = run_sweep,
};

}  // namespace ccctl::cmd
