#include "base/calendar.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/scan.h"
#include "base/zone.h"

namespace ccctl {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

// Anchors and expiries lie in the years 1 to 9999, as their text form does.
constexpr sys_days kFirstDay = year(1) / std::chrono::January / 1;
constexpr sys_days kPastLastDay = year(10000) / std::chrono::January / 1;

// Longer periods could never come to an end inside those years.
constexpr std::int64_t kMaxMonths = 119'988;
constexpr std::int64_t kMaxDays = 3'652'059;
constexpr std::int64_t kMaxSeconds = kMaxDays * 86'400;

void check(const Duration& duration, bool by_day) {
  const auto outside = [](std::int64_t value, std::int64_t max) {
    return value < 0 || value > max;
  };
  if (outside(duration.months, kMaxMonths) || outside(duration.days, kMaxDays) ||
      outside(duration.seconds, kMaxSeconds)) {
    throw Error(ErrorKind::policy_invalid, "the period is negative or longer than 9999 years");
  }
  if (by_day && duration.seconds != 0) {
    throw Error(ErrorKind::policy_invalid,
                "the period '" + to_text(duration) + "' has a time part, but counts whole days",
                "leave the time part out, or use 'granularity: instant'");
  }
}

Instant checked(Instant at) {
  if (at < kFirstDay || at >= kPastLastDay) {
    throw Error(ErrorKind::policy_invalid, "an instant lies outside the years 1 to 9999");
  }
  return at;
}

std::chrono::year_month_day clamped(std::chrono::year_month_day date) {
  return date.ok() ? date : date.year() / date.month() / std::chrono::last;
}

// The civil date that the calendar parts lead to. Never falls while `date` rises.
Day target(Day date, const Duration& duration) {
  const std::chrono::year_month_day from(date);
  return Day(clamped(from + std::chrono::months(duration.months))) + days(duration.days);
}

LocalTime midnight(Day date) {
  return LocalTime(date.time_since_epoch());
}

Instant day_rule(Day date, const Duration& duration, const Zone& zone) {
  return zone.to_instant(midnight(target(date, duration) + days(1)));
}

// An expiry in its parts: as an instant, and the start of the day before which it never is.
struct Expiry {
  Instant instant;
  std::optional<Instant> not_before;
};

Expiry expiry(Instant anchor, const Duration& duration, const Zone& zone, Granularity granularity) {
  const LocalTime civil = zone.to_local(anchor);
  const auto civil_day = floor<days>(civil);
  const Day date(civil_day.time_since_epoch());
  const LocalTime reached = midnight(target(date, duration)) + (civil - civil_day);
  Expiry result{zone.to_instant(reached) + seconds(duration.seconds), std::nullopt};
  if (granularity == Granularity::day) result.not_before = day_rule(date, duration, zone);
  return result;
}

// The civil days of anchors for which it is open whether they are due: all days before `from` are
// due and no day from `to` on is. An expiry stands within two days of its target date, whatever
// zone and change of clocks; three leave room.
struct OpenDays {
  Day from;
  Day to;
};

OpenDays open_days(const Duration& duration, Instant as_of) {
  constexpr days slack{3};
  const Day cutoff = floor<days>(as_of - seconds(duration.seconds));
  const std::chrono::year_month_day near(cutoff - slack - days(duration.days));
  Day from(clamped(near - std::chrono::months(duration.months)));
  while (target(from, duration) > cutoff - slack) from -= days(1);
  while (target(from, duration) <= cutoff - slack) from += days(1);
  Day to = from;
  while (target(to, duration) < cutoff + slack) to += days(1);
  return {from, to};
}

// The instants of anchors at which the expiry may stop running beside the anchor: where a civil day
// begins, where the anchor's offset changes, and where the target meets a change of clocks. Between
// two of them the expiry is the anchor plus a constant.
std::vector<Instant> break_points(const OpenDays& open, const Duration& duration,
                                  const Zone& zone) {
  const Instant from = open.from - days(1);
  const Instant to = open.to + days(1);
  std::vector<LocalTime> edges;
  const auto target_spans =
      zone.between(target(open.from, duration) - days(3), target(open.to, duration) + days(3));
  for (std::size_t i = 1; i < target_spans.size(); ++i) {
    const auto change = target_spans[i].begin.time_since_epoch();
    edges.emplace_back(change + target_spans[i - 1].offset);
    edges.emplace_back(change + target_spans[i].offset);
  }
  std::vector<Instant> points{from, to};
  for (const OffsetSpan& span : zone.between(floor<seconds>(from), floor<seconds>(to))) {
    const auto add_point = [&](LocalTime civil) {
      const Instant point(civil.time_since_epoch() - span.offset);
      if (point >= span.begin && point < span.end) points.push_back(point);
    };
    points.push_back(span.begin);
    for (Day date = open.from - days(3); date < open.to + days(3); date += days(1)) {
      add_point(midnight(date));
      for (const LocalTime edge : edges) {
        const microseconds time = edge - midnight(target(date, duration));
        if (time >= microseconds{0} && time < days(1)) add_point(midnight(date) + time);
      }
    }
  }
  std::erase_if(points, [&](Instant point) { return point < from || point > to; });
  std::ranges::sort(points);
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

// Joins pieces that touch; they come in order.
template <class Anchor>
void append(std::vector<AnchorRange<Anchor>>& ranges, Anchor from, Anchor to) {
  if (from >= to) return;
  if (ranges.back().to == from) {
    ranges.back().to = to;
  } else {
    ranges.push_back({from, to});
  }
}

template <class Anchor>
std::vector<AnchorRange<Anchor>> without_prehistory(std::vector<AnchorRange<Anchor>> ranges) {
  std::erase_if(ranges, [](const auto& range) { return range.to <= kFirstDay; });
  return ranges;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  Scan in(text);
  if (!in.take('P')) return std::nullopt;
  std::int64_t months = 0;
  std::int64_t whole_days = 0;
  std::int64_t elapsed = 0;
  struct Unit {
    char letter;
    bool in_time;
    std::int64_t factor;
    std::int64_t& sum;
  };
  const std::array<Unit, 7> units{{{'Y', false, 12, months},
                                   {'M', false, 1, months},
                                   {'W', false, 7, whole_days},
                                   {'D', false, 1, whole_days},
                                   {'H', true, 3600, elapsed},
                                   {'M', true, 60, elapsed},
                                   {'S', true, 1, elapsed}}};
  bool in_time = false;
  bool complete = false;  // something stands after the P, and after the T
  auto unit = units.begin();
  while (!in.done()) {
    if (!in_time && in.take('T')) {
      in_time = true;
      complete = false;
      continue;
    }
    const auto value = in.number_up_to(kMaxSeconds);
    if (!value) return std::nullopt;
    unit = std::find_if(unit, units.end(), [&](const Unit& u) {
      return u.in_time == in_time && u.letter == in.peek();
    });
    if (unit == units.end()) return std::nullopt;  // no unit, or not in the order of ISO 8601
    in.take(unit->letter);
    unit->sum += *value * unit->factor;
    ++unit;
    complete = true;
  }
  if (!complete || months > kMaxMonths || whole_days > kMaxDays || elapsed > kMaxSeconds) {
    return std::nullopt;
  }
  return Duration{static_cast<std::int32_t>(months), static_cast<std::int32_t>(whole_days),
                  elapsed};
}

std::string to_text(const Duration& duration) {
  std::string text = "P";
  const auto part = [&text](std::int64_t value, char unit) {
    if (value != 0) text += std::to_string(value) + unit;
  };
  part(duration.months / 12, 'Y');
  part(duration.months % 12, 'M');
  part(duration.days, 'D');
  if (duration.seconds != 0 || text.size() == 1) text += 'T';
  part(duration.seconds / 3600, 'H');
  part(duration.seconds / 60 % 60, 'M');
  part(duration.seconds % 60, 'S');
  return text == "PT" ? "PT0S" : text;
}

bool known_zone(std::string_view iana_name) {
  return Zone::known(iana_name);
}

Instant add(Instant anchor, const Duration& duration, std::string_view zone,
            Granularity granularity) {
  check(duration, granularity == Granularity::day);
  const Expiry parts = expiry(checked(anchor), duration, Zone::named(zone), granularity);
  return checked(parts.not_before ? std::max(parts.instant, *parts.not_before) : parts.instant);
}

Instant add(Day anchor, const Duration& duration, std::string_view zone) {
  check(duration, true);
  checked(anchor);
  return checked(day_rule(anchor, duration, Zone::named(zone)));
}

std::vector<AnchorRange<Instant>> due_ranges(const Duration& duration, std::string_view zone_name,
                                             Granularity granularity, Instant as_of) {
  check(duration, granularity == Granularity::day);
  const Zone& zone = Zone::named(zone_name);
  const auto points = break_points(open_days(duration, checked(as_of)), duration, zone);
  std::vector<AnchorRange<Instant>> ranges{{std::nullopt, points.front()}};
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Instant from = points[i];
    const Expiry parts = expiry(from, duration, zone, granularity);
    if (parts.not_before && *parts.not_before > as_of) continue;
    const Instant last_due = as_of - (parts.instant - from);
    append(ranges, from, std::min(points[i + 1], last_due + microseconds(1)));
  }
  return without_prehistory(std::move(ranges));
}

std::vector<AnchorRange<Day>> due_ranges_of_days(const Duration& duration,
                                                 std::string_view zone_name, Instant as_of) {
  check(duration, true);
  const Zone& zone = Zone::named(zone_name);
  const OpenDays open = open_days(duration, checked(as_of));
  std::vector<AnchorRange<Day>> ranges{{std::nullopt, open.from}};
  for (Day date = open.from; date < open.to; date += days(1)) {
    if (day_rule(date, duration, zone) <= as_of) append(ranges, date, date + days(1));
  }
  return without_prehistory(std::move(ranges));
}

}  // namespace ccctl
