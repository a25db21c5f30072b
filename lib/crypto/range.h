// The root of a whole tree from a range of its leaves and the subtrees left and right of it.
//
// Whoever gets the leaves [first, end) of a tree of `size`, and the hashes of cover(0, first) and
// cover(end, size), recomputes the signed root: nothing of the range can be missing or changed, and
// nothing of the rest is told.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "crypto/tree.h"

namespace ccctl::crypto {

// The largest complete subtrees that make up the leaves [begin, end), left to right. cover(0, n) is
// frontier(n).
std::vector<NodeId> cover(std::uint64_t begin, std::uint64_t end);

// Takes adjacent complete subtrees from left to right, beginning with leaf 0.
class RangeRoot {
 public:
  void add(NodeId id, const Digest& hash);
  std::uint64_t size() const { return size_; }  // leaves covered so far
  Digest root() const;

 private:
  std::vector<std::pair<NodeId, Digest>> stack_;
  std::uint64_t size_ = 0;
};

}  // namespace ccctl::crypto
