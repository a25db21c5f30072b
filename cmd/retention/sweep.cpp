// ccctl retention sweep: what is due goes.
#include "retention/sweep.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/retention/wiring.h"
#include "cmd/signals.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

Json envelope(const Retentions& retentions, const retention::Situation& situation) {
  return {{"kind", "RetentionSweep"},
          {"asOf", to_text(situation.as_of())},
          {"tenant", retentions.ground().tenant},
          {"pack", retentions.pack().name},
          {"policyDigest", retentions.pack().digest},
          {"planDigest", situation.digest()}};
}

bool skips(const retention::Survey& survey) {
  return std::any_of(survey.notices.begin(), survey.notices.end(),
                     [](const retention::Notice& notice) { return notice.skipped; });
}

int dry_run(App& app, const Args& args, const Retentions& retentions) {
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const retention::Situation situation(tx, retentions.ground(),
                                       as_of_given(args).value_or(run::datastore_now(tx)),
                                       !args.has("as-of"));
  const retention::Survey survey = retention::survey(tx, situation);
  tell_notices(app, survey);
  print_survey(app, survey, envelope(retentions, situation));
  return skips(survey) ? info(ErrorKind::partial).exit_code : 0;
}

// On a terminal the tenant's name is typed; elsewhere --yes stands for it.
void confirm(App& app, const Args& args, const retention::Survey& survey,
             const std::string& tenant) {
  if (args.has("yes") || survey.rows_going() == 0) return;
  std::vector<Json> rows;
  for (const retention::Count& count : survey.counts) rows.push_back(retention::to_json(count));
  if (app.show({"table", "rule", "state", "action", "rows"}, rows)) {
    const auto typed = app.prompt("type " + tenant + " to delete " +
                                  std::to_string(survey.rows_going()) + " rows:");
    if (typed == tenant) return;
  }
  throw Error(ErrorKind::refused, "nothing was deleted: it was not confirmed",
              "look at `ccctl retention plan`; without a terminal, --yes");
}

Json json_of(const retention::SweepReport& report) {
  Json json{{"outcome", report.outcome},
            {"planned", report.planned},
            {"rows", report.rows},
            {"staged", report.staged},
            {"restored", report.restored},
            {"windows", report.windows},
            {"held", report.held},
            {"keptByChild", report.kept_by_child},
            {"failed", report.failed},
            {"objects", report.objects},
            {"objectsLeft", report.objects_left},
            {"resumed", report.resumed}};
  if (!report.run_id.empty()) json["run"] = report.run_id;
  if (!report.backups_gone.empty()) json["backupsGone"] = report.backups_gone;
  if (!report.why.empty()) json["paused"] = report.why;
  return json;
}

retention::SweepOptions options_of(const Args& args) {
  retention::SweepOptions options;
  options.waivers = {args.has("first-run-ok"), args.has("accept-shortening"),
                     args.has("accept-clock-jump")};
  options.as_of = as_of_given(args);
  if (const auto time = args.find("run-time")) {
    const Duration duration = *parse_duration(*time);
    if (duration.months != 0)
      throw Error(ErrorKind::usage, "--run-time wants a time that elapses, such as PT2H");
    options.run_time = std::chrono::days(duration.days) + std::chrono::seconds(duration.seconds);
  }
  return options;
}

int run_sweep(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  const bool all = args.has("allow-match-all");
  if (all && !args.has("tenant")) throw Error(ErrorKind::usage, "--allow-match-all needs --tenant");
  const Retentions retentions(app, all ? rule::MatchAll::allow : rule::MatchAll::refuse);
  if (args.has("dry-run")) return dry_run(app, args, retentions);
  app.require_level_journal();
  const std::string user = app.session().session_user();
  const SignalWatch watch(true);  // the first signal lets the window end
  retention::Sweep sweep(
      {app.session(), [&app, user] { return app.open_as(user); }, app.context(), app.actor().login,
       [&app](const std::string& name) -> object::ObjectStore& { return app.objects(name); },
       SignalWatch::seen, [&app](std::string_view line) { app.message(line); }},
      retentions.ground(), options_of(args));
  const retention::Survey* survey = nullptr;
  try {
    survey = &sweep.prepare();
  } catch (const Error&) {
    app.level_journal();  // the approval that was asked for
    throw;
  }
  tell_notices(app, *survey);
  confirm(app, args, *survey, retentions.ground().tenant);
  const retention::SweepReport report = sweep.run();
  app.seal_if_possible();
  Json document = envelope(retentions, sweep.situation());
  document.update(json_of(report));
  app.print(document);
  if (report.outcome == "paused") {
    app.message("paused: " + report.why + "; the next sweep goes on from there");
    return info(ErrorKind::paused).exit_code;
  }
  return report.outcome == "partial" || skips(*survey) ? info(ErrorKind::partial).exit_code : 0;
}

}  // namespace

extern const Spec retention_sweep;
const Spec retention_sweep{
    .noun = "retention",
    .verb = "sweep",
    .summary = "delete or anonymise what is due",
    .description =
        "Deletes or anonymises every row that a rule of the tenant's pack has made due, with what "
        "follows it, in windows of about a quarter of a second, each a transaction with its "
        "receipt. Rows under a legal hold or an unexpired minimum stay, and so does what would "
        "take such a row along. The objects of deleted rows go at the end.\n\nNothing is deleted "
        "by a pack that another person has not approved as it is (the first attempt asks for it), "
        "by a rule that never ran for the tenant in its wording, by rules that make rows due "
        "earlier than at the last run, beyond the pack's limits, or by a clock that cannot be "
        "right.\n\nOnly one sweep of a tenant runs at a time (exit 7). The first SIGTERM lets the "
        "window end (exit 8). However a sweep ends, the next one carries on from the window that "
        "was open. Exit 4 when rows or tables could not be covered.",
    .options = {{.name = "yes",
                 .type = Type::flag,
                 .help = "delete without asking; for cron, where there is no terminal"},
                {.name = "dry-run",
                 .type = Type::flag,
                 .help = "count what would go and stop: the numbers of `retention plan`"},
                as_of_option("what was due at that instant; in the future only with --dry-run"),
                {.name = "run-time",
                 .type = Type::duration,
                 .value = "PERIOD",
                 .help = "pause after so long, between two windows"},
                {.name = "first-run-ok",
                 .type = Type::flag,
                 .help = "rules may run by which the tenant was never swept"},
                {.name = "accept-shortening",
                 .type = Type::flag,
                 .help = "rules may make rows due earlier than at the last run"},
                {.name = "accept-clock-jump",
                 .type = Type::flag,
                 .help = "the datastore's clock may be far ahead of the last run"},
                {.name = "allow-match-all",
                 .type = Type::flag,
                 .help = "a rule may match every row of the tenant that --tenant names"}},
    .exits = {0, 4, 5, 7, 8, 11, 13},
    .examples = {{"ccctl retention sweep --dry-run", "look first"},
                 {"ccctl retention sweep --yes --quiet --run-time PT4H", "from cron"}},
    .run = run_sweep,
};

}  // namespace ccctl::cmd
