// What happens to the rows: deletes, updates and object intents, each with its count.
#include <algorithm>

#include "base/error.h"
#include "datamap/sql.h"
#include "plan/statement.h"
#include "subject/key_sql.h"

namespace ccctl::plan {

using datamap::Column;
using datamap::ColumnErase;
using datamap::Erase;
using datamap::key_list_sql;
using datamap::Link;
using datamap::same_key_sql;
using datamap::Site;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;
using store::quote_name;

// Whether rows acted upon are deleted. What a sweep does its rule says, not the map.
bool Statement::erases_rows(const Table& table) const {
  return sweeps_ ? *sweeps_ == rule::Then::erase : table.erase != Erase::anonymise;
}

std::vector<Statement::Flag> Statement::flags_of(const Table& table) const {
  std::vector<Flag> flags;
  const bool in_scope = acting_.contains(table.name);
  const std::string keys = key_list_sql(table, "k");
  if (in_scope && !erases_rows(table))
    flags.push_back({"a", "SELECT " + keys + " FROM " + acting_.at(table.name) + " k"});
  if (strip_.contains(table.name))
    flags.push_back({"z", "SELECT " + keys + " FROM " + strip_.at(table.name) + " k"});
  for (std::size_t i = 0; i < table.links.size(); ++i) {
    const Link& link = table.links[i];
    if (auto flag = dangling(table, i)) flags.push_back(std::move(*flag));
    if (link.to.empty() || !acting_.contains(link.to) || !erases_rows(*map_.table(link.to)))
      continue;
    // A row that stays must not go on pointing at a person who has gone: every link of a row that
    // is being anonymised is cut, not only those that say so. A kept row is left as it is.
    const bool of_anonymised =
        in_scope && !erases_rows(table) && link.down == datamap::Down::follow;
    if (link.down != datamap::Down::cut && !of_anonymised) continue;
    std::string rows = "SELECT " + key_list_sql(table, "t") + " FROM " + acting_.at(link.to) +
                       " p JOIN " + from(table.name, "t") + " ON " +
                       datamap::link_sql(map_, catalog_, table, "t", link, "p") + " WHERE " +
                       tenant_of(table, "t");
    if (of_anonymised && link.down != datamap::Down::cut) {
      rows += " AND EXISTS (SELECT 1 FROM " + acting_.at(table.name) + " y WHERE " +
              same_key_sql(table, "t", "y") + ")";
    } else if (in_scope && erases_rows(table)) {
      rows += " AND NOT EXISTS (SELECT 1 FROM " + acting_.at(table.name) + " y WHERE " +
              same_key_sql(table, "t", "y") + ")";
    }
    flags.push_back({"c" + std::to_string(i), rows, &link});
  }
  return flags;
}

// The new value of each column that changes: its present value in one CASE per reason to change it.
std::map<std::string, std::string> Statement::assignments(const Table& table,
                                                          const std::vector<Flag>& flags) const {
  const datamap::CatalogTable& entry = catalog_.at(table.name);
  std::map<std::string, std::string> values;
  int wrapped = 0;
  const auto wrap = [&](const std::string& column, const std::string& condition, auto&& made) {
    std::string present = datamap::column_sql("t", column), from;
    // What another reason has made of it stands there once, however often it is used; OFFSET 0
    // keeps the planner from copying it.
    if (const auto before = values.find(column); before != values.end()) {
      const std::string alias = "w" + std::to_string(++wrapped);
      from = " FROM (SELECT " + before->second + " AS v OFFSET 0) " + alias;
      present = alias + ".v";
    }
    const std::string value =
        "CASE WHEN " + condition + " THEN " + made(present) + " ELSE " + present + " END";
    values[column] = from.empty() ? value : "(SELECT " + value + from + ")";
  };
  std::string whole;
  for (const Flag& flag : flags) {
    if (flag.link == nullptr) whole += (whole.empty() ? "q." : " OR q.") + flag.name;
  }
  const auto erase = [&](const Column& column, const Site& site) {
    const datamap::CatalogColumn* there = entry.column(site.column);
    if (there != nullptr && there->generated) return;  // it follows what it is made of
    wrap(site.column, whole,
         [&](const std::string& present) { return erased_sql(entry, column, site, present); });
  };
  for (const Column& column : table.columns) {
    if (whole.empty() || !column.personal()) continue;
    erase(column, column.site);
    for (const Site& site : table.goes_with(column)) {
      Column derived = column;
      derived.erase = {};
      erase(derived, site);
    }
  }
  for (const datamap::Object& object : table.objects) {
    if (whole.empty()) continue;
    Column pointer;
    pointer.site = object.pointer;
    pointer.at = table.at;
    erase(pointer, object.pointer);
  }
  for (const Flag& flag : flags) {
    if (flag.link == nullptr) continue;
    for (const Site& site : table.cut_sites(*flag.link)) {
      Column cut;
      cut.site = site;
      cut.at = flag.link->at;
      wrap(site.column, "q." + flag.name,
           [&](const std::string& present) { return erased_sql(entry, cut, site, present); });
    }
  }
  return values;
}

void Statement::update_rows(const Table& table, bool run) {
  const std::vector<Flag> flags = flags_of(table);
  if (flags.empty()) return;
  std::string any, all;
  for (const Flag& flag : flags) {
    any += ", pg_catalog.bool_or(" + flag.name + ") AS " + flag.name;
    std::string columns;
    for (const Flag& other : flags)
      columns += other.name == flag.name ? ", true AS " + other.name : ", false AS " + other.name;
    all += (all.empty() ? "" : "\n UNION ALL ") + std::string("SELECT k.*") + columns + " FROM (" +
           flag.rows + ") k";
  }
  const std::string n = number_of(table.name), keys = key_list_sql(table, "r");
  add("g" + n, "SELECT " + keys + any + " FROM (" + all + ") r GROUP BY " + keys);
  // Only rows that change: a row that stays for years is not touched again by every later pass.
  std::string sets, changed;
  for (const auto& [column, value] : assignments(table, flags)) {
    sets += (sets.empty() ? "" : ", ") + quote_name(column) + " = " + value;
    changed += (changed.empty() ? "" : " OR ") + datamap::column_sql("t", column) +
               "::text IS DISTINCT FROM (" + value + ")::text";
  }
  const std::string version = watches_ ? ", t.ctid AS ccctl_version" : "";
  add("q" + n, "SELECT q.*" + version + " FROM g" + n + " q JOIN " + from(table.name, "t") +
                   " ON " + same_key_sql(table, "t", "q") + " WHERE " +
                   (changed.empty() ? "false" : changed));
  std::string source = "q" + n;
  if (run && !sets.empty()) {
    std::string returning;
    for (const Flag& flag : flags) returning += (returning.empty() ? "q." : ", q.") + flag.name;
    add("u" + n,
        "UPDATE " + from(table.name, "t") + " SET " + sets + " FROM q" + n + " q WHERE " +
            same_key_sql(table, "t", "q") +
            (watches_ ? " AND t.ctid IS NOT DISTINCT FROM q.ccctl_version" : "") + " RETURNING " +
            returning,
        true);
    source = "u" + n;
    if (watches_) {
      overtaken("(SELECT pg_catalog.count(*) FROM q" + n +
                ") - (SELECT pg_catalog.count(*) FROM u" + n + ")");
    }
  }
  std::string not_whole;
  for (const Flag& flag : flags) {
    if (flag.link == nullptr) not_whole += " AND NOT " + flag.name;
  }
  for (const Flag& flag : flags) {
    Tally tally{table.name,
                flag.name == "a"   ? Effect::anonymise
                : flag.name == "z" ? Effect::strip
                                   : Effect::cut,
                flag.link == nullptr ? "" : flag.link->name, 0};
    count({std::move(tally), std::nullopt, nullptr},
          "(SELECT pg_catalog.count(*) FROM " + source + " WHERE " + flag.name +
              (flag.link == nullptr ? "" : not_whole) + ")");
  }
}

// A row that another session changes after this statement's snapshot is found again by its key
// alone, whosever it is by then. Whoever finds such rows begins anew.
void Statement::overtaken(const std::string& count) {
  overtaken_ += (overtaken_.empty() ? "" : " + ") + count;
}

void Statement::erase_rows(const Table& table, bool run) {
  const std::string rows = acting_.at(table.name);
  std::string source = rows;
  if (run) {
    source = "x" + number_of(table.name);
    const bool staged = staged_.contains(table.name);
    add(source,
        "DELETE FROM " + from(table.name, "t") + " USING " + rows + " k JOIN " +
            from(table.name, "v") + " ON " + same_key_sql(table, "v", "k") + " WHERE " +
            same_key_sql(table, "t", "k") +
            " RETURNING t.ctid IS DISTINCT FROM v.ctid AS "
            "ccctl_overtaken" +
            (staged ? ", " + stage_columns(table) : ""),
        true);
    if (staged) forget_stages(table, source);
    overtaken("(SELECT pg_catalog.count(*) FROM " + source + " WHERE ccctl_overtaken)");
  }
  count({{table.name, Effect::erase, "", 0}, std::nullopt, nullptr},
        "(SELECT pg_catalog.count(*) FROM " + source + ")");
}

// A row's objects go by intents that commit with the change of the row.
void Statement::intents(const Table& table, const std::string& request_id) {
  for (std::size_t i = 0; i < table.objects.size(); ++i) {
    const datamap::Object& object = table.objects[i];
    const std::string pointer = datamap::site_text_sql("t", object.pointer);
    const std::string keys = key_list_sql(table, "k");
    std::string rows = "SELECT " + keys + " FROM " + acting_.at(table.name) + " k";
    if (strip_.contains(table.name))
      rows += " UNION ALL SELECT " + keys + " FROM " + strip_.at(table.name) + " k";
    const std::string which = " FROM (" + rows + ") p JOIN " + from(table.name, "t") + " ON " +
                              same_key_sql(table, "t", "p") + " WHERE " + pointer + " IS NOT NULL";
    const std::string name = "o" + number_of(table.name) + "_" + std::to_string(i);
    if (request_id.empty()) {
      add(name, "SELECT 1" + which);
    } else {
      add(name,
          "INSERT INTO ccctl.item (tenant_id, item_id, kind, request_id, source, store, target, "
          "due_at) "
          "SELECT " +
              tenant_param_ + "::text, pg_catalog.gen_random_uuid()::text, 'object.delete', " +
              params_.bind(request_id) + "::text, " + quote_literal(table.name) + ", " +
              quote_literal(object.store) + ", " + pointer + ", pg_catalog.statement_timestamp()" +
              which + " RETURNING 1",
          true);
    }
    count({{table.name, Effect::intend, object.name, 0}, std::nullopt, nullptr},
          "(SELECT pg_catalog.count(*) FROM " + name + ")");
  }
}

void Statement::taken_along(const std::vector<subject::SubjectRef>& people) {
  std::string body;
  for (std::size_t i = 0; i < people.size(); ++i) {
    const datamap::SubjectType& type = *map_.subject(people[i].kind);
    const Table& table = this->table(type.table);
    if (!acting_.contains(table.name)) continue;
    const std::string key = subject::key_in_sql(map_, catalog_, table, "t", {people[i]}, params_);
    std::string rows = acting_.at(table.name);
    if (strip_.contains(table.name))
      rows = "(TABLE " + rows + " UNION ALL TABLE " + strip_.at(table.name) + ")";
    body += (body.empty() ? "\n" : "\n UNION ALL ") + std::string("SELECT ") + std::to_string(i) +
            " WHERE EXISTS (SELECT 1 FROM " + from(table.name, "t") + " JOIN " + rows + " k ON " +
            same_key_sql(table, "t", "k") + " WHERE " + tenant_of(table, "t") + " AND " + key + ")";
  }
  counts_ = body.empty() ? "\nSELECT 0 WHERE false" : body;
}

void Statement::effects(const std::string& request_id) {
  const bool run = !request_id.empty();
  watches_ = run;
  for (const TableName& name : scope_.tables()) {
    intents(table(name), request_id);
    if (erases_rows(table(name))) erase_rows(table(name), run);
  }
  for (const Table& each : map_.tables) update_rows(each, run);
  if (run) restrict_kept(request_id);
}

}  // namespace ccctl::plan
