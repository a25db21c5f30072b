#include "crypto/tree.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

namespace ccctl::crypto {
namespace {

// A tree kept as tables of complete subtrees, filled by an Appender.
class Tree {
 public:
  void append(const Digest& leaf) {
    appender_.append(leaf, [this](NodeId node, const Digest& hash) {
      EXPECT_TRUE(nodes_.emplace(node, hash).second) << "told twice";
    });
    leaves_.push_back(leaf);
  }
  NodeSource source() const {
    return [this](NodeId node) { return nodes_.at(node); };
  }
  std::uint64_t size() const { return appender_.size(); }
  Digest root() const { return appender_.root(); }
  const Digest& leaf(std::uint64_t index) const { return leaves_.at(index); }

  // RFC 6962, section 2.1, word for word.
  Digest naive_root(std::uint64_t begin, std::uint64_t end) const {
    if (begin == end) return empty_root();
    if (end - begin == 1) return leaf(begin);
    std::uint64_t split = 1;
    while (split * 2 < end - begin) split *= 2;
    return node_hash(naive_root(begin, begin + split), naive_root(begin + split, end));
  }

 private:
  Appender appender_{0, {}};
  std::vector<Digest> leaves_;
  std::map<NodeId, Digest> nodes_;
};

Digest numbered_leaf(std::uint64_t n) {
  return leaf_hash(std::to_string(n));
}

Tree tree_of(std::uint64_t size) {
  Tree tree;
  for (std::uint64_t n = 0; n < size; ++n) tree.append(numbered_leaf(n));
  return tree;
}

Digest flipped(Digest digest, unsigned bit) {
  digest[bit / 8 % 32] ^= static_cast<std::uint8_t>(1U << bit % 8);
  return digest;
}

std::string hex(const Digest& digest) {
  return to_hex(view(digest));
}

// The eight leaves with which the implementations of RFC 6962 are compared.
TEST(Tree, MatchesTheVectorsOfCertificateTransparency) {
  const std::string leaves[] = {"",
                                std::string(1, '\0'),
                                "\x10",
                                "\x20\x21",
                                "\x30\x31",
                                "\x40\x41\x42\x43",
                                "\x50\x51\x52\x53\x54\x55\x56\x57",
                                "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
  Tree tree;
  EXPECT_EQ(hex(tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  tree.append(leaf_hash(leaves[0]));
  EXPECT_EQ(hex(tree.root()), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  tree.append(leaf_hash(leaves[1]));
  EXPECT_EQ(hex(tree.root()), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  for (std::size_t i = 2; i < 8; ++i) tree.append(leaf_hash(leaves[i]));
  EXPECT_EQ(hex(tree.root()), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(Tree, HasTheNaiveRoot) {
  Tree tree;
  for (std::uint64_t size = 0; size <= 300; ++size) {
    ASSERT_EQ(tree.size(), size);
    ASSERT_EQ(tree.root(), tree.naive_root(0, size)) << size;
    ASSERT_EQ(root(size, tree.source()), tree.root()) << size;
    tree.append(numbered_leaf(size));
  }
}

TEST(Tree, HasTheNaiveRootWhenItIsLarge) {
  Tree tree = tree_of(65'535);
  EXPECT_EQ(tree.root(), tree.naive_root(0, 65'535));
  tree.append(numbered_leaf(65'535));
  EXPECT_EQ(tree.root(), tree.naive_root(0, 65'536));
  while (tree.size() < 70'000) tree.append(numbered_leaf(tree.size()));
  EXPECT_EQ(tree.root(), tree.naive_root(0, 70'000));
  const auto proof = inclusion_proof(65'536, 70'000, tree.source());
  EXPECT_TRUE(verify_inclusion(tree.leaf(65'536), 65'536, 70'000, proof, tree.root()));
}

TEST(Tree, GoesOnFromItsFrontier) {
  const Tree whole = tree_of(300);
  for (std::uint64_t size = 0; size <= 300; size += 7) {
    std::vector<Digest> hashes;
    for (const NodeId& node : frontier(size)) hashes.push_back(whole.source()(node));
    Appender appender(size, hashes);
    while (appender.size() < 300) appender.append(whole.leaf(appender.size()), nullptr);
    ASSERT_EQ(appender.root(), whole.root()) << size;
  }
  EXPECT_THROW(Appender(3, {Digest{}}), std::invalid_argument);
}

TEST(Inclusion, IsProvedForEveryLeafAndForNothingElse) {
  const Tree tree = tree_of(64);
  for (std::uint64_t size = 1; size <= 64; ++size) {
    const Digest head = root(size, tree.source());
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, tree.source());
      const Digest& leaf = tree.leaf(index);
      ASSERT_TRUE(verify_inclusion(leaf, index, size, proof, head)) << index << " of " << size;
      const auto bit = static_cast<unsigned>((size * 37 + index) % 256);
      ASSERT_FALSE(verify_inclusion(flipped(leaf, bit), index, size, proof, head));
      ASSERT_FALSE(verify_inclusion(leaf, index, size, proof, flipped(head, bit)));
      ASSERT_FALSE(verify_inclusion(leaf, index + 1, size, proof, head));
      ASSERT_FALSE(verify_inclusion(leaf, size, size, proof, head));
      for (std::size_t i = 0; i < proof.size(); ++i) {
        auto wrong = proof;
        wrong[i] = flipped(wrong[i], bit);
        ASSERT_FALSE(verify_inclusion(leaf, index, size, wrong, head)) << index << " of " << size;
      }
      auto longer = proof;
      longer.push_back(leaf);
      ASSERT_FALSE(verify_inclusion(leaf, index, size, longer, head));
      if (proof.empty()) continue;
      ASSERT_FALSE(verify_inclusion(leaf, index, size, {proof.begin(), proof.end() - 1}, head));
    }
  }
  EXPECT_THROW(inclusion_proof(64, 64, tree.source()), std::out_of_range);
}

TEST(Consistency, IsProvedForEveryPairAndForNothingElse) {
  const Tree tree = tree_of(64);
  for (std::uint64_t second = 0; second <= 64; ++second) {
    const Digest new_root = root(second, tree.source());
    for (std::uint64_t first = 0; first <= second; ++first) {
      const Digest old_root = root(first, tree.source());
      const auto proof = consistency_proof(first, second, tree.source());
      ASSERT_TRUE(verify_consistency(first, second, old_root, new_root, proof))
          << first << " to " << second;
      const auto bit = static_cast<unsigned>((first * 37 + second) % 256);
      ASSERT_FALSE(verify_consistency(first, second, flipped(old_root, bit), new_root, proof));
      if (first > 0) {
        ASSERT_FALSE(verify_consistency(first, second, old_root, flipped(new_root, bit), proof));
      }
      for (std::size_t i = 0; i < proof.size(); ++i) {
        auto wrong = proof;
        wrong[i] = flipped(wrong[i], bit);
        ASSERT_FALSE(verify_consistency(first, second, old_root, new_root, wrong))
            << first << " to " << second;
      }
      auto longer = proof;
      longer.push_back(old_root);
      ASSERT_FALSE(verify_consistency(first, second, old_root, new_root, longer));
      if (proof.empty()) continue;
      ASSERT_FALSE(
          verify_consistency(first, second, old_root, new_root, {proof.begin(), proof.end() - 1}));
    }
  }
  EXPECT_THROW(consistency_proof(2, 1, tree.source()), std::out_of_range);
  EXPECT_FALSE(verify_consistency(2, 1, Digest{}, Digest{}, {}));
}

// By the verifier that every bundle brings along, and by one more.
TEST(Consistency, IsVerifiedWithoutUsForEveryPair) {
  const Tree tree = tree_of(64);
  const std::string file = ::testing::TempDir() + "/consistency_proofs";
  std::ofstream out(file);
  for (std::uint64_t second = 1; second <= 64; ++second) {
    for (std::uint64_t first = 1; first <= second; ++first) {
      out << first << ' ' << hex(root(first, tree.source())) << ' ' << second << ' '
          << hex(root(second, tree.source()));
      for (const Digest& one : consistency_proof(first, second, tree.source()))
        out << ' ' << hex(one);
      out << '\n';
    }
  }
  out.close();
  const std::string check =
      "/usr/bin/python3 '" CCCTL_SOURCE_DIR "/tests/consistency_check.py' '" + file + "'";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST(Proofs, FailWithAnySingleBitFlipped) {
  const Tree tree = tree_of(13);
  const Digest head = tree.root();
  for (std::uint64_t n = 1; n < 13; ++n) {
    const auto inclusion = inclusion_proof(n, 13, tree.source());
    const auto consistency = consistency_proof(n, 13, tree.source());
    const Digest old_root = root(n, tree.source());
    for (unsigned bit = 0; bit < 256; ++bit) {
      for (std::size_t i = 0; i < inclusion.size(); ++i) {
        auto wrong = inclusion;
        wrong[i] = flipped(wrong[i], bit);
        ASSERT_FALSE(verify_inclusion(tree.leaf(n), n, 13, wrong, head));
      }
      for (std::size_t i = 0; i < consistency.size(); ++i) {
        auto wrong = consistency;
        wrong[i] = flipped(wrong[i], bit);
        ASSERT_FALSE(verify_consistency(n, 13, old_root, head, wrong));
      }
    }
  }
}

RC_GTEST_PROP(Inclusion, SurvivesGarbage,
              (std::uint64_t index, std::uint64_t size, std::uint8_t n)) {
  const std::vector<Digest> proof(n % 70, Digest{});
  RC_ASSERT(!verify_inclusion(Digest{}, index, size, proof, sha256("another root")));
  verify_consistency(index, size, Digest{}, empty_root(), proof);
}

}  // namespace
}  // namespace ccctl::crypto
