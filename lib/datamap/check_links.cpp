// Links against foreign keys: what the datastore would do on its own, and what it would not allow.
#include <algorithm>
#include <array>
#include <set>

#include "datamap/check_parts.h"

namespace ccctl::datamap {
namespace {

// Rows of it can be deleted by a request or a sweep.
bool deletable(const Table* table) {
  return table && table->in_scope && table->erase == Erase::erase_row;
}

// tenant_id → tenants(tenant_id): the `tenants` section says it.
bool is_tenant_key(const ForeignKey& key, const Map& map) {
  return map.tenants && key.to == map.tenants->table && key.to_columns.size() == 1 &&
         key.to_columns.front() == map.tenants->key;
}

// Whether every row that leads somewhere is one that the plan counts. Conditions that exclude each
// other may still leave out a value, whose rows the datastore would change on its own.
bool covers_all_rows(const Table& from, const std::vector<const Link*>& links) {
  std::set<std::string> null, not_null;
  for (const Link* link : links) {
    if (link->down == Down::stay || (link->down == Down::follow && !from.in_scope)) continue;
    if (link->when.empty()) return true;
    const Condition& first = link->when.front();
    if (link->when.size() > 1 || first.op == Condition::Op::any_of) continue;
    (first.op == Condition::Op::is_null ? null : not_null).insert(first.column);
  }
  return std::any_of(null.begin(), null.end(),
                     [&](const std::string& column) { return not_null.contains(column); });
}

std::string list(const std::vector<std::string>& names, bool quote) {
  std::string out;
  for (const std::string& name : names) {
    out += (out.empty() ? "" : ", ") + (quote ? store::quote_name(name) : name);
  }
  return out;
}

void check_foreign_key(const ForeignKey& key, const Map& map, const Catalog& catalog,
                       Report& report) {
  const Table* from = map.table(key.from);
  const Table* to = map.table(key.to);
  std::vector<const Link*> links;
  if (from) {
    for (const Link& link : from->links) {
      if (stands_behind(key, *from, link, map)) links.push_back(&link);
    }
  }
  const std::string place = key.from + "(" + list(key.from_columns, false) + ")";
  if (deletable(to) && links.empty() && !is_tenant_key(key, map)) {
    report.refuse("foreign_key_without_link", key.to, place,
                  "the foreign key " + in_quotes(key.name) + " of " + in_quotes(key.from) +
                      " points at rows that may be deleted, and no link says what then",
                  from ? "add a link to " + in_quotes(key.from)
                       : "map " + in_quotes(key.from) + " with a link");
  }
  const bool counted = from && covers_all_rows(*from, links);
  if (to && !counted && (key.on_delete == 'c' || key.on_delete == 'n' || key.on_delete == 'd')) {
    report.refuse(
        "cascade_unaccounted", key.to, place,
        "the foreign key " + in_quotes(key.name) + " changes rows of " + in_quotes(key.from) +
            " on delete, which no plan would count",
        "give " + in_quotes(key.from) + " a link with down: follow or cut, or drop the cascade");
  }
  for (const Link* link : links) {
    const bool stays = link->down == Down::stay || (link->down == Down::follow && !from->in_scope);
    if (!stays || !deletable(to)) continue;
    report.refuse(
        "stay_on_foreign_key", key.from, link->name,
        std::string(link->down == Down::stay ? "the link stays" : "the table is out of scope") +
            ", but the foreign key " + in_quotes(key.name) + " does not let " + in_quotes(key.to) +
            " be deleted under it",
        "use down: follow or cut");
  }
  const CatalogTable* there = catalog.table(key.from);
  if (from && to && there && !key.indexed) {
    report.find(
        "foreign_key_without_index", key.from, key.name,
        "each delete in " + in_quotes(key.to) + " reads the whole of " + in_quotes(key.from),
        std::string(there->partitioned ? "CREATE INDEX ON " : "CREATE INDEX CONCURRENTLY ON ") +
            there->sql_name + " (" + list(key.from_columns, true) + ")");
  }
}

// The columns of a link that a row which stays loses.
void check_cut(const Table& table, const CatalogTable& there, const Link& link, Report& report) {
  const std::string what =
      link.down == Down::cut ? "the link is cut" : "an anonymised row loses the link";
  for (const Site& site : table.cut_sites(link)) {
    const CatalogColumn* column = there.column(site.column);
    if (!column || !site.plain()) continue;
    if (column->not_null) {
      report.refuse("cut_not_null", table.name, link.name,
                    what + ", but its column " + in_quotes(site.column) + " is NOT NULL",
                    link.down == Down::cut ? "use down: follow, or allow NULL in the column"
                                           : "allow NULL in the column, or delete the rows");
    } else if (column->generated) {
      report.refuse("cut_not_null", table.name, link.name,
                    what + ", but its column " + in_quotes(site.column) + " is generated");
    }
  }
}

// The type of what stands at the site; nothing for a value out of JSON, which is text.
std::optional<std::string> type_at(const Site& site, const CatalogColumn& column) {
  if (site.json) return std::nullopt;
  if (site.plain()) return column.type;
  return column.type.ends_with("[]") ? column.type.substr(0, column.type.size() - 2) : column.type;
}

void check_types(const Table& table, const CatalogTable& there, const Link& link,
                 const Table& to_table, const CatalogTable& to, Report& report) {
  for (std::size_t i = 0; i < link.from.size() && i < to_table.key.size(); ++i) {
    const CatalogColumn* from_column = there.column(link.from[i].column);
    const CatalogColumn* key_column = to.column(to_table.key[i]);
    if (!from_column || !key_column) continue;
    const auto type = type_at(link.from[i], *from_column);
    if (!type || joinable(*type, key_column->type)) continue;
    report.refuse("link_type", table.name, link.name,
                  link.from[i].text() + " is " + *type + ", the key's " +
                      in_quotes(key_column->name) + " is " + key_column->type +
                      ": no cast joins them without loss");
  }
}

}  // namespace

bool joinable(const std::string& from, const std::string& to) {
  const auto family = [](const std::string& type) -> std::string {
    std::string base = base_type(type);
    if (base == "smallint" || base == "integer" || base == "bigint") return "integer";
    if (base == "text" || base == "character varying") return "text";
    return base;
  };
  const std::string a = family(from), b = family(to);
  return a == b || (a == "text" && b == "uuid") || (a == "uuid" && b == "text");
}

bool stands_behind(const ForeignKey& key, const Table& table, const Link& link, const Map& map) {
  const Table* to = map.table(link.to);
  if (key.from != table.name || key.to != link.to || !to) return false;
  for (std::size_t j = 0; j < key.from_columns.size(); ++j) {
    bool found = false;
    for (std::size_t i = 0; i < link.from.size() && i < to->key.size(); ++i) {
      found = found || (link.from[i].plain() && link.from[i].column == key.from_columns[j] &&
                        to->key[i] == key.to_columns[j]);
    }
    if (!found) return false;
  }
  return true;
}

void check_foreign_keys(const Map& map, const Catalog& catalog, Report& report) {
  for (const ForeignKey& key : catalog.foreign_keys) check_foreign_key(key, map, catalog, report);
}

void check_links(const Map& map, const Catalog& catalog, Report& report) {
  for (const Table& table : map.tables) {
    const CatalogTable* there = catalog.table(table.name);
    if (!there) continue;
    for (const Link& link : table.links) {
      const bool lost = table.in_scope && table.erase == Erase::anonymise &&
                        link.down == Down::follow && deletable(map.table(link.to));
      if (link.down == Down::cut || lost) check_cut(table, *there, link, report);
      const Table* to_table = map.table(link.to);
      const CatalogTable* to = catalog.table(link.to);
      if (to_table && to) check_types(table, *there, link, *to_table, *to, report);
    }
  }
}

}  // namespace ccctl::datamap
