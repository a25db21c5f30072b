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

// Reads "P30D", "P7Y", "PT36H". Nothing for what formats.md 1 calls invalid: empty, negative,
// mixed-sign, fractional, overflowing or unit-less.
std::optional<Duration> parse_duration(std::string_view text);
std::string to_text(const Duration& duration);

enum class Granularity { instant, day };

// A civil day without a time, as a DATE column holds it.
using Day = std::chrono::sys_days;

bool known_zone(std::string_view iana_name);
std::string tzdata_version();

// The instant at which `anchor` + `duration` is reached in `zone`. Throws ErrorKind::policy_invalid
// for an unknown zone, for a time part with Granularity::day, and for a result out of range.
Instant add(Instant anchor, const Duration& duration, std::string_view zone, Granularity granularity);
// The same for a DATE anchor, which always takes the day rule on the date itself.
Instant add(Day anchor, const Duration& duration, std::string_view zone);

// Half-open range of anchors [from, to) in anchor order; no `from` is minus infinity.
template <class Anchor>
struct AnchorRange {
  std::optional<Anchor> from;
  Anchor to;
  friend bool operator==(const AnchorRange&, const AnchorRange&) = default;
};

// All anchors whose expiry add(anchor, duration, zone, granularity) is at or before `as_of`: sorted,
// disjoint, a half-line and perhaps a few pieces near its end (add() is not monotone at month ends
// and summer-time changes).
std::vector<AnchorRange<Instant>> due_ranges(const Duration& duration, std::string_view zone,
                                             Granularity granularity, Instant as_of);
std::vector<AnchorRange<Day>> due_ranges_of_days(const Duration& duration, std::string_view zone,
                                                 Instant as_of);

}  // namespace ccctl
