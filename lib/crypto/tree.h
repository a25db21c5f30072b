// RFC 6962 Merkle trees over leaf hashes: pure functions, no storage.
//
// The storage gives hashes of complete subtrees through a NodeSource; everything else (root,
// proofs) follows from O(log n) of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "crypto/digest.h"

namespace ccctl::crypto {

Digest leaf_hash(std::string_view leaf);                    // SHA256(00 | leaf)
Digest node_hash(const Digest& left, const Digest& right);  // SHA256(01 | left | right)
Digest empty_root();                                        // SHA256("")

// The complete subtree of 2^level leaves that starts at leaf index << level.
struct NodeId {
  unsigned level;
  std::uint64_t index;
  friend auto operator<=>(const NodeId&, const NodeId&) = default;
};
using NodeSource = std::function<Digest(NodeId)>;

// The complete subtrees that make up a tree of `size` leaves, left to right.
std::vector<NodeId> frontier(std::uint64_t size);
Digest root(std::uint64_t size, const NodeSource& nodes);

// Appends leaves to a tree of which only the frontier is known, and tells the complete subtrees
// that come into being (leaves included, level 0).
class Appender {
 public:
  Appender(std::uint64_t size, std::vector<Digest> frontier_hashes);
  void append(const Digest& leaf, const std::function<void(NodeId, const Digest&)>& completed);
  std::uint64_t size() const { return size_; }
  Digest root() const;

 private:
  std::uint64_t size_;
  std::vector<Digest> frontier_;
};

// Hashes in the order of RFC 6962: from the leaf's sibling up, without the root. Throw
// std::out_of_range for an index that is no leaf, and for a first tree larger than the second.
std::vector<Digest> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                    const NodeSource& nodes);
bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                      const std::vector<Digest>& proof, const Digest& root);
std::vector<Digest> consistency_proof(std::uint64_t first, std::uint64_t second,
                                      const NodeSource& nodes);
// The empty tree is consistent with every tree, by an empty proof.
bool verify_consistency(std::uint64_t first, std::uint64_t second, const Digest& first_root,
                        const Digest& second_root, const std::vector<Digest>& proof);

}  // namespace ccctl::crypto
