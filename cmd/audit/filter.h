// The options by which `audit export` and `audit show` choose events.
#pragma once

#include <vector>

#include "audit/filter.h"
#include "cmd/command.h"

namespace ccctl::cmd {

// --log, --from, --to, --request, --action; then `more`.
std::vector<Option> with_filter_options(std::vector<Option> more);
audit::EventFilter filter_of(const Args& args);

}  // namespace ccctl::cmd
