// What an export shows of a row, and what of it is masked.
#include <algorithm>

#include "datamap/sql.h"
#include "plan/read_sql.h"

namespace ccctl::plan {

using datamap::Column;
using datamap::column_sql;
using datamap::Link;
using datamap::Table;
using store::quote_literal;

namespace {

// The columns of the map that stand in the field's column, whole or in part.
std::vector<const Column*> columns_in(const Table& table, const Field& field) {
  std::vector<const Column*> found;
  for (const Column& column : table.columns) {
    const auto in = [&](const datamap::Site& site) { return site.column == field.name; };
    if (in(column.site) || std::any_of(column.with.begin(), column.with.end(), in))
      found.push_back(&column);
  }
  return found;
}

bool anybody(const std::vector<const Column*>& columns, bool (*what)(const Column&)) {
  return std::any_of(columns.begin(), columns.end(), [&](const Column* c) { return what(*c); });
}

}  // namespace

// The link names somebody outside the set.
std::string ReadWriter::outside_sql(const Table& table, const Link& link) const {
  const std::string inside = !s_.scope_.holds(link.to) ? "false"
                                                       : all_in_sql(table, s_.table(link.to), link,
                                                                    s_.all_of(link.to), "");
  return "(" + present_sql(link) + " AND NOT (" + inside + "))";
}

std::string ReadWriter::value_sql(const Table& table, const Field& field) const {
  if (field.object != nullptr) return datamap::site_text_sql("t", field.object->pointer);
  const std::string column = column_sql("t", field.name);
  const datamap::CatalogColumn* entry = s_.catalog_.at(table.name).column(field.name);
  if (entry->type.ends_with("[]")) return "pg_catalog.to_json(" + column + ")::text";
  if (entry->type == "bytea") return "pg_catalog.encode(" + column + ", 'base64')";
  if (field.form != Field::Form::json) return column + "::text";
  // Places inside a document that never leave.
  std::string value = column + "::jsonb";
  for (const datamap::Site& place : field.without) {
    std::vector<std::string> members;
    for (const datamap::Step& step : place.path) members.push_back(step.member);
    value = "(" + value + " #- " + quote_literal(store::array_literal(members)) + ")";
  }
  return "(" + value + ")::text";
}

// Under which condition a value of a row t is not shown; "false" when it always is.
std::string ReadWriter::mask_sql(const Table& table, const Field& field, bool shared,
                                 bool classed) const {
  std::string sql;
  const auto add = [&](const std::string& condition) {
    sql += (sql.empty() ? "" : " OR ") + condition;
  };
  const std::vector<const Column*> parts = columns_in(table, field);
  const bool names = anybody(parts, [](const Column& c) { return !c.is.empty(); });
  const bool tells =
      field.object != nullptr || anybody(parts, [](const Column& c) { return c.free; });
  if (shared && (names || tells)) return "true";
  if (classed && names) add("t.ccctl_class >= 1");
  if (classed && !names && tells) add("t.ccctl_class >= 2");
  for (const Link& link : table.links) {
    if (link.to.empty() || !is_person(s_.table(link.to))) continue;
    const bool of_link = std::any_of(link.from.begin(), link.from.end(),
                                     [&](const auto& site) { return site.column == field.name; });
    const bool in_key =
        std::find(table.key.begin(), table.key.end(), field.name) != table.key.end();
    if (of_link && !in_key && field.object == nullptr) add(outside_sql(table, link));
  }
  return sql.empty() ? "false" : sql;
}

}  // namespace ccctl::plan
