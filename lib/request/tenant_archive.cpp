#include "request/tenant_archive.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "datamap/sql.h"
#include "request/export_write.h"

namespace ccctl::request {
namespace {

using datamap::Table;

// Masked columns, passwords and tokens (W-20): nobody gets these.
bool leaves(const Table& table, const std::string& name) {
  static const std::set<std::string> secrets{"auth_token", "password"};
  return std::none_of(table.columns.begin(), table.columns.end(), [&](const auto& column) {
    return column.site.column == name && (column.mask || secrets.contains(column.data));
  });
}

class Archiving {
 public:
  Archiving(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
            const std::string& tenant, Package& package,
            const std::function<object::ObjectStore&(const std::string& name)>& objects)
      : tx_(tx),
        map_(map),
        catalog_(catalog),
        tenant_(tenant),
        package_(package),
        objects_(objects) {}

  TenantArchive run(Instant at) {
    for (const Table& table : map_.tables) {
      rows_of(table);
      objects_of(table);
    }
    const Json manifest{{"apiVersion", "ccctl/v1"},
                        {"kind", "TenantArchive"},
                        {"tenant", tenant_},
                        {"createdAt", to_text(at)},
                        {"mapDigest", map_.digest},
                        {"rows", made_.rows},
                        {"objects", made_.objects},
                        {"leftOut", made_.left_out},
                        {"missingObjectsIn", made_.missing},
                        {"files", files_}};
    const auto file = package_.create("manifest.json");
    file->write(manifest.dump(2) + "\n");
    made_.manifest_sha256 = file->close().sha256;
    return std::move(made_);
  }

 private:
  void note(const FileInfo& file, const std::optional<std::uint64_t>& rows) {
    files_.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
    if (rows) files_.back()["rows"] = *rows;
  }

  std::string where(const Table& table, store::Params& params) const {
    return " FROM " + catalog_.at(table.name).sql_name + " t WHERE " +
           datamap::tenant_sql(map_, catalog_, table, "t", params.bind(tenant_));
  }

  // Typed as the site has them; columns that never leave are named in the manifest.
  void rows_of(const Table& table) {
    std::string columns;
    for (const datamap::CatalogColumn& column : catalog_.at(table.name).columns) {
      if (!leaves(table, column.name)) {
        made_.left_out.push_back(table.name + "." + column.name);
        continue;
      }
      columns += (columns.empty() ? "" : ", ") + datamap::column_sql("t", column.name);
    }
    if (columns.empty()) return;
    store::Params params;
    std::string sql =
        "SELECT pg_catalog.to_jsonb(x)::text FROM (SELECT " + columns + where(table, params);
    if (!table.key.empty()) sql += " ORDER BY " + datamap::key_list_sql(table, "t");
    const auto file = package_.create("tables/" + table.name + ".ndjson");
    std::uint64_t rows = 0;
    tx_.stream({sql + ") x", params.take()}, [&](const store::Rows& row) {
      file->write(row.text(0, 0));
      file->write("\n");
      ++rows;
    });
    made_.rows += rows;
    note(file->close(), rows);
  }

  // Each object once, however many rows point to it.
  void objects_of(const Table& table) {
    for (const datamap::Object& object : table.objects) {
      store::Params params;
      const std::string pointer = datamap::site_text_sql("t", object.pointer);
      const std::string from = where(table, params);
      tx_.stream(
          {"SELECT DISTINCT " + pointer + from + " AND " + pointer + " IS NOT NULL", params.take()},
          [&](const store::Rows& row) { copy(table, object.store, row.text(0, 0)); });
    }
  }

  void copy(const Table& table, const std::string& store, std::string_view key) {
    const std::string name = "objects/" + store + "/" + std::string(key);
    if (!copied_.insert(name).second) return;
    std::unique_ptr<PackageFile> file;
    try {
      objects_(store).read(key, [&](std::string_view piece) {
        if (!file) file = package_.create(name);
        file->write(piece);
      });
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
      if (std::find(made_.missing.begin(), made_.missing.end(), store) == made_.missing.end())
        made_.missing.push_back(store);
      return;
    }
    if (!file) file = package_.create(name);  // an object of no bytes
    if (holds_recordings(table)) made_.recordings.push_back({table.name, files_.size()});
    note(file->close(), std::nullopt);
    ++made_.objects;
  }

  store::Tx& tx_;
  const datamap::Map& map_;
  const datamap::Catalog& catalog_;
  const std::string& tenant_;
  Package& package_;
  const std::function<object::ObjectStore&(const std::string& name)>& objects_;
  TenantArchive made_;
  Json files_ = Json::array();
  std::set<std::string> copied_;
};

}  // namespace

TenantArchive write_tenant_archive(
    store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
    const std::string& tenant, Instant at, Package& package,
    const std::function<object::ObjectStore&(const std::string& name)>& objects) {
  return Archiving(tx, map, catalog, tenant, package, objects).run(at);
}

}  // namespace ccctl::request
