#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ccctl {
namespace {

using std::chrono::microseconds;

std::string reread(std::string_view text) {
  const auto at = parse_instant(text);
  return at ? to_text(*at) : "nothing";
}

TEST(Instant, HasOneTextForm) {
  EXPECT_EQ(to_text(Instant{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_text(Instant{microseconds{-1}}), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_text(std::chrono::sys_days(std::chrono::year(1) / 1 / 1)),
            "0001-01-01T00:00:00.000000Z");
}

TEST(Instant, IsReadWithAnyOffset) {
  EXPECT_EQ(reread("2026-11-21T19:47:53.000001Z"), "2026-11-21T19:47:53.000001Z");
  EXPECT_EQ(reread("2026-11-21T19:47Z"), "2026-11-21T19:47:00.000000Z");
  EXPECT_EQ(reread("2026-11-21T04:47:53.5+09:00"), "2026-11-20T19:47:53.500000Z");
  EXPECT_EQ(reread("2026-11-21 04:47:53-09:30"), "2026-11-21T14:17:53.000000Z");
  EXPECT_EQ(reread("2026-11-21T19:47:53.123456789Z"), "2026-11-21T19:47:53.123456Z");
}

TEST(Instant, IsNotGuessed) {
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T19:47:53", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T23:59:60Z",
        "2026-11-21T19:47:53.Z", "2026-11-21T19:47:53Z ", " 2026-11-21T19:47:53Z",
        "2026-11-21T19:47:53+0900", "2026-11-21T19:47:53+9:00", "2026-11-21T19:47:53+24:00",
        "20261121T194753Z", "2026-11-21T19Z", "+2026-11-21T19:47:53Z", "infinity"}) {
    EXPECT_EQ(reread(text), "nothing") << text;
  }
}

TEST(Instant, IsReadAsPostgresPrintsIt) {
  const auto read = [](std::string_view text) {
    const auto at = parse_pg_timestamptz(text);
    return at ? to_text(*at) : "nothing";
  };
  EXPECT_EQ(read("2026-11-21 19:47:53.1234+00"), "2026-11-21T19:47:53.123400Z");
  EXPECT_EQ(read("2026-11-21 19:47:53+00"), "2026-11-21T19:47:53.000000Z");
  EXPECT_EQ(read("2026-11-21 19:47:53+05:45"), "2026-11-21T14:02:53.000000Z");
  EXPECT_EQ(read("1890-01-01 00:00:00+00:53:28"), "1889-12-31T23:06:32.000000Z");
  for (const char* text : {"infinity", "-infinity", "0044-03-15 00:00:00+00 BC",
                           "10000-01-01 00:00:00+00", "2026-11-21 19:47:53", "2026-11-21", ""}) {
    EXPECT_EQ(read(text), "nothing") << text;
  }
}

RC_GTEST_PROP(Instant, ReadsBackWhatItWrites, ()) {
  const std::int64_t limit = 253'402'300'800'000'000;  // the year 10000
  const Instant at{microseconds{*rc::gen::resize(
      rc::kNominalSize, rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, limit))}};
  RC_ASSERT(parse_instant(to_text(at)) == at);
}

RC_GTEST_PROP(Instant, SurvivesGarbage, (std::string bytes)) {
  parse_instant(bytes);
  parse_pg_timestamptz(bytes);
}

}  // namespace
}  // namespace ccctl
