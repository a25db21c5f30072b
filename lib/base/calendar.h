// Calendar durations, and the arithmetic that says when data is due (formats.md 1).
//
// add() is the only place where an expiry is computed, and due_ranges() is its inverse: SQL never
// does calendar arithmetic, it only compares anchors with the ranges found here. Zones are IANA
// names from the system's time zone database (Hinnant date; libstdc++ 12 has none).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ccctl {

// An ISO 8601 duration: calendar parts and a time part that elapses.
struct Duration {
  std::int32_t months = 0;  // years are 12 months
  std::int32_t days = 0;    // weeks are 7 days
  std::int64_t seconds = 0;

  friend bool operator==(const Duration&, const Duration&) = default;
};

// Reads "P30D", "P7Y", "PT36H". Nothing for what is invalid in a policy: empty, negative,
// mixed-sign, fractional, unit-less, or longer than 9999 years.
std::optional<Duration> parse_duration(std::string_view text);
std::string to_text(const Duration& duration);

enum class Granularity { instant, day };

// A civil day without a time, as a DATE column holds it.
using Day = std::chrono::sys_days;

bool known_zone(std::string_view iana_name);
// The release of the system's database, such as "2025b", or "unknown".
std::string tzdata_version();

// The instant at which `anchor` + `duration` is reached in `zone`: civil time, clamped to the
// month's end, back to an instant (skipped times move forward, times shown twice are the later
// one), then the time part as it elapses. With Granularity::day the start of the civil day after,
// and never before that instant. Throws ErrorKind::policy_invalid for an unknown zone, for a time
// part with Granularity::day, and for anchors or results outside the years 1 to 9999.
//
// The way through civil time holds for every duration, so an anchor in the first pass of an hour
// that is shown twice counts from the second. A deadline that is pure elapsed time is reckoned in
// "UTC".
Instant add(Instant anchor, const Duration& duration, std::string_view zone,
            Granularity granularity);
// The same for a DATE anchor, which always takes the day rule on the date itself.
Instant add(Day anchor, const Duration& duration, std::string_view zone);

// Half-open range of anchors [from, to) in anchor order; no `from` is minus infinity.
template <class Anchor>
struct AnchorRange {
  std::optional<Anchor> from;
  Anchor to;
  friend bool operator==(const AnchorRange&, const AnchorRange&) = default;
};

// All anchors whose expiry add(anchor, duration, zone, granularity) is at or before `as_of`:
// sorted, disjoint, a half-line and perhaps a few pieces near its end (add() is not monotone at
// month ends and summer-time changes).
std::vector<AnchorRange<Instant>> due_ranges(const Duration& duration, std::string_view zone,
                                             Granularity granularity, Instant as_of);
std::vector<AnchorRange<Day>> due_ranges_of_days(const Duration& duration, std::string_view zone,
                                                 Instant as_of);

}  // namespace ccctl
