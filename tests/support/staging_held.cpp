// Which rows the model keeps, and what goes along with a row.
#include "support/staging_model.h"

namespace ccctl::testing {

bool StagingModel::covers(const rule::Hold& hold, const StagedKey& key) const {
  const rule::Facts is = facts(key);
  if (!hold.category.empty() && hold.category != is.category) return false;
  if (!hold.data.empty() && hold.data != is.data) return false;
  const std::optional<std::string> created =
      key.first == "tenants" ? std::nullopt : cell(key, "created");
  if (!created) return true;
  if (*created == "infinity") return !hold.created_to;
  if (*created == "-infinity") return !hold.created_from;
  const Instant at = *parse_instant(*created);
  return (!hold.created_from || at >= *hold.created_from) &&
         (!hold.created_to || at < *hold.created_to);
}

StagedKeys StagingModel::closure(const StagedKey& key) const {
  StagedKeys all{key};
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [child, cells] : state_.rows) {
      if (child.first == "tenants" || all.contains(child)) continue;
      for (const StagedLink& link : table(child.first)->links) {
        const std::optional<StagedKey> up = parent(child, link);
        if (link.follow && up && all.contains(*up)) grew = all.insert(child).second || grew;
      }
    }
  }
  return all;
}

// Those that the row belongs to, its own first step being any link.
StagedKeys StagingModel::units(const StagedKey& key) const {
  StagedKeys passed{key}, open{key}, found;
  for (bool first = true; !open.empty(); first = false) {
    StagedKeys next;
    for (const StagedKey& row : open) {
      for (const StagedLink& link : table(row.first)->links) {
        const std::optional<StagedKey> up = parent(row, link);
        if (up && (first || link.follow) && passed.insert(*up).second) next.insert(*up);
      }
    }
    open = std::move(next);
  }
  for (const StagedKey& row : passed) {
    if (table(row.first)->unit) found.insert(row);
  }
  return found;
}

// The merge set, what follows it, what is one cut link away, and each unit with such a row, whole.
StagedKeys StagingModel::of_subject(const rule::Hold& hold) const {
  StagedKeys people;
  for (const subject::SubjectRef& ref : hold.subjects) {
    if (state_.rows.contains({"people", ref.key.front()}))
      people.insert({"people", ref.key.front()});
  }
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [key, cells] : state_.rows) {
      const auto canonical = key.first == "people" ? cell(key, "canonical") : std::nullopt;
      if (!canonical) continue;
      const StagedKey other{"people", *canonical};
      if (people.contains(key) == people.contains(other)) continue;
      people.insert(key);
      people.insert(other);
      grew = true;
    }
  }
  StagedKeys all;
  for (const StagedKey& person : people) all.merge(closure(person));
  const StagedKeys reached = all;
  for (const auto& [key, cells] : state_.rows) {
    if (key.first == "tenants") continue;
    for (const StagedLink& link : table(key.first)->links) {
      const std::optional<StagedKey> up = parent(key, link);
      if (up && reached.contains(*up)) all.insert(key);
    }
  }
  StagedKeys whole;
  for (const StagedKey& key : all) whole.merge(units(key));
  for (const auto& [key, cells] : state_.rows) {
    if (key.first == "tenants") continue;
    for (const StagedKey& unit : units(key)) {
      if (whole.contains(unit)) all.insert(key);
    }
  }
  return all;
}

// Covered rows, and what their cut links lead to.
void StagingModel::hold_back() {
  StagedKeys covered;
  for (const rule::Hold& hold : holds_) {
    if (hold.of_subject()) {
      covered.merge(of_subject(hold));
      continue;
    }
    for (const auto& [key, cells] : state_.rows) {
      if (covers(hold, key)) covered.insert(key);
    }
  }
  held_ = covered;
  for (const StagedKey& key : covered) {
    if (key.first == "tenants") continue;
    for (const StagedLink& link : table(key.first)->links) {
      const std::optional<StagedKey> up = parent(key, link);
      if (up && !link.follow) held_.insert(*up);
    }
  }
}

}  // namespace ccctl::testing
