// Groups things by the circles in which they lead to each other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <vector>

namespace ccctl::plan {

// Things that lead to each other are one group; what leads to nobody who leads back is a group
// alone. Each group comes after those that it leads to; otherwise the order is kept.
template <class T>
std::vector<std::vector<T>> circles(const std::vector<T>& all,
                                    const std::function<std::vector<T>(const T&)>& leads_to) {
  struct Seen {
    std::size_t number, lowest;
    bool open;
  };
  std::map<T, Seen> seen;
  std::vector<T> stack;
  std::vector<std::vector<T>> groups;
  const std::function<std::size_t(const T&)> visit = [&](const T& thing) {
    const std::size_t number = seen.size();
    seen[thing] = {number, number, true};
    stack.push_back(thing);
    for (const T& next : leads_to(thing)) {
      const auto known = seen.find(next);
      if (known != seen.end() && !known->second.open) continue;
      const std::size_t lowest = known == seen.end() ? visit(next) : known->second.number;
      seen[thing].lowest = std::min(seen[thing].lowest, lowest);
    }
    if (seen[thing].lowest == number) {
      const auto from = std::find(stack.begin(), stack.end(), thing);
      groups.emplace_back(from, stack.end());
      stack.erase(from, stack.end());
      for (const T& member : groups.back()) seen[member].open = false;
    }
    return seen[thing].lowest;
  };
  for (const T& thing : all) {
    if (!seen.contains(thing)) visit(thing);
  }
  return groups;
}

}  // namespace ccctl::plan
