// The yearly rule at the end of a time zone file, such as "CET-1CEST,M3.5.0,M10.5.0/3" (RFC 9636).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ccctl {

class Scan;

// Where spans without a first or last change begin and end: far outside the years that ccctl
// reckons with, and inside what microseconds can count.
constexpr std::chrono::sys_seconds kBeginOfTime =
    std::chrono::sys_days(std::chrono::year(-30000) / std::chrono::January / 1);
constexpr std::chrono::sys_seconds kEndOfTime =
    std::chrono::sys_days(std::chrono::year(30000) / std::chrono::January / 1);

// From `begin` to before `end` the civil clock is `offset` ahead of UTC.
struct OffsetSpan {
  std::chrono::sys_seconds begin;
  std::chrono::sys_seconds end;
  std::chrono::seconds offset;
};

class PosixRule {
 public:
  // Nothing for what is no such rule.
  static std::optional<PosixRule> parse(std::string_view text);

  // The span around `at`, as if the rule had always held and always will.
  OffsetSpan at(std::chrono::sys_seconds at) const;

 private:
  // When the clocks change in a year, in the civil time before the change.
  struct Change {
    enum class Kind { month_week_day, julian, zero_based } kind = Kind::month_week_day;
    unsigned month = 0, week = 0, weekday = 0;  // Mm.w.d: week 5 is the last, weekday 0 is Sunday
    int day = 0;                                // Jn (29 February is never counted) or n
    std::chrono::seconds time{7200};            // after midnight; may be negative or beyond 24 h

    std::chrono::sys_seconds when(std::chrono::year year) const;
  };
  static bool parse_change(Scan& in, Change& change);

  std::chrono::seconds standard_{0};
  std::chrono::seconds summer_{0};
  bool has_summer_ = false;
  Change to_summer_;
  Change to_standard_;
};

}  // namespace ccctl
