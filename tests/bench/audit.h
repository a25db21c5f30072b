// What the evidence costs beside the work that it is about.
#pragma once

#include "store/session.h"

namespace ccctl::bench {

// Prints ratios: `rows` events appended in transactions of a hundred, by our own code and as bare
// INSERTs; the write-ahead log of one; a proof in the largest evidence log.
void audit_costs(const store::Target& officer, const store::Target& watcher, int rows);

}  // namespace ccctl::bench
