// The shipped data map and the reference datastore belong together.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "datamap/check.h"
#include "support/database.h"

namespace ccctl::datamap {
namespace {

namespace fs = std::filesystem;

Map shipped_map() {
  const fs::path file = fs::path(CCCTL_SOURCE_DIR) / "policies/sandbox/datamap.yaml";
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return read_map(text.str(), file.filename().string());
}

// datamap.md, meaning 5 and 6: every table and column is accounted for, every foreign key has its
// link and its index, and the rows hold no personal data where the map says there is none.
TEST(ReferenceMap, FitsWithoutASingleFinding) {
  std::string folder = (fs::temp_directory_path() / "ccctl-map-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const testing::Database database = testing::Database::reference(fs::path(folder) / "objects");
  fs::remove_all(folder);
  store::Session session = database.session("officer");
  const Map map = shipped_map();
  session.transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    const Catalog catalog = read_catalog(tx, map);
    std::vector<Finding> findings = check(map, catalog);
    const std::vector<Finding> more = check_data(map, catalog, tx);
    findings.insert(findings.end(), more.begin(), more.end());
    for (const Finding& finding : findings) {
      ADD_FAILURE() << finding.rule << " " << finding.table << " " << finding.place << ": "
                    << finding.message << " -> " << finding.remedy;
    }
  });
}

}  // namespace
}  // namespace ccctl::datamap
