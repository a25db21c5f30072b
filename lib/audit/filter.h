// Which events of a log somebody wants to see.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "store/sql.h"

namespace ccctl::audit {

struct EventFilter {
  std::optional<Instant> from, to;   // from <= at < to
  std::string request;               // empty: of any request, and of none
  std::vector<std::string> actions;  // empty: all

  // Picks single events, whose number nobody can check without the others: not a stretch of time.
  bool selects() const { return !request.empty() || !actions.empty(); }
  bool everything() const { return !from && !to && !selects(); }

  // The condition on a column with a leaf's line (bytea), as SQL; "true" for everything.
  std::string sql(store::Params& params, std::string_view line) const;
  // As a manifest and an event tell it: only what is set.
  Json json() const;
};

}  // namespace ccctl::audit
