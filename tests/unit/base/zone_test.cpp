#include "base/zone.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ccctl {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// The hours ahead of UTC at noon UTC of a day.
double hours_on(const PosixRule& rule, std::chrono::year_month_day date) {
  return static_cast<double>(rule.at(sys_days(date) + std::chrono::hours(12)).offset.count()) /
         3600;
}

TEST(PosixRule, ReadsTheFormsOfTheDatabase) {
  using std::chrono::year;
  const auto berlin = PosixRule::parse("CET-1CEST,M3.5.0,M10.5.0/3").value();
  EXPECT_EQ(hours_on(berlin, year(2050) / 3 / 26), 1);  // the change is on the 27th
  EXPECT_EQ(hours_on(berlin, year(2050) / 3 / 27), 2);
  EXPECT_EQ(hours_on(berlin, year(2050) / 10 / 30), 1);
  const auto howe = PosixRule::parse("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0").value();
  EXPECT_EQ(hours_on(howe, year(2050) / 1 / 1), 11);
  EXPECT_EQ(hours_on(howe, year(2050) / 7 / 1), 10.5);
  const auto nuuk = PosixRule::parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0").value();
  EXPECT_EQ(nuuk.at(sys_days(year(2050) / 7 / 1)).begin,
            sys_days(year(2050) / 3 / 27) + std::chrono::hours(1));
  const auto jerusalem = PosixRule::parse("IST-2IDT,M3.4.4/26,M10.5.0").value();
  EXPECT_EQ(jerusalem.at(sys_days(year(2050) / 7 / 1)).begin, sys_days(year(2050) / 3 / 25));
  const auto julian = PosixRule::parse("AAA0BBB,J60/0,J300/0").value();
  EXPECT_EQ(julian.at(sys_days(year(2052) / 7 / 1)).begin, sys_days(year(2052) / 3 / 1));
  const auto counted = PosixRule::parse("AAA0BBB,59/0,300/0").value();
  EXPECT_EQ(counted.at(sys_days(year(2052) / 7 / 1)).begin, sys_days(year(2052) / 2 / 29));
  EXPECT_EQ(PosixRule::parse("JST-9").value().at(sys_seconds{}).offset, std::chrono::hours(9));
}

TEST(PosixRule, RefusesOthers) {
  for (const char* text : {"", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "JST-9 ",
                           "<+09-9", "CET-1CEST,J0,J5", "CET-1CEST,M3.5.0,M10.5.0/168", "C1"}) {
    EXPECT_FALSE(PosixRule::parse(text)) << text;
  }
}

RC_GTEST_PROP(PosixRule, SurvivesGarbage, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element(
      'C', 'E', 'T', '-', '1', '0', '9', ',', 'M', '.', '5', '/', 'J', '<', '>', ':'));
  if (const auto rule = PosixRule::parse(text)) rule->at(sys_seconds{});
}

// Evenly from 1811 to 2286: inRange() alone stays near its lower end in the first cases.
std::int64_t some_second() {
  return *rc::gen::resize(rc::kNominalSize,
                          rc::gen::inRange<std::int64_t>(-5'000'000'000, 10'000'000'000));
}

RC_GTEST_PROP(Zone, HasOneSpanForEachInstant, ()) {
  const auto name = *rc::gen::elementOf(std::vector<std::string>{
      "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
      "Pacific/Apia", "Asia/Tokyo", "America/Nuuk", "Europe/Dublin"});
  const Zone& zone = Zone::named(name);
  const sys_seconds at{seconds{some_second()}};
  const OffsetSpan span = zone.at(at);
  RC_ASSERT(span.begin <= at);
  RC_ASSERT(at < span.end);
  if (span.end < kEndOfTime) RC_ASSERT(zone.at(span.end).begin == span.end);
  if (span.begin > kBeginOfTime) RC_ASSERT(zone.at(span.begin - seconds(1)).end == span.begin);
}

// An event's civil time leads back to it, unless the clocks show that time again later.
RC_GTEST_PROP(Zone, ComesBackFromCivilTime, ()) {
  const auto name = *rc::gen::elementOf(std::vector<std::string>{
      "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Manila"});
  const Zone& zone = Zone::named(name);
  const Instant at{std::chrono::microseconds{some_second()} * 1'000'000};
  const Instant back = zone.to_instant(zone.to_local(at));
  RC_ASSERT(back >= at);
  RC_ASSERT(zone.to_local(back) == zone.to_local(at));
  const OffsetSpan span = zone.at(std::chrono::floor<seconds>(at));
  if (back != at) RC_ASSERT(span.end - at <= days(1));
}

}  // namespace
}  // namespace ccctl
