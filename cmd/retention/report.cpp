// ccctl retention report: what is kept for how long and why, what waits, what was destroyed.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/retention/wiring.h"
#include "retention/report.h"

namespace ccctl::cmd {
namespace {

// "after P30D from created"
std::string period_of(const Json& rule) {
  for (const char* effect : {"min", "after", "within"}) {
    if (!rule.contains(effect)) continue;
    const Json& period = rule.at(effect);
    return std::string(effect) + " " +
           (period.is_string() ? period.get<std::string>()
                               : "the tenant's " + period.at("setting").get<std::string>()) +
           " from " + rule.at("anchor").get<std::string>();
  }
  return "";
}

int run_report(App& app, const Args& /*args*/) {
  app.require_role({Role::officer, Role::admin});
  const std::string tenant = app.tenant();
  const rule::Ruleset none;
  std::optional<Retentions> retentions;
  try {
    retentions.emplace(app);
  } catch (const Error& error) {
    // Of a tenant whose own row has gone there is no pack, and its records still tell.
    if (error.kind() != ErrorKind::policy_invalid) throw;
    app.message("no rules are listed: " + std::string(error.what()));
  }
  const rule::Ruleset& known = retentions ? retentions->rules() : none;
  std::vector<Json> rules;
  for (const rule::RuleInForce& rule : known.rules) {
    Json json = rule::to_json(rule);
    json["pack"] = rule.pack;
    json["rule"] = json.at("id");
    json["period"] = period_of(json);
    rules.push_back(std::move(json));
  }
  retention::History history;
  app.session().transact(store::Mode::read_only_snapshot,
                         [&](store::Tx& tx) { history = retention::read_history(tx, tenant); });
  for (const Json& stage : history.stages) {
    app.message(std::to_string(stage.at("rows").get<std::uint64_t>()) + " rows of \"" +
                stage.at("table").get<std::string>() + "\" are " +
                stage.at("stage").get<std::string>() + " until " +
                stage.at("purgeFrom").get<std::string>());
  }
  Json settings = Json::object();
  if (const auto set = known.settings.find(tenant); set != known.settings.end()) {
    for (const auto& [name, period] : set->second) settings[name] = to_text(period);
  }
  app.print_rows({"rule", "period", "basis", "reason", "requirements"}, rules,
                 {{"kind", "RetentionReport"},
                  {"tenant", tenant},
                  {"pack", retentions ? retentions->pack().name : ""},
                  {"policyDigest", retentions ? retentions->pack().digest : ""},
                  {"settings", std::move(settings)},
                  {"stages", history.stages},
                  {"destructions", history.destructions}});
  return 0;
}

}  // namespace

extern const Spec retention_report;
const Spec retention_report{
    .noun = "retention",
    .verb = "report",
    .summary = "list what is kept for how long and why, what waits, and what was destroyed",
    .description =
        "Lists the rules that hold for the tenant, each with its period, legal basis and reason; "
        "with -o json also the tenant's own settings, how many rows of each table wait in a stage "
        "and until when, and the destruction records: what was destroyed, by which method, on "
        "whose order, how many rows, and when the last backup of what was purged has gone. It "
        "shows no row and no key.",
    .options = {},
    .exits = {0, 5, 11},
    .examples = {{"ccctl retention report", "for the record of processing activities"},
                 {"ccctl retention report -o json", "with stages and destruction records"}},
    .run = run_report,
};

}  // namespace ccctl::cmd
