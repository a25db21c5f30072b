// What a command takes from its surroundings besides the datastore: the clock, randomness, the log.
//
// They are values, so that a test can set the clock and repeat the randomness. Context lives as
// long as the command; nothing keeps a reference beyond that.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ccctl {

enum class LogLevel { debug, info, warning };

struct Context {
  std::function<Instant()> now;                      // the host's clock; runs use the datastore's
  std::function<void(std::span<std::byte>)> random;  // fills with unpredictable bytes
  // One line for the operator on stderr. Never personal data: pass pseudonyms and counts.
  std::function<void(LogLevel, std::string_view)> log;
};

// The system's clock and getrandom(2); the log goes nowhere until main() sets it.
Context system_context();

// 128 random bits as a lower-case UUID (version 4).
std::string random_uuid(const Context& context);

std::string_view version();

}  // namespace ccctl
