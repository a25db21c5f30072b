// The civil time of one IANA zone: which offset from UTC holds when, and back from civil time.
//
// Offsets come from the system's time zone database through Hinnant date. Its release in Debian 12
// stops at a file's last listed change (2037) although the rule in the file's last line goes on, so
// that rule is read here as well (posix_rule.h).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/posix_rule.h"
#include "base/time.h"

namespace ccctl {

using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

// No zone is further from UTC than this (Manila once was 15:56 behind).
constexpr std::chrono::hours kWidestOffset{16};

class Zone {
 public:
  // The zone of that name, which lives as long as the program. Throws ErrorKind::policy_invalid for
  // an unknown one. Nothing is read from disk before the first call, and never for "UTC".
  static const Zone& named(std::string_view iana_name);
  static bool known(std::string_view iana_name);

  // The span that holds at `at`.
  OffsetSpan at(std::chrono::sys_seconds at) const;
  // All spans that touch [from, to), in order.
  std::vector<OffsetSpan> between(std::chrono::sys_seconds from, std::chrono::sys_seconds to) const;

  LocalTime to_local(Instant at) const;
  // The instant of a civil time: one that the clocks skip moves forward by what was skipped, one
  // that they show twice is the later of the two.
  Instant to_instant(LocalTime civil) const;

  Zone(std::vector<OffsetSpan> listed, std::optional<PosixRule> afterwards);

 private:
  std::vector<OffsetSpan> listed_;  // without gaps; the last one ends at the end of time
  std::optional<PosixRule> afterwards_;
};

}  // namespace ccctl
