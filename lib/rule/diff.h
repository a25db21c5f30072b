// What differs between two packs' retention, and what of it can make a row due earlier.
//
// Judged by the rules alone, so on the safe side: where two periods or matches cannot be compared
// (P30D and P1M), a row may be due earlier.
#pragma once

#include <string>
#include <vector>

#include "rule/ruleset.h"

namespace ccctl::rule {

struct Change {
  enum class Kind { added, removed, changed };
  Kind kind = Kind::changed;
  std::string id;             // the rule's, or "TENANT: SETTING" for a tenant's setting
  std::string before, after;  // what differs, as JSON in the grammar of the document; null: absent
  std::string earlier;        // why rows may be due earlier; empty: none can
};
std::string_view name_of(Change::Kind kind);

// In the order of `after`, then what is gone, then settings.
std::vector<Change> diff(const Ruleset& before, const Ruleset& after);

}  // namespace ccctl::rule
