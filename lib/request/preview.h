// The erasure's plan with its counts: what a person sees before confirming.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datamap/catalog.h"
#include "datamap/map.h"
#include "plan/compiler.h"
#include "plan/plan.h"
#include "plan/protection.h"
#include "policy/approval.h"
#include "request/policy.h"
#include "request/request.h"
#include "store/session.h"
#include "subject/finder.h"

namespace ccctl::request {

// The two documents and what they are used on.
struct Ground {
  const datamap::Map& map;
  const PackRules& rules;
  std::string tenant;
};

// Its target is the reference of a current employee, whose erasure it permits (G-48).
extern const policy::ApprovalKind kOverrideApproval;

struct Shared {
  std::string kind;  // of the identifier
  datamap::TableName table;
  std::uint64_t rows = 0;
};

struct Preview {
  Type type = Type::erasing;
  std::vector<plan::Replacement> replacements;                // of an update
  subject::MergeSet merge_set;                                // no members: a request by term only
  std::shared_ptr<const plan::Plan> plan;                     // one for all that a Planner makes
  plan::Outcome outcome;                                      // of the whole merge set
  std::vector<std::uint64_t> member_rows;                     // in the members' order
  std::vector<std::vector<subject::Identifier>> identifiers;  // per member, suggested ones left out
  std::vector<Shared> shared;            // only when asked for: shared_values()
  std::vector<std::string> not_covered;  // tables that a request by term only cannot reach
  std::vector<std::string> holds;        // ids of the subject holds that refuse the request
  bool current_employee = false;
  bool conflicting = false;  // members disagree on names or identifiers
  std::string confirmation;  // DIGEST:ROWS
  std::string earlier;       // a finished request with this confirmation: its rows have come back
};

// The identifiers a request goes by: of the subject's own row, without the suggested ones, and the
// term it was found with.
std::vector<subject::Identifier> followed(const std::optional<subject::Profile>& profile,
                                          const subject::Identifier* term);

// Whether members of a merge set name different people: somebody must look.
bool conflict(const std::vector<std::vector<subject::Identifier>>& identifiers);

// Which of these people an erasure by the drivers takes along.
using TakenAlong = std::function<std::vector<subject::SubjectRef>(
    const plan::Drivers& drivers, const std::vector<subject::SubjectRef>& people)>;
TakenAlong taken_along(store::Tx& tx, const plan::Compiler& compiler,
                       const plan::Protection& protection);

// Drivers for the first `count` members: of their identifiers those that nobody else shares. Who is
// taken along shares nothing; where that is not asked, everybody else does.
plan::Drivers drivers_of(const subject::Finder& finder,
                         const std::vector<subject::SubjectRef>& members,
                         const std::vector<std::vector<subject::Identifier>>& identifiers,
                         std::size_t count, const TakenAlong& taken_along = {},
                         const std::vector<plan::Drivers>& whole = {});

// Refuses tables whose rows a site's own row-level security would hide from this session (denied),
// and a map that no longer fits (map_drift).
void require_sight(const Ground& ground, const datamap::Catalog& catalog, const plan::Scope& scope);

// Makes previews, of one person after another. Keeps the references: the documents and the catalog
// outlive it. `catalog` is the datastore's as the transactions see it, or one that is known to be
// as good: the plan pins it.
class Planner {
 public:
  Planner(Ground ground, const datamap::Catalog& catalog)
      : ground_(std::move(ground)), catalog_(catalog) {}

  // Reads only. With replacements it is an update's. `term` is what the person typed, when they
  // typed one; `ref` the subject found, or nothing for a request by term only.
  Preview preview(store::Tx& tx, const std::optional<subject::SubjectRef>& ref,
                  const subject::Identifier* term,
                  const std::vector<plan::Replacement>& replacements = {});
  // What other people have in common with the person: it stays with them, and is told.
  std::vector<Shared> shared_values(store::Tx& tx, const Preview& preview) const;

 private:
  std::shared_ptr<const plan::Plan> plan_of(const std::string& kind,
                                            const std::vector<plan::Replacement>& replacements);

  Ground ground_;
  const datamap::Catalog& catalog_;
  // By the kind of subject; each was seen to fit.
  std::map<std::string, std::shared_ptr<const plan::Plan>> erasures_;
};

// One preview alone.
Preview preview(store::Tx& tx, const Ground& ground, const datamap::Catalog& catalog,
                const std::optional<subject::SubjectRef>& ref, const subject::Identifier* term,
                const std::vector<plan::Replacement>& replacements = {});
// The same with a catalog read now.
Preview preview(store::Tx& tx, const Ground& ground, const std::optional<subject::SubjectRef>& ref,
                const subject::Identifier* term);

Json to_json(const Preview& preview, const Ground& ground);
// Only actions with rows.
Json tallies_json(const plan::Outcome& outcome, Type type = Type::erasing);
// What stays, with its category, and why and until when (W-29).
Json kept_json(const plan::Outcome& outcome, const datamap::Map& map);
Json excluded_json(const RequestPolicy& policy);

}  // namespace ccctl::request
