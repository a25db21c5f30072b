// ccctl retention explain: why one row is kept or due, by which rule, and when.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/retention/wiring.h"
#include "retention/explain.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

// One id, or a JSON array of texts where the key has several parts.
std::vector<std::string> key_of(const std::string& text) {
  if (!text.starts_with('[')) return {text};
  const Json array = Json::parse(text, nullptr, false);
  const bool texts = array.is_array() && std::all_of(array.begin(), array.end(),
                                                     [](const Json& e) { return e.is_string(); });
  if (!texts || array.empty())
    throw Error(ErrorKind::usage, "--key is no JSON array of texts", "write [\"…\", \"…\"]");
  return array.get<std::vector<std::string>>();
}

Json in_the_way(const retention::Explanation& explanation) {
  Json all = Json::array();
  for (const retention::InTheWay& each : explanation.in_the_way) {
    all.push_back({{"table", each.table}, {"why", each.why}, {"rows", each.rows}});
    if (!each.holds.empty()) all.back()["holds"] = each.holds;
  }
  return all;
}

// The same in lines.
Json for_people(const Json& document) {
  Json shown{{"kind", document["kind"]}, {"state", document["state"]}, {"then", document["then"]}};
  for (const char* name :
       {"dueAt", "notBefore", "deleteBy", "stage", "stagedAt", "purgeFrom", "backupsGone"}) {
    if (document.contains(name)) shown[name] = document[name];
  }
  if (!document["holds"].empty()) shown["holds"] = document["holds"];
  for (const Json& each : document["inTheWay"]) {
    shown["in the way: " + each["table"].get<std::string>()] =
        std::to_string(each["rows"].get<std::uint64_t>()) + " rows, " +
        each["why"].get<std::string>();
  }
  for (const Json& rule : document["rules"]) {
    std::string line =
        rule["effect"].get<std::string>() + ", " + rule["standing"].get<std::string>();
    if (rule.contains("expiry")) line += " until " + rule["expiry"].get<std::string>();
    if (rule["decides"].get<bool>()) line += ", decides";
    shown["rule " + rule["rule"].get<std::string>()] =
        line + ": " + rule["reason"].get<std::string>();
  }
  return shown;
}

int run_explain(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  const Retentions retentions(app);
  const std::vector<std::string> key = key_of(args.get("key"));
  retention::Explanation explanation;
  app.session().transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    const Instant as_of = as_of_given(args).value_or(run::datastore_now(tx));
    const retention::Situation situation(tx, retentions.ground(), as_of, !args.has("as-of"));
    explanation = retention::explain(tx, situation, args.get("table"), key, retentions.rules());
  });
  Json document = rule::to_json(explanation.decision);
  if (explanation.kept_by_child) document["state"] = "kept_by_child";
  document["kind"] = "RetentionExplanation";
  document["table"] = args.get("table");
  document["asOf"] = to_text(explanation.facts.as_of);
  document["holds"] = explanation.holds;
  if (explanation.facts.waiting) {
    document["stage"] = explanation.stage;
    document["stagedAt"] = to_text(explanation.facts.waiting->since);
  }
  document["inTheWay"] = in_the_way(explanation);
  if (app.json_output()) {
    app.print(document);
    return 0;
  }
  app.print(for_people(document));
  return 0;
}

}  // namespace

extern const Spec retention_explain;
const Spec retention_explain{
    .noun = "retention",
    .verb = "explain",
    .summary = "say why one row is kept or due, by which rule, and when",
    .description =
        "Decides about one row as a sweep would: the rules that match it, each with its standing, "
        "when its period has passed and whether it decides; the holds that cover the row; and what "
        "would go along with it and must stay; and of a row that waits in a stage, since when. "
        "With "
        "--as-of it says how that was, or will be, at another instant.",
    .options = {{.name = "table",
                 .value = "TABLE",
                 .help = "the table, as the data map calls it",
                 .required = true},
                {.name = "key",
                 .value = "KEY",
                 .help = "the row's id; a JSON array of texts where the key has several parts, the "
                         "tenant left out",
                 .required = true},
                as_of_option("decide as at that instant, past or future")},
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl retention explain --table recordings --key 0f3c…",
                  "when this recording goes"},
                 {"ccctl retention explain --table messages --key '[\"0f3c…\", \"2026-01-31 "
                  "09:00:00+00\"]' -o json",
                  "a key of two parts, for a script"}},
    .run = run_explain,
};

}  // namespace ccctl::cmd
