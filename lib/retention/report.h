// What became of a tenant's retention so far: rows that wait, and destruction records.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "store/session.h"

namespace ccctl::retention {

struct History {
  std::vector<Json> stages;        // per table, stage and rule: rows, since when, until when
  std::vector<Json> destructions;  // the newest first
};
History read_history(store::Tx& tx, const std::string& tenant);

}  // namespace ccctl::retention
