// What sweeps, off-boardings and applied plans share.
#include "cmd/retention/sweeping.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "cmd/signals.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

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

retention::SweepOptions options_of(const Args& args, const std::string& kind) {
  retention::SweepOptions options;
  options.kind = kind;
  options.plan_file = args.find("FILE").value_or("");
  options.waivers = {args.has("first-run-ok"), args.has("accept-shortening"),
                     args.has("accept-clock-jump")};
  options.as_of = as_of_given(args);
  if (const auto time = args.find("run-time")) {
    options.run_time = elapsing(*time, "--run-time");
  }
  return options;
}

std::vector<std::string> words_of(std::string list) {
  std::replace(list.begin(), list.end(), ',', ' ');
  std::istringstream words(list);
  return {std::istream_iterator<std::string>(words), {}};
}

run::ThrottleSettings throttle_of(const App& app) {
  run::ThrottleSettings throttle;
  throttle.replicas = words_of(app.setting("throttle_replicas"));
  throttle.query = app.setting("throttle_query");
  throttle.file = app.setting("throttle_file");
  if (const std::string lag = app.setting("throttle_lag"); !lag.empty())
    throttle.lag = elapsing(lag, "the setting throttle_lag");
  const std::string limit = app.setting("throttle_limit");
  const auto [end, error] =
      std::from_chars(limit.data(), limit.data() + limit.size(), throttle.limit);
  const bool number = error == std::errc() && end == limit.data() + limit.size();
  if (limit.empty() != throttle.query.empty() || (!limit.empty() && !number)) {
    throw Error(ErrorKind::config_invalid,
                "the settings throttle_query and throttle_limit belong together, and the limit is "
                "a number");
  }
  return throttle;
}

}  // namespace

std::chrono::seconds elapsing(const std::string& period, const std::string& option) {
  const std::optional<Duration> duration = parse_duration(period);
  if (!duration || duration->months != 0)
    throw Error(ErrorKind::usage, option + " wants a time that elapses, such as PT2H");
  return std::chrono::days(duration->days) + std::chrono::seconds(duration->seconds);
}

Json sweep_envelope(const Retentions& retentions, const retention::Situation& situation) {
  return {{"kind", "RetentionSweep"},
          {"asOf", to_text(situation.as_of())},
          {"tenant", retentions.ground().tenant},
          {"pack", retentions.pack().name},
          {"policyDigest", retentions.pack().digest},
          {"planDigest", situation.digest()}};
}

bool skips_tables(const retention::Survey& survey) {
  return std::any_of(survey.notices.begin(), survey.notices.end(),
                     [](const retention::Notice& notice) { return notice.skipped; });
}

static Swept carry_out(App& app, const Args& args, const Retentions& retentions,
                       retention::Sweep& sweep, const Say& say) {
  const retention::Survey* survey = nullptr;
  try {
    survey = &sweep.prepare();
  } catch (const Error&) {
    app.level_journal();  // the approval that was asked for
    throw;
  }
  tell_notices(say, *survey);
  confirm(app, args, *survey, retentions.ground().tenant);
  const retention::SweepReport report = sweep.run();
  app.seal_if_possible(false);
  Swept swept{sweep_envelope(retentions, sweep.situation()), report.why, 0};
  swept.document.update(json_of(report));
  if (report.outcome == "paused") {
    swept.exit_code = info(ErrorKind::paused).exit_code;
  } else if (report.outcome == "partial" || skips_tables(*survey)) {
    swept.exit_code = info(ErrorKind::partial).exit_code;
  }
  return swept;
}

static retention::SweepWorld world_of(
    App& app, std::function<void(const retention::SweepReport& so_far)> progress) {
  const std::string user = app.session().session_user();
  return {app.session(),
          [&app, user] { return app.open_as(user); },
          app.context(),
          app.actor().login,
          [&app](const std::string& name) -> object::ObjectStore& { return app.objects(name); },
          SignalWatch::seen,
          std::move(progress)};
}

retention::SweepReport sweep_again(App& app, const Retentions& retentions, Instant as_of) {
  retention::SweepOptions options;
  options.as_of = as_of;
  // The restored datastore has an older clock than the runs that it has lost.
  options.waivers.first_run_ok = options.waivers.accept_shortening =
      options.waivers.accept_clock_jump = true;
  options.throttle = throttle_of(app);
  retention::Sweep sweep(world_of(app, {}), retentions.ground(), options);
  sweep.prepare();
  return sweep.run();
}

Swept sweep_tenant(App& app, const Args& args, const Retentions& retentions,
                   const std::string& kind, const Say& say, Reporter& reporter) {
  app.require_level_journal();
  const std::string& tenant = retentions.ground().tenant;
  retention::SweepOptions options = options_of(args, kind);
  options.throttle = throttle_of(app);
  const auto progress = [&](const retention::SweepReport& so_far) {
    reporter.update(tenant, so_far);
  };
  progress({});
  try {
    retention::Sweep sweep(world_of(app, progress), retentions.ground(), options);
    return carry_out(app, args, retentions, sweep, say);
  } catch (...) {
    reporter.failed(tenant);
    throw;
  }
}

int sweep_and_print(App& app, const Args& args, const Retentions& retentions,
                    const std::string& kind) {
  const SignalWatch watch(true);  // the first signal lets the window end
  Reporter reporter(app.context(), messages_of(app), args.get("metrics-file"));
  const Swept swept = sweep_tenant(app, args, retentions, kind, messages_of(app), reporter);
  app.print(swept.document);
  if (!swept.paused.empty())
    app.message("paused: " + swept.paused + "; the next sweep goes on from there");
  return swept.exit_code;
}

std::vector<Option> sweep_options(std::vector<Option> own, bool whole) {
  std::vector<Option> options = std::move(own);
  const auto add = [&](Option option) { options.push_back(std::move(option)); };
  add({.name = "yes",
       .type = Type::flag,
       .help = "delete without asking; for cron, where there is no terminal"});
  if (whole) add(as_of_option("what was due at that instant; in the future only to look"));
  add({.name = "run-time",
       .type = Type::duration,
       .value = "PERIOD",
       .help = "pause after so long, between two windows"});
  add({.name = "metrics-file",
       .type = Type::file,
       .value = "FILE",
       .help = "keep there, as text for Prometheus, how far it is"});
  add({.name = "first-run-ok",
       .type = Type::flag,
       .help = "rules may run by which the tenant was never swept"});
  add({.name = "accept-shortening",
       .type = Type::flag,
       .help = "rules may make rows due earlier than at the last run"});
  add({.name = "accept-clock-jump",
       .type = Type::flag,
       .help = "the datastore's clock may be far ahead of the last run"});
  return options;
}

}  // namespace ccctl::cmd
