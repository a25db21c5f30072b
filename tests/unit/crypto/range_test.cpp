#include "crypto/range.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ccctl::crypto {
namespace {

Digest leaf(std::uint64_t index) {
  return leaf_hash(std::to_string(index));
}

// The complete subtree's hash, from its leaves alone.
Digest node(NodeId id) {
  if (id.level == 0) return leaf(id.index);
  return node_hash(node({id.level - 1, id.index * 2}), node({id.level - 1, id.index * 2 + 1}));
}

TEST(Cover, OfTheBeginningIsTheFrontier) {
  for (std::uint64_t size = 0; size < 300; ++size) EXPECT_EQ(cover(0, size), frontier(size));
}

RC_GTEST_PROP(RangeRoot, IsTheTreesWhateverTheRange, ()) {
  const auto size = *rc::gen::inRange<std::uint64_t>(0, 140);
  const auto end = *rc::gen::inRange<std::uint64_t>(0, size + 1);
  const auto first = *rc::gen::inRange<std::uint64_t>(0, end + 1);
  RangeRoot root;
  for (const NodeId id : cover(0, first)) root.add(id, node(id));
  for (std::uint64_t i = first; i < end; ++i) root.add({0, i}, leaf(i));
  for (const NodeId id : cover(end, size)) root.add(id, node(id));
  RC_ASSERT(root.size() == size);
  RC_ASSERT(root.root() == crypto::root(size, node));
}

TEST(RangeRoot, RefusesWhatIsNotAdjacent) {
  RangeRoot root;
  root.add({2, 0}, node({2, 0}));
  EXPECT_THROW(root.add({0, 5}, leaf(5)), std::invalid_argument);
}

}  // namespace
}  // namespace ccctl::crypto
