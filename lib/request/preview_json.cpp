// The preview as JSON: tables and counts, never values.
#include <nlohmann/json.hpp>

#include "request/preview.h"

namespace ccctl::request {

Json tallies_json(const plan::Outcome& outcome, Type type) {
  Json actions = Json::array();
  for (const plan::Tally& tally : outcome.tallies) {
    if (tally.rows == 0) continue;
    Json action{{"table", tally.table},
                {"action", plan::to_text(tally.effect)},
                {"rows", tally.rows},
                {"rule", "request." + std::string(verb_of(type))},
                {"basis", "data_subject_request"}};
    if (!tally.detail.empty()) action["detail"] = tally.detail;
    actions.push_back(std::move(action));
  }
  return actions;
}

Json kept_json(const plan::Outcome& outcome, const datamap::Map& map) {
  Json all = Json::array();
  for (const plan::Kept& kept : outcome.kept) {
    Json entry{
        {"table", kept.table}, {"rows", kept.rows}, {"rule", kept.rule}, {"basis", kept.basis}};
    if (const datamap::Table* table = map.table(kept.table)) entry["category"] = table->category;
    if (!kept.reason.empty()) entry["reason"] = kept.reason;
    if (kept.until) entry["until"] = to_text(*kept.until);
    if (!kept.holds.empty()) entry["holds"] = kept.holds;
    if (kept.ancestor) entry["reason"] = "a kept row refers to it";
    all.push_back(std::move(entry));
  }
  return all;
}

Json excluded_json(const RequestPolicy& policy) {
  Json all = Json::array();
  for (const Exclusion& exclusion : policy.excluded) {
    all.push_back({{"what", exclusion.what},
                   {"reason", exclusion.reason},
                   {"requirements", exclusion.requirements}});
  }
  return all;
}

Json to_json(const Preview& preview, const Ground& ground) {
  Json members = Json::array(), shared = Json::array();
  for (std::size_t i = 0; i < preview.merge_set.members.size(); ++i) {
    members.push_back(
        {{"subject", preview.merge_set.members[i].text()}, {"rows", preview.member_rows[i]}});
  }
  for (const Shared& value : preview.shared) {
    shared.push_back({{"identifier", value.kind}, {"table", value.table}, {"rows", value.rows}});
  }
  return {{"tenant", ground.tenant},
          {"requestType", to_text(preview.type)},
          {"confirmation", preview.confirmation},
          {"rows", preview.outcome.rows()},
          {"members", members},
          {"actions", tallies_json(preview.outcome, preview.type)},
          {"kept", kept_json(preview.outcome, ground.map)},
          {"excluded", excluded_json(ground.rules.requests)},
          {"notCovered", preview.not_covered},
          {"shared", shared},
          {"holds", preview.holds},
          {"plan", plan::to_json(*preview.plan)}};
}

}  // namespace ccctl::request
