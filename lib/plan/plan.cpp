#include "plan/plan.h"

#include <nlohmann/json.hpp>

#include "crypto/digest.h"

namespace ccctl::plan {
namespace {

Reason reason_of(const datamap::Table& table, Effect effect) {
  if (effect == Effect::erase && table.erase == datamap::Erase::retain) {
    return {"retain." + table.retain_basis, table.retain_basis, {"W-29"}};
  }
  if (effect == Effect::anonymise)
    return {"request.delete", "data_subject_request", {"G-20", "G-23"}};
  return {"request.delete", "data_subject_request", {"G-20"}};
}

Json json_of(const Action& action) {
  return {{"table", action.table},
          {"action", to_text(action.effect)},
          {"detail", action.detail},
          {"reach", action.reach},
          {"rule", action.why.rule},
          {"basis", action.why.basis},
          {"requirements", action.why.requirements}};
}

}  // namespace

Plan erasure_plan(const datamap::Map& map, const datamap::Catalog& catalog, Scope scope,
                  Head head) {
  Plan plan{std::move(head), std::move(scope), {}};
  for (const datamap::TableName& name : plan.scope.tables()) {
    const datamap::Table& table = *map.table(name);
    const Effect effect =
        table.erase == datamap::Erase::anonymise ? Effect::anonymise : Effect::erase;
    plan.actions.push_back({name, effect, "", plan.scope.reach(name), reason_of(table, effect)});
    for (const datamap::Object& object : table.objects) {
      plan.actions.push_back({name, Effect::intend, object.name, {}, reason_of(table, effect)});
    }
  }
  for (const datamap::Table& table : map.tables) {
    for (const datamap::Link& link : table.links) {
      if (link.down != datamap::Down::cut || !plan.scope.holds(link.to)) continue;
      if (map.table(link.to)->erase == datamap::Erase::anonymise) continue;
      plan.actions.push_back(
          {table.name, Effect::cut, link.name, {link.to}, reason_of(table, Effect::cut)});
    }
  }
  plan.head.catalog_digest = catalog.digest(closure(map, plan.scope));
  return plan;
}

Json to_json(const Plan& plan) {
  Json actions = Json::array();
  for (const Action& action : plan.actions) actions.push_back(json_of(action));
  return {{"kind", plan.head.kind},
          {"tenant", plan.head.tenant},
          {"policy", plan.head.policy_digest},
          {"map", plan.head.map_digest},
          {"catalog", plan.head.catalog_digest},
          {"subject_kind", plan.scope.kind},
          {"actions", actions}};
}

Plan rectification_plan(const datamap::Map& map, const datamap::Catalog& catalog, Scope scope,
                        Head head, const std::vector<Replacement>& replacements) {
  Plan plan{std::move(head), std::move(scope), {}};
  for (const Standing& standing : rectified_columns(map, plan.scope, replacements)) {
    if (standing.table->rectify == datamap::Rectify::keep) continue;
    plan.actions.push_back(
        {standing.table->name,
         standing.table->rectify == datamap::Rectify::replace ? Effect::assign : Effect::annotate,
         standing.column->site.text(),
         plan.scope.reach(standing.table->name),
         {"request.update", "data_subject_request", {"G-20", "G-55"}}});
  }
  plan.head.catalog_digest = catalog.digest(closure(map, plan.scope));
  return plan;
}

std::string digest(const Plan& plan, const std::vector<subject::SubjectRef>& subjects,
                   const std::vector<Replacement>& replacements) {
  Json whole = to_json(plan);
  for (const Replacement& term : replacements)
    whole["replacementTerms"].push_back({term.kind, term.existing, term.written});
  whole["subjects"] = Json::array();
  for (const subject::SubjectRef& ref : subjects) whole["subjects"].push_back(ref.text());
  return crypto::to_hex(crypto::view(crypto::sha256(canonical(whole))));
}

}  // namespace ccctl::plan
