// Recomputes one shard's tree from its leaves and compares it with everything stored about it.
//
// Internal to this room. The leaves are hashed as they arrive, and what is stored of the tree is
// compared page by page, so that memory does not grow with the shard.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/pins.h"
#include "audit/shard.h"
#include "crypto/tree.h"

namespace ccctl::audit {

class TreeCheck {
 public:
  // `wanted` are the sizes whose recomputed root the caller will ask for. `shard.size` is what the
  // shard's row says.
  TreeCheck(store::Tx& tx, Shard shard, const std::vector<crypto::VerifierKey>& keys,
            const std::vector<std::uint64_t>& wanted);

  // Walks once. Findings of one kind are told once, with the first place.
  std::vector<Finding> run();

  std::uint64_t size() const { return appender_.size(); }     // leaves recomputed, from 0 on
  std::uint64_t signed_size() const { return signed_size_; }  // largest size signed and matching
  bool found(Verdict verdict) const;
  // What leaves say that no event may say (schema.h); nothing where all of it is declared. It makes
  // the tree no less sound, and so is none of run()'s findings.
  std::optional<Finding> undeclared() const;
  std::optional<crypto::Digest> root_at(std::uint64_t size) const;      // recomputed
  std::optional<crypto::Digest> signed_root(std::uint64_t size) const;  // stored, validly signed

 private:
  // Recomputed hashes of one level that are neighbours, one behind the other.
  struct Level {
    static constexpr std::size_t kHash = crypto::Digest{}.size();
    std::uint64_t first = 0;
    std::string hashes;
    std::uint64_t count() const { return hashes.size() / kHash; }
    std::string_view at(std::size_t i) const {
      return std::string_view(hashes).substr(i * kHash, kHash);
    }
  };

  bool page();                                        // false when there are no more leaves
  crypto::Digest check_leaf(const store::Rows& row);  // recomputed
  void add_leaf(const crypto::Digest& leaf, const store::Rows& checkpoints, std::size_t& next);
  void check_nodes();
  void check_level(unsigned number, const Level& recomputed);
  store::Rows read_checkpoints(std::uint64_t from, std::uint64_t to);  // sizes in (from, to]
  void check_checkpoints(const store::Rows& rows);
  void check_checkpoint(std::uint64_t size, std::string_view note);
  void check_end();
  void find(Verdict verdict, std::string explanation);

  store::Tx& tx_;
  Shard shard_;
  const std::vector<crypto::VerifierKey>& keys_;
  crypto::Appender appender_{0, {}};
  std::map<std::uint64_t, std::optional<crypto::Digest>> roots_;         // of the wanted sizes
  std::map<std::uint64_t, std::optional<crypto::Digest>> signed_roots_;  // of the wanted sizes
  std::map<std::uint64_t, crypto::Digest> page_roots_;                   // of this page's sizes
  std::uint64_t signed_size_ = 0;
  std::vector<Level> levels_;  // of this page, from level 1 on
  std::vector<Finding> findings_;
  std::string misfit_;  // of the first such leaf
  std::uint64_t misfits_ = 0;
};

}  // namespace ccctl::audit
