// What an anchor is made of, where one expression of SQL cannot compare it.
#pragma once

#include <vector>

#include "datamap/catalog.h"
#include "datamap/map.h"

namespace ccctl::plan {

// The anchor itself; or the parts of a latest_of that mixes dates with instants, or a row's own
// with the tenant's: dates begin in the rule's zone, which SQL does not know, so each part is
// compared by itself, and the row has passed when all have. Throws map_invalid for a link that
// leads to such a mixture.
std::vector<const datamap::Anchor*> anchor_parts(const datamap::Map& map,
                                                 const datamap::Catalog& catalog,
                                                 const datamap::Table& table,
                                                 const datamap::Anchor& anchor);

}  // namespace ccctl::plan
