#include "datamap/catalog.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "crypto/digest.h"

namespace ccctl::datamap {
namespace {

Json table_json(const CatalogTable& table) {
  Json columns = Json::array();
  for (const CatalogColumn& column : table.columns) {
    columns.push_back(
        {column.name, column.type, column.not_null, column.generated, column.identity});
  }
  std::vector<std::vector<std::string>> unique = table.unique_not_null;
  std::sort(unique.begin(), unique.end());
  return {{"columns", std::move(columns)},
          {"partitioned", table.partitioned},
          {"primary_key", table.primary_key},
          {"unique", std::move(unique)}};
}

}  // namespace

std::string base_type(const std::string& type) {
  const std::size_t open = type.find('(');
  if (open == std::string::npos) return type;
  const std::size_t close = type.find(')', open);
  return type.substr(0, open) + (close == std::string::npos ? "" : type.substr(close + 1));
}

bool CatalogColumn::has_room(std::string_view text) const {
  const std::size_t open = type.find('(');
  if (open == std::string::npos || !type.starts_with("character")) return true;
  std::size_t bound = 0;
  std::from_chars(type.data() + open + 1, type.data() + type.size(), bound);
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  });
  return static_cast<std::size_t>(characters) <= bound;
}

std::string CatalogColumn::unbounded_type() const {
  const std::string base = base_type(type);
  if (!base.starts_with("character") || base.starts_with("character varying")) return base;
  return "pg_catalog.bpchar" + base.substr(std::string_view("character").size());
}

const CatalogColumn* CatalogTable::column(std::string_view wanted) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const CatalogColumn& c) { return c.name == wanted; });
  return found == columns.end() ? nullptr : &*found;
}

const CatalogTable* Catalog::table(std::string_view name) const {
  const auto found = tables.find(std::string(name));
  return found == tables.end() ? nullptr : &found->second;
}

const CatalogTable& Catalog::at(std::string_view name) const {
  if (const CatalogTable* found = table(name)) return *found;
  throw Error(ErrorKind::map_drift, "the datastore has no table \"" + std::string(name) + "\"");
}

std::string Catalog::digest(const std::vector<TableName>& closure) const {
  const auto known = digests.find(closure);
  if (known != digests.end()) return known->second;
  Json tables_json = Json::object();
  for (const TableName& name : closure) tables_json[name] = table_json(at(name));
  std::set<std::string> keys;
  for (const ForeignKey& key : foreign_keys) {
    if (!tables_json.contains(key.from) && !tables_json.contains(key.to)) continue;
    keys.insert(Json({key.from, key.from_columns, key.to, key.to_columns,
                      std::string(1, key.on_delete), key.deferrable})
                    .dump());
  }
  const Json whole = {{"tables", std::move(tables_json)}, {"foreign_keys", keys}};
  return digests[closure] = crypto::to_hex(crypto::view(crypto::sha256(whole.dump())));
}

TableName logical_name(std::string_view schema, std::string_view relation) {
  if (schema == "public") return std::string(relation);
  return std::string(schema) + "." + std::string(relation);
}

std::vector<std::string> mapped_schemas(const Map& map) {
  std::set<std::string> schemas;
  for (const Table& table : map.tables) {
    const std::size_t dot = table.name.find('.');
    schemas.insert(dot == std::string::npos ? "public" : table.name.substr(0, dot));
  }
  for (const char* never : {"ccctl", "pg_catalog", "information_schema"}) schemas.erase(never);
  return {schemas.begin(), schemas.end()};
}

}  // namespace ccctl::datamap
