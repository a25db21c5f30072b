// Copies that left the datastore, which no erasure here can reach (W-04).
#pragma once

#include <vector>

#include "base/json.h"
#include "request/request.h"
#include "request/step.h"
#include "store/session.h"

namespace ccctl::request {

// Answers that were given about the members, disclosures that people have recorded about any of
// them, and sub-processors that never answered: [{kind, recipient, date …}]. The date of a
// disclosure is a civil day, that of the others an instant.
Json residual_copies(store::Tx& tx, const Request& request, const std::vector<Step>& steps);

}  // namespace ccctl::request
