#include "support/staging_model.h"

#include <algorithm>
#include <functional>

#include "base/calendar.h"
#include "base/zone.h"
#include "support/decisions.h"

namespace ccctl::testing {
namespace {

constexpr const char* kTenants = "tenants";

rule::AnchorValue value_of(const std::optional<std::string>& text, bool day) {
  if (!text) return {};
  if (text->ends_with("infinity")) return rule::Infinity{};
  if (day) return *rule::parse_day(*text);
  return *parse_instant(*text);
}

int leaves(const rule::RetentionRule& rule) {
  if (rule.then == rule::Then::anonymise) return 2;
  return rule.stages ? 1 : 0;
}

bool stricter(const rule::RuleInForce& a, const rule::RuleInForce& b) {
  return std::pair(leaves(a.rule), a.rule.id) < std::pair(leaves(b.rule), b.rule.id);
}

}  // namespace

std::set<std::string> StagedState::lines() const {
  std::set<std::string> all;
  for (const auto& [key, cells] : rows) {
    std::string line = key.first + " " + key.second;
    for (const auto& [name, text] : cells) line += " " + name + "=" + text.value_or("-");
    if (const auto mark = marks.find(key); mark != marks.end()) line += " hidden:" + mark->second;
    if (const auto stage = stages.find(key); stage != stages.end()) {
      line += " " + stage->second.stage + (stage->second.marked ? " by us" : "") + " from " +
              to_text(stage->second.acted_at) + " to " + to_text(stage->second.next_at) + " by " +
              stage->second.rule;
    }
    all.insert(std::move(line));
  }
  for (const auto& [key, stage] : stages) {
    if (!rows.contains(key)) all.insert("stage of nothing: " + key.first + " " + key.second);
  }
  return all;
}

StagingModel::StagingModel(const std::vector<StagedTable>& tables,
                           const std::vector<rule::RuleInForce>& rules,
                           const std::vector<rule::Hold>& holds, std::string tenant, Instant as_of,
                           StagedState state)
    : tables_(tables),
      rules_(rules),
      holds_(holds),
      tenant_(std::move(tenant)),
      as_of_(as_of),
      state_(std::move(state)) {
  if (const auto row = state_.rows.find({kTenants, tenant_}); row != state_.rows.end()) {
    zone_ = row->second.at("zone").value_or("");
    end_ = row->second.at("end");
  }
  decide();
  hold_back();
}

const StagedTable* StagingModel::table(const std::string& name) const {
  const auto found = std::find_if(tables_.begin(), tables_.end(),
                                  [&](const StagedTable& each) { return each.name == name; });
  return found == tables_.end() ? nullptr : &*found;
}

std::optional<std::string> StagingModel::cell(const StagedKey& key,
                                              const std::string& column) const {
  const Cells& cells = state_.rows.at(key);
  const auto found = cells.find(column);
  return found == cells.end() ? std::nullopt : found->second;
}

std::optional<StagedKey> StagingModel::parent(const StagedKey& key, const StagedLink& link) const {
  const std::optional<std::string> id = cell(key, link.column);
  if (!id || !state_.rows.contains({link.to, *id})) return std::nullopt;
  return StagedKey{link.to, *id};
}

// Tables of what follows before those that it follows, the tenants' own last.
std::vector<std::string> StagingModel::children_first() const {
  std::vector<std::string> order;
  const std::function<void(const StagedTable&)> visit = [&](const StagedTable& parent) {
    if (std::find(order.begin(), order.end(), parent.name) != order.end()) return;
    for (const StagedTable& child : tables_) {
      for (const StagedLink& link : child.links) {
        if (link.follow && link.to == parent.name && child.name != parent.name) visit(child);
      }
    }
    order.push_back(parent.name);
  };
  for (const StagedTable& each : tables_) visit(each);
  order.emplace_back(kTenants);
  return order;
}

rule::Facts StagingModel::facts(const StagedKey& key) const {
  rule::Facts facts;
  facts.tenant = tenant_;
  facts.tenant_zone = zone_;
  facts.as_of = as_of_;
  facts.anchors["tenant.end"] = value_of(end_, true);
  if (key.first == kTenants) {
    facts.category = "registration";
    facts.data = "company";
    return facts;
  }
  const StagedTable& is = *table(key.first);
  facts.category = is.category;
  for (const auto& [kind, data] : is.data) {
    if (kind.empty() || cell(key, "kind") == kind) facts.data = data;
  }
  facts.label = cell(key, "label").value_or("");
  for (const char* name : {"created", "ended", "day"})
    facts.anchors[name] = value_of(cell(key, name), std::string(name) == "day");
  facts.anchors["both"] =
      rule::latest_of({facts.anchors["created"], facts.anchors["ended"]}, zone_);
  facts.anchors["end"] = facts.anchors["tenant.end"];
  facts.tenant_anchors.insert("end");
  return facts;
}

std::string StagingModel::zone_of(const rule::RuleInForce& rule) const {
  return rule.zone == "tenant" ? zone_ : rule.zone;
}

// A table with a rule that cannot be reckoned is left alone.
bool StagingModel::swept(const std::string& name) const {
  const StagedTable* is = table(name);
  if (is != nullptr && is->keyless) return false;
  return std::none_of(rules_.begin(), rules_.end(), [&](const rule::RuleInForce& each) {
    const rule::RuleMatch& match = each.rule.match;
    if (known_zone(zone_of(each))) return false;
    if (!match.tenant.empty() && match.tenant != tenant_) return false;
    if (!match.category.empty() && match.category != (is ? is->category : "registration"))
      return false;
    if (is == nullptr)
      return match.label.empty() && (match.data.empty() || match.data == "company");
    return match.data.empty() ||
           std::any_of(is->data.begin(), is->data.end(),
                       [&](const auto& type) { return type.second == match.data; });
  });
}

// Of those that have made it due the one that leaves least.
const rule::RuleInForce* StagingModel::due_by(const rule::Decision& decision) const {
  const rule::RuleInForce* found = nullptr;
  if (!is_due(decision)) return found;
  for (const rule::Verdict& verdict : decision.rules) {
    if (verdict.rule->rule.min || verdict.standing != rule::Standing::counts ||
        *verdict.eligible > as_of_)
      continue;
    if (found == nullptr || stricter(*verdict.rule, *found)) found = verdict.rule;
  }
  return found;
}

bool StagingModel::outlived(const StagedKey& key) const {
  return outlives_minima(facts(key), rules_);
}

void StagingModel::decide() {
  for (const auto& [key, cells] : state_.rows) {
    if (!outlived(key)) by_law_.insert(key);
    if (!swept(key.first)) continue;
    const rule::Decision decision = rule::decide(facts(key), rules_);
    Due& is = due_[key];
    is.rule = due_by(decision);
    is.condemned = is.rule != nullptr && is.rule->rule.then == rule::Then::erase;
  }
}

bool StagingModel::free(const StagedKeys& keys) const {
  return std::none_of(keys.begin(), keys.end(), [&](const StagedKey& key) { return kept(key); });
}

void StagingModel::remove(const StagedKey& key) {
  state_.rows.erase(key);
  state_.marks.erase(key);
  state_.stages.erase(key);
  ++end_of_.rows;
  for (auto& [other, cells] : state_.rows) {
    if (other.first == kTenants) continue;
    for (const StagedLink& link : table(other.first)->links) {
      if (!link.follow && StagedKey{link.to, cells[link.column].value_or("")} == key)
        cells[link.column].reset();
    }
  }
}

void StagingModel::stage(const StagedKey& key, const rule::RuleInForce& rule) {
  const StagedTable* is = table(key.first);
  if ((is != nullptr && is->keyless) || state_.stages.contains(key)) return;
  StageOfRow& made = state_.stages[key];
  made.rule = rule.rule.id;
  made.acted_at = as_of_;
  made.next_at = add(as_of_, rule.rule.stages->purge, zone_of(rule), Granularity::instant);
  const bool hidden = is != nullptr && is->hidden != HiddenBy::nothing;
  made.stage = hidden ? "soft-deleted" : "scheduled";
  made.marked = hidden && !state_.marks.contains(key);
  if (made.marked) state_.marks[key] = is->hidden == HiddenBy::stamp ? "ours" : "hidden";
  ++end_of_.staged;
}

void StagingModel::anonymise() {
  for (auto& [key, cells] : state_.rows) {
    const auto found = due_.find(key);
    if (found == due_.end() || found->second.rule == nullptr || held(key)) continue;
    if (found->second.rule->rule.then != rule::Then::anonymise || key.first == kTenants) continue;
    if (cells["body"]) ++end_of_.rows;
    cells["body"].reset();
  }
}

void StagingModel::remove_at_once(const std::string& name) {
  StagedKeys gone;
  for (const auto& [key, cells] : state_.rows) {
    if (key.first != name || !due_.contains(key)) continue;
    const rule::RuleInForce* rule = due_.at(key).rule;
    if (rule == nullptr || leaves(rule->rule) != 0) continue;
    StagedKeys all = closure(key);
    if (free(all)) gone.merge(all);
  }
  for (const StagedKey& key : gone) remove(key);
}

std::vector<const rule::RuleInForce*> StagingModel::staging_rules() const {
  std::vector<const rule::RuleInForce*> found;
  for (const rule::RuleInForce& rule : rules_) {
    if (leaves(rule.rule) == 1 && !rule.rule.min) found.push_back(&rule);
  }
  std::sort(found.begin(), found.end(),
            [](const auto* a, const auto* b) { return stricter(*a, *b); });
  return found;
}

void StagingModel::hide(const std::string& name, const rule::RuleInForce& rule) {
  StagedKeys entering;
  for (const auto& [key, cells] : state_.rows) {
    if (key.first != name || !due_.contains(key) || due_.at(key).rule != &rule) continue;
    if (state_.stages.contains(key)) continue;
    StagedKeys all = closure(key);
    if (free(all)) entering.merge(all);
  }
  for (const StagedKey& key : entering) stage(key, rule);
}

bool StagingModel::ripe(const StagedKey& key) const {
  const StagedTable* is = table(key.first);
  if (is != nullptr && is->keyless) return true;
  const auto stage = state_.stages.find(key);
  return stage != state_.stages.end() && stage->second.next_at <= as_of_;
}

// Whole or not at all; what came to a row since it was hidden is hidden now and waited for.
void StagingModel::purge(const std::string& name, const rule::RuleInForce& rule) {
  StagedKeys gone, entering;
  for (const auto& [key, cells] : state_.rows) {
    if (key.first != name || !due_.contains(key) || due_.at(key).rule != &rule) continue;
    if (!ripe(key)) continue;
    if (add(state_.stages.at(key).acted_at, rule.rule.stages->purge, zone_of(rule),
            Granularity::instant) > as_of_)
      continue;
    if (name == kTenants && std::any_of(state_.stages.begin(), state_.stages.end(),
                                        [](const auto& s) { return s.first.first != kTenants; }))
      continue;
    StagedKeys all = closure(key);
    if (!free(all)) continue;
    if (std::all_of(all.begin(), all.end(), [&](const StagedKey& each) { return ripe(each); }))
      gone.insert(all.begin(), all.end());
    else
      entering.insert(all.begin(), all.end());
  }
  for (const StagedKey& key : entering) stage(key, rule);
  for (const StagedKey& key : gone) remove(key);
  end_of_.purged += gone.size();
}

void StagingModel::unmark(const StagedKey& key) {
  const StageOfRow stage = state_.stages.at(key);
  state_.stages.erase(key);
  const auto mark = state_.marks.find(key);
  if (stage.marked && mark != state_.marks.end() && mark->second != "site")
    state_.marks.erase(mark);
}

// A row stays staged while it is due, or follows one that stays so; never what leads to something
// that must be kept by law.
void StagingModel::restore(const std::string& name) {
  for (bool found = true; found;) {
    found = false;
    for (const auto& [key, cells] : state_.rows) {
      const auto stage = state_.stages.find(key);
      if (key.first != name || stage == state_.stages.end() || stage->second.acted_at > as_of_)
        continue;
      const StagedKeys all = closure(key);
      const bool by_law = std::any_of(
          all.begin(), all.end(), [&](const StagedKey& each) { return by_law_.contains(each); });
      bool stays = due_.at(key).condemned;
      if (name != kTenants) {
        for (const StagedLink& link : table(name)->links) {
          const std::optional<StagedKey> up = parent(key, link);
          stays = stays || (link.follow && up && state_.stages.contains(*up));
        }
      }
      if (stays && !by_law) continue;
      unmark(key);
      ++end_of_.restored;
      found = true;
    }
  }
}

StagedEnd StagingModel::sweep() {
  const std::vector<std::string> order = children_first();
  anonymise();
  const auto each = [&](const std::function<void(const std::string&)>& work) {
    for (const std::string& name : order) {
      if (name != kTenants) work(name);
    }
  };
  const auto staged = [&](const std::string& name, auto act) {
    for (const rule::RuleInForce* rule : staging_rules()) (this->*act)(name, *rule);
  };
  each([&](const std::string& name) { remove_at_once(name); });
  each([&](const std::string& name) { staged(name, &StagingModel::hide); });
  each([&](const std::string& name) { staged(name, &StagingModel::purge); });
  remove_at_once(kTenants);
  staged(kTenants, &StagingModel::hide);
  staged(kTenants, &StagingModel::purge);
  // Nothing tells what is due once the tenant's own row has gone.
  if (state_.rows.contains({kTenants, tenant_})) {
    for (auto name = order.rbegin(); name != order.rend(); ++name) {
      if (swept(*name)) restore(*name);
    }
  }
  std::erase_if(state_.stages,
                [&](const auto& stage) { return !state_.rows.contains(stage.first); });
  end_of_.state = state_;
  return end_of_;
}

}  // namespace ccctl::testing
