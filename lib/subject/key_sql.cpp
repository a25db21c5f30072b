#include "subject/key_sql.h"

#include "datamap/sql.h"

namespace ccctl::subject {

std::string key_in_sql(const datamap::Map& map, const datamap::Catalog& catalog,
                       const datamap::Table& table, std::string_view alias,
                       const std::vector<SubjectRef>& refs, store::Params& params) {
  const std::vector<std::string> columns = map.id_columns(table);
  std::string left, right, arrays, names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::vector<std::string> texts;
    for (const SubjectRef& ref : refs) texts.push_back(ref.key.at(i));
    const datamap::CatalogColumn* column = catalog.at(table.name).column(columns[i]);
    const std::string type = column == nullptr ? "text" : column->type;
    const std::string name = "k" + std::to_string(i);
    const std::string comma = i == 0 ? "" : ", ";
    left += comma + datamap::column_sql(alias, columns[i]);
    right += comma + name + "::" + (type.starts_with("character") ? "text" : type);
    arrays += comma + params.bind(store::array_literal(texts)) + "::text[]";
    names += comma + name;
  }
  // Only the bare name takes several arrays; pg_catalog comes first in our search_path.
  return "(" + left + ") IN (SELECT " + right + " FROM unnest(" + arrays + ") AS ids(" + names +
         "))";
}

std::string id_list_sql(const datamap::Map& map, const datamap::Table& table,
                        std::string_view alias) {
  std::string sql;
  for (const std::string& column : map.id_columns(table)) {
    sql += (sql.empty() ? "" : ", ") + datamap::column_sql(alias, column) + "::text";
  }
  return sql;
}

}  // namespace ccctl::subject
