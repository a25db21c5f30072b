#include "base/posix_rule.h"

#include <algorithm>
#include <array>

#include "base/scan.h"

namespace ccctl {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// "CET" or "<+0330>".
bool read_name(Scan& in) {
  if (in.take('<')) {
    const auto name = in.until([](char c) { return c == '>'; });
    return !name.empty() && in.take('>');
  }
  const auto name =
      in.until([](char c) { return !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')); });
  return name.size() >= 3;
}

// [+-]h[h[h]][:mm[:ss]]; hours up to 167 as RFC 9636 allows.
std::optional<seconds> read_time(Scan& in) {
  const bool negative = in.take('-');
  if (!negative) in.take('+');
  const auto hour = in.number_up_to(167);
  if (!hour) return std::nullopt;
  seconds time = hours(*hour);
  if (in.take(':')) {
    const auto minute = in.number(2);
    if (!minute) return std::nullopt;
    time += minutes(*minute);
    if (in.take(':')) {
      const auto second = in.number(2);
      if (!second) return std::nullopt;
      time += seconds(*second);
    }
  }
  return negative ? -time : time;
}

}  // namespace

std::chrono::sys_seconds PosixRule::Change::when(std::chrono::year year) const {
  using namespace std::chrono;
  sys_days date;
  if (kind == Kind::month_week_day) {
    const std::chrono::weekday wanted(weekday);
    const std::chrono::month in_month(month);
    date = week == 5 ? sys_days(year / in_month / wanted[last])
                     : sys_days(year / in_month / wanted[week]);
  } else {
    // Jn counts from 1 and skips 29 February; n counts from 0 and does not.
    const bool after_leap_day = kind == Kind::julian && year.is_leap() && day >= 60;
    const int offset = kind == Kind::julian ? day - 1 + (after_leap_day ? 1 : 0) : day;
    date = sys_days(year / January / 1) + days(offset);
  }
  return date + time;
}

bool PosixRule::parse_change(Scan& in, Change& change) {
  if (in.take('M')) {
    const auto month = in.number_up_to(12);
    if (!month || *month == 0 || !in.take('.')) return false;
    const auto week = in.number_up_to(5);
    if (!week || *week == 0 || !in.take('.')) return false;
    const auto weekday = in.number_up_to(6);
    if (!weekday) return false;
    change.month = static_cast<unsigned>(*month);
    change.week = static_cast<unsigned>(*week);
    change.weekday = static_cast<unsigned>(*weekday);
  } else {
    const bool julian = in.take('J');
    const auto day = in.number_up_to(365);
    if (!day || (julian && *day == 0)) return false;
    change.kind = julian ? Change::Kind::julian : Change::Kind::zero_based;
    change.day = static_cast<int>(*day);
  }
  if (in.take('/')) {
    const auto time = read_time(in);
    if (!time) return false;
    change.time = *time;
  }
  return true;
}

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
  Scan in(text);
  PosixRule rule;
  if (!read_name(in)) return std::nullopt;
  const auto west = read_time(in);  // POSIX counts westwards
  if (!west) return std::nullopt;
  rule.standard_ = -*west;
  if (in.done()) return rule;
  if (!read_name(in)) return std::nullopt;
  rule.summer_ = rule.standard_ + hours(1);
  if (in.peek() != ',') {
    const auto summer_west = read_time(in);
    if (!summer_west) return std::nullopt;
    rule.summer_ = -*summer_west;
  }
  if (!in.take(',') || !parse_change(in, rule.to_summer_)) return std::nullopt;
  if (!in.take(',') || !parse_change(in, rule.to_standard_) || !in.done()) return std::nullopt;
  rule.has_summer_ = true;
  return rule;
}

OffsetSpan PosixRule::at(sys_seconds at) const {
  if (!has_summer_) return {kBeginOfTime, kEndOfTime, standard_};
  struct Begin {
    sys_seconds at;
    seconds offset;
  };
  std::array<Begin, 6> begins{};
  const std::chrono::year_month_day date(std::chrono::floor<days>(at));
  std::size_t slot = 0;
  for (int years_on = -1; years_on <= 1; ++years_on) {
    const std::chrono::year year = date.year() + std::chrono::years(years_on);
    begins[slot++] = {to_summer_.when(year) - standard_, summer_};
    begins[slot++] = {to_standard_.when(year) - summer_, standard_};
  }
  std::ranges::stable_sort(begins, {}, &Begin::at);
  const auto next = std::ranges::upper_bound(begins, at, {}, &Begin::at);
  return {std::prev(next)->at, next->at, std::prev(next)->offset};
}

}  // namespace ccctl
