// Repeatable randomness: the same seed, label and index give the same draws on every machine.
//
// The standard library's distributions differ between implementations, so they are not used here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ccctl::sandbox {

// SplitMix64 (Steele, Lea, Flood 2014), started from a hash of (seed, label, index): every person
// and conversation has a stream of its own, so that asking for one does not move the others.
class Random {
 public:
  Random(std::uint64_t seed, std::string_view label, std::uint64_t index);

  std::uint64_t next();
  std::uint64_t below(std::uint64_t n);  // [0, n); n is not 0
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  bool percent(std::uint64_t p) { return below(100) < p; }
  template <class T>
  const T& pick(std::span<const T> list) {
    return list[below(list.size())];
  }
  std::string uuid();  // version 4 in form

 private:
  std::uint64_t state_;
};

}  // namespace ccctl::sandbox
