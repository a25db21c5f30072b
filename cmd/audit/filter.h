// The options by which `audit export` and `audit show` choose events.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/event.h"
#include "audit/filter.h"
#include "cmd/command.h"

namespace ccctl::cmd {

// --log, --from, --to, --request, --action; then `more`. Without a default log it is both.
std::vector<Option> with_filter_options(std::vector<Option> more, const std::string& default_log);
audit::EventFilter filter_of(const Args& args);
// --log, or the organisation's only one; nothing when none is named. Throws usage for a tenant's
// log under the organisation.
std::optional<audit::LogName> log_of(const Args& args, const std::string& tenant);

}  // namespace ccctl::cmd
