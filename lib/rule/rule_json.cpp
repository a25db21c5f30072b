#include <nlohmann/json.hpp>

#include "rule/ruleset.h"

namespace ccctl::rule {
namespace {

Json match_json(const RuleMatch& match) {
  Json json = Json::object();
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  put("category", match.category);
  put("data", match.data);
  put("tenant", match.tenant);
  put("label", match.label);
  return json;
}

}  // namespace

Json to_json(const RuleInForce& in_force) {
  const RetentionRule& rule = in_force.rule;
  Json json{{"id", rule.id},       {"match", match_json(rule.match)}, {"anchor", rule.anchor},
            {"basis", rule.basis}, {"reason", rule.reason},           {"zone", in_force.zone}};
  const auto period = [&](const char* key, const std::optional<Duration>& value) {
    if (value) json[key] = to_text(*value);
  };
  period("min", rule.min);
  period("within", rule.within);
  period("lead", rule.lead);
  if (rule.after && rule.after->fixed) json["after"] = to_text(*rule.after->fixed);
  if (rule.after && !rule.after->fixed) json["after"] = {{"setting", rule.after->setting}};
  if (rule.granularity == Granularity::day) json["granularity"] = "day";
  if (rule.pending == Pending::ignore) json["pending"] = "ignore";
  if (rule.then == Then::anonymise) json["then"] = "anonymise";
  if (rule.stages) {
    json["stages"] = {{"purge", to_text(rule.stages->purge)}};
    if (rule.stages->backups) json["stages"]["backups"] = to_text(*rule.stages->backups);
  }
  if (rule.min) json["blocks_erasure"] = rule.blocks_erasure();
  if (!rule.lock.empty()) json["lock"] = rule.lock;
  if (!rule.requirements.empty()) json["requirements"] = rule.requirements;
  if (in_force.skew != Duration{0, 0, 300}) json["skew"] = to_text(in_force.skew);
  if (in_force.floor) {
    const Day* day = std::get_if<Day>(&*in_force.floor);
    json["anchor_floor"] =
        day ? to_text(Instant(*day)).substr(0, 10) : to_text(std::get<Instant>(*in_force.floor));
  }
  return json;
}

}  // namespace ccctl::rule
