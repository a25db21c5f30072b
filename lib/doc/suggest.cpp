#include "doc/suggest.h"

#include <algorithm>
#include <vector>

namespace ccctl::doc {
namespace {

constexpr std::size_t kLongestName = 128;  // nobody misspells a longer one recognisably
constexpr std::size_t kListed = 12;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] =
          std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::optional<std::string> suggest(std::string_view wrong,
                                   std::span<const std::string_view> known) {
  if (wrong.empty() || wrong.size() > kLongestName) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = 0;
  for (std::string_view name : known) {
    if (name.size() > kLongestName) continue;
    const std::size_t longer = std::max(wrong.size(), name.size());
    const std::size_t allowed = longer < 3 ? 0 : std::max<std::size_t>(1, longer / 3);
    const std::size_t edits = distance(wrong, name);
    if (edits <= allowed && (!best || edits < best_distance)) {
      best = std::string(name);
      best_distance = edits;
    }
  }
  return best;
}

std::string suggestion_hint(std::string_view wrong, std::span<const std::string_view> known) {
  if (auto name = suggest(wrong, known)) return "did you mean \"" + *name + "\"?";
  if (known.empty()) return "";
  std::string list = "one of: ";
  for (std::size_t i = 0; i < known.size() && i < kListed; ++i) {
    if (i > 0) list += ", ";
    list += known[i];
  }
  if (known.size() > kListed) list += " …";
  return list;
}

}  // namespace ccctl::doc
