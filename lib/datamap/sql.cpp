#include "datamap/sql.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/error.h"

namespace ccctl::datamap {
namespace {

using store::quote_literal;
using store::quote_name;

bool is_textual(const std::string& type) {
  return type == "text" || type == "name" || type.starts_with("character");
}

bool is_integer(const std::string& type) {
  return type == "smallint" || type == "integer" || type == "bigint";
}

// A text as a value of a key's type, so that the key's index serves and every spelling of the value
// counts; NULL where it is no such value. Types whose one spelling is their text stay text.
std::string cast_sql(const std::string& text, const std::string& type) {
  if (is_integer(type)) {
    const std::string number = text + "::numeric";
    return "(CASE WHEN " + text + " ~ '^\\s*[-+]?[0-9]{1,40}([.]0{0,40})?\\s*$' THEN CASE WHEN " +
           number + " BETWEEN -9223372036854775808 AND 9223372036854775807 THEN " + number +
           "::bigint END END)";
  }
  if (type == "uuid") {
    return "(CASE WHEN " + text +
           " ~ '^([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$|^[{]([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}[}]$'"
           " THEN " +
           text + "::uuid END)";
  }
  return "";
}

// A child's value is the key of a parent.
std::string same_value_sql(const std::string& value, const std::string& value_type,
                           const std::string& key, const std::string& key_type) {
  const bool same = value_type == key_type || (is_integer(value_type) && is_integer(key_type)) ||
                    (is_textual(value_type) && is_textual(key_type));
  if (same && !key_type.empty()) return value + " = " + key;
  const std::string text = is_textual(value_type) ? value : value + "::text";
  if (is_textual(value_type)) {
    if (const std::string cast = cast_sql(text, key_type); !cast.empty()) return cast + " = " + key;
  } else if (is_textual(key_type)) {
    if (const std::string cast = cast_sql(key + "::text", value_type); !cast.empty())
      return value + " = " + cast;
  }
  return text + " = " + key + "::text";
}

// '{a,b}' for #>>; every member is quoted, so that any member name works.
std::string json_path_array(const Site& site) {
  std::vector<std::string> members;
  for (const Step& step : site.path) members.push_back(step.member);
  return quote_literal(store::array_literal(members));
}

// $.a[*].b for jsonb_path_query; members are quoted.
std::string json_path(const Site& site) {
  std::string path = "$";
  for (const Step& step : site.path) {
    if (step.member.empty()) {
      path += "[*]";
      continue;
    }
    path += ".\"";
    for (char c : step.member) {
      if (c == '"' || c == '\\') path += '\\';
      path += c;
    }
    path += '"';
  }
  return quote_literal(path);
}

const CatalogColumn* find_column(const Catalog& catalog, const Table& table,
                                 const std::string& name) {
  const CatalogTable* entry = catalog.table(table.name);
  return entry == nullptr ? nullptr : entry->column(name);
}

}  // namespace

std::string column_sql(std::string_view alias, std::string_view column) {
  return std::string(alias) + "." + quote_name(column);
}

std::string site_text_sql(std::string_view alias, const Site& site) {
  // PostgreSQL refuses patterns on a column of a nondeterministic collation; over any other this
  // says nothing new, and an index on the bare expression still serves.
  if (site.plain()) return "(" + column_sql(alias, site.column) + "::text COLLATE \"default\")";
  if (site.many()) {
    throw Error(ErrorKind::map_invalid,
                "the place \"" + site.text() + "\" has many values where one is needed");
  }
  return "(" + column_sql(alias, site.column) + "::jsonb #>> " + json_path_array(site) + ")";
}

std::string site_values_sql(std::string_view alias, const Site& site) {
  const std::string column = column_sql(alias, site.column);
  if (site.plain()) {
    return "(CASE WHEN " + column + " IS NULL THEN '[]'::jsonb ELSE pg_catalog.jsonb_build_array(" +
           column + "::text) END)";
  }
  std::string values;
  if (!site.json) {
    values = "SELECT pg_catalog.unnest(" + column + ")::text AS v";
  } else {
    values = "SELECT j #>> '{}' AS v FROM pg_catalog.jsonb_path_query(" + column + "::jsonb, " +
             json_path(site) + ") AS q(j)";
  }
  return "(SELECT COALESCE(pg_catalog.jsonb_agg(v), '[]'::jsonb) FROM (" + values +
         ") AS x WHERE v IS NOT NULL)";
}

std::string where_sql(std::string_view alias, const Where& where) {
  if (where.empty()) return "true";
  std::string sql;
  for (const Condition& condition : where) {
    if (!sql.empty()) sql += " AND ";
    const std::string column = column_sql(alias, condition.column);
    switch (condition.op) {
      case Condition::Op::is_null:
        sql += column + " IS NULL";
        break;
      case Condition::Op::not_null:
        sql += column + " IS NOT NULL";
        break;
      case Condition::Op::any_of: {
        sql += column + " IN (";
        for (std::size_t i = 0; i < condition.values.size(); ++i) {
          sql += (i == 0 ? "" : ", ") + quote_literal(condition.values[i]);
        }
        sql += ")";
        break;
      }
    }
  }
  return sql;
}

std::string typed_param(const std::string& placeholder, const std::string& type) {
  if (type.empty() || is_textual(type)) return placeholder + "::text";
  return placeholder + "::text::" + type;
}

bool may_be(std::string_view text, std::string_view type) {
  if (is_integer(std::string(type))) {
    const long long least = type == "smallint"  ? std::numeric_limits<std::int16_t>::min()
                            : type == "integer" ? std::numeric_limits<std::int32_t>::min()
                                                : std::numeric_limits<std::int64_t>::min();
    long long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number >= least &&
           number <= -(least + 1);
  }
  if (type != "uuid") return true;
  return text.size() == 36 &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos &&
         std::count(text.begin(), text.end(), '-') == 4 && text[8] == '-' && text[13] == '-' &&
         text[18] == '-' && text[23] == '-';
}

std::string tenant_sql(const Map& map, const Catalog& catalog, const Table& table,
                       std::string_view alias, const std::string& placeholder) {
  const Tenant& tenant = table.tenant.how == Tenant::How::none ? map.tenant : table.tenant;
  switch (tenant.how) {
    case Tenant::How::none:
      return "true";
    case Tenant::How::constant:
      return placeholder + "::text = " + quote_literal(tenant.value);
    case Tenant::How::column: {
      const CatalogColumn* column = find_column(catalog, table, tenant.value);
      return column_sql(alias, tenant.value) + " = " +
             typed_param(placeholder, column == nullptr ? "" : column->type);
    }
    case Tenant::How::link: {
      const Link* link = table.link(tenant.value);
      const Table* parent = link == nullptr ? nullptr : map.table(link->to);
      if (parent == nullptr) {
        throw Error(ErrorKind::map_invalid,
                    "table \"" + table.name + "\" knows its tenant by no link");
      }
      const std::string inner = std::string(alias) + "_o";
      return "EXISTS (SELECT 1 FROM " + catalog.at(parent->name).sql_name + " " + inner +
             " WHERE " + link_sql(map, catalog, table, alias, *link, inner) + " AND " +
             tenant_sql(map, catalog, *parent, inner, placeholder) + ")";
    }
  }
  return "true";
}

std::string link_sql(const Map& map, const Catalog& catalog, const Table& child,
                     std::string_view child_alias, const Link& link,
                     std::string_view parent_alias) {
  const Table* parent = map.table(link.to);
  if (parent == nullptr || parent->key.size() != link.from.size()) {
    throw Error(ErrorKind::map_invalid,
                "link \"" + link.name + "\" of \"" + child.name + "\" leads nowhere");
  }
  std::string sql;
  for (std::size_t i = 0; i < link.from.size(); ++i) {
    if (i > 0) sql += " AND ";
    const Site& site = link.from[i];
    const CatalogColumn* to = find_column(catalog, *parent, parent->key[i]);
    const CatalogColumn* from = site.plain() ? find_column(catalog, child, site.column) : nullptr;
    const std::string key = column_sql(parent_alias, parent->key[i]);
    const std::string key_type = to == nullptr ? "" : to->type;
    const std::string type = from == nullptr ? "text" : from->type;
    if (site.many()) {
      sql += "EXISTS (SELECT 1 FROM pg_catalog.jsonb_array_elements_text(" +
             site_values_sql(child_alias, site) + ") AS e(v) WHERE " +
             same_value_sql("e.v", "text", key, key_type) + ")";
    } else {
      sql += same_value_sql(
          site.plain() ? column_sql(child_alias, site.column) : site_text_sql(child_alias, site),
          type, key, key_type);
    }
  }
  if (!link.when.empty()) sql += " AND " + where_sql(child_alias, link.when);
  return sql;
}

bool anchor_is_date(const Map& map, const Catalog& catalog, const Table& table,
                    const Anchor& anchor) {
  if (anchor.source == Anchor::Source::column) {
    const CatalogColumn* column = find_column(catalog, table, anchor.column);
    return column != nullptr && column->type == "date";
  }
  if (anchor.source == Anchor::Source::link) {
    const Link* link = table.link(anchor.link);
    const Table* parent = link == nullptr ? nullptr : map.table(link->to);
    if (parent == nullptr || !parent->anchors.contains(anchor.anchor)) return false;
    return anchor_is_date(map, catalog, *parent, parent->anchors.at(anchor.anchor));
  }
  if (anchor.source == Anchor::Source::latest_of) {
    return !anchor.parts.empty() &&
           std::all_of(anchor.parts.begin(), anchor.parts.end(), [&](const Anchor& part) {
             return anchor_is_date(map, catalog, table, part);
           });
  }
  return false;
}

std::string anchor_sql(const Map& map, const Catalog& catalog, const Table& table,
                       std::string_view alias, const Anchor& anchor) {
  switch (anchor.source) {
    case Anchor::Source::column: {
      const CatalogColumn* column = find_column(catalog, table, anchor.column);
      std::string sql = column_sql(alias, anchor.column);
      if (column == nullptr || base_type(column->type) != "timestamp without time zone") return sql;
      return "(" + sql + " AT TIME ZONE " +
             quote_literal(anchor.zone.empty() ? map.zone : anchor.zone) + ")";
    }
    case Anchor::Source::link: {
      const Link* link = table.link(anchor.link);
      const Table* parent = link == nullptr ? nullptr : map.table(link->to);
      if (parent == nullptr || !parent->anchors.contains(anchor.anchor)) {
        throw Error(ErrorKind::map_invalid, "an anchor of \"" + table.name + "\" leads nowhere");
      }
      const std::string inner = std::string(alias) + "_a";
      return "(SELECT " +
             anchor_sql(map, catalog, *parent, inner, parent->anchors.at(anchor.anchor)) +
             " FROM " + catalog.at(parent->name).sql_name + " " + inner + " WHERE " +
             link_sql(map, catalog, table, alias, *link, inner) + ")";
    }
    case Anchor::Source::tenant:
      return "NULL::timestamptz";
    case Anchor::Source::latest_of: {
      // SQL's GREATEST ignores NULL; a missing part makes the whole unknown (formats.md 1).
      // So is one with an infinite part, of either sign, not to be believed.
      std::string any_null, any_infinite, parts;
      for (const Anchor& part : anchor.parts) {
        const std::string sql = anchor_sql(map, catalog, table, alias, part);
        any_null += (any_null.empty() ? "" : " OR ") + sql + " IS NULL";
        any_infinite +=
            (any_infinite.empty() ? "NOT" : " OR NOT") + (" pg_catalog.isfinite(" + sql + ")");
        parts += (parts.empty() ? "" : ", ") + sql;
      }
      return "(CASE WHEN " + any_null + " THEN NULL WHEN " + any_infinite +
             " THEN 'infinity' ELSE GREATEST(" + parts + ") END)";
    }
  }
  return "NULL::timestamptz";
}

std::vector<std::string> row_key(const Table& table) {
  if (!table.key.empty()) return table.key;
  return {"tableoid", "ctid"};
}

std::string key_type(const Catalog& catalog, const Table& table, const std::string& column) {
  if (table.key.empty()) return column == "ctid" ? "tid" : "oid";
  const CatalogColumn* found = catalog.at(table.name).column(column);
  return found == nullptr ? "text" : found->type;
}

std::string same_key_sql(const Table& table, std::string_view a, std::string_view b) {
  std::string sql;
  for (const std::string& column : row_key(table)) {
    if (!sql.empty()) sql += " AND ";
    sql += column_sql(a, column) + " = " + column_sql(b, column);
  }
  return sql;
}

std::string key_list_sql(const Table& table, std::string_view alias) {
  std::string sql;
  for (const std::string& column : row_key(table)) {
    if (!sql.empty()) sql += ", ";
    sql += column_sql(alias, column);
  }
  return sql;
}

std::string data_type_sql(const Table& table, const std::string& alias) {
  std::string sql;
  for (const DataType& type : table.data)
    sql += " WHEN " + where_sql(alias, type.when) + " THEN " + quote_literal(type.is);
  return sql.empty() ? "NULL::text" : "(CASE" + sql + " END)";
}

std::string key_text_sql(const std::vector<std::string>& ids, const std::string& alias) {
  std::string sql = "'['";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    sql += (i == 0 ? " || " : " || ',' || ") + std::string("pg_catalog.to_json(") +
           column_sql(alias, ids[i]) + "::text)::text";
  }
  return sql + " || ']'";
}

}  // namespace ccctl::datamap
