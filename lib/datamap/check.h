// Does the map fit the datastore? Refusals stop every command on the tables concerned; findings are
// reported (datamap.md, meaning 5 to 7).
#pragma once

#include <string>
#include <vector>

#include "datamap/catalog.h"
#include "datamap/map.h"
#include "store/session.h"

namespace ccctl::datamap {

struct Finding {
  std::string rule;  // stable id: unmapped_table, unmapped_column, foreign_key_without_link …
  TableName table;
  std::string place;    // column, link or constraint; may be empty
  std::string message;  // without data
  std::string remedy;   // what to do, e.g. a CREATE INDEX statement
  bool refusal = false;
};

// What the catalog alone shows; no table is read.
std::vector<Finding> check(const Map& map, const Catalog& catalog);
// What needs reading rows: uncovered type values, dangling links, personal data in clean columns
// (by sampling), server settings that log statements.
std::vector<Finding> check_data(const Map& map, const Catalog& catalog, store::Tx& tx);

// Throws map_drift naming the first refusal that concerns one of `closure`, or a new table with a
// foreign key to one of them. Elsewhere drift is only a finding.
void require_fit(const std::vector<Finding>& findings, const std::vector<TableName>& closure);

}  // namespace ccctl::datamap
