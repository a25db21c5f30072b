// Reads small ASCII formats from left to right: instants, durations, time zone rules.
//
// A Scan looks at text that the caller owns. Whatever does not fit is an empty optional or false,
// and leaves the position where it was; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ccctl {

class Scan {
 public:
  explicit Scan(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `width` decimal digits.
  std::optional<std::int64_t> number(std::size_t width) {
    if (rest_.size() < width) return std::nullopt;
    std::int64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (!is_digit(rest_[i])) return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }

  // One digit or more; nothing when the value is above `limit` (at most 10^17).
  std::optional<std::int64_t> number_up_to(std::int64_t limit) {
    std::size_t width = 0;
    std::int64_t value = 0;
    while (width < rest_.size() && is_digit(rest_[width])) {
      value = value * 10 + (rest_[width] - '0');
      if (value > limit) return std::nullopt;
      ++width;
    }
    if (width == 0) return std::nullopt;
    rest_.remove_prefix(width);
    return value;
  }

  // The characters before the first one for which `ends` holds.
  template <class Predicate>
  std::string_view until(Predicate ends) {
    std::size_t width = 0;
    while (width < rest_.size() && !ends(rest_[width])) ++width;
    const std::string_view taken = rest_.substr(0, width);
    rest_.remove_prefix(width);
    return taken;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

 private:
  std::string_view rest_;
};

}  // namespace ccctl
