// Rate limits that protect the platform (G-11): a bucket of tokens per tenant, in the datastore.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "store/session.h"

namespace ccctl::request {

// Takes one of at most `per_minute` tokens, which come back evenly. Throws busy with `retry_after`
// (seconds) when there is none; no limit is always enough. `kind` is "subjects" or "requests".
void take_token(store::Tx& tx, const std::string& tenant, const std::string& kind,
                const std::optional<int>& per_minute, Instant now);

}  // namespace ccctl::request
