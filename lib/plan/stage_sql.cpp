// Stages of a sweep: rows are hidden, purged when they have waited for their time, or restored.
#include <algorithm>

#include "datamap/sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::CatalogColumn;
using datamap::CatalogTable;
using datamap::column_sql;
using datamap::key_list_sql;
using datamap::Link;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;
using store::quote_name;

namespace {

// What marks a row in a column of this type: the instant in an SQL expression; empty: nothing can.
std::string mark_sql(const datamap::Map& map, const CatalogColumn& column, const std::string& at) {
  if (column.type == "boolean") return "true";
  if (column.not_null) return "";
  const bool with_zone = column.type.ends_with("with time zone");
  if (column.type.starts_with("timestamp") && with_zone) return "(" + at + ")::" + column.type;
  if ((column.type.starts_with("timestamp") || column.type == "date") && !map.zone.empty())
    return "(" + at + " AT TIME ZONE " + quote_literal(map.zone) + ")::" + column.type;
  return "";
}

std::string unmarked_sql(const CatalogColumn& column, const std::string& alias) {
  const std::string value = column_sql(alias, column.name);
  return value + (column.type == "boolean" ? " IS NOT TRUE" : " IS NULL");
}

bool takes_keys(const CatalogTable& tombstones, const Table& table) {
  return std::all_of(table.key.begin(), table.key.end(),
                     [&](const auto& key) { return tombstones.column(key) != nullptr; }) &&
         std::all_of(tombstones.columns.begin(), tombstones.columns.end(), [&](const auto& column) {
           const bool key =
               std::find(table.key.begin(), table.key.end(), column.name) != table.key.end();
           return key || !column.not_null || column.defaulted || column.identity ||
                  column.generated;
         });
}

}  // namespace

// In a query of its own: what is no plain column row-level security keeps away from the index.
std::string stage_key_sql(const datamap::Map& map, const Table& table, const std::string& alias) {
  return " CROSS JOIN LATERAL (SELECT " + datamap::key_text_sql(map.id_columns(table), alias) +
         " AS k OFFSET 0) gk" + alias;
}

std::string stage_of_sql(const Table& table, const std::string& alias, const std::string& tenant) {
  return "FROM ccctl.stage g WHERE g.tenant_id = " + tenant +
         "::text AND g.table_name = " + quote_literal(table.name) + " AND g.key = gk" + alias +
         ".k";
}

std::string with_stage_sql(const datamap::Map& map, const Table& table, const std::string& alias,
                           const std::string& tenant) {
  return stage_key_sql(map, table, alias) + " LEFT JOIN LATERAL (SELECT g.* " +
         stage_of_sql(table, alias, tenant) + ") g ON true";
}

bool hides(const datamap::Map& map, const datamap::Catalog& catalog, const Table& table) {
  if (!table.hidden) return false;
  if (!table.hidden->column.empty()) {
    const CatalogColumn* column = catalog.at(table.name).column(table.hidden->column);
    return column != nullptr && !column->generated && !mark_sql(map, *column, "t").empty();
  }
  const CatalogTable* tombstones = catalog.table(table.hidden->tombstones);
  return tombstones != nullptr && takes_keys(*tombstones, table);
}

namespace {

// The tables of which such a table of ours names rows.
std::set<TableName> named_in(const std::string& ours, store::Tx& tx, const datamap::Map& map,
                             const std::string& tenant) {
  std::vector<std::string> names;
  for (const Table& table : map.tables) names.push_back(table.name);
  const store::Rows rows =
      tx.exec({"SELECT n FROM pg_catalog.unnest($2::text[]) AS t(n) WHERE EXISTS (SELECT 1 FROM " +
                   ours + " g WHERE g.tenant_id = $1::text AND g.table_name = t.n OFFSET 0)",
               {tenant, store::array_literal(names)}});
  std::set<TableName> found;
  for (std::size_t r = 0; r < rows.size(); ++r) found.emplace(rows.text(r, 0));
  return found;
}

}  // namespace

std::set<TableName> read_staged(store::Tx& tx, const datamap::Map& map, const std::string& tenant) {
  return named_in("ccctl.stage", tx, map, tenant);
}

std::set<TableName> read_restricted(store::Tx& tx, const datamap::Map& map,
                                    const std::string& tenant) {
  return named_in("ccctl.restricted", tx, map, tenant);
}

// OFFSET 0 keeps it from becoming a join, of which the planner, who knows nothing of how many rows
// are staged, makes a loop over all of them.
std::string KeptWriter::staged(const Table& table, const std::string& alias,
                               const std::string& condition) const {
  return "EXISTS (SELECT 1 " + stage_of_sql(table, alias, s_.tenant_param_) +
         (condition.empty() ? "" : " AND " + condition) + " OFFSET 0)";
}

// It stands in the plan that is being applied.
std::string KeptWriter::planned(const Table& table, const std::string& alias) const {
  return "EXISTS (SELECT 1 FROM ccctl.planned g WHERE g.tenant_id = " + s_.tenant_param_ +
         "::text AND g.table_name = " + quote_literal(table.name) + " AND g.key = gk" + alias +
         ".k OFFSET 0)";
}

std::string KeptWriter::from_with_stage(const Table& table, const std::string& alias) const {
  return s_.from(table.name, alias) + stage_key_sql(ground_.map, table, alias);
}

std::string KeptWriter::ripe() const {
  const std::string now = quote_literal(ccctl::to_text(ground_.as_of)) + "::timestamptz";
  return "g.next_at <= " + now + (ground_.real ? " AND g.ready_at <= " + now : "");
}

std::string KeptWriter::waited(const Table& table, std::size_t maximum) {
  const CriteriaSql sql = criteria(table.name);
  return ripe() + " AND " + sql.rested(maximum, "g.acted_at") +
         (ground_.real ? " AND " + sql.rested(maximum, "g.made_at") : "");
}

// A row that never was hidden goes with nothing that was.
void KeptWriter::unripe(Names& own) {
  for (const TableName& name : s_.scope_.tables()) {
    if (s_.table(name).key.empty()) continue;  // its rows cannot be named, and go with their parent
    const std::string cte = "i" + s_.number_of(name);
    s_.add(cte, "SELECT " + key_list_sql(s_.table(name), "p") + " FROM " + s_.all_of(name) + " p" +
                    stage_key_sql(ground_.map, s_.table(name), "p") + " WHERE NOT " +
                    staged(s_.table(name), "p", ripe()));
    own[name].push_back(cte);
  }
}

// What came since the plan was made goes with nothing that stands in it.
void SweepWriter::unplanned(Names& own) {
  if (!ground_.planned || pass_.scope.sets.size() == 1) return;
  for (const TableName& name : pass_.scope.tables()) {
    const Table& table = s_.table(name);
    if (table.key.empty()) continue;
    const std::string cte = "j" + s_.number_of(name);
    s_.add(cte, "SELECT " + key_list_sql(table, "p") + " FROM " + s_.all_of(name) + " p" +
                    stage_key_sql(ground_.map, table, "p") + " WHERE NOT " + planned(table, "p"));
    own[name].push_back(cte);
  }
}

std::string SweepWriter::act() const {
  if (pass_.then() == rule::Then::anonymise) return "anonymise";
  return std::string(to_text(pass_.act));
}

store::Sql SweepWriter::list() {
  stands();
  write_whole();
  std::string sql;
  for (const auto& [name, rows] : s_.all_) {
    const Table& table = s_.table(name);
    if (table.key.empty()) continue;
    sql += (sql.empty() ? "\nSELECT " : "\nUNION ALL SELECT ") + quote_literal(name) + ", gkk.k, " +
           quote_literal(act()) + " FROM " + rows + " k" + stage_key_sql(ground_.map, table, "k") +
           (pass_.act == Act::hide ? " WHERE NOT " + staged(table, "k") : std::string());
  }
  return {s_.ctes_ + sql, s_.params_.take()};
}

bool SweepWriter::forgets_stages(const Table& table) const {
  return runs() && !table.key.empty() &&
         (pass_.act == Act::purge || ground_.staged.contains(table.name));
}

std::string Statement::stage_columns(const Table& table) const {
  std::string sql = datamap::key_text_sql(map_.id_columns(table), "t") + " AS ccctl_key";
  if (table.hidden && !table.hidden->tombstones.empty() && hides(map_, catalog_, table))
    sql += ", " + key_list_sql(table, "t");
  return sql;
}

// By an array: looked up one by one, whatever the planner believes of how many there are.
void Statement::forget_stages(const Table& table, const std::string& deleted) {
  const std::string n = number_of(table.name);
  add("sy" + n,
      "DELETE FROM ccctl.stage g WHERE g.tenant_id = " + tenant_param_ +
          "::text AND g.table_name = " + quote_literal(table.name) +
          " AND g.key = ANY (ARRAY(SELECT d.ccctl_key FROM " + deleted + " d))",
      true);
  if (!table.hidden || table.hidden->tombstones.empty() || !hides(map_, catalog_, table)) return;
  add("sz" + n,
      "DELETE FROM " + from(table.hidden->tombstones, "h") + " USING " + deleted + " d WHERE " +
          same_key_sql(table, "h", "d"),
      true);
}

// Makes the site's application blind to rows of sn<n>.
void SweepWriter::mark(const Table& table, const std::string& rows) {
  const std::string n = s_.number_of(table.name);
  if (!table.hidden->column.empty()) {
    const CatalogColumn& column = *ground_.catalog.at(table.name).column(table.hidden->column);
    // A boolean needs no instant, and PostgreSQL takes no parameter that nothing refers to.
    const std::string at =
        column.type == "boolean"
            ? std::string()
            : s_.params_.bind(ccctl::to_text(wish_.staging.made_at)) + "::timestamptz";
    s_.add("sm" + n,
           "UPDATE " + s_.from(table.name, "t") + " SET " + quote_name(column.name) + " = " +
               mark_sql(ground_.map, column, at) + " FROM " + rows + " k WHERE k.ccctl_fresh AND " +
               same_key_sql(table, "t", "k") + " AND " + unmarked_sql(column, "t"),
           true);
    return;
  }
  std::string names;
  for (const std::string& key : table.key) names += (names.empty() ? "" : ", ") + quote_name(key);
  s_.add("sm" + n,
         "INSERT INTO " + ground_.catalog.at(table.hidden->tombstones).sql_name + " (" + names +
             ") SELECT " + key_list_sql(table, "k") + " FROM " + rows + " k WHERE k.ccctl_fresh",
         true);
}

// What mark() did to rows whose stages say that it did.
void SweepWriter::unmark(const Table& table, const std::string& rows) {
  const std::string marked = " AND g.marked AND g.tenant_id = " + s_.tenant_param_ +
                             "::text AND g.table_name = " + quote_literal(table.name) +
                             " AND g.key = k.ccctl_key";
  if (!table.hidden->column.empty()) {
    const CatalogColumn& column = *ground_.catalog.at(table.name).column(table.hidden->column);
    const bool boolean = column.type == "boolean";
    s_.add("su",
           "UPDATE " + s_.from(table.name, "t") + " SET " + quote_name(column.name) +
               (boolean ? " = false" : " = NULL") + " FROM " + rows + " k, ccctl.stage g WHERE " +
               same_key_sql(table, "t", "k") + marked + " AND " + column_sql("t", column.name) +
               " = " + mark_sql(ground_.map, column, "g.made_at"),
           true);
    return;
  }
  s_.add("su",
         "DELETE FROM " + s_.from(table.hidden->tombstones, "h") + " USING " + rows +
             " k, ccctl.stage g WHERE " + same_key_sql(table, "h", "k") + marked,
         true);
}

// Rows of a set that have no stage yet get one; where the map can say so they are hidden.
void SweepWriter::conceal(const Table& table, const std::string& rows) {
  if (table.key.empty()) return;
  const std::string n = s_.number_of(table.name), fresh = "sn" + n;
  const bool hidden = hides(ground_.map, ground_.catalog, table);
  std::string unmarked = "false", join;
  if (hidden && !table.hidden->column.empty()) {
    unmarked = unmarked_sql(*ground_.catalog.at(table.name).column(table.hidden->column), "t");
    join = " JOIN " + s_.from(table.name, "t") + " ON " + same_key_sql(table, "t", "k");
  } else if (hidden) {
    unmarked = "NOT EXISTS (SELECT 1 FROM " + s_.from(table.hidden->tombstones, "h") + " WHERE " +
               same_key_sql(table, "h", "k") + ")";
  }
  s_.add("so" + n, "SELECT " + key_list_sql(table, "k") + ", gkk.k AS ccctl_key FROM " + rows +
                       " k" + stage_key_sql(ground_.map, table, "k") + " WHERE NOT " +
                       staged(table, "k"));
  s_.add(fresh, "SELECT " + key_list_sql(table, "k") + ", k.ccctl_key, " + unmarked +
                    " AS ccctl_fresh FROM so" + n + " k" + join);
  std::string counted = fresh;
  if (runs()) {
    const Staging& staging = wish_.staging;
    const auto at = [&](Instant instant) {
      return s_.params_.bind(ccctl::to_text(instant)) + "::timestamptz";
    };
    counted = "sg" + n;
    s_.add(counted,
           "INSERT INTO ccctl.stage (tenant_id, table_name, key, stage, marked, acted_at, next_at, "
           "made_at, ready_at, rule_id, rule_digest, run_id) SELECT " +
               s_.tenant_param_ + "::text, " + quote_literal(table.name) + ", k.ccctl_key, " +
               (hidden ? "'soft-deleted'" : "'scheduled'") + ", k.ccctl_fresh, " +
               at(staging.acted_at) + ", " + at(staging.next_at) + ", " + at(staging.made_at) +
               ", " + at(staging.ready_at) + ", " + s_.params_.bind(staging.rule_id) + "::text, " +
               s_.params_.bind(staging.rule_digest) + "::text, " + s_.params_.bind(wish_.run) +
               "::text FROM " + fresh +
               " k ON CONFLICT (tenant_id, table_name, key) DO NOTHING RETURNING 1",
           true);
    if (hidden) mark(table, fresh);
  }
  s_.count({{table.name, hidden ? Effect::hide : Effect::schedule, "", 0}, std::nullopt, nullptr},
           "(SELECT pg_catalog.count(*) FROM " + counted + ")");
}

// Of what no hold and no minimum keeps only that goes which has waited for its time, whole; what
// came to it since is hidden now, and the rest waits for it.
void SweepWriter::write_purge() {
  const std::string keys = key_list_sql(table_, "k");
  if (pass_.scope.sets.size() == 1) {
    s_.add("cs0", "SELECT " + keys + " FROM bs0 k");
    return;
  }
  for (const TableName& name : pass_.scope.tables()) conceal(s_.table(name), s_.all_of(name));
  Names own;
  unripe(own);
  kept_.clear();
  climbed_ = "u";
  climb(own);
  s_.add("cs0", "SELECT " + keys + " FROM bs0 k EXCEPT SELECT " + keys + " FROM " +
                    kept_.at(table_.name) + " k");
  s_.prefix_ = "c";
  s_.sets_of({}, 1);
}

// A row stays staged while a maximum makes it due, or while it follows a row that stays so; not
// when something that would go along must be kept by law.
void SweepWriter::write_restore() {
  s_.add("s0", "SELECT " + key_list_sql(table_, "t") + " FROM " + from_with_stage(table_, "t") +
                   " WHERE " + drivers() + " AND (SELECT ok FROM stands)" +
                   (runs() ? " FOR UPDATE OF t" : ""));
  const std::vector<TableName> tables = pass_.scope.tables();
  if (std::any_of(tables.begin(), tables.end(),
                  [&](const TableName& name) { return criteria(name).outlived("t") != "true"; })) {
    s_.sets_of({}, 1);
    Names own;
    law(own);
    climb(own);
  }
  std::string stays = criteria(table_.name).condemned("t");
  for (const Link& link : table_.links) {
    if (link.down != datamap::Down::follow || link.to.empty()) continue;
    const Table& parent = s_.table(link.to);
    stays += " OR EXISTS (SELECT 1 FROM " + from_with_stage(parent, "p") + " WHERE " +
             datamap::link_sql(ground_.map, ground_.catalog, table_, "t", link, "p") + " AND " +
             s_.tenant_of(parent, "p") + " AND " + staged(parent, "p") + ")";
  }
  std::string kept = "false";
  if (kept_.contains(table_.name))
    kept = "EXISTS (SELECT 1 FROM " + kept_.at(table_.name) + " y WHERE " +
           same_key_sql(table_, "k", "y") + ")";
  s_.add("rs", "SELECT " + key_list_sql(table_, "k") + ", gkk.k AS ccctl_key FROM s0 k" +
                   stage_key_sql(ground_.map, table_, "k") + " JOIN " + s_.from(table_.name, "t") +
                   " ON " + same_key_sql(table_, "t", "k") + " WHERE " + kept + " OR NOT (" +
                   stays + ")");
  if (runs()) {
    if (hides(ground_.map, ground_.catalog, table_)) unmark(table_, "rs");
    s_.add("sd",
           "DELETE FROM ccctl.stage g WHERE g.tenant_id = " + s_.tenant_param_ +
               "::text AND g.table_name = " + quote_literal(table_.name) +
               " AND g.key = ANY (ARRAY(SELECT k.ccctl_key FROM rs k))",
           true);
  }
  const std::string rows = "(SELECT pg_catalog.count(*) FROM rs)";
  s_.count({{table_.name, Effect::restore, "", 0}, std::nullopt, nullptr}, rows);
  extra("(SELECT ok FROM stands)");
  extra("(SELECT pg_catalog.count(*) FROM s0)");
  extra(rows);
  extra("0");
  extra("0");
  extra("''");
}

store::Sql SweepCompiler::forget_orphans(const Table& table) const {
  store::Params params;
  const std::string tenant = params.bind(ground_.tenant);
  return {"DELETE FROM ccctl.stage g WHERE g.tenant_id = " + tenant +
              "::text AND g.table_name = " + quote_literal(table.name) +
              " AND NOT EXISTS (SELECT 1 FROM " + ground_.catalog.at(table.name).sql_name +
              " t WHERE " + datamap::tenant_sql(ground_.map, ground_.catalog, table, "t", tenant) +
              " AND " + datamap::key_text_sql(ground_.map.id_columns(table), "t") + " = g.key)",
          params.take()};
}

store::Sql SweepCompiler::forget_restricted(const Table& table) const {
  return RestrictedWriter(ground_, table).forget();
}

}  // namespace ccctl::plan
