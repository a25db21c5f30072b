// Refusals are events: whoever was not allowed to do something has tried (W-46).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cmd/command.h"

namespace ccctl::cmd {

// Runs a command. When it is refused (exit 5: role, residency, hold, guard, confirmation …) or
// denied by the datastore (exit 11), that stands in the security log as NOUN.VERB.refused before
// the error is thrown on. A refusal that cannot be recorded stays a refusal, and stderr says so.
int recording_refusals(App& app, const Spec& spec, const std::function<int()>& run);

// Runs a command and tells what it used keys for, whether it ended well or not. What cannot be told
// is an error of a command that had none.
int recording_key_uses(App& app, const std::function<int()>& run);

// A message without the values that somebody typed, which may be anything, quotes included: what
// stands between the first quote and the last goes, unless it is one id or digest.
std::string without_values(std::string_view message);

}  // namespace ccctl::cmd
