// Everything of one tenant, returned at the end of its contract (S-16, W-25): a file per table and
// every object that a row points to, from one snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "datamap/catalog.h"
#include "datamap/map.h"
#include "object/store.h"
#include "request/export_package.h"
#include "store/session.h"

namespace ccctl::request {

struct TenantArchive {
  std::uint64_t rows = 0, objects = 0;
  std::vector<std::string> missing;   // stores whose objects were not all there
  std::vector<std::string> left_out;  // "table.column": never leave, for anybody
  std::string manifest_sha256;        // hex
};

// Fills and closes the package: tables/NAME.ndjson with a JSON object per row, in the order of the
// key, objects/STORE/KEY, and manifest.json with the digest of each file. Rows are streamed; the
// names of the files are not.
TenantArchive write_tenant_archive(
    store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
    const std::string& tenant, Instant at, Package& package,
    const std::function<object::ObjectStore&(const std::string& name)>& objects);

}  // namespace ccctl::request
