// Tries the values that the map's `erase` gives columns against their types and CHECK constraints.
#pragma once

#include "datamap/catalog.h"

namespace ccctl::datamap {

// Fills refuses_erase. Only constants of the map are computed with; no row is read. What cannot be
// known before (a CHECK over several columns, a cut text) is left to check() to report.
void probe_erasures(store::Tx& tx, const Map& map, Catalog& catalog);

}  // namespace ccctl::datamap
