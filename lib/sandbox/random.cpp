#include "sandbox/random.h"

namespace ccctl::sandbox {
namespace {

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view label, std::uint64_t index)
    : state_(mix(mix(seed + kGolden) ^ fnv1a(label)) ^ mix(index + kGolden)) {}

std::uint64_t Random::next() {
  state_ += kGolden;
  return mix(state_);
}

// The bias of a plain remainder is below n / 2^64: nobody will see it in synthetic people.
std::uint64_t Random::below(std::uint64_t n) {
  return next() % n;
}

std::string Random::uuid() {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::uint64_t high = (next() & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t low = (next() & ~(3ULL << 62)) | (2ULL << 62);
  std::string text;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    const std::uint64_t word = i < 16 ? high : low;
    text += kHex[(word >> (60 - 4 * (i % 16))) & 15U];
  }
  return text;
}

}  // namespace ccctl::sandbox
