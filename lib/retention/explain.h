// Why one row is kept or due, by which rule, and when.
#pragma once

#include <string>
#include <vector>

#include "retention/situation.h"
#include "rule/precedence.h"

namespace ccctl::retention {

// What stands in the way of a due row, or would go along with it.
struct InTheWay {
  datamap::TableName table;
  std::string why;  // "hold" or "minimum"
  std::uint64_t rows = 0;
  std::vector<std::string> holds;
};

struct Explanation {
  rule::Decision decision;
  bool kept_by_child = false;  // due by itself, and something that would go along is kept
  std::vector<InTheWay> in_the_way;
  std::vector<std::string> holds;  // of the row itself
  std::string stage;               // soft-deleted or scheduled, since facts.waiting
  rule::Facts facts;
};

// `key` holds the texts of the key columns, tenant left out. Throws not_found when there is no such
// row of the tenant's, and usage for a table that the map does not have.
Explanation explain(store::Tx& tx, const Situation& situation, const datamap::TableName& table,
                    const std::vector<std::string>& key, const rule::Ruleset& rules);

}  // namespace ccctl::retention
