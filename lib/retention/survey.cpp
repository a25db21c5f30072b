#include "retention/survey.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace ccctl::retention {
namespace {

using datamap::TableName;

using plan::Act;

// What one pass found, over all its windows.
struct Found {
  std::uint64_t due = 0, overdue = 0;  // by the rules alone
  std::uint64_t taken = 0, taken_late = 0, held = 0, by_child = 0;
};

class Surveying {
 public:
  Surveying(store::Tx& tx, const Situation& situation, bool due_only)
      : tx_(tx), situation_(situation), compiler_(situation.sweep()), due_only_(due_only) {}

  Survey run() {
    for (const datamap::Table& table : situation_.sweep().map.tables) {
      const auto found = situation_.criteria().find(table.name);
      if (found != situation_.criteria().end()) states(found->second);
    }
    take_census();
    for (const plan::Pass& pass : situation_.passes()) {
      if (pass.act == Act::remove) look_at(pass);
    }
    for (const Act act : {Act::hide, Act::purge}) {
      for (const plan::Pass& pass : situation_.passes()) {
        const auto found = found_.find({pass.criteria, pass.maximum, act});
        if (pass.act == act && found != found_.end()) tell(pass, found->second);
      }
    }
    const auto& passes = situation_.passes();
    const bool restores = std::any_of(passes.begin(), passes.end(),
                                      [](const auto& pass) { return pass.act == Act::restore; });
    for (const Act act : {Act::remove, Act::hide, Act::purge}) tell_along(act);
    if (restores) tell_along(Act::restore);
    tell_not_hidden();
    for (const Count& count : unfound_) add(count);
    std::erase_if(survey_.counts, [](const Count& count) { return count.rows == 0; });
    return std::move(survey_);
  }

 private:
  using Place = std::tuple<const plan::Criteria*, std::size_t, Act>;

  std::string action_of(const TableName& table, Act act) const {
    const plan::SweepGround& ground = situation_.sweep();
    if (act == Act::remove) return "delete";
    if (act == Act::purge) return "purge";
    return plan::hides(ground.map, ground.catalog, *ground.map.table(table)) ? "soft-delete"
                                                                             : "schedule";
  }

  void add(Count count) { survey_.counts.push_back(std::move(count)); }

  void states(const plan::Criteria& criteria) {
    const TableName& table = criteria.table->name;
    if (!criteria.swept()) {
      survey_.notices.push_back({"no_zone", table,
                                 "the tenant has no time zone, in which rule \"" +
                                     criteria.without_zone.front() + "\" reckons",
                                 "set it where the tenants stand", true});
      return;
    }
    std::uint64_t total = 0;
    const store::Rows rows = tx_.exec(compiler_.states(criteria, due_only_));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::string state(rows.text(r, 0));
      const auto number = static_cast<std::uint64_t>(rows.integer(r, 2));
      total += number;
      const bool ruled = !rows.is_null(r, 1);
      const auto rule = static_cast<std::size_t>(ruled ? rows.integer(r, 1) : 0);
      if (state == "due" || state == "overdue") {
        Found& found = found_[{&criteria, rule, Act::remove}];
        (state == "due" ? found.due : found.overdue) += number;
        if (not_swept(criteria, rule))
          unfound_.push_back({table, id(criteria, rule), state, "", number});
      } else {
        add({table, ruled ? id(criteria, rule) : "", state, "", number});
      }
    }
    if (!due_only_) survey_.total[table] = total;
  }

  static std::string id(const plan::Criteria& criteria, std::size_t rule) {
    return criteria.maxima[rule].rule->rule.id;
  }

  // Due rows that no sweep reaches.
  bool not_swept(const plan::Criteria& criteria, std::size_t rule) {
    if (!criteria.table->key.empty()) return false;
    survey_.notices.push_back(
        {"no_key", criteria.table->name, "rows without a key can be swept by no window",
         "give the table a unique key for rule \"" + id(criteria, rule) + "\"", true});
    return true;
  }

  void look_at(const plan::Pass& pass) {
    // Of rows that wait the stage was told, and not that they are due.
    const bool wait = pass.then() == rule::Then::anonymise &&
                      situation_.sweep().staged.contains(pass.table().name);
    const Place place{pass.criteria, pass.maximum, Act::remove};
    if (!wait && !found_.contains(place)) return;
    Found& found = found_[place];
    if (!pass.walk.index.empty()) {
      survey_.notices.push_back({"no_index", pass.table().name,
                                 "no index begins with the anchor of rule \"" +
                                     pass.rule().rule.id + "\", so that a sweep reads every row",
                                 pass.walk.index, false});
    }
    if (pass.then() == rule::Then::erase) {
      if (!in_census_.contains(pass.table().name)) {
        found.taken = found.due + found.overdue;
        found.taken_late = found.overdue;
      }
    } else {
      alone(pass, found);
    }
    tell(pass, found);
  }

  // Whether the pass may take rows, and more has to be asked than how many are due.
  bool wanted_in_census(const plan::Pass& pass) {
    const TableName& table = pass.table().name;
    if (pass.act != Act::remove) return tx_.exec(compiler_.any(pass)).boolean(0, 0);
    if (situation_.sweep().staged.contains(table))
      return true;  // of staged rows the stage was told
    return !compiler_.plain(pass) && found_.contains({pass.criteria, pass.maximum, Act::remove});
  }

  // What deletions take along can be said of all of them together only: each row goes once.
  void take_census() {
    std::vector<TableName> roots, wanted;
    bool stages = false;
    for (const plan::Pass& pass : situation_.passes()) {
      if (pass.then() != rule::Then::erase) continue;
      const TableName& table = pass.table().name;
      if (std::find(roots.begin(), roots.end(), table) == roots.end()) roots.push_back(table);
      if (!wanted_in_census(pass)) continue;
      wanted.push_back(table);
      stages = stages || pass.act != Act::remove;
    }
    for (const TableName& table : situation_.sweep().staged) {
      if (std::find(roots.begin(), roots.end(), table) == roots.end() &&
          situation_.criteria().contains(table))
        roots.push_back(table);
      wanted.push_back(table);
      stages = true;
    }
    if (wanted.empty()) return;
    const plan::Scope scope = plan::census_scope(situation_.sweep().map, wanted);
    std::erase_if(roots, [&](const TableName& table) { return !scope.holds(table); });
    in_census_.insert(roots.begin(), roots.end());
    read_census(tx_.exec(compiler_.census(roots, stages)));
  }

  void read_census(const store::Rows& rows) {
    std::map<std::pair<Act, TableName>, std::uint64_t> taken;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const TableName table(rows.text(r, 0));
      const Act act = act_of(rows.text(r, 1));
      const std::string_view what = rows.text(r, 2);
      const auto number = static_cast<std::uint64_t>(rows.integer(r, 5));
      if (what == "gone") {
        along_[{act, table}] = number;
        continue;
      }
      Found& found = found_[{&situation_.criteria().at(table),
                             static_cast<std::size_t>(rows.integer(r, 3)), act}];
      if (what == "taken") {
        found.taken += number;
        if (rows.boolean(r, 4)) found.taken_late += number;
        taken[{act, table}] += number;
      } else if (what == "held") {
        found.held += number;
      } else {
        found.by_child += number;
      }
    }
    for (const auto& [of, number] : taken) along_[of] -= std::min(along_[of], number);
    for (auto& [place, found] : found_) found.by_child -= std::min(found.by_child, found.held);
  }

  static Act act_of(std::string_view name) {
    for (const Act act : {Act::hide, Act::purge, Act::restore}) {
      if (plan::to_text(act) == name) return act;
    }
    return Act::remove;
  }

  void tell_along(Act act) {
    for (const auto& [of, rows] : along_) {
      const auto& [what, table] = of;
      if (what != act) continue;
      if (act == Act::restore) {
        add({table, "", "restored", "restore", rows});
        survey_.restored += rows;
      } else {
        add({table, "", "taken_along", action_of(table, act), rows});
        survey_.going[table] += rows;
      }
      if (act == Act::purge || act == Act::restore) no_longer_wait(table, rows);
    }
  }

  // Rows that leave their stage are told of by where they go.
  void no_longer_wait(const TableName& table, std::uint64_t rows) {
    for (Count& count : survey_.counts) {
      if (count.table != table || (count.state != "soft-deleted" && count.state != "scheduled"))
        continue;
      const std::uint64_t gone = std::min(rows, count.rows);
      count.rows -= gone;
      rows -= gone;
    }
  }

  // Where nothing hides rows from the site's application they are not said to be soft-deleted.
  void tell_not_hidden() {
    for (const auto& [rule, tables] : blind_to_) {
      std::string names;
      for (const TableName& table : tables) names += (names.empty() ? "" : ", ") + table;
      survey_.notices.push_back({"hidden", "",
                                 "rows due by rule \"" + rule +
                                     "\" are only scheduled, because the data map does not say how "
                                     "the site's application is made blind to them: " +
                                     names,
                                 "give these tables `hidden` in the data map", false});
    }
  }

  // A pass that takes nothing along.
  void alone(const plan::Pass& pass, Found& found) {
    const plan::SweepStatement statement = compiler_.window(pass, {});
    const plan::SweepOutcome outcome = statement.read(tx_.exec(statement.compiled.sql));
    found.taken = outcome.taken;
    found.taken_late = std::min(found.overdue, found.taken);
    found.held = outcome.held;
    found.by_child = outcome.by_child;
    // What an erasure had to leave is anonymised by its own pass also where it follows what goes.
    if (pass.criteria->maxima[pass.maximum].erasure)
      along_[{Act::remove, pass.table().name}] -=
          std::min(along_[{Act::remove, pass.table().name}], found.taken);
  }

  void tell(const plan::Pass& pass, const Found& found) {
    const TableName& table = pass.table().name;
    const std::string& rule = pass.rule().rule.id;
    const std::string action =
        pass.then() == rule::Then::anonymise ? "anonymise" : action_of(table, pass.act);
    if (action == "schedule" && found.taken > 0) blind_to_[rule].push_back(table);
    add({table, rule, "due", action, found.taken - found.taken_late});
    add({table, rule, "overdue", action, found.taken_late});
    add({table, rule, "held", "", found.held});
    add({table, rule, "kept_by_child", "", found.by_child});
    const std::uint64_t accounted = found.taken + found.held + found.by_child;
    const std::uint64_t due = found.due + found.overdue;
    if (pass.then() == rule::Then::anonymise && due > accounted)
      add({table, rule, "anonymised", "", due - accounted});
    survey_.going[table] += found.taken;
    if (pass.act == Act::purge) no_longer_wait(table, found.taken);
  }

  store::Tx& tx_;
  const Situation& situation_;
  plan::SweepCompiler compiler_;
  bool due_only_;
  Survey survey_;
  std::map<Place, Found> found_;
  std::set<TableName> in_census_;
  std::map<std::pair<Act, TableName>, std::uint64_t> along_;
  std::map<std::string, std::vector<TableName>> blind_to_;  // by rule: tables without `hidden`
  std::vector<Count> unfound_;                              // due, and out of a sweep's reach
};

}  // namespace

std::uint64_t Survey::rows_going() const {
  std::uint64_t sum = 0;
  for (const auto& [table, rows] : going) sum += rows;
  return sum;
}

std::uint64_t Survey::rows_in(std::string_view state) const {
  std::uint64_t sum = 0;
  for (const Count& count : counts) sum += count.state == state ? count.rows : 0;
  return sum;
}

Survey survey(store::Tx& tx, const Situation& situation) {
  return Surveying(tx, situation, false).run();
}

Survey survey_due(store::Tx& tx, const Situation& situation, const rule::Limits& limits) {
  Survey survey = Surveying(tx, situation, true).run();
  const auto percent = static_cast<std::uint64_t>(limits.percent);
  if (percent == 0 || percent >= 100) return survey;
  const plan::SweepCompiler compiler(situation.sweep());
  for (const auto& [table, rows] : survey.going) {
    const auto found = situation.criteria().find(table);
    if (rows == 0 || found == situation.criteria().end() || !found->second.swept()) continue;
    // So many rows are enough for those that go to be no more than the limit.
    const std::uint64_t enough = (rows * 100 + percent - 1) / percent;
    const store::Rows size = tx.exec(compiler.size(*found->second.table, enough));
    survey.total[table] = static_cast<std::uint64_t>(size.integer(0, 0));
  }
  return survey;
}

Json to_json(const Count& count) {
  Json json{{"table", count.table}, {"state", count.state}, {"rows", count.rows}};
  if (!count.rule.empty()) json["rule"] = count.rule;
  if (!count.action.empty()) json["action"] = count.action;
  return json;
}

Json to_json(const Notice& notice) {
  return {{"finding", notice.finding},
          {"table", notice.table},
          {"message", notice.message},
          {"remedy", notice.remedy},
          {"skipped", notice.skipped}};
}

}  // namespace ccctl::retention
