#include "support/sweeping.h"

#include <algorithm>
#include <fstream>

#include "base/calendar.h"
#include "plan/criteria.h"
#include "rule/precedence.h"
#include "run/window.h"

namespace ccctl::testing {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSchema[] = {
    "CREATE TABLE public.tenants (tenant_id text PRIMARY KEY, zone text, contract_end date)",
    "CREATE TABLE public.people (tenant_id text, id integer, name text, created timestamptz, "
    "PRIMARY KEY (tenant_id, id))",
    "CREATE TABLE public.items (tenant_id text, id integer, kind text, label text, body text, "
    "created timestamptz, ended timestamptz, day date, owner integer, parent integer, PRIMARY KEY "
    "(tenant_id, id), FOREIGN KEY (tenant_id, owner) REFERENCES public.people, FOREIGN KEY "
    "(tenant_id, parent) REFERENCES public.items)",
    "CREATE INDEX ON public.items (tenant_id, created, id)",
    "CREATE INDEX ON public.items (tenant_id, owner)",
    "CREATE INDEX ON public.items (tenant_id, parent)"};
constexpr const char* kOfItems[] = {
    "CREATE TABLE public.TABLE (tenant_id text, id integer, body text, created timestamptz, item "
    "integer, label text, PRIMARY KEY (KEY), FOREIGN KEY (tenant_id, item) REFERENCES "
    "public.items)PARTED",
    "CREATE INDEX ON public.TABLE (tenant_id, item)",
    "CREATE INDEX ON public.TABLE (tenant_id, created)"};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::string hold_id(int number) {
  return "00000000-0000-4000-8000-00000000000" + std::to_string(number);
}

std::string key_of(bool partitioned) {
  return partitioned ? "tenant_id, id, created" : "tenant_id, id";
}

std::string map_yaml(const std::string& down, bool partitioned) {
  const std::string map = R"(apiVersion: ccctl/v1
kind: DataMap
tenant: {column: tenant_id}
tenants: {table: tenants, key: tenant_id, zone: zone, anchors: {end: contract_end}}
subjects:
  person: {table: people, label: name}
tables:
  tenants: {key: [tenant_id], category: registration, data: company, erase: delete}
  people:
    key: [tenant_id, id]
    category: registration
    data: profile
    erase: delete
    anchors: {created: created}
    columns: {name: {is: name, erase: null}}
  items:
    key: [tenant_id, id]
    category: generated
    data: [{when: {kind: a}, is: alpha}, {when: {kind: b}, is: beta}]
    retention_label: label
    erase: delete
    clean: [kind]
    anchors: {created: created, ended: ended, day: day, both: {latest_of: [created, ended]}, end: {tenant: end}}
    columns: {body: {free: true, erase: null}}
    links:
      owner:  {from: [tenant_id, owner], to: people, down: follow}
      parent: {from: [tenant_id, parent], to: items, down: )" +
                          down + R"(}
  notes:
    key: [KEY]
    retention_label: label
    category: generated
    data: note
    erase: delete
    anchors: {created: created}
    columns: {body: {free: true, erase: null}}
    links:
      item: {from: [tenant_id, item], to: items, down: follow}
  logs:
    key: [KEY]
    retention_label: label
    category: host_usage
    data: log
    erase: anonymise
    anchors: {created: created}
    columns: {body: {free: true, erase: null}}
    links:
      item: {from: [tenant_id, item], to: items, down: cut}
)";
  return replaced(map, "KEY", key_of(partitioned));
}

constexpr const char* kZones[] = {"UTC", "Europe/Berlin", "Asia/Tokyo", "America/New_York",
                                  "tenant"};
constexpr const char* kPeriods[] = {"P30D", "P1M", "P3M", "P1Y", "P2W", "PT36H", "P1M1D"};

template <class T, std::size_t N>
const T& pick(std::mt19937_64& random, const T (&list)[N]) {
  return list[random() % N];
}

bool chance(std::mt19937_64& random, unsigned percent) {
  return random() % 100 < percent;
}

std::string quoted(const std::optional<std::string>& text) {
  return text ? "'" + *text + "'" : "NULL";
}

}  // namespace

// A rule of the random pack, in one line.
std::string Sweeping::random_rule(Random& random, int number) {
  static const char* anchors[] = {"created", "created", "created",    "ended",  "day",
                                  "both",    "end",     "tenant.end", "nowhere"};
  static const char* matches[] = {"category: generated",
                                  "category: host_usage",
                                  "category: registration",
                                  "data: alpha",
                                  "data: beta",
                                  "data: note",
                                  "label: keep",
                                  "tenant: acme",
                                  "data: alpha, tenant: acme",
                                  ""};
  const std::string anchor = pick(random, anchors);
  const bool of_days = anchor == "day" || anchor == "end" || anchor == "tenant.end";
  std::string period = pick(random, kPeriods);
  const bool day = chance(random, 25) && period != "PT36H";
  if (of_days && period == "PT36H") period = "P30D";
  std::string rule = "{id: r" + std::to_string(number) + ", match: {" + pick(random, matches) +
                     "}, anchor: " + anchor + ", basis: contract, reason: test";
  if (day) rule += ", granularity: day";
  const auto kind = random() % 10;
  if (kind < 3) {
    rule += ", min: " + period + (chance(random, 50) ? ", pending: ignore" : "");
  } else {
    rule += (kind < 5 ? ", within: " : ", after: ") + period;
    if (kind == 3) rule += ", lead: P2D";
    if (chance(random, 25)) rule += ", then: anonymise";
    if (chance(random, 20)) rule += ", lock: compliance";
  }
  return rule + "}";
}

void Sweeping::choose_pack(Random& random) {
  zone_ = kZones[random() % 4];
  pack_head_ = "apiVersion: ccctl/v1\nkind: Retention\nzone: " + std::string(pick(random, kZones)) +
               "\nlimits: {rows: 1000000, percent: " + std::to_string(case_.percent) + "}\n";
  if (chance(random, 30)) pack_head_ += "anchor_floor: \"1990-01-01\"\n";
  const int count = 1 + static_cast<int>(random() % 6);
  for (int i = 0; i < count; ++i) pack_rules_.push_back(random_rule(random, i));
  write_pack();
}

void Sweeping::write_pack() {
  pack_yaml_ = pack_head_ + "rules:\n";
  for (const std::string& rule : pack_rules_) pack_yaml_ += "  - " + rule + "\n";
  fs::create_directories(folder_ / "pack");
  std::ofstream(folder_ / "pack" / "pack.yaml")
      << "apiVersion: ccctl/v1\nkind: Pack\nname: random\nabout: a test\n";
  std::ofstream(folder_ / "pack" / "retention.yaml") << pack_yaml_;
  pack_ = policy::load_pack(folder_ / "pack");
  rules_ = rule::resolve(pack_, rule::MatchAll::allow);
}

// Mostly beside the edges of some rule's due ranges.
std::optional<std::string> Sweeping::anchor(Random& random, const std::string& name) const {
  if (chance(random, 6)) return std::nullopt;
  if (chance(random, 2)) return "infinity";
  if (chance(random, 2)) return "-infinity";
  const rule::RuleInForce& rule = rules_.rules[random() % rules_.rules.size()];
  const std::string zone = rule.zone == "tenant" ? zone_ : rule.zone;
  const std::optional<Duration> period = plan::period_of(rule, rules_, "acme");
  Instant at = as_of_ - std::chrono::days(random() % 500);
  if (chance(random, 5)) at = as_of_ + std::chrono::hours(random() % 100);
  if (chance(random, 3)) at = *parse_instant("1975-06-01T00:00:00Z");
  const bool time = period && period->seconds != 0;
  if (period && chance(random, 65)) {
    if (name == "day" && !time) {
      const auto ranges = due_ranges_of_days(*period, zone, as_of_);
      at = Instant(ranges[random() % ranges.size()].to) +
           std::chrono::days(static_cast<int>(random() % 3) - 1);
    } else if (name != "day" && !(time && rule.rule.granularity == Granularity::day)) {
      const auto ranges = due_ranges(*period, zone, rule.rule.granularity, as_of_);
      at = ranges[random() % ranges.size()].to +
           std::chrono::microseconds(static_cast<int>(random() % 3) - 1);
    }
  }
  const std::string text = to_text(at);
  return name == "day" ? text.substr(0, 10) : text;
}

void Sweeping::fill(Random& random) {
  std::vector<std::string> statements;
  statements.push_back("INSERT INTO public.tenants VALUES ('acme', '" + zone_ + "', " +
                       (end_.empty() ? "NULL" : "'" + end_ + "'") + ")");
  const auto id_below = [&](std::size_t most) { return std::to_string(1 + random() % most); };
  const auto add = [&](SweptRow row, const std::string& values) {
    statements.push_back("INSERT INTO public." + row.table + " VALUES ('acme', " + row.id + ", " +
                         values + ")");
    rows_.push_back(std::move(row));
  };
  for (int i = 1; i <= 12; ++i) {
    SweptRow row{
        "people", std::to_string(i), "", "", {{"created", anchor(random, "created")}}, {}, {}, {}};
    const std::string created = quoted(row.anchors["created"]);
    add(std::move(row), "'name', " + created);
  }
  for (int i = 1; i <= 70; ++i) {
    SweptRow row{"items", std::to_string(i), "", "", {}, {}, {}, {}};
    static const char* kinds[] = {"a", "b", "c"};
    row.kind = pick(random, kinds);
    row.label = chance(random, 20) ? "keep" : "";
    for (const char* name : {"created", "ended", "day"}) row.anchors[name] = anchor(random, name);
    if (chance(random, 60)) row.owner = id_below(12);
    if (i > 1 && chance(random, 35)) row.parent = id_below(static_cast<std::size_t>(i) - 1);
    const std::string values =
        "'" + row.kind + "', " + (row.label.empty() ? "NULL" : "'" + row.label + "'") +
        ", 'body', " + quoted(row.anchors["created"]) + ", " + quoted(row.anchors["ended"]) + ", " +
        quoted(row.anchors["day"]) + ", " + row.owner.value_or("NULL") + ", " +
        row.parent.value_or("NULL");
    add(std::move(row), values);
  }
  for (const char* table : {"notes", "logs"}) {
    for (int i = 1; i <= (case_.partitioned ? 400 : 60); ++i) {
      SweptRow row{
          table, std::to_string(i), "", "", {{"created", anchor(random, "created")}}, {}, {}, {}};
      while (case_.partitioned && !row.anchors["created"])
        row.anchors["created"] = anchor(random, "created");
      if (chance(random, 70)) row.item = id_below(70);
      if (case_.partitioned && chance(random, 8)) row.label = "keep";
      const std::string values = "'body', " + quoted(row.anchors["created"]) + ", " +
                                 row.item.value_or("NULL") +
                                 (row.label.empty() ? ", NULL" : ", '" + row.label + "'");
      add(std::move(row), values);
    }
  }
  for (int i = 1001; case_.partitioned && i <= 1012; ++i) {
    std::optional<std::string> at;
    while (!at) at = anchor(random, "created");
    for (const std::string table : {"notes", "logs"})
      statements.push_back("INSERT INTO public." + table + " VALUES ('zeta', " + std::to_string(i) +
                           ", 'body', " + quoted(at) + ")");
  }
  session_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    for (const std::string& statement : statements) tx.exec(store::Sql(statement));
  });
}

void Sweeping::add_holds(Random& random) {
  const Instant now = as_of_;
  rule::Hold hold;
  hold.matter = hold.reason = hold.custodian = "test";
  hold.added_by = "postgres";
  for (int i = 0; i < 2; ++i) {
    hold.subjects = {{"person", {std::to_string(1 + random() % 12)}}};
    hold.id = hold_id(i);
    held_people_.insert(hold.subjects.front().key.front());
    rule::add_hold(session_, "acme", hold, now);
  }
  hold.subjects.clear();
  if (case_.partitioned) {
    const Instant from = as_of_ - std::chrono::days(random() % 400);
    held_range_.emplace(from, from + std::chrono::days(1 + random() % 20));
    hold.id = hold_id(2);
    hold.created_from = held_range_->first;
    hold.created_to = held_range_->second;
    return void(rule::add_hold(session_, "acme", hold, now));
  }
  hold.id = hold_id(2);
  if (chance(random, 50)) {
    hold.data = held_data_.emplace(chance(random, 50) ? "beta" : "note");
  } else if (chance(random, 50)) {
    hold.category = held_category_.emplace("host_usage");
  } else {
    return;
  }
  rule::add_hold(session_, "acme", hold, now);
}

void Sweeping::approve() {
  session_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    const std::string id = retention::missing_approval(tx, system_context(), *ground_, now);
    if (!id.empty()) policy::sign(tx, "acme", id, "somebody else", now);
  });
}

Sweeping::Sweeping(const SweepCase& wanted)
    : case_(wanted),
      folder_(fs::temp_directory_path() / ("ccctl-sweeping-" + std::to_string(::getpid()) + "-" +
                                           std::to_string(wanted.seed) + wanted.down)),
      database_(Database::fresh()),
      session_(database_.session()),
      map_(datamap::read_map(map_yaml(wanted.down, wanted.partitioned), "datamap.yaml")),
      as_of_(*parse_instant("2025-03-31T09:30:00Z")) {
  Random random(wanted.seed);
  // The first days of a month, the last ones, and those when the clocks change.
  as_of_ +=
      std::chrono::hours(random() % 24) + std::chrono::days(random() % 220) - std::chrono::days(2);
  choose_pack(random);
  if (chance(random, 70)) end_ = to_text(as_of_ - std::chrono::days(random() % 60)).substr(0, 10);
  session_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    for (const char* statement : kSchema) tx.exec(statement);
    for (const std::string table : {"notes", "logs"}) {
      for (const char* statement : kOfItems)
        tx.exec(replaced(
            replaced(replaced(replaced(statement, "TABLE public.TABLE", "TABLE public." + table),
                              "public.TABLE", "public." + table),
                     "KEY (KEY)", "KEY (" + key_of(wanted.partitioned) + ")"),
            "PARTED", wanted.partitioned ? " PARTITION BY RANGE (created)" : ""));
    }
  });
  if (wanted.partitioned) make_partitions(random);
  fill(random);
  if (wanted.holds) add_holds(random);
  if (wanted.reversed) {
    std::reverse(pack_rules_.begin(), pack_rules_.end());
    write_pack();
  }
  ground_.emplace(retention::Ground{map_, rules_, "acme", pack_.name, pack_.digest});
  options.as_of = as_of_;
  options.waivers.first_run_ok = true;
  options.window_rows = wanted.window;
}

Sweeping::~Sweeping() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string Sweeping::text(const std::string& sql) {
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  return std::string(tx.exec(store::Sql(sql)).text(0, 0));
}

retention::SweepReport Sweeping::sweep() {
  approve();
  retention::Sweep sweep({session_,
                          [this] { return database_.session(); },
                          system_context(),
                          "postgres",
                          [](const std::string&) -> object::ObjectStore& {
                            throw std::logic_error("there are no objects");
                          },
                          interrupted,
                          {}},
                         *ground_, options);
  sweep.prepare();
  return sweep.run();
}

retention::Survey Sweeping::survey() {
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  const retention::Situation situation(tx, *ground_, as_of_, false);
  return retention::survey(tx, situation);
}

std::set<std::string> Sweeping::left() {
  std::set<std::string> lines;
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  for (const char* sql :
       {"SELECT 'people ' || id || ' ' || COALESCE(name, '-') FROM public.people",
        "SELECT 'items ' || id || ' ' || COALESCE(body, '-') || ' ' || COALESCE(parent::text, '-') "
        "FROM public.items",
        "SELECT 'notes ' || id || ' ' || COALESCE(body, '-') FROM public.notes WHERE tenant_id = "
        "'acme'",
        "SELECT 'logs ' || id || ' ' || COALESCE(body, '-') || ' ' || COALESCE(item::text, '-') "
        "FROM public.logs WHERE tenant_id = 'acme'"}) {
    const store::Rows rows = tx.exec(sql);
    for (std::size_t r = 0; r < rows.size(); ++r) lines.emplace(rows.text(r, 0));
  }
  return lines;
}

std::string Sweeping::told() {
  const std::string gone =
      text("SELECT COALESCE(sum((tallies::jsonb ->> 'rows')::bigint), 0)::text FROM ccctl.receipt");
  const std::string leafless = text(
      "SELECT count(*)::text FROM ccctl.receipt r WHERE NOT EXISTS (SELECT FROM ccctl.pending p "
      "WHERE p.leaf_hash = r.leaf_hash)");
  const std::string open = text(
      "SELECT ((SELECT count(*) FROM ccctl.attempt) + (SELECT count(*) FROM "
      "ccctl.destruction WHERE closed_at IS NULL))::text");
  return gone + " rows, " + leafless + " without a leaf, " + open + " open";
}

}  // namespace ccctl::testing
