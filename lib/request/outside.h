// What of the datastore no request reaches, whoever asks: told in the result of each (G-39, G-40,
// G-49).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "datamap/catalog.h"
#include "datamap/map.h"
#include "store/session.h"

namespace ccctl::request {

struct Outside {
  datamap::TableName table;
  std::string what, reason;
  std::vector<std::string> requirements;
  std::optional<std::uint64_t> rows;  // of the tenant; nothing where the map has none counted
  Instant counted_at{};
};

// In the map's order. Counting looks at a whole table, so a count of the last hour will do: it
// stands in ccctl.outside, where this puts a new one.
std::vector<Outside> outside_of(store::Tx& tx, const datamap::Map& map,
                                const datamap::Catalog& catalog, const std::string& tenant,
                                Instant now);
// Appends to `excluded` of a result what the pack does not tell there already; what was counted as
// none is left out.
void tell_outside(Json& result, const std::vector<Outside>& outside);

}  // namespace ccctl::request
