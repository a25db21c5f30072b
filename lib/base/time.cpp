#include "base/time.h"

#include <array>
#include <cstdio>

#include "base/scan.h"

namespace ccctl {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// YYYY-MM-DD of a day that exists.
std::optional<std::chrono::sys_days> read_date(Scan& in) {
  const auto year = in.number(4);
  if (!year || *year == 0 || !in.take('-')) return std::nullopt;
  const auto month = in.number(2);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// HH:MM[:SS[.fraction]]. What a fraction says beyond microseconds is dropped.
std::optional<microseconds> read_clock(Scan& in) {
  const auto hour = in.number(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.number(2);
  if (!minute || *minute > 59) return std::nullopt;
  microseconds time = hours(*hour) + minutes(*minute);
  if (!in.take(':')) return time;
  const auto second = in.number(2);
  if (!second || *second > 59) return std::nullopt;
  time += seconds(*second);
  if (!in.take('.')) return time;
  std::int64_t fraction = 0;
  int read = 0;
  for (auto digit = in.number(1); digit; digit = in.number(1), ++read) {
    if (read < 6) fraction = fraction * 10 + *digit;
  }
  if (read == 0) return std::nullopt;
  for (int i = read; i < 6; ++i) fraction *= 10;
  return time + microseconds(fraction);
}

// +HH[:MM[:SS]]; `minutes_required` as RFC 3339 has it.
std::optional<seconds> read_offset(Scan& in, bool minutes_required) {
  const bool west = in.take('-');
  if (!west && !in.take('+')) return std::nullopt;
  const auto hour = in.number(2);
  if (!hour || *hour > 23) return std::nullopt;
  seconds offset = hours(*hour);
  if (in.take(':')) {
    const auto minute = in.number(2);
    if (!minute || *minute > 59) return std::nullopt;
    offset += minutes(*minute);
    if (!minutes_required && in.take(':')) {
      const auto second = in.number(2);
      if (!second || *second > 59) return std::nullopt;
      offset += seconds(*second);
    }
  } else if (minutes_required) {
    return std::nullopt;
  }
  return west ? -offset : offset;
}

}  // namespace

std::string to_text(Instant at) {
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<microseconds> clock(at - day);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::optional<Instant> parse_instant(std::string_view text) {
  Scan in(text);
  const auto date = read_date(in);
  if (!date || !(in.take('T') || in.take('t') || in.take(' '))) return std::nullopt;
  const auto clock = read_clock(in);
  if (!clock) return std::nullopt;
  seconds offset{0};
  if (!in.take('Z') && !in.take('z')) {
    const auto written = read_offset(in, true);
    if (!written) return std::nullopt;
    offset = *written;
  }
  if (!in.done()) return std::nullopt;
  return *date + *clock - offset;
}

std::optional<Instant> parse_pg_timestamptz(std::string_view text) {
  Scan in(text);
  const auto date = read_date(in);
  if (!date || !in.take(' ')) return std::nullopt;
  const auto clock = read_clock(in);
  if (!clock) return std::nullopt;
  const auto offset = read_offset(in, false);
  if (!offset || !in.done()) return std::nullopt;
  return *date + *clock - *offset;
}

}  // namespace ccctl
