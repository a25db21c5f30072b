// due_ranges() against add(): an anchor lies in the ranges exactly when its expiry is not after
// as_of.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/calendar.h"
#include "base/zone.h"

namespace ccctl {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::sys_days;

template <class Anchor>
bool contains(const std::vector<AnchorRange<Anchor>>& ranges, Anchor anchor) {
  return std::ranges::any_of(ranges, [&](const auto& range) {
    return (!range.from || *range.from <= anchor) && anchor < range.to;
  });
}

template <class Anchor>
bool sorted_and_disjoint(const std::vector<AnchorRange<Anchor>>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].from.has_value() != (i > 0)) return false;
    if (i > 0 && (*ranges[i].from <= ranges[i - 1].to || ranges[i].to <= *ranges[i].from)) {
      return false;
    }
  }
  return true;
}

// Evenly from the whole range: inRange() alone stays near its lower end in the first cases.
template <class T>
T between(T from, T to) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(from, to));
}

std::string a_zone() {
  return *rc::gen::elementOf(std::vector<std::string>{
      "UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
      "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Asia/Manila",
      "America/Havana", "Asia/Beirut", "America/Sao_Paulo"});
}

Duration a_duration(bool time_part) {
  const int months = *rc::gen::weightedOneOf<int>(
      {{3, rc::gen::just(0)}, {4, rc::gen::inRange(0, 30)}, {1, rc::gen::inRange(0, 1300)}});
  const int whole_days = *rc::gen::weightedOneOf<int>(
      {{3, rc::gen::just(0)}, {4, rc::gen::inRange(0, 100)}, {1, rc::gen::inRange(0, 20000)}});
  const auto elapsed = time_part ? between<std::int64_t>(0, 400'000) : 0;
  return {months, whole_days, elapsed};
}

// Mostly near a change of clocks or a month's end, where the arithmetic is hard.
Instant an_instant(const Zone& zone) {
  const int some_day = between(-25'000, 50'000);  // 1901 to 2106
  const auto jitter = microseconds{between<std::int64_t>(-200'000'000'000, 200'000'000'000)};
  const sys_days day{days{some_day}};
  switch (between(0, 4)) {
    case 0:
      return day + jitter;
    case 1: {
      const auto ends = std::chrono::year_month_day(day).year() /
                        std::chrono::year_month_day(day).month() / std::chrono::last;
      return sys_days(ends) + jitter;
    }
    case 2: {
      const auto change = zone.at(day).end;
      return change >= kEndOfTime ? day + jitter : change + jitter / 100;
    }
    default: {
      const auto change = zone.at(day).begin;
      const auto on_the_edge = seconds{1800 * between(-5, 6)};
      return change <= kBeginOfTime ? day + jitter : change + on_the_edge;
    }
  }
}

RC_GTEST_PROP(DueRanges, InvertAdd, (bool by_day)) {
  const std::string name = a_zone();
  const Zone& zone = Zone::named(name);
  const auto granularity = by_day ? Granularity::day : Granularity::instant;
  const Duration duration = a_duration(!by_day);
  const Instant anchor = an_instant(zone);
  const Instant reached = add(anchor, duration, name, granularity);
  // Either the cutoff meets the anchor's expiry, or it lies near a change of clocks itself.
  const Instant as_of =
      *rc::gen::arbitrary<bool>() ? reached + microseconds{between(-1, 2)} : an_instant(zone);
  const auto ranges = due_ranges(duration, name, granularity, as_of);
  RC_ASSERT(sorted_and_disjoint(ranges));

  std::vector<Instant> probes{anchor, anchor - microseconds(1), anchor + microseconds(1)};
  for (const auto& range : ranges) {
    for (const auto edge : {range.from.value_or(range.to), range.to}) {
      for (int step = -1; step <= 1; ++step) probes.push_back(edge + microseconds(step));
    }
  }
  const Instant end = ranges.empty() ? anchor : ranges.back().to;
  for (int quarter = -40 * 24 * 4; quarter <= 40 * 24 * 4; quarter += 3) {
    probes.push_back(end + std::chrono::minutes(15 * quarter));
  }
  for (const Instant probe : probes) {
    const bool due = add(probe, duration, name, granularity) <= as_of;
    if (contains(ranges, probe) != due) {
      RC_LOG() << name << " " << to_text(duration) << " as of " << to_text(as_of) << ": anchor "
               << to_text(probe) << (due ? " is due\n" : " is not due\n");
    }
    RC_ASSERT(contains(ranges, probe) == due);
  }
}

RC_GTEST_PROP(DueRanges, InvertAddForDates, ()) {
  const std::string name = a_zone();
  const Duration duration = a_duration(false);
  const Day anchor = std::chrono::floor<days>(an_instant(Zone::named(name)));
  const Instant as_of = add(anchor, duration, name) + microseconds{between(-1, 2)};
  const auto ranges = due_ranges_of_days(duration, name, as_of);
  RC_ASSERT(sorted_and_disjoint(ranges));
  for (int step = -60; step <= 60; ++step) {
    const Day probe = anchor + days(step);
    RC_ASSERT(contains(ranges, probe) == (add(probe, duration, name) <= as_of));
  }
}

TEST(DueRanges, MeetAnAnchorsOwnChangeOfClocks) {
  // 01:00Z on 2025-03-30 is 03:00 in Berlin, one minute before it was 01:59: P30D later they stand
  // an hour further apart than they did.
  const auto as_of = add(*parse_instant("2025-03-30T01:00:00Z"), {0, 30, 0}, "Europe/Berlin",
                         Granularity::instant);
  const auto ranges = due_ranges({0, 30, 0}, "Europe/Berlin", Granularity::instant, as_of);
  ASSERT_EQ(ranges.size(), 1U);
  EXPECT_EQ(to_text(ranges[0].to), "2025-03-30T01:00:00.000001Z");
  const auto just_before = due_ranges({0, 30, 0}, "Europe/Berlin", Granularity::instant,
                                      as_of - std::chrono::minutes(30));
  ASSERT_EQ(just_before.size(), 1U);
  EXPECT_EQ(to_text(just_before[0].to), "2025-03-30T01:00:00.000000Z");
}

TEST(DueRanges, HavePiecesWhereAMonthsEndIsClamped) {
  // On 2025-02-28T12:00Z, P1M makes due: all of January 28 up to noon, and the mornings of 29
  // to 31.
  const auto as_of = *parse_instant("2025-02-28T12:00:00Z");
  const auto ranges = due_ranges({1, 0, 0}, "UTC", Granularity::instant, as_of);
  ASSERT_EQ(ranges.size(), 4U);
  EXPECT_EQ(to_text(ranges[0].to), "2025-01-28T12:00:00.000001Z");
  EXPECT_EQ(to_text(ranges[3].from.value()), "2025-01-31T00:00:00.000000Z");
  EXPECT_EQ(to_text(ranges[3].to), "2025-01-31T12:00:00.000001Z");
}

TEST(DueRanges, AreEmptyWhenNoAnchorIsOldEnough) {
  const auto as_of = *parse_instant("2025-02-28T12:00:00Z");
  EXPECT_TRUE(due_ranges({9000 * 12, 0, 0}, "Asia/Tokyo", Granularity::day, as_of).empty());
  EXPECT_TRUE(due_ranges_of_days({9000 * 12, 0, 0}, "Asia/Tokyo", as_of).empty());
}

}  // namespace
}  // namespace ccctl
