#include "crypto/range.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace ccctl::crypto {

std::vector<NodeId> cover(std::uint64_t begin, std::uint64_t end) {
  std::vector<NodeId> nodes;
  while (begin < end) {
    const auto fits = static_cast<unsigned>(std::bit_width(end - begin)) - 1;
    const unsigned aligned = begin == 0 ? fits : static_cast<unsigned>(std::countr_zero(begin));
    const unsigned level = std::min(fits, aligned);
    nodes.push_back({level, begin >> level});
    begin += std::uint64_t{1} << level;
  }
  return nodes;
}

void RangeRoot::add(NodeId id, const Digest& hash) {
  if (id.index << id.level != size_) throw std::invalid_argument("the subtrees are not adjacent");
  size_ += std::uint64_t{1} << id.level;
  Digest joined = hash;
  while (!stack_.empty() && stack_.back().first.level == id.level && (id.index & 1) == 1) {
    joined = node_hash(stack_.back().second, joined);
    stack_.pop_back();
    id = {id.level + 1, id.index >> 1};
  }
  stack_.emplace_back(id, joined);
}

Digest RangeRoot::root() const {
  if (stack_.empty()) return empty_root();
  Digest hash = stack_.back().second;
  for (std::size_t i = stack_.size() - 1; i-- > 0;) hash = node_hash(stack_[i].second, hash);
  return hash;
}

}  // namespace ccctl::crypto
