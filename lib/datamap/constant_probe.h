// Tries the constants of the map: what `erase` gives columns against their types and CHECK
// constraints, what conditions compare with them against their types.
#pragma once

#include "datamap/catalog.h"

namespace ccctl::datamap {

// Fills refuses_erase and refuses_value. Only constants of the map are computed with; no row is
// read. What cannot be known before (a CHECK that also reads columns which keep their values, a cut
// text) is left to check() to report.
void probe_constants(store::Tx& tx, const Map& map, Catalog& catalog);

}  // namespace ccctl::datamap
