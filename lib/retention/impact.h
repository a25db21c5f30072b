// How many rows another pack would make due now that the present one does not.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "datamap/catalog.h"
#include "datamap/map.h"
#include "rule/ruleset.h"
#include "store/session.h"

namespace ccctl::retention {

struct Impact {
  datamap::TableName table;
  std::uint64_t earlier = 0;  // due by `after` and not by `before`
  std::uint64_t later = 0;    // the other way round
};

// Of the tenant's rows at one instant, by the rules alone: holds and what follows a row are left
// aside. Tables where nothing changes are left out. Reads only.
std::vector<Impact> impact(store::Tx& tx, const datamap::Map& map, const std::string& tenant,
                           const rule::Ruleset& before, const rule::Ruleset& after, Instant as_of);

}  // namespace ccctl::retention
