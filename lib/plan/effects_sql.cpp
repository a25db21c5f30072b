// What happens to the rows: deletes, updates and object intents, each with its count.
#include <algorithm>

#include "base/error.h"
#include "datamap/sql.h"
#include "plan/statement.h"

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

namespace {

bool erases_rows(const Table& table) {
  return table.erase != Erase::anonymise;
}

[[noreturn]] void cannot(const Column& column, const std::string& why) {
  throw doc::error_at(ErrorKind::map_invalid, column.at,
                      "\"" + column.site.text() + "\" cannot be erased in a row that stays: " + why,
                      "give the column an `erase` that it can hold");
}

// Removes a place from a JSON document.
std::string without_sql(const Site& site, const std::string& present, const std::string& type) {
  std::vector<std::string> members;
  for (const datamap::Step& step : site.path) members.push_back(step.member);
  const std::string removed =
      present + "::jsonb #- " + quote_literal(store::array_literal(members));
  return "(" + removed + ")" + (type == "json" ? "::json" : "");
}

bool personal(const Column& column) {
  return !column.is.empty() || column.free || column.erase.effect != ColumnErase::Effect::none;
}

}  // namespace

std::string erased_sql(const datamap::CatalogTable& table, const Column& column, const Site& site,
                       const std::string& present) {
  const datamap::CatalogColumn* entry = table.column(site.column);
  const std::string type = entry == nullptr ? "text" : entry->type;
  const bool inside = !site.plain();
  if (inside && std::any_of(site.path.begin(), site.path.end(),
                            [](const auto& s) { return s.member.empty(); })) {
    cannot(column, "it has many places in one value");
  }
  switch (column.erase.effect) {
    case ColumnErase::Effect::none:
    case ColumnErase::Effect::set_null:
    case ColumnErase::Effect::drop:
      if (inside) return without_sql(site, present, type);
      if (entry != nullptr && entry->not_null) cannot(column, "it is NOT NULL");
      return "NULL";
    case ColumnErase::Effect::set_value:
      if (inside) cannot(column, "a value inside JSON can only be dropped");
      return quote_literal(column.erase.value) + "::" + type;
    case ColumnErase::Effect::truncate:
      if (inside) cannot(column, "a value inside JSON can only be dropped");
      return "pg_catalog.left(" + present + "::text, " + std::to_string(column.erase.count) +
             ")::" + type;
    case ColumnErase::Effect::generalise:
      if (inside) cannot(column, "a value inside JSON can only be dropped");
      return "pg_catalog.date_trunc(" + quote_literal(column.erase.value) + ", " + present +
             ")::" + type;
    case ColumnErase::Effect::pseudonymise:
      cannot(column, "pseudonyms need the tenant's keys");
  }
  return "NULL";
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
    if (link.to.empty() || !acting_.contains(link.to) || !erases_rows(*map_.table(link.to)))
      continue;
    // A row that stays must not go on pointing at a person who has gone: every link of an
    // anonymised row is cut, not only those that say so.
    const bool of_anonymised =
        in_scope && !erases_rows(table) && link.down == datamap::Down::follow;
    if (link.down != datamap::Down::cut && !of_anonymised) continue;
    std::string rows = "SELECT " + key_list_sql(table, "t") + " FROM " + acting_.at(link.to) +
                       " p JOIN " + from(table.name, "t") + " ON " +
                       datamap::link_sql(map_, catalog_, table, "t", link, "p") + " WHERE " +
                       tenant_of(table, "t");
    if (in_scope && erases_rows(table)) {
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
  const auto wrap = [&](const std::string& column, const std::string& condition, auto&& made) {
    const auto it = values.emplace(column, datamap::column_sql("t", column)).first;
    it->second =
        "CASE WHEN " + condition + " THEN " + made(it->second) + " ELSE " + it->second + " END";
  };
  std::string whole;
  for (const Flag& flag : flags) {
    if (flag.link == nullptr) whole += (whole.empty() ? "q." : " OR q.") + flag.name;
  }
  for (const Column& column : table.columns) {
    if (whole.empty() || !personal(column)) continue;
    std::vector<Site> sites = column.with;
    sites.push_back(column.site);
    // Whatever is derived from the value goes with it.
    for (const std::string& derived : {column.search, column.blind}) {
      if (!derived.empty()) sites.push_back({derived, {}, false});
    }
    for (const Site& site : sites) {
      const datamap::CatalogColumn* catalog_column = entry.column(site.column);
      if (catalog_column != nullptr && catalog_column->generated) continue;
      Column effect = column;
      if (!(site == column.site)) effect.erase = {};
      wrap(site.column, whole,
           [&](const std::string& present) { return erased_sql(entry, effect, site, present); });
    }
  }
  for (const datamap::Object& object : table.objects) {
    if (whole.empty()) continue;
    Column pointer;
    pointer.site = object.pointer;
    pointer.at = table.at;
    wrap(object.pointer.column, whole, [&](const std::string& present) {
      return erased_sql(entry, pointer, object.pointer, present);
    });
  }
  const datamap::Tenant& tenant =
      table.tenant.how == datamap::Tenant::How::none ? map_.tenant : table.tenant;
  for (const Flag& flag : flags) {
    if (flag.link == nullptr) continue;
    for (const Site& site : flag.link->from) {
      if (tenant.how == datamap::Tenant::How::column && site.column == tenant.value) continue;
      wrap(site.column, "q." + flag.name, [&](const std::string& present) {
        return site.plain() ? std::string("NULL")
                            : without_sql(site, present, entry.column(site.column)->type);
      });
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
  add("q" + n, "SELECT q.* FROM g" + n + " q JOIN " + from(table.name, "t") + " ON " +
                   same_key_sql(table, "t", "q") + " WHERE " +
                   (changed.empty() ? "false" : changed));
  std::string source = "q" + n;
  if (run && !sets.empty()) {
    std::string returning;
    for (const Flag& flag : flags) returning += (returning.empty() ? "q." : ", q.") + flag.name;
    add("u" + n,
        "UPDATE " + from(table.name, "t") + " SET " + sets + " FROM q" + n + " q WHERE " +
            same_key_sql(table, "t", "q") + " RETURNING " + returning,
        true);
    source = "u" + n;
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

void Statement::erase_rows(const Table& table, bool run) {
  const std::string rows = acting_.at(table.name);
  std::string source = rows;
  if (run) {
    source = "x" + number_of(table.name);
    add(source,
        "DELETE FROM " + from(table.name, "t") + " USING " + rows + " k WHERE " +
            same_key_sql(table, "t", "k") + " RETURNING 1",
        true);
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

void Statement::effects(const std::string& request_id) {
  const bool run = !request_id.empty();
  for (const TableName& name : scope_.tables()) {
    intents(table(name), request_id);
    if (erases_rows(table(name))) erase_rows(table(name), run);
  }
  for (const Table& each : map_.tables) update_rows(each, run);
}

}  // namespace ccctl::plan
