// How many rows of each table stand where: what `retention plan` shows, and what a sweep's limits
// are held against before its first write.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "retention/situation.h"

namespace ccctl::retention {

struct Count {
  datamap::TableName table;
  std::string rule;  // the maximum concerned; empty: none
  // due, overdue, taken_along, held, kept_by_child, kept, min_over_max, … or the stage in which
  // rows wait: soft-deleted, scheduled
  std::string state;
  std::string action;  // of due rows: delete, anonymise, soft-delete, schedule, purge, restore
  std::uint64_t rows = 0;
};

struct Notice {
  std::string finding;       // no_zone, no_index, no_key, hidden
  datamap::TableName table;  // empty: of several, which the message names
  std::string message, remedy;
  bool skipped = false;  // the table was not covered
};

struct Survey {
  std::vector<Count> counts;
  std::vector<Notice> notices;
  // Rows that would be deleted or anonymised, or enter a stage.
  std::map<datamap::TableName, std::uint64_t> going;
  std::uint64_t restored = 0;                         // rows that would leave their stage
  std::map<datamap::TableName, std::uint64_t> total;  // rows of the tenant's in tables with counts

  std::uint64_t rows_going() const;
  std::uint64_t rows_in(std::string_view state) const;
};

// Reads only, in one snapshot, and in constant memory whatever the tables hold.
Survey survey(store::Tx& tx, const Situation& situation);
// The same of what is due alone, so that a sweep costs what it has to do and not what the tables
// hold. `total` goes as far as the limit in percent asks, and is missing where it asks nothing.
Survey survey_due(store::Tx& tx, const Situation& situation, const rule::Limits& limits);

Json to_json(const Count& count);
Json to_json(const Notice& notice);

}  // namespace ccctl::retention
