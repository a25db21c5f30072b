// ccctl policy show: what holds in a pack, and where each rule comes from.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/policy/pack.h"
#include "request/policy.h"
#include "rule/ruleset.h"

namespace ccctl::cmd {
namespace {

std::string joined(const Json& object) {
  std::string text;
  for (const auto& [key, value] : object.items())
    text += (text.empty() ? "" : ", ") + key + ": " + value.get<std::string>();
  return text;
}

// "after P30D", "within P60D", "min P7Y", "after recording_retention".
std::string period_of(const Json& rule) {
  for (const char* key : {"min", "after", "within"}) {
    if (!rule.contains(key)) continue;
    const Json& value = rule.at(key);
    return std::string(key) + " " +
           (value.is_string() ? value : value.at("setting")).get<std::string>();
  }
  return "";
}

Json row_of(const rule::RuleInForce& each) {
  Json row = rule::to_json(each);
  row["origin"] = {{"pack", each.pack}, {"place", doc::to_text(each.rule.at)}};
  if (!each.replaces.empty()) row["origin"]["replaces"] = each.replaces;
  return row;
}

Json periods(const request::PerType& of) {
  Json json = Json::object();
  for (request::Type type : request::kTypes) {
    if (of[type]) json[std::string(request::verb_of(type))] = to_text(*of[type]);
  }
  return json;
}

Json requests_of(const policy::Pack& pack) {
  const request::RequestPolicy requests = request::rules_of(pack).requests;
  Json json{{"zone", requests.zone},
            {"due", periods(requests.due)},
            {"target", periods(requests.target)},
            {"settling", to_text(requests.settling)},
            {"identityCheck", requests.identity_check_waived ? "waived" : "required"},
            {"requesters", requests.requesters},
            {"bulk", requests.bulk},
            {"excluded", Json::array()}};
  if (requests.extension) json["extension"] = to_text(*requests.extension);
  if (requests.export_window) json["exportWindow"] = to_text(*requests.export_window);
  for (const request::Exclusion& exclusion : requests.excluded) {
    json["excluded"].push_back({{"what", exclusion.what},
                                {"reason", exclusion.reason},
                                {"requirements", exclusion.requirements}});
  }
  const auto place = std::find_if(pack.documents.begin(), pack.documents.end(),
                                  [](const auto& each) { return each.kind() == "Requests"; });
  json["origin"] = {{"pack", pack.owners[static_cast<std::size_t>(place - pack.documents.begin())]},
                    {"place", doc::to_text(place->at())}};
  return json;
}

Json settings_of(const rule::Ruleset& rules) {
  Json json = Json::object();
  for (const auto& [tenant, settings] : rules.settings) {
    for (const auto& [name, period] : settings) json[tenant][name] = to_text(period);
  }
  return json;
}

// All packs whose rules may hold here besides its own.
std::set<std::string> extended(const policy::Pack& pack) {
  std::set<std::string> names;
  for (const auto& [name, bases] : pack.bases) names.insert(bases.begin(), bases.end());
  return names;
}

int run_show(App& app, const Args& args) {
  const policy::Pack pack = pack_named(app, args);
  const rule::Ruleset rules = rule::resolve(pack, rule::MatchAll::allow);
  std::vector<Json> rows;
  for (const rule::RuleInForce& each : rules.rules) rows.push_back(row_of(each));
  Json envelope{{"kind", "Policy"},
                {"name", pack.name},
                {"about", pack.about},
                {"digest", pack.digest},
                {"extends", extended(pack)}};
  if (app.json_output()) {
    Json retention{{"rules", rows}, {"interval", to_text(rules.interval)}};
    if (rules.limits.rows > 0)
      retention["limits"] = {{"rows", rules.limits.rows}, {"percent", rules.limits.percent}};
    if (rules.receipt == rule::ReceiptOf::keys) retention["receipt"] = "keys";
    if (rules.plan_ttl) retention["planTtl"] = to_text(*rules.plan_ttl);
    envelope["retention"] = std::move(retention);
    envelope["requests"] = requests_of(pack);
    envelope["tenantSettings"] = settings_of(rules);
    app.print(envelope);
    return 0;
  }
  for (Json& row : rows) {
    row["rule"] = row["id"];
    row["match"] = joined(row["match"]);
    row["period"] = period_of(row);
    row["pack"] = row["origin"]["pack"];
  }
  app.print_rows({"rule", "match", "anchor", "period", "basis", "pack", "reason"}, rows, envelope);
  return 0;
}

}  // namespace

extern const Spec policy_show;
const Spec policy_show{
    .noun = "policy",
    .verb = "show",
    .summary = "show what holds in a policy pack",
    .description =
        "Shows the retention rules of a pack as they hold, those of the packs that it extends "
        "included, each with the pack it comes from. With -o json also its limits, tenants' "
        "settings, deadlines for requests, the place of each rule in its file, and which rule of "
        "an extended pack it replaced.",
    .options = {pack_option()},
    .exits = {0, 6},
    .examples = {{"ccctl policy show scc", "a line for each rule"},
                 {"ccctl policy show -o json", "the tenant's own pack, for programs"}},
    .run = run_show,
};

}  // namespace ccctl::cmd
