#include "subject/key_sql.h"

#include "datamap/sql.h"

namespace ccctl::subject {

std::string key_in_sql(const datamap::Map& map, const datamap::Catalog& catalog,
                       const datamap::Table& table, std::string_view alias,
                       const std::vector<SubjectRef>& refs, store::Params& params) {
  const std::vector<std::string> columns = map.id_columns(table);
  std::string any;
  const auto type_of = [&](const std::string& name) {
    const datamap::CatalogColumn* column = catalog.at(table.name).column(name);
    return column == nullptr ? std::string() : column->type;
  };
  for (const SubjectRef& ref : refs) {
    // A number that is none would be an error of PostgreSQL's, and names nobody.
    bool fits = true;
    for (std::size_t i = 0; i < columns.size(); ++i)
      fits = fits && datamap::may_be(ref.key.at(i), type_of(columns[i]));
    if (!fits) continue;
    std::string all;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      all += (i == 0 ? "" : " AND ") + datamap::column_sql(alias, columns[i]) + " = " +
             datamap::typed_param(params.bind(ref.key.at(i)), type_of(columns[i]));
    }
    any += (any.empty() ? "(" : " OR (") + all + ")";
  }
  return any.empty() ? "false" : "(" + any + ")";
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
