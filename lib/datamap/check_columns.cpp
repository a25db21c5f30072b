// Whether a column's type and constraints take what the map's `erase` and anchors do with it.
#include <algorithm>
#include <set>

#include "datamap/check_parts.h"

namespace ccctl::datamap {
namespace {

using EraseEffect = ColumnErase::Effect;

bool textual(const std::string& type) {
  const std::string base = base_type(type);
  return base == "text" || base == "character varying" || base == "character" || base == "citext";
}

bool temporal(const std::string& type) {
  return type == "date" || base_type(type).starts_with("timestamp");
}

// Why the column cannot take the effect; empty when it can.
std::string misfit(const Column& column, const ColumnErase& erase, const CatalogColumn& there) {
  if (!column.site.plain()) {
    const bool json = there.type == "json" || there.type == "jsonb";
    if (column.site.json != json) return "the site's path does not fit the type " + there.type;
    if (!column.site.json && !there.type.ends_with("[]"))
      return "the type " + there.type + " is no array";
    if (erase.effect == EraseEffect::generalise || erase.effect == EraseEffect::pseudonymise)
      return "only a whole column can be generalised or replaced by a hash";
    return "";
  }
  if (erase.effect == EraseEffect::none) return "";
  if (there.generated) return "a generated column cannot be written";
  switch (erase.effect) {
    case EraseEffect::drop:
      return "drop fits a member in JSON or an array's elements, not a whole column";
    case EraseEffect::truncate:
    case EraseEffect::pseudonymise:
      if (!textual(there.type))
        return "only a text can be cut or replaced by a hash, not " + there.type;
      break;
    case EraseEffect::generalise:
      if (!temporal(there.type))
        return "only a date or timestamp can be generalised, not " + there.type;
      break;
    default:
      break;
  }
  const std::string made = erase.effect == EraseEffect::set_value ? erase.value
                           : erase.effect == EraseEffect::pseudonymise
                               ? std::string(static_cast<std::size_t>(erase.count), '0')
                               : "";
  if (!there.has_room(made)) return "the value is longer than " + there.type + " takes";
  if (!there.refuses_erase.empty()) return "the value is refused by " + there.refuses_erase;
  return "";
}

// The unique key in which erased rows would collide; empty: there is none. A key that holds for
// some rows only, or is over an expression, is one all the same.
std::string collision(const CatalogColumn& column, const ColumnErase& erase,
                      const CatalogTable& there) {
  const bool constant = erase.effect == EraseEffect::set_value ||
                        erase.effect == EraseEffect::truncate ||
                        erase.effect == EraseEffect::generalise;
  if (!constant && erase.effect != EraseEffect::set_null) return "";
  const auto within = [](const std::vector<std::string>& inner,
                         const std::vector<std::string>& outer) {
    return std::all_of(inner.begin(), inner.end(), [&](const std::string& name) {
      return std::find(outer.begin(), outer.end(), name) != outer.end();
    });
  };
  for (const Unique& unique : there.uniques) {
    const auto& keys = unique.columns;
    if (std::find(keys.begin(), keys.end(), column.name) == keys.end()) continue;
    if (!constant && unique.nulls_distinct) continue;
    std::vector<std::string> others = keys;
    std::erase(others, column.name);
    const bool still_unique =
        std::any_of(there.unique.begin(), there.unique.end(),
                    [&](const auto& key) { return key != keys && within(key, others); });
    if (!still_unique) return keys.size() == 1 ? keys.front() : keys.front() + ", …";
  }
  return "";
}

// Tables whose rows may stay when their subject is erased: those that say so, and the ancestors
// that the foreign keys of retained rows need.
std::set<TableName> staying(const Map& map, const Catalog& catalog) {
  std::set<TableName> stay;
  std::vector<TableName> open;
  for (const Table& table : map.tables) {
    if (table.erase == Erase::erase_row) continue;
    stay.insert(table.name);
    if (table.erase == Erase::retain) open.push_back(table.name);
  }
  while (!open.empty()) {
    const TableName name = open.back();
    open.pop_back();
    for (const ForeignKey& key : catalog.foreign_keys) {
      if (key.from == name && map.table(key.to) && stay.insert(key.to).second)
        open.push_back(key.to);
    }
  }
  return stay;
}

// A generated column is erased through the columns that it is made of.
void check_generated(const Table& table, const CatalogColumn& there, const Column& column,
                     Report& report) {
  const bool follows =
      std::any_of(there.made_of.begin(), there.made_of.end(), [&](const std::string& name) {
        return std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& other) {
          return other.site.column == name && other.personal();
        });
      });
  if (follows) return;
  report.refuse("erase_value", table.name, column.site.text(),
                "the column is generated from columns that erasing leaves as they are",
                "list the columns that it is made of in `columns`");
}

// What goes with erased values, in rows that stay, must be able to be null.
void check_derived(const Table& table, const CatalogTable& there, Report& report) {
  const auto nullable = [&](const Site& site, const std::string& of) {
    const CatalogColumn* found = there.column(site.column);
    if (!found || !site.plain() || !found->not_null || found->generated) return;
    report.refuse("erase_value", table.name, site.text(),
                  "erasing " + of + " makes it null, but the column is NOT NULL",
                  "allow NULL, or list it in `columns` with an `erase` of its own");
  };
  for (const Column& column : table.columns) {
    if (!column.personal()) continue;
    for (const Site& site : table.goes_with(column)) nullable(site, in_quotes(column.site.text()));
  }
  for (const Object& object : table.objects)
    nullable(object.pointer, "the object " + in_quotes(object.name));
}

void check_column(const Table& table, const CatalogTable& there, const Column& column,
                  bool rows_stay, Report& report) {
  const CatalogColumn* found = there.column(column.site.column);
  if (!found) return;
  const bool said = column.erase.effect != EraseEffect::none;
  if (found->generated && !said) {
    if (rows_stay && column.personal()) check_generated(table, *found, column, report);
    return;
  }
  const ColumnErase erase = said || rows_stay ? column.effective_erase() : column.erase;
  const std::string place = column.site.text();
  const std::string remedy = "choose another `erase` for the column";
  if (std::string why = misfit(column, erase, *found); !why.empty()) {
    report.refuse("erase_value", table.name, place, why, remedy);
    return;
  }
  if (!column.site.plain()) return;
  if (erase.effect == EraseEffect::set_null && found->not_null) {
    report.refuse("erase_value", table.name, place,
                  "erasing makes it null, but the column is NOT NULL",
                  "give the column an `erase` such as {set: …}");
  }
  if (const std::string unique = collision(*found, erase, there); !unique.empty()) {
    report.refuse("erase_value", table.name, place,
                  "erased rows would collide in the unique key (" + unique + ")",
                  "use null or pseudonymise");
  }
  for (const Check& check : there.checks) {
    const bool reads =
        std::find(check.columns.begin(), check.columns.end(), found->name) != check.columns.end();
    const bool changed = erase.effect != EraseEffect::none;
    const bool tried = tried_out(table, check);
    if (!reads || !changed || tried) continue;
    report.find("erase_under_check", table.name, place,
                "the constraint " + in_quotes(check.name) +
                    " reads the column and may refuse what erasing writes",
                "try it on a copy");
  }
}

void check_anchor(const Map& map, const Table& table, const CatalogTable& there,
                  const std::string& name, const Anchor& anchor, Report& report) {
  for (const Anchor& part : anchor.parts) check_anchor(map, table, there, name, part, report);
  if (anchor.source != Anchor::Source::column) return;
  const CatalogColumn* column = there.column(anchor.column);
  if (!column) return;
  if (!temporal(column->type)) {
    report.refuse(
        "anchor_type", table.name, anchor.column,
        "anchor " + in_quotes(name) + " is " + column->type + ", not a date or timestamp");
  } else if (base_type(column->type) == "timestamp without time zone" && anchor.zone.empty() &&
             map.zone.empty()) {
    report.refuse(
        "anchor_zone", table.name, anchor.column,
        "anchor " + in_quotes(name) + " is a timestamp without time zone, and no zone is given",
        "give the anchor or the map a zone");
  }
}

}  // namespace

void check_columns(const Map& map, const Catalog& catalog, Report& report) {
  const std::set<TableName> stay = staying(map, catalog);
  for (const Table& table : map.tables) {
    const CatalogTable* there = catalog.table(table.name);
    if (!there) continue;
    for (const Column& column : table.columns) {
      check_column(table, *there, column, stay.contains(table.name), report);
    }
    if (stay.contains(table.name)) check_derived(table, *there, report);
  }
}

void check_anchors(const Map& map, const Catalog& catalog, Report& report) {
  for (const Table& table : map.tables) {
    const CatalogTable* there = catalog.table(table.name);
    if (!there) continue;
    for (const auto& [name, anchor] : table.anchors)
      check_anchor(map, table, *there, name, anchor, report);
    if (!map.tenants || map.tenants->table != table.name) continue;
    for (const auto& [name, anchor] : map.tenants->anchors) {
      check_anchor(map, table, *there, name, anchor, report);
    }
  }
}

}  // namespace ccctl::datamap
