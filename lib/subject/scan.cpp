#include "subject/scan.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "datamap/sql.h"
#include "subject/key_sql.h"

namespace ccctl::subject {

void each_subject(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                  const std::string& tenant, const std::function<void(const SubjectRef&)>& tell) {
  for (const datamap::SubjectType& type : map.subjects) {
    const datamap::Table& table = *map.table(type.table);
    store::Params params;
    std::string sql = "SELECT pg_catalog.jsonb_build_array(" + id_list_sql(map, table, "t") +
                      ")::text FROM " + catalog.at(table.name).sql_name + " t WHERE " +
                      datamap::tenant_sql(map, catalog, table, "t", params.bind(tenant)) + " AND " +
                      datamap::where_sql("t", type.where);
    tx.each({std::move(sql), params.take()}, [&](const store::Rows& rows, std::size_t r) {
      tell({type.kind, SubjectRef::key_of_json(rows.text(r, 0))});
    });
  }
}

void each_matched_value(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                        const std::string& tenant,
                        const std::function<void(const Identifier&)>& tell) {
  const Finder finder(tx, map, catalog, tenant);
  for (const datamap::Table& table : map.tables) {
    if (!table.match) continue;
    for (const datamap::Column& column : table.columns) {
      if (column.is.empty()) continue;
      store::Params params;
      std::string lists;
      for (const std::string& list : Finder::value_list(column, "t")) {
        lists += (lists.empty() ? "" : ", ") + list;
      }
      std::string sql = "SELECT pg_catalog.jsonb_build_array(" + lists + ")::text FROM " +
                        catalog.at(table.name).sql_name + " t WHERE " +
                        datamap::tenant_sql(map, catalog, table, "t", params.bind(tenant));
      tx.each({std::move(sql), params.take()}, [&](const store::Rows& rows, std::size_t r) {
        for (std::string& value :
             finder.values_of(column, column.is, Json::parse(rows.text(r, 0)))) {
          tell({column.is, Personal<std::string>(std::move(value)), false, table.name,
                column.site.text()});
        }
      });
    }
  }
}

}  // namespace ccctl::subject
