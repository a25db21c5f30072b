// The plan: what will happen, to which tables, why. What a person confirms and evidence refers to.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "datamap/catalog.h"
#include "datamap/map.h"
#include "plan/compiler.h"
#include "plan/scope.h"

namespace ccctl::plan {

struct Reason {
  std::string rule;
  std::string basis;
  std::vector<std::string> requirements;
};

struct Action {
  datamap::TableName table;
  Effect effect = Effect::erase;
  std::string detail;              // of a cut: the link
  std::vector<std::string> reach;  // how rows of the table belong to the subject
  Reason why;
};

struct Head {
  std::string kind;  // "delete", "update"
  std::string tenant;
  std::string policy_digest, map_digest, catalog_digest;
};

struct Plan {
  Head head;
  Scope scope;
  std::vector<Action> actions;
};

Plan rectification_plan(const datamap::Map& map, const datamap::Catalog& catalog, Scope scope,
                        Head head, const std::vector<Replacement>& replacements);
Plan erasure_plan(const datamap::Map& map, const datamap::Catalog& catalog, Scope scope, Head head);

// Without subjects: what the request row keeps.
Json to_json(const Plan& plan);
// Over the plan and its subjects, as hex; not over counts, ids of requests or times (formats.md 3).
std::string digest(const Plan& plan, const std::vector<subject::SubjectRef>& subjects,
                   const std::vector<Replacement>& replacements = {});

}  // namespace ccctl::plan
