// ccctl retention plan: what is due, and what keeps the rest.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/retention/wiring.h"
#include "retention/saved_plan.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

// Into a file that `retention apply` takes; recorded before the file has its name.
int save(App& app, const Args& args, const Retentions& retentions) {
  retention::SavedPlan saved;
  Instant now{};
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    now = run::datastore_now(tx);
    saved.as_of = as_of_given(args).value_or(now);
    saved.expires_at = retention::expiry_of(retentions.rules(), now);
    if (saved.as_of > now) {
      throw Error(ErrorKind::usage, "--as-of lies in the future, and such a plan is not applied",
                  "leave out --out to look at it");
    }
    const bool real = !args.has("as-of");
    const retention::Situation situation(tx, retentions.ground(), saved.as_of, real);
    const retention::Survey survey = retention::survey(tx, situation);
    tell_notices(messages_of(app), survey);
    saved.plan_digest = situation.digest();
    saved.rows = survey.rows_going();
    saved.digest = retention::write_plan(tx, situation, survey, real, now, saved.expires_at,
                                         [&](std::string_view text) { app.write_result(text); });
  }
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    retention::record_plan(tx, retentions.ground(), app.actor().login, saved, now);
  });
  app.seal_if_possible();
  app.finish();
  app.message("saved a plan of " + std::to_string(saved.rows) + " rows, " + saved.digest +
              "; it may be applied until " + to_text(saved.expires_at));
  return 0;
}

int run_plan(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  const Retentions retentions(app);
  const std::string form = args.find("output").value_or("json");
  const bool saves = args.find("out").value_or("-") != "-" && form != "table" && form != "csv";
  if (saves) return save(app, args, retentions);
  retention::Survey survey;
  Instant as_of{};
  std::string digest;
  app.session().transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    as_of = as_of_given(args).value_or(run::datastore_now(tx));
    const retention::Situation situation(tx, retentions.ground(), as_of, !args.has("as-of"));
    survey = retention::survey(tx, situation);
    digest = situation.digest();
  });
  tell_notices(messages_of(app), survey);
  print_survey(app, survey,
               {{"kind", "RetentionPlan"},
                {"asOf", to_text(as_of)},
                {"tenant", retentions.ground().tenant},
                {"pack", retentions.pack().name},
                {"policyDigest", retentions.pack().digest},
                {"planDigest", digest}});
  const bool skipped = std::any_of(survey.notices.begin(), survey.notices.end(),
                                   [](const retention::Notice& notice) { return notice.skipped; });
  if (skipped) return info(ErrorKind::partial).exit_code;
  const bool unmanaged = args.has("fail-on-unmanaged") && survey.rows_in("unmanaged") > 0;
  return unmanaged || survey.rows_in("overdue") > 0 ? info(ErrorKind::findings).exit_code : 0;
}

}  // namespace

extern const Spec retention_plan;
const Spec retention_plan{
    .noun = "retention",
    .verb = "plan",
    .summary = "count what is due, and what keeps the rest",
    .description =
        "Counts the rows of every table by rule and state; nothing is changed. Due rows go with "
        "the next sweep, and with them what is taken along. The others are held by a legal hold, "
        "kept_by_child because something that would go along must stay, kept until later, "
        "min_over_max where a statutory minimum outlasts the maximum, pending_anchor where the "
        "anchor is not known, unset where the tenant has not set the rule's period, quarantined "
        "where the anchor cannot be believed, and unmanaged where no maximum matches.\n\nA sweep's "
        "--dry-run shows the same numbers.\n\nWith --out FILE (and no -o table or csv) the plan is "
        "saved for `retention "
        "apply`, with the key of every row that would go, and its digest is recorded in the "
        "evidence log; without it nothing is written down. Exit 3 when rows are overdue, 4 when a "
        "table could not "
        "be covered.",
    .options = {as_of_option("what would be due at that instant, past or future"),
                {.name = "fail-on-unmanaged",
                 .type = Type::flag,
                 .help = "exit 3 when rows have no maximum at all"}},
    .exits = {0, 3, 4, 5, 11},
    .examples = {{"ccctl retention plan", "what tonight's sweep would do"},
                 {"ccctl retention plan --out tonight.plan",
                  "for somebody else to look at and apply"},
                 {"ccctl retention plan --as-of 2027-01-01T00:00:00Z -o csv",
                  "what will be due by then"}},
    .run = run_plan,
};

}  // namespace ccctl::cmd
