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
  // Whose content is in it, for the record of accesses (W-46): their table, and which of the
  // manifest's files it is, from 0.
  struct Recording {
    std::string table;
    std::size_t file = 0;
  };
  std::vector<Recording> recordings;
};

// Fills the package, and leaves publish() to the caller, whose event comes first:
// tables/NAME.ndjson with a JSON object per row, in the order of the key, objects/STORE/KEY, and
// manifest.json with the digest of each file. Rows are streamed; the names of the files are not.
TenantArchive write_tenant_archive(
    store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
    const std::string& tenant, Instant at, Package& package,
    const std::function<object::ObjectStore&(const std::string& name)>& objects);

}  // namespace ccctl::request
