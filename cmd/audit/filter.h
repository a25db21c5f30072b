// The options by which `audit export` and `audit show` choose events.
#pragma once

#include <vector>

#include "audit/filter.h"
#include "cmd/command.h"

namespace ccctl::cmd {

// --log, --from, --to, --request, --action; then `more`. Without a default log it is both.
std::vector<Option> with_filter_options(std::vector<Option> more, const std::string& default_log);
audit::EventFilter filter_of(const Args& args);

}  // namespace ccctl::cmd
