#include "crypto/tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>
#include <string>

namespace ccctl::crypto {
namespace {

// The hash of a tree from the hashes of its complete subtrees, left to right.
Digest folded_root(const std::vector<Digest>& subtrees) {
  if (subtrees.empty()) return empty_root();
  Digest hash = subtrees.back();
  for (std::size_t i = subtrees.size() - 1; i-- > 0;) hash = node_hash(subtrees[i], hash);
  return hash;
}

// The hash over the leaves [begin, begin + size). `begin` must be a multiple of a power of two that
// is not below `size`, as it is wherever RFC 6962 splits a tree.
Digest range_hash(std::uint64_t begin, std::uint64_t size, const NodeSource& nodes) {
  std::vector<Digest> subtrees;
  for (const NodeId& node : frontier(size)) {
    subtrees.push_back(nodes({node.level, (begin >> node.level) + node.index}));
  }
  return folded_root(subtrees);
}

// The largest power of two below `size`, which is 2 or more: where RFC 6962 splits.
std::uint64_t split_of(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

bool take(const std::vector<Digest>& proof, std::size_t& next, Digest& hash) {
  if (next == proof.size()) return false;
  hash = proof[next++];
  return true;
}

}  // namespace

Digest leaf_hash(std::string_view leaf) {
  std::string bytes(1, '\0');
  bytes += leaf;
  return sha256(bytes);
}

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<char, 65> bytes{'\1'};
  std::ranges::copy(view(right), std::ranges::copy(view(left), bytes.begin() + 1).out);
  return sha256({bytes.data(), bytes.size()});
}

Digest empty_root() {
  return sha256("");
}

std::vector<NodeId> frontier(std::uint64_t size) {
  std::vector<NodeId> nodes;
  std::uint64_t begin = 0;
  while (begin < size) {
    const auto level = static_cast<unsigned>(std::bit_width(size - begin)) - 1;
    nodes.push_back({level, begin >> level});
    begin += std::uint64_t{1} << level;
  }
  return nodes;
}

Digest root(std::uint64_t size, const NodeSource& nodes) {
  return range_hash(0, size, nodes);
}

Appender::Appender(std::uint64_t size, std::vector<Digest> frontier_hashes)
    : size_(size), frontier_(std::move(frontier_hashes)) {
  if (frontier_.size() != static_cast<std::size_t>(std::popcount(size))) {
    throw std::invalid_argument("the frontier does not fit the tree's size");
  }
}

void Appender::append(const Digest& leaf,
                      const std::function<void(NodeId, const Digest&)>& completed) {
  const auto tell = [&](NodeId node, const Digest& hash) {
    if (completed) completed(node, hash);
  };
  Digest hash = leaf;
  tell({0, size_}, hash);
  // Each complete subtree of the same height to the left makes a higher one.
  for (unsigned level = 0; (size_ >> level & 1) != 0; ++level) {
    hash = node_hash(frontier_.back(), hash);
    frontier_.pop_back();
    tell({level + 1, size_ >> (level + 1)}, hash);
  }
  frontier_.push_back(hash);
  ++size_;
}

Digest Appender::root() const {
  return folded_root(frontier_);
}

std::vector<Digest> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                    const NodeSource& nodes) {
  if (index >= size) throw std::out_of_range("no leaf of that index in a tree of that size");
  std::vector<Digest> proof;  // collected from the root down
  std::uint64_t begin = 0;
  while (size > 1) {
    const std::uint64_t split = split_of(size);
    if (index - begin < split) {
      proof.push_back(range_hash(begin + split, size - split, nodes));
      size = split;
    } else {
      proof.push_back(range_hash(begin, split, nodes));
      begin += split;
      size -= split;
    }
  }
  return {proof.rbegin(), proof.rend()};
}

bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                      const std::vector<Digest>& proof, const Digest& root) {
  if (index >= size) return false;
  Digest hash = leaf;
  std::size_t next = 0;
  Digest sibling{};
  for (std::uint64_t last = size - 1; last > 0; index >>= 1, last >>= 1) {
    if ((index & 1) != 0) {
      if (!take(proof, next, sibling)) return false;
      hash = node_hash(sibling, hash);
    } else if (index < last) {
      if (!take(proof, next, sibling)) return false;
      hash = node_hash(hash, sibling);
    }  // else the node stands alone at the right edge and rises as it is
  }
  return next == proof.size() && hash == root;
}

std::vector<Digest> consistency_proof(std::uint64_t first, std::uint64_t second,
                                      const NodeSource& nodes) {
  if (first > second) throw std::out_of_range("the first tree is larger than the second");
  std::vector<Digest> proof;  // collected from the root down
  if (first == 0 || first == second) return proof;
  std::uint64_t begin = 0;
  std::uint64_t size = second;
  // Down to the subtree at whose right edge the first tree ends.
  while (first - begin < size) {
    const std::uint64_t split = split_of(size);
    if (first - begin <= split) {
      proof.push_back(range_hash(begin + split, size - split, nodes));
      size = split;
    } else {
      proof.push_back(range_hash(begin, split, nodes));
      begin += split;
      size -= split;
    }
  }
  // A verifier who holds the first root knows that subtree when it is the whole first tree.
  if (begin != 0) proof.push_back(range_hash(begin, size, nodes));
  return {proof.rbegin(), proof.rend()};
}

bool verify_consistency(std::uint64_t first, std::uint64_t second, const Digest& first_root,
                        const Digest& second_root, const std::vector<Digest>& proof) {
  if (first > second) return false;
  if (first == second) return proof.empty() && first_root == second_root;
  if (first == 0) return proof.empty() && first_root == empty_root();
  // Rises from the last complete subtree of the first tree, and rebuilds both roots on the way.
  std::uint64_t node = first - 1;
  std::uint64_t last = second - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  std::size_t next = 0;
  Digest old_hash = first_root;
  if (node != 0 && !take(proof, next, old_hash)) return false;
  Digest new_hash = old_hash;
  Digest sibling{};
  for (; last > 0; node >>= 1, last >>= 1) {
    if ((node & 1) != 0) {
      if (!take(proof, next, sibling)) return false;
      old_hash = node_hash(sibling, old_hash);
      new_hash = node_hash(sibling, new_hash);
    } else if (node < last) {
      if (!take(proof, next, sibling)) return false;
      new_hash = node_hash(new_hash, sibling);
    }
  }
  return next == proof.size() && old_hash == first_root && new_hash == second_root;
}

}  // namespace ccctl::crypto
