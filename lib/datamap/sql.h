// SQL for what the map says: names, sites, conditions, joins and anchors over an alias.
//
// All names are quoted, values of the map are literals, values of people are never here. The
// catalog gives types, so that a comparison casts in the one direction that loses nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datamap/catalog.h"
#include "datamap/map.h"
#include "store/sql.h"

namespace ccctl::datamap {

// alias."column"
std::string column_sql(std::string_view alias, std::string_view column);

// The one text value at a site (NULL when there is none). Throws map_invalid for a site with [*],
// which has many: use site_values_sql.
std::string site_text_sql(std::string_view alias, const Site& site);
// A scalar jsonb: the array of all text values at the site, without nulls.
std::string site_values_sql(std::string_view alias, const Site& site);

// The condition, or "true".
std::string where_sql(std::string_view alias, const Where& where);

// A parameter placeholder ("$3") cast to a column's type; text stays text.
std::string typed_param(const std::string& placeholder, const std::string& type);

// Whether a person's text can be a value of the type at all: what typed_param() would fail on is
// not. Only integers and UUIDs are looked at.
bool may_be(std::string_view text, std::string_view type);

// alias belongs to the tenant in `placeholder`; "true" where the map has no tenant column.
std::string tenant_sql(const Map& map, const Catalog& catalog, const Table& table,
                       std::string_view alias, const std::string& placeholder);

// child.from = parent.key, with the link's `when`; text is cast to the key's type, and of a site
// with [*] any value will do. The parent may be a set of keys with the same
// column names.
std::string link_sql(const Map& map, const Catalog& catalog, const Table& child,
                     std::string_view child_alias, const Link& link, std::string_view parent_alias);

// The anchor as timestamptz (or date, see anchor_is_date); `tenant` anchors are NULL here: they are
// constants that the caller reads.
std::string anchor_sql(const Map& map, const Catalog& catalog, const Table& table,
                       std::string_view alias, const Anchor& anchor);
bool anchor_is_date(const Map& map, const Catalog& catalog, const Table& table,
                    const Anchor& anchor);

// What tells a row from all others while one statement runs: the table's key, or where it has none,
// the place where the row stands.
std::vector<std::string> row_key(const Table& table);
// The type of one of its columns.
std::string key_type(const Catalog& catalog, const Table& table, const std::string& column);
// a.k1 = b.k1 AND … over the row key.
std::string same_key_sql(const Table& table, std::string_view a, std::string_view b);
// alias.k1, alias.k2 …
std::string key_list_sql(const Table& table, std::string_view alias);
// The name of the row's data type, or NULL: the first whose condition the row meets.
std::string data_type_sql(const Table& table, const std::string& alias);
// The key of a row as evidence, stages and ccctl.restricted have it: a JSON array of the texts of
// these columns, those of the key without the tenant.
std::string key_text_sql(const std::vector<std::string>& ids, const std::string& alias);

}  // namespace ccctl::datamap
