// The tables of a random datastore with stages, and its rows as they come and change.
#include <algorithm>

#include "base/calendar.h"
#include "plan/criteria.h"
#include "support/staging.h"

namespace ccctl::testing {

using std::chrono::days;
using std::chrono::microseconds;

namespace {

std::string literal(const std::optional<std::string>& text) {
  return text ? "'" + *text + "'" : "NULL";
}

}  // namespace

void Staging::choose_tables() {
  const std::vector<HiddenBy> ways{HiddenBy::nothing, HiddenBy::stamp, HiddenBy::flag,
                                   HiddenBy::tombstone};
  const auto table = [&](const char* name, const char* category, int rows,
                         std::vector<StagedLink> links) {
    StagedTable made;
    made.name = name;
    made.category = category;
    made.data = {{"", name}};
    made.links = std::move(links);
    made.hidden = pick(ways);
    made.rows = rows;
    tables_.push_back(std::move(made));
  };
  table("people", "registration", 7, {{"canonical", "people", false}});
  table("threads", "generated", 18, {{"owner", "people", true}, {"parent", "threads", chance(60)}});
  tables_.back().data = {{"a", "alpha"}, {"b", "beta"}};
  tables_.back().unit = chance(50);
  table("notes", "generated", 22, {{"thread", "threads", true}, {"author", "people", false}});
  table("logs", "host_usage", 12, {{"thread", "threads", false}});
  table("files", "generated", 14, {{"note", "notes", true}, {"person", "people", chance(50)}});
  table("marks", "host_usage", 8, {{"note", "notes", true}});
  tables_.back().keyless = true;
  tables_.back().hidden = HiddenBy::nothing;
  std::shuffle(tables_.begin(), tables_.end(), random_);
}

std::string Staging::map_of(const StagedTable& table) const {
  const std::string name = table.name;
  std::string yaml = "  " + name + ":\n    key: " + (table.keyless ? "[]" : "[tenant_id, id]") +
                     "\n    category: " + table.category + "\n    data: [";
  for (std::size_t i = 0; i < table.data.size(); ++i) {
    yaml += std::string(i == 0 ? "" : ", ") + "{" +
            (table.data[i].first.empty() ? "" : "when: {kind: " + table.data[i].first + "}, ") +
            "is: " + table.data[i].second + "}";
  }
  yaml += "]\n    retention_label: label\n    erase: delete\n    clean: [kind, hidden, hidden_at";
  if (table.keyless) yaml += ", id";
  yaml +=
      "]\n    anchors: {created: created, ended: ended, day: day, both: {latest_of: [created, "
      "ended]}, end: {tenant: end}}\n    columns: {body: {free: true, erase: null}}\n";
  if (table.unit) yaml += "    unit: true\n";
  if (table.hidden == HiddenBy::stamp) yaml += "    hidden: {column: hidden_at}\n";
  if (table.hidden == HiddenBy::flag) yaml += "    hidden: {column: hidden}\n";
  if (table.hidden == HiddenBy::tombstone)
    yaml += "    hidden: {view: seen_" + name + ", tombstones: tombs_" + name + "}\n";
  yaml += "    links:\n";
  for (const StagedLink& link : table.links) {
    yaml += "      " + link.column + ": {from: [tenant_id, " + link.column + "], to: " + link.to +
            ", down: " + (link.follow ? "follow" : "cut") + "}\n";
  }
  return yaml;
}

std::string Staging::map_text() const {
  std::string yaml =
      "apiVersion: ccctl/v1\nkind: DataMap\ntenant: {column: tenant_id}\ntenants: {table: tenants, "
      "key: tenant_id, zone: zone, anchors: {end: contract_end}}\nignore: [\"tombs_*\", "
      "\"seen_*\"]\nsubjects:\n  person: {table: people, merge: {canonical: canonical}, label: "
      "body}\ntables:\n  tenants: {key: [tenant_id], category: registration, data: company, erase: "
      "delete}\n";
  for (const StagedTable& table : tables_) yaml += map_of(table);
  return yaml;
}

void Staging::run(const std::string& script) {
  if (script.empty()) return;
  session_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    tx.exec(
        store::Sql("DO $body$ BEGIN SET LOCAL search_path = public; SET LOCAL TimeZone = "
                   "'UTC';\n" +
                   script + " END $body$"));
  });
}

void Staging::make_tables() {
  std::string script =
      "CREATE TABLE tenants (tenant_id text PRIMARY KEY, zone text, contract_end date);\n";
  std::string keys;
  for (const StagedTable& table : tables_) {
    script += "CREATE TABLE " + table.name +
              " (tenant_id text, id integer, kind text, label text, body text, created "
              "timestamptz, ended timestamptz, day date, hidden boolean, hidden_at timestamptz";
    for (const StagedLink& link : table.links) script += ", " + link.column + " integer";
    script += table.keyless ? ");\n" : ", PRIMARY KEY (tenant_id, id));\n";
    for (const StagedLink& link : table.links) {
      keys += "ALTER TABLE " + table.name + " ADD FOREIGN KEY (tenant_id, " + link.column +
              ") REFERENCES " + link.to + ";\n";
      script += "CREATE INDEX ON " + table.name + " (tenant_id, " + link.column + ");\n";
    }
    if (chance(50)) script += "CREATE INDEX ON " + table.name + " (tenant_id, created, id);\n";
    if (table.hidden == HiddenBy::tombstone)
      script += "CREATE TABLE tombs_" + table.name +
                " (tenant_id text, id integer, PRIMARY KEY (tenant_id, id));\nCREATE VIEW seen_" +
                table.name + " AS SELECT id FROM " + table.name + ";\n";
  }
  run(script + keys);
}

// Mostly beside the edges of some rule's due ranges, now or some weeks later.
std::optional<std::string> Staging::anchor(const std::string& column) {
  if (chance(5)) return std::nullopt;
  if (chance(2)) return "infinity";
  if (chance(2)) return "-infinity";
  const rule::RuleInForce& rule = rules_.rules[below(rules_.rules.size())];
  const std::string zone = rule.zone == "tenant" ? "Asia/Tokyo" : rule.zone;
  const std::optional<Duration> period = plan::period_of(rule, rules_, "acme");
  const Instant when = as_of_ + days(chance(60) ? 0 : below(80));
  Instant at = as_of_ - days(below(500));
  if (chance(4)) at = as_of_ + days(below(60));
  const bool time = period && period->seconds != 0;
  if (period && chance(50)) {
    const int beside = static_cast<int>(below(3)) - 1;
    if (column == "day" && !time) {
      const auto ranges = due_ranges_of_days(*period, zone, when);
      at = Instant(ranges[below(ranges.size())].to) + days(beside);
    } else if (column != "day" && !(time && rule.rule.granularity == Granularity::day)) {
      const auto ranges = due_ranges(*period, zone, rule.rule.granularity, when);
      at = ranges[below(ranges.size())].to + microseconds(beside);
    }
  }
  return column == "day" ? to_text(at).substr(0, 10) : to_text(at);
}

std::string Staging::values_of(const StagedTable& table, const std::string& tenant, int id) {
  std::string sql = "('" + tenant + "', " + std::to_string(id) + ", '" +
                    pick(std::vector<std::string>{"a", "b", "c"}) + "', " +
                    (chance(12) ? "'keep'" : "NULL") + ", 'body', " + literal(anchor("created")) +
                    ", " + literal(anchor("ended")) + ", " + literal(anchor("day")) + ", " +
                    (chance(5) ? "true" : "false") + ", " +
                    (chance(5) ? "'2024-01-01T00:00:00Z'" : "NULL");
  for (const StagedLink& link : table.links) {
    const unsigned percent = link.to == table.name ? 30 : 70;
    const int most = ids_[tenant + " " + link.to];
    sql += ", " +
           (chance(percent) && most > 0
                ? "(SELECT id FROM " + link.to + " WHERE tenant_id = '" + tenant + "' AND id = " +
                      std::to_string(1 + below(static_cast<std::uint64_t>(most))) + ")"
                : std::string("NULL"));
  }
  return sql + ")";
}

void Staging::add_row(std::string& script, const StagedTable& table, const std::string& tenant) {
  script += "INSERT INTO " + table.name + " VALUES " +
            values_of(table, tenant, ++ids_[tenant + " " + table.name]) + ";\n";
  if (table.hidden == HiddenBy::tombstone && chance(5))
    script += "INSERT INTO tombs_" + table.name + " VALUES ('" + tenant + "', " +
              std::to_string(ids_[tenant + " " + table.name]) + ");\n";
}

void Staging::fill(const Tenant& tenant) {
  const std::optional<std::string> end =
      chance(60) ? std::optional(to_text(as_of_ - days(below(60))).substr(0, 10)) : std::nullopt;
  const std::string zone =
      chance(8) ? "NULL"
                : pick(std::vector<std::string>{"'UTC'", "'Europe/Berlin'", "'Asia/Tokyo'",
                                                "'America/New_York'"});
  std::string script =
      "INSERT INTO tenants VALUES ('" + tenant.name + "', " + zone + ", " + literal(end) + ");\n";
  for (const char* name : {"people", "threads", "notes", "logs", "files", "marks"}) {
    const StagedTable& table = *std::find_if(tables_.begin(), tables_.end(),
                                             [&](const auto& each) { return each.name == name; });
    for (int i = 0; i < table.rows; ++i) add_row(script, table, tenant.name);
  }
  run(script);
}

// What a site does between two sweeps.
void Staging::change_rows(const Tenant& tenant) {
  std::string script;
  const std::string ours = " WHERE tenant_id = '" + tenant.name + "'";
  const auto some = [&](unsigned percent) {
    return ours + " AND id % 7 = " + std::to_string(below(7)) +
           (percent < 50 ? " AND id % 2 = 0" : "");
  };
  for (const StagedTable& table : tables_) {
    if (chance(25)) add_row(script, table, tenant.name);
    if (chance(20)) {
      const std::string column = pick(std::vector<std::string>{"created", "ended", "day"});
      script += "UPDATE " + table.name + " SET " + column + " = " + literal(anchor(column)) +
                some(40) + ";\n";
    }
    if (chance(15)) {
      const StagedLink& link = pick(table.links);
      script += "UPDATE " + table.name + " SET " + link.column + " = (SELECT max(id) FROM " +
                link.to + ours + ")" + some(40) + ";\n";
    }
    if (chance(10) && (table.name == "files" || table.name == "logs"))
      script += "DELETE FROM " + table.name + some(80) + ";\n";
    if (chance(10) && table.hidden == HiddenBy::stamp)
      script += "UPDATE " + table.name +
                " SET hidden_at = " + (chance(50) ? "NULL" : "'2024-02-02T00:00:00Z'") + some(40) +
                ";\n";
    if (chance(10) && table.hidden == HiddenBy::flag)
      script += "UPDATE " + table.name + " SET hidden = " + (chance(50) ? "NULL" : "true") +
                some(40) + ";\n";
    if (chance(10) && table.hidden == HiddenBy::tombstone)
      script += "DELETE FROM tombs_" + table.name + some(80) + ";\n";
  }
  if (chance(15))
    script +=
        "UPDATE tenants SET contract_end = " +
        (chance(40) ? "NULL"
                    : "'" + to_text(as_of_ + days(below(90)) - days(60)).substr(0, 10) + "'") +
        ours + ";\n";
  run(script);
}

namespace {

std::optional<std::string> cell_of(const store::Rows& rows, std::size_t r, std::size_t c) {
  return rows.is_null(r, c) ? std::nullopt : std::optional(std::string(rows.text(r, c)));
}

// By whom a row is hidden from the site's application, as far as that can be told.
std::string mark_sql(const StagedTable& table) {
  switch (table.hidden) {
    case HiddenBy::nothing:
      return "NULL";
    case HiddenBy::stamp:
      return "CASE WHEN t.hidden_at IS NULL THEN NULL WHEN EXISTS (SELECT FROM ccctl.stage g WHERE "
             "g.tenant_id = t.tenant_id AND g.table_name = '" +
             table.name +
             "' AND g.key = '[\"' || t.id || '\"]' AND g.made_at = t.hidden_at) THEN 'ours' ELSE "
             "'site' END";
    case HiddenBy::flag:
      return "CASE WHEN t.hidden THEN 'hidden' END";
    case HiddenBy::tombstone:
      return "(SELECT 'hidden' FROM public.tombs_" + table.name +
             " h WHERE h.tenant_id = t.tenant_id AND h.id = t.id)";
  }
  return "";
}

void read_rows(store::Tx& tx, const StagedTable& table, const std::string& tenant,
               StagedState& state) {
  const auto iso = [](const std::string& column) {
    return "CASE WHEN isfinite(t." + column + ") THEN to_char(t." + column +
           " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') ELSE t." + column +
           "::text END";
  };
  std::string sql = "SELECT t.id::text, t.kind, t.label, t.body, " + iso("created") + ", " +
                    iso("ended") +
                    ", CASE WHEN isfinite(t.day) THEN to_char(t.day, 'YYYY-MM-DD') ELSE "
                    "t.day::text END, " +
                    mark_sql(table);
  for (const StagedLink& link : table.links) sql += ", t." + link.column + "::text";
  sql += " FROM public." + table.name + " t WHERE t.tenant_id = $1::text";
  const store::Rows rows = tx.exec({sql, {tenant}});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const StagedKey key{table.name, std::string(rows.text(r, 0))};
    Cells& cells = state.rows[key];
    const char* names[] = {"kind", "label", "body", "created", "ended", "day"};
    for (std::size_t c = 0; c < 6; ++c) cells[names[c]] = cell_of(rows, r, c + 1);
    if (!rows.is_null(r, 7)) state.marks[key] = std::string(rows.text(r, 7));
    for (std::size_t c = 0; c < table.links.size(); ++c)
      cells[table.links[c].column] = cell_of(rows, r, c + 8);
  }
}

}  // namespace

StagedState Staging::read(const std::string& tenant) {
  StagedState state;
  store::Tx tx = session_.begin(store::Mode::read_only_snapshot);
  const store::Rows stages = tx.exec(
      {"SELECT table_name, key::jsonb ->> 0, stage, marked, acted_at, next_at, rule_id FROM "
       "ccctl.stage WHERE tenant_id = $1::text",
       {tenant}});
  for (std::size_t r = 0; r < stages.size(); ++r) {
    state.stages[{std::string(stages.text(r, 0)), cell_of(stages, r, 1).value_or(tenant)}] = {
        std::string(stages.text(r, 2)), std::string(stages.text(r, 6)), stages.boolean(r, 3),
        *stages.instant(r, 4), *stages.instant(r, 5)};
  }
  const store::Rows own = tx.exec(
      {"SELECT zone, contract_end::text FROM public.tenants WHERE tenant_id = $1::text", {tenant}});
  if (!own.empty())
    state.rows[{"tenants", tenant}] = {{"zone", cell_of(own, 0, 0)}, {"end", cell_of(own, 0, 1)}};
  for (const StagedTable& table : tables_) read_rows(tx, table, tenant, state);
  return state;
}

}  // namespace ccctl::testing
