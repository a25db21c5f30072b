// What must become of every row, computed row by row from rule::decide() and the links.
#include <algorithm>

#include "base/calendar.h"
#include "plan/criteria.h"
#include "rule/precedence.h"
#include "support/decisions.h"
#include "support/sweeping.h"

namespace ccctl::testing {

const SweptRow* Sweeping::find(const std::string& table,
                               const std::optional<std::string>& id) const {
  if (!id) return nullptr;
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const SweptRow& row) {
    return row.table == table && row.id == *id;
  });
  return found == rows_.end() ? nullptr : &*found;
}

rule::Facts Sweeping::facts(const SweptRow& row) const {
  rule::Facts facts;
  facts.tenant = "acme";
  facts.tenant_zone = zone_;
  facts.as_of = as_of_;
  facts.label = row.label;
  if (row.table == "people") {
    facts.category = "registration";
    facts.data = "profile";
  } else if (row.table == "items") {
    facts.category = "generated";
    facts.data = row.kind == "a" ? "alpha" : row.kind == "b" ? "beta" : "";
  } else {
    facts.category = row.table == "notes" ? "generated" : "host_usage";
    facts.data = row.table == "notes" ? "note" : "log";
  }
  // The texts that were inserted, with an offset.
  const auto value = [](const std::optional<std::string>& text, bool day) -> rule::AnchorValue {
    if (!text) return {};
    if (text->ends_with("infinity")) return rule::Infinity{};
    if (day) return *rule::parse_day(*text);
    return *parse_instant(*text);
  };
  for (const auto& [name, text] : row.anchors) facts.anchors[name] = value(text, name == "day");
  const auto end = end_.empty() ? rule::AnchorValue{} : rule::AnchorValue{*rule::parse_day(end_)};
  facts.anchors["tenant.end"] = end;
  if (row.table == "items") {
    facts.anchors["both"] =
        rule::latest_of({facts.anchors["created"], facts.anchors["ended"]}, zone_);
    facts.anchors["end"] = end;
    facts.tenant_anchors.insert("end");
  }
  return facts;
}

bool Sweeping::kept_by_minimum(const SweptRow& row) const {
  return !outlives_minima(facts(row), rules_.rules);
}

// Whether the row leads to the person, by follow links; the first may also be a cut one.
bool Sweeping::chained(const SweptRow& row, const std::string& person, bool first) const {
  if (row.table == "people") return row.id == person;
  std::vector<const SweptRow*> parents{find("people", row.owner)};
  if (row.table == "items") {
    if (case_.down == "follow" || first) parents.push_back(find("items", row.parent));
  } else if (row.table == "notes" || first) {
    parents.push_back(find("items", row.item));
  }
  return std::any_of(parents.begin(), parents.end(), [&](const SweptRow* parent) {
    return parent != nullptr && chained(*parent, person, false);
  });
}

bool Sweeping::held(const SweptRow& row) const {
  const rule::Facts is = facts(row);
  if (held_data_ && *held_data_ == is.data) return true;
  if (held_category_ && *held_category_ == is.category) return true;
  if (held_range_) {
    const rule::AnchorValue& created = is.anchors.at("created");
    if (std::holds_alternative<std::monostate>(created)) return true;
    const Instant* at = std::get_if<Instant>(&created);
    if (at != nullptr && held_range_->first <= *at && *at < held_range_->second) return true;
  }
  return std::any_of(held_people_.begin(), held_people_.end(),
                     [&](const std::string& person) { return chained(row, person, true); });
}

std::vector<const SweptRow*> Sweeping::closure(const SweptRow& row) const {
  std::vector<const SweptRow*> all{&row};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const SweptRow& parent = *all[i];
    for (const SweptRow& child : rows_) {
      const bool follows =
          (parent.table == "people" && child.table == "items" && child.owner == parent.id) ||
          (parent.table == "items" && child.table == "notes" && child.item == parent.id) ||
          (parent.table == "items" && child.table == "items" && child.parent == parent.id &&
           case_.down == "follow");
      if (follows && std::find(all.begin(), all.end(), &child) == all.end()) all.push_back(&child);
    }
  }
  return all;
}

std::set<std::string> Sweeping::predicted() const {
  std::set<const SweptRow*> stays, gone, anonymised;
  for (const SweptRow& row : rows_) {
    if (held(row) || kept_by_minimum(row)) stays.insert(&row);
  }
  // What a held row's cut link leads to stays as well.
  for (const SweptRow& row : rows_) {
    if (!held(row)) continue;
    const SweptRow* cut = row.table == "logs"                           ? find("items", row.item)
                          : row.table == "items" && case_.down == "cut" ? find("items", row.parent)
                                                                        : nullptr;
    if (cut != nullptr) stays.insert(cut);
  }
  for (const SweptRow& row : rows_) {
    const rule::Decision decision = rule::decide(facts(row), rules_.rules);
    if (!is_due(decision)) continue;
    if (decision.then == rule::Then::anonymise) {
      if (!stays.contains(&row)) anonymised.insert(&row);
      continue;
    }
    const std::vector<const SweptRow*> all = closure(row);
    if (std::none_of(all.begin(), all.end(),
                     [&](const auto* each) { return stays.contains(each); }))
      gone.insert(all.begin(), all.end());
  }
  std::set<std::string> lines;
  for (const SweptRow& row : rows_) {
    if (gone.contains(&row)) continue;
    const auto link = [&](const std::optional<std::string>& id) {
      const SweptRow* to = find("items", id);
      return to == nullptr || gone.contains(to) ? std::string("-") : *id;
    };
    const std::string word = row.table == "people" ? "name" : "body";
    std::string line = row.table + " " + row.id + " " + (anonymised.contains(&row) ? "-" : word);
    if (row.table == "items") line += " " + link(row.parent);
    if (row.table == "logs") line += " " + link(row.item);
    lines.insert(std::move(line));
  }
  return lines;
}

std::map<std::string, std::uint64_t> Sweeping::states() const {
  std::map<std::string, std::uint64_t> counts;
  for (const SweptRow& row : rows_) {
    const rule::Decision decision = rule::decide(facts(row), rules_.rules);
    ++counts[row.table + " " + std::string(rule::name_of(decision.state))];
  }
  return counts;
}

}  // namespace ccctl::testing
