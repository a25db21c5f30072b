// Whether a request may be taken in at all: who asks, and until when.
#pragma once

#include "datamap/catalog.h"
#include "request/preview.h"
#include "request/request.h"
#include "store/session.h"

namespace ccctl::request {

// Throws refused where the pack does not let this role ask directly (W-26), or where there is no
// record of an identity check and the pack wants one.
void require_intake(const RequestPolicy& policy, const Intake& intake);

// Throws refused (reason window_closed) for an export that was asked for later than the pack's
// window after the end of the tenant's contract: its anchor `contract_end` in the data map. A
// contract without an end, and a map without that anchor, close no window (W-25).
void require_window(store::Tx& tx, const Ground& ground, const datamap::Catalog& catalog, Type type,
                    Instant asked);

}  // namespace ccctl::request
