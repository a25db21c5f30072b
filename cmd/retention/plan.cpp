// ccctl retention plan: what is due, and what keeps the rest.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/retention/wiring.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

int run_plan(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  const Retentions retentions(app);
  retention::Survey survey;
  Instant as_of{};
  std::string digest;
  app.session().transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    as_of = as_of_given(args).value_or(run::datastore_now(tx));
    const retention::Situation situation(tx, retentions.ground(), as_of, !args.has("as-of"));
    survey = retention::survey(tx, situation);
    digest = situation.digest();
  });
  tell_notices(app, survey);
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
        "--dry-run shows the same numbers. Exit 3 when rows are overdue, 4 when a table could not "
        "be covered.",
    .options = {as_of_option("what would be due at that instant, past or future"),
                {.name = "fail-on-unmanaged",
                 .type = Type::flag,
                 .help = "exit 3 when rows have no maximum at all"}},
    .exits = {0, 3, 4, 5, 11},
    .examples = {{"ccctl retention plan", "what tonight's sweep would do"},
                 {"ccctl retention plan --as-of 2027-01-01T00:00:00Z -o csv",
                  "what will be due by then"}},
    .run = run_plan,
};

}  // namespace ccctl::cmd
