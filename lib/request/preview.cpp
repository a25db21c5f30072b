#include "request/preview.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "datamap/check.h"
#include "plan/access.h"
#include "request/rectify.h"
#include "run/window.h"
#include "text/identifier.h"

namespace ccctl::request {

using subject::Identifier;
using subject::SubjectRef;

std::vector<Identifier> followed(const std::optional<subject::Profile>& profile,
                                 const Identifier* term) {
  std::vector<Identifier> all;
  const auto add = [&](const Identifier& identifier) {
    if (std::none_of(all.begin(), all.end(),
                     [&](const Identifier& other) { return other.same_value(identifier); })) {
      all.push_back(identifier);
    }
  };
  if (!profile) {
    if (term != nullptr) add(*term);
    return all;
  }
  for (const Identifier& identifier : profile->identifiers) {
    // The term itself is followed even where the map only suggests it: the person asked for it.
    const bool typed = term != nullptr && identifier.same_value(*term);
    if (!identifier.suggest || typed) add(identifier);
  }
  return all;
}

namespace {

// The distinct strong identifiers of the first `count` members.
std::vector<Identifier> strong(const std::vector<std::vector<Identifier>>& identifiers,
                               std::size_t count) {
  std::vector<Identifier> found;
  for (std::size_t i = 0; i < count && i < identifiers.size(); ++i) {
    for (const Identifier& identifier : identifiers[i]) {
      if (text::is_strong(identifier.kind) &&
          std::none_of(found.begin(), found.end(),
                       [&](const Identifier& other) { return other.same_value(identifier); })) {
        found.push_back(identifier);
      }
    }
  }
  return found;
}

}  // namespace

bool conflict(const std::vector<std::vector<Identifier>>& identifiers) {
  std::set<std::string> names;
  for (const auto& member : identifiers) {
    for (const Identifier& identifier : member) {
      if (identifier.kind == "name") names.insert(identifier.value.reveal());
    }
  }
  return names.size() > 1;
}

const policy::ApprovalKind kOverrideApproval{"employee.override",
                                             "lets the erasure of a current employee be confirmed"};

TakenAlong taken_along(store::Tx& tx, const plan::Compiler& compiler,
                       const plan::Protection& protection) {
  return [&tx, &compiler, &protection](const plan::Drivers& drivers,
                                       const std::vector<SubjectRef>& people) {
    std::vector<SubjectRef> found;
    const store::Rows rows = tx.exec(compiler.taken_along(drivers, protection, people));
    for (std::size_t r = 0; r < rows.size(); ++r)
      found.push_back(people.at(static_cast<std::size_t>(rows.integer(r, 0))));
    return found;
  };
}

plan::Drivers drivers_of(const subject::Finder& finder, const std::vector<SubjectRef>& members,
                         const std::vector<std::vector<Identifier>>& identifiers, std::size_t count,
                         const TakenAlong& taken_along, const std::vector<plan::Drivers>& whole) {
  plan::Drivers drivers;
  drivers.whole = whole;
  drivers.refs.assign(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(
                                                             std::min(count, members.size())));
  if (count > 1 && count == members.size()) drivers.canonical = members.back();
  const std::vector<Identifier> values = strong(identifiers, count);
  const std::vector<bool> matched = finder.matched(values);
  std::vector<Identifier> candidates;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (matched[i]) candidates.push_back(values[i]);
  }
  std::vector<std::vector<SubjectRef>> shared = finder.others(candidates, drivers.refs);
  std::vector<bool> taken(candidates.size());
  for (bool more = true; more;) {
    more = false;
    std::set<SubjectRef> people;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      people.insert(shared[i].begin(), shared[i].end());
      if (!shared[i].empty() || taken[i]) continue;
      drivers.exclusive[candidates[i].kind].push_back(candidates[i].value.reveal());
      taken[i] = more = true;
    }
    // What is found by a value may take along the last of those who share another one.
    if (!taken_along || people.empty()) break;
    for (const SubjectRef& gone : taken_along(drivers, {people.begin(), people.end()})) {
      for (std::vector<SubjectRef>& sharers : shared) more = std::erase(sharers, gone) > 0 || more;
    }
  }
  return drivers;
}

void require_sight(const Ground& ground, const datamap::Catalog& catalog,
                   const plan::Scope& scope) {
  datamap::require_fit(datamap::check(ground.map, catalog), plan::closure(ground.map, scope));
}

namespace {

// Whatever is to be replaced is followed, even where the map only suggests it.
void follow_too(std::vector<Identifier>& identifiers,
                const std::vector<plan::Replacement>& replacements) {
  for (const plan::Replacement& term : replacements) {
    Identifier existing{term.kind, Personal<std::string>(term.existing), false, "", ""};
    if (std::none_of(identifiers.begin(), identifiers.end(),
                     [&](const Identifier& other) { return other.same_value(existing); }))
      identifiers.push_back(std::move(existing));
  }
}

// Counts the merge set as growing prefixes: what member k adds is what its own transaction will
// find, since the members before it are gone by then.
void count_members(store::Tx& tx, const datamap::Map& map, const plan::Compiler& compiler,
                   const plan::Protection& protection, const subject::Finder& finder,
                   Preview& preview) {
  const std::size_t members = std::max<std::size_t>(preview.merge_set.members.size(), 1);
  TakenAlong along;
  std::vector<plan::Drivers> whole;
  if (preview.type == Type::erasing && plan::takes_people_along(map, preview.plan->scope))
    along = taken_along(tx, compiler, protection);
  if (preview.type == Type::erasing && members > 1 && !protection.holds.empty())
    whole = {drivers_of(finder, preview.merge_set.members, preview.identifiers, members, along)};
  std::uint64_t before = 0;
  for (std::size_t count = 1; count <= members; ++count) {
    const plan::Drivers drivers =
        drivers_of(finder, preview.merge_set.members, preview.identifiers, count, along, whole);
    const plan::Compiled compiled =
        preview.type == Type::updating
            ? compiler.rectify(drivers, protection,
                               standing(tx, finder, map, compiler, preview.plan->scope, drivers,
                                        preview.replacements),
                               "")
            : compiler.count(drivers, protection);
    preview.outcome = compiled.read(tx.exec(compiled.sql));
    const std::uint64_t rows = preview.outcome.rows();
    preview.member_rows.push_back(rows - std::min(rows, before));
    before = rows;
  }
}

}  // namespace

std::shared_ptr<const plan::Plan> Planner::plan_of(
    const std::string& kind, const std::vector<plan::Replacement>& replacements) {
  const Type type = replacements.empty() ? Type::erasing : Type::updating;
  if (type == Type::erasing && erasures_.contains(kind)) return erasures_.at(kind);
  plan::Head head{std::string(verb_of(type)), ground_.tenant, ground_.rules.digest,
                  ground_.map.digest, ""};
  plan::Scope scope = plan::scope_of(ground_.map, kind);
  const auto plan = std::make_shared<const plan::Plan>(
      type == Type::updating
          ? plan::rectification_plan(ground_.map, catalog_, std::move(scope), std::move(head),
                                     replacements)
          : plan::erasure_plan(ground_.map, catalog_, std::move(scope), std::move(head)));
  require_sight(ground_, catalog_, plan->scope);
  if (type == Type::erasing) erasures_[kind] = plan;
  return plan;
}

std::vector<Shared> Planner::shared_values(store::Tx& tx, const Preview& preview) const {
  const subject::Finder finder(tx, ground_.map, catalog_, ground_.tenant);
  std::map<std::pair<std::string, std::string>, std::uint64_t> found;
  const std::vector<Identifier> values = strong(preview.identifiers, preview.identifiers.size());
  const std::vector<std::vector<subject::Hits>> sharers =
      finder.sharers(values, preview.merge_set.members);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (const subject::Hits& hits : sharers[i]) found[{values[i].kind, hits.table}] += hits.rows;
  }
  std::vector<Shared> shared;
  for (const auto& [key, rows] : found) shared.push_back({key.first, key.second, rows});
  return shared;
}

Preview Planner::preview(store::Tx& tx, const std::optional<SubjectRef>& ref,
                         const Identifier* term,
                         const std::vector<plan::Replacement>& replacements) {
  const subject::Finder finder(tx, ground_.map, catalog_, ground_.tenant);
  Preview preview;
  const std::string kind = ref ? ref->kind : ground_.map.subjects.front().kind;
  if (ref) preview.merge_set = finder.merge_set(*ref);
  preview.type = replacements.empty() ? Type::erasing : Type::updating;
  preview.replacements = replacements;
  preview.plan = plan_of(kind, replacements);
  for (const SubjectRef& member : preview.merge_set.members) {
    const std::optional<subject::Profile> profile = finder.profile(member);
    preview.identifiers.push_back(followed(profile, term));
    follow_too(preview.identifiers.back(), replacements);
    preview.current_employee = preview.current_employee || (profile && profile->current_employee);
  }
  if (!ref) {
    preview.identifiers.push_back(followed(std::nullopt, term));
    for (const datamap::Table& table : ground_.map.tables) {
      if (table.requires_subject) preview.not_covered.push_back(table.name);
    }
  }
  preview.conflicting = conflict(preview.identifiers);
  plan::Protection protection =
      plan::protect(tx, ground_.map, catalog_, preview.plan->scope, ground_.rules.retention,
                    ground_.tenant, tx.began_at());
  for (const rule::Hold& hold : protection.holds) {
    for (const SubjectRef& held : hold.subjects) {
      const auto& members = preview.merge_set.members;
      if (std::find(members.begin(), members.end(), held) == members.end()) continue;
      if (preview.holds.empty() || preview.holds.back() != hold.id)
        preview.holds.push_back(hold.id);
    }
  }
  // The holds that refuse the request are left out of its counts: what is confirmed is what will be
  // done after their release.
  for (const std::string& hold : preview.holds) protection.lift(hold);
  // The law keeps rows from being deleted, not from being put right.
  if (preview.type == Type::updating) protection.minima.clear();
  const plan::Compiler compiler(ground_.map, catalog_, preview.plan->scope, ground_.tenant);
  plan::prefer_indexes(tx, ground_.map, catalog_, preview.plan->scope);
  count_members(tx, ground_.map, compiler, protection, finder, preview);
  std::vector<SubjectRef> subjects = preview.merge_set.members;
  if (!ref && term != nullptr) subjects.push_back({"term." + term->kind, {term->value.reveal()}});
  preview.confirmation = plan::digest(*preview.plan, subjects, replacements) + ":" +
                         std::to_string(preview.outcome.rows());
  preview.earlier = finished_as(tx, ground_.tenant, preview.confirmation);
  return preview;
}

Preview preview(store::Tx& tx, const Ground& ground, const datamap::Catalog& catalog,
                const std::optional<SubjectRef>& ref, const Identifier* term,
                const std::vector<plan::Replacement>& replacements) {
  return Planner(ground, catalog).preview(tx, ref, term, replacements);
}

Preview preview(store::Tx& tx, const Ground& ground, const std::optional<SubjectRef>& ref,
                const Identifier* term) {
  return preview(tx, ground, datamap::read_catalog(tx, ground.map), ref, term);
}

}  // namespace ccctl::request
