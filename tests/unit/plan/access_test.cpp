// When a scope's rows are all reached by indexes, so that whole tables need not be read to join
// them.
#include "plan/access.h"

#include <gtest/gtest.h>

namespace ccctl::plan {
namespace {

const datamap::Map& map() {
  static const datamap::Map read = datamap::read_map(
      "apiVersion: ccctl/v1\nkind: DataMap\ntenant: {column: t}\n"
      "subjects: {person: {table: people}}\ntables:\n"
      "  people: {key: [t, id], category: registration, erase: delete}\n"
      "  calls: {key: [t, id], category: generated, erase: delete, links: {caller: {from: [t, "
      "caller_id], to: people, down: follow}}}\n",
      "map.yaml");
  return read;
}

bool with_indexes(const std::vector<std::vector<std::string>>& indexes) {
  datamap::Catalog catalog;
  for (const datamap::Table& table : map().tables) catalog.tables[table.name].name = table.name;
  catalog.tables["calls"].indexes = indexes;
  return links_are_indexed(map(), catalog, scope_of(map(), "person"));
}

TEST(Access, IsByIndexWhenOneBeginsWithTheLinksColumnsInAnyOrder) {
  EXPECT_TRUE(with_indexes({{"t", "caller_id"}}));
  EXPECT_TRUE(with_indexes({{"t", "id"}, {"caller_id", "t", "started_at"}}));
}

TEST(Access, IsNotByIndexWhenTheyStandFurtherBackOrNowhere) {
  EXPECT_FALSE(with_indexes({}));
  EXPECT_FALSE(with_indexes({{"t", "id"}}));
  EXPECT_FALSE(with_indexes({{"t", "started_at", "caller_id"}}));
}

}  // namespace
}  // namespace ccctl::plan
