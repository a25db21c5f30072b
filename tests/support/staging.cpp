#include "support/staging.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <future>

#include "base/calendar.h"
#include "retention/explain.h"
#include "run/window.h"
#include "support/decisions.h"

namespace ccctl::testing {

namespace fs = std::filesystem;
using std::chrono::days;
using std::chrono::microseconds;

namespace {

const std::vector<std::string> kStagedZones{"UTC", "Europe/Berlin", "Asia/Tokyo",
                                            "America/New_York", "tenant"};
const std::vector<std::string> kStagedPeriods{"P30D", "P1M", "P3M", "P1Y", "P2W", "PT36H", "P1M1D"};
const std::vector<std::string> kPurges{"P30D", "P1M", "P10D", "PT36H", "P1D", "P2M"};

std::string number(std::uint64_t n) {
  return std::to_string(n);
}

}  // namespace

// A rule of a random pack, in one line.
std::string Staging::random_rule() {
  static const std::vector<std::string> anchors{"created", "created", "created",    "ended",  "day",
                                                "both",    "end",     "tenant.end", "nowhere"};
  static const std::vector<std::string> matches{"category: generated",
                                                "category: generated",
                                                "category: host_usage",
                                                "category: registration",
                                                "data: alpha",
                                                "data: beta",
                                                "data: notes",
                                                "data: files",
                                                "data: people",
                                                "label: keep",
                                                "tenant: acme",
                                                "data: alpha, tenant: acme",
                                                ""};
  const std::string anchor = pick(anchors);
  const bool of_days = anchor == "day" || anchor == "end" || anchor == "tenant.end";
  std::string period = pick(kStagedPeriods);
  if (of_days && period == "PT36H") period = "P30D";
  std::string rule = "{id: r" + number(static_cast<std::uint64_t>(++rule_number_)) + ", match: {" +
                     pick(matches) + "}, anchor: " + anchor + ", basis: contract, reason: test";
  if (chance(25) && period != "PT36H") rule += ", granularity: day";
  const auto kind = below(20);
  if (kind < 4) return rule + ", min: " + period + (chance(50) ? ", pending: ignore}" : "}");
  rule += (kind < 7 ? ", within: " : ", after: ") + period;
  if (kind == 6) rule += ", lead: P2D";
  if (kind < 17) {
    rule += ", stages: {purge: " + pick(kPurges) + (chance(30) ? ", backups: P90D}" : "}");
  } else if (chance(30)) {
    rule += ", then: anonymise";
  }
  if (chance(20)) rule += ", lock: compliance";
  return rule + "}";
}

void Staging::write_pack() {
  fs::remove_all(folder_);
  fs::create_directories(folder_ / "pack");
  std::ofstream(folder_ / "pack" / "pack.yaml")
      << "apiVersion: ccctl/v1\nkind: Pack\nname: random\nabout: a test\n";
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    std::ofstream file(folder_ / "pack" / ("retention." + std::to_string(i) + ".yaml"));
    file << "apiVersion: ccctl/v1\nkind: Retention\nzone: " << zones_[i]
         << "\nlimits: {rows: 1000000, percent: 100}\nrules:\n";
    for (const std::string& rule : documents_[i]) file << "  - " << rule << "\n";
  }
  pack_ = policy::load_pack(folder_ / "pack");
  rules_ = rule::resolve(pack_, rule::MatchAll::allow);
}

// A rule more or less, or another period until the purge.
void Staging::change_pack() {
  std::vector<std::string>& rules = documents_[below(documents_.size())];
  const auto what = below(3);
  if (what == 0) {
    rules.push_back(random_rule());
  } else if (what == 1 && rules.size() > 1) {
    rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(below(rules.size())));
  } else {
    for (std::string& rule : rules) {
      const std::size_t at = rule.find("purge: ");
      if (at == std::string::npos) continue;
      const std::size_t end = rule.find_first_of(",}", at);
      rule.replace(at, end - at, "purge: " + pick(kPurges));
      break;
    }
  }
  write_pack();
}

Staging::Staging(std::uint64_t seed)
    : seed_(seed),
      random_(seed),
      folder_(fs::temp_directory_path() /
              ("ccctl-staging-" + std::to_string(::getpid()) + "-" + std::to_string(seed))),
      database_(Database::fresh()),
      session_(database_.session()),
      tenants_{{"acme", {}, 0}, {"zeta", {}, 0}},
      as_of_(*parse_instant("2025-03-31T09:30:00Z")) {
  as_of_ += std::chrono::hours(below(24)) + days(below(220)) - days(2);
  choose_tables();
  make_tables();
  map_ = std::make_unique<datamap::Map>(datamap::read_map(map_text(), "datamap.yaml"));
  documents_.resize(chance(30) ? 2 : 1);
  for (auto& rules : documents_) {
    zones_.push_back(pick(kStagedZones));
    for (std::uint64_t i = 0, n = 1 + below(4); i < n; ++i) rules.push_back(random_rule());
  }
  write_pack();
  for (Tenant& tenant : tenants_) {
    fill(tenant);
    if (chance(40)) add_hold(tenant);
  }
}

Staging::~Staging() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string Staging::text() const {
  std::string all = "seed " + number(seed_) + "\n" + map_text();
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    all += "zone " + zones_[i] + ":\n";
    for (const std::string& rule : documents_[i]) all += "  " + rule + "\n";
  }
  return all;
}

void Staging::add_hold(Tenant& tenant) {
  rule::Hold hold;
  hold.id = std::to_string(10'000'000 + tenant.next_hold++) + "-0000-4000-8000-000000000000";
  hold.matter = hold.reason = hold.custodian = "test " + hold.id;
  hold.added_by = "postgres";
  const auto kind = below(10);
  if (kind < 5) {
    hold.subjects = {{"person", {number(1 + below(7))}}};
  } else if (kind < 8) {
    hold.data =
        pick(std::vector<std::string>{"alpha", "notes", "files", "marks", "logs", "people"});
  } else if (kind < 9) {
    hold.category = pick(std::vector<std::string>{"host_usage", "generated", "registration"});
  }
  if (!hold.of_subject() && chance(40)) {
    hold.created_from = as_of_ - days(below(400));
    if (chance(50)) hold.created_to = *hold.created_from + days(1 + below(100));
  }
  rule::add_hold(session_, tenant.name, hold, as_of_);
  tenant.holds.push_back(hold);
}

void Staging::lift_hold(Tenant& tenant) {
  if (tenant.holds.empty()) return;
  const std::size_t which = below(tenant.holds.size());
  run("UPDATE ccctl.hold SET released_at = '2026-01-01T00:00:00Z', grace_until = "
      "'2026-01-08T00:00:00Z' WHERE tenant_id = '" +
      tenant.name + "' AND hold_id = '" + tenant.holds[which].id + "';");
  tenant.holds.erase(tenant.holds.begin() + static_cast<std::ptrdiff_t>(which));
}

Instant Staging::at(const std::string& sql) {
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  const store::Rows rows = tx.exec(store::Sql(sql));
  return rows.empty() || rows.is_null(0, 0) ? as_of_ : *rows.instant(0, 0);
}

void Staging::go_on() {
  Instant next = as_of_ + days(below(40)) + std::chrono::hours(below(24));
  // When somebody's time has come, or just before.
  if (chance(65)) {
    const Instant ripe = at("SELECT next_at FROM ccctl.stage ORDER BY md5(key || '" +
                            number(below(99)) + "') LIMIT 1");
    next = std::max(as_of_, chance(20) ? ripe - microseconds(1) : ripe);
  }
  as_of_ = next;
  if (chance(30)) change_pack();
  for (Tenant& tenant : tenants_) {
    if (chance(60)) change_rows(tenant);
    if (chance(25)) lift_hold(tenant);
    if (chance(25)) add_hold(tenant);
  }
}

retention::Ground Staging::ground(const std::string& tenant) const {
  return {*map_, rules_, tenant, pack_.name, pack_.digest};
}

Staging::Swept Staging::sweep_one(const std::string& tenant, std::uint64_t window, int stop_after) {
  store::Session session = database_.session();
  const retention::Ground grounds = ground(tenant);
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    const std::string id = retention::missing_approval(tx, system_context(), grounds, now);
    if (!id.empty()) policy::sign(tx, tenant, id, "somebody else", now);
  });
  retention::SweepOptions options;
  options.as_of = as_of_;
  options.waivers = {true, true, true};
  options.window_rows = window;
  Swept swept;
  int windows = 0;
  for (bool first = true; first || swept.report.outcome == "paused"; first = false) {
    const std::function<bool()> stops = [&] {
      return first && stop_after > 0 && ++windows > stop_after;
    };
    retention::Sweep sweep({session,
                            [this] { return database_.session(); },
                            system_context(),
                            "postgres",
                            [](const std::string&) -> object::ObjectStore& {
                              throw std::logic_error("there are no objects");
                            },
                            stops,
                            {}},
                           grounds, options);
    const retention::Survey& survey = sweep.prepare();
    if (first) swept.survey = survey;
    swept.report = sweep.run();
    swept.interrupted = swept.interrupted || swept.report.outcome == "paused";
  }
  return swept;
}

void Staging::sweep() {
  std::vector<StagedState> before;
  std::vector<StagedEnd> expected;
  std::vector<Swept> swept;
  for (const Tenant& tenant : tenants_) {
    before.push_back(read(tenant.name));
    StagingModel model(tables_, rules_.rules, tenant.holds, tenant.name, as_of_, before.back());
    expected.push_back(model.sweep());
  }
  const std::vector<std::uint64_t> windows{0, 0, 1, 2, 5};
  std::vector<std::future<Swept>> workers;
  const bool side_by_side = chance(50);
  for (std::size_t i = 0; i < tenants_.size(); ++i) {
    const std::uint64_t window = pick(windows);
    const int stop_after = chance(20) ? 1 + static_cast<int>(below(6)) : 0;
    const auto work = [this, i, window, stop_after] {
      return sweep_one(tenants_[i].name, window, stop_after);
    };
    workers.push_back(std::async(side_by_side ? std::launch::async : std::launch::deferred, work));
  }
  for (std::future<Swept>& worker : workers) swept.push_back(worker.get());
  for (std::size_t i = 0; i < tenants_.size(); ++i) {
    SCOPED_TRACE(tenants_[i].name + " at " + to_text(as_of_));
    compare(tenants_[i], before[i], expected[i], swept[i]);
  }
}

void Staging::compare(const Tenant& tenant, const StagedState& before, const StagedEnd& expected,
                      const Swept& swept) {
  const StagedState after = read(tenant.name);
  const std::set<std::string> want = expected.state.lines(), have = after.lines(),
                              had = before.lines();
  std::vector<std::string> missing, surplus;
  std::set_difference(want.begin(), want.end(), have.begin(), have.end(),
                      std::back_inserter(missing));
  std::set_difference(have.begin(), have.end(), want.begin(), want.end(),
                      std::back_inserter(surplus));
  EXPECT_EQ(missing, std::vector<std::string>{}) << "should be there";
  EXPECT_EQ(surplus, std::vector<std::string>{}) << "should not be there";
  EXPECT_EQ(swept.report.failed, 0U);
  EXPECT_EQ(swept.report.outcome, "complete");
  EXPECT_EQ(swept.report.rows, expected.rows);
  EXPECT_EQ(swept.report.staged, expected.staged);
  EXPECT_EQ(swept.report.restored, expected.restored);
  EXPECT_EQ(swept.survey.rows_going(), expected.rows + expected.staged) << "the dry run";
  EXPECT_EQ(swept.survey.restored, expected.restored) << "the dry run";
  if (::testing::Test::HasFailure()) {
    std::string all;
    for (const std::string& line : had) all += "  " + line + "\n";
    for (const rule::Hold& hold : tenant.holds)
      all += "  held: " +
             (hold.of_subject() ? "person " + hold.subjects.front().key.front()
                                : hold.data + "/" + hold.category) +
             (hold.created_from ? " in a range" : "") + "\n";
    all += "  planned:";
    for (const retention::Count& count : swept.survey.counts)
      all += " " + count.table + "/" + count.rule + "/" + count.state + "/" + count.action + "=" +
             std::to_string(count.rows);
    ADD_FAILURE() << "before:\n" << all;
    return;
  }
  totals.rows += expected.rows;
  totals.staged += expected.staged;
  totals.restored += expected.restored;
  totals.purged += expected.purged;
  totals.stayed += after.rows.size();
  compare_reasons(tenant, after);
}

// What is told of some of the rows that stay.
void Staging::compare_reasons(const Tenant& tenant, const StagedState& after) {
  const StagingModel model(tables_, rules_.rules, tenant.holds, tenant.name, as_of_, after);
  const retention::Ground grounds = ground(tenant.name);
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  const retention::Situation situation(tx, grounds, as_of_, false);
  for (const auto& [key, cells] : after.rows) {
    if (key.first == "tenants" || key.first == "marks" || !chance(12)) continue;
    std::string row = "explain " + key.first + " " + key.second;
    for (const auto& [name, value] : cells) row += " " + name + "=" + value.value_or("-");
    SCOPED_TRACE(row);
    const retention::Explanation told =
        retention::explain(tx, situation, key.first, {key.second}, rules_);
    EXPECT_EQ(!told.holds.empty(), model.held(key));
    rule::Facts facts = model.facts(key);
    facts.holds = told.holds;
    const rule::Decision decision = rule::decide(facts, rules_.rules);
    EXPECT_EQ(told.decision.state, decision.state);
    const StagedKeys all = model.closure(key);
    const bool in_the_way = std::any_of(all.begin(), all.end(), [&](const StagedKey& other) {
      return other != key && model.kept(other);
    });
    const bool due = is_due(decision);
    EXPECT_EQ(told.kept_by_child, due && decision.then == rule::Then::erase && in_the_way);
    ++totals.explained;
  }
}

}  // namespace ccctl::testing
