#include "plan/access.h"

#include <algorithm>

namespace ccctl::plan {
namespace {

bool begins_with(const std::vector<std::string>& index, const std::vector<std::string>& columns) {
  return index.size() >= columns.size() &&
         std::is_permutation(columns.begin(), columns.end(), index.begin());
}

}  // namespace

bool is_indexed(const datamap::CatalogTable& child, const datamap::Link& link) {
  std::vector<std::string> columns;
  for (const datamap::Site& site : link.from) {
    if (!site.plain()) return false;
    columns.push_back(site.column);
  }
  return std::any_of(child.indexes.begin(), child.indexes.end(),
                     [&](const auto& index) { return begins_with(index, columns); });
}

bool links_are_indexed(const datamap::Map& map, const datamap::Catalog& catalog,
                       const Scope& scope) {
  return std::all_of(map.tables.begin(), map.tables.end(), [&](const datamap::Table& table) {
    return std::all_of(table.links.begin(), table.links.end(), [&](const datamap::Link& link) {
      return link.to.empty() || !scope.holds(link.to) || link.down == datamap::Down::stay ||
             is_indexed(catalog.at(table.name), link);
    });
  });
}

void prefer_indexes(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                    const Scope& scope) {
  if (!links_are_indexed(map, catalog, scope)) return;
  tx.defer(
      "SELECT pg_catalog.set_config('enable_hashjoin', 'off', true), "
      "pg_catalog.set_config('enable_mergejoin', 'off', true)");
}

}  // namespace ccctl::plan
