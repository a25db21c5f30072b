// One shard's part of a bundle.
//
// Internal to this room.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "audit/bundle.h"
#include "audit/shard.h"
#include "crypto/range.h"

namespace ccctl::audit {

struct SignedShard {
  Shard shard;
  std::string note;  // the checkpoint of its size
  crypto::Digest root{};
  std::string vkey;
  std::string folder;  // empty, or ends in "/"
  std::optional<Instant> pruned_at;
};

struct PartResult {
  std::uint64_t first = 0, rows = 0, matched = 0, population = 0;
  std::vector<crypto::Digest> left, right;  // of a contiguous range
  std::vector<StoredFile> files;
  Json json(const SignedShard& shard, Selection selection) const;
};

// A sample's places in one shard, ascending.
using Indexes = std::vector<std::uint64_t>;

// FROM and WHERE over the leaves [first, end) of a shard; the caller's conditions follow.
struct Query {
  Query(const Shard& shard, std::uint64_t first, std::uint64_t end);
  store::Params params;
  std::string from;
};

class BundlePart {
 public:
  BundlePart(store::Tx& tx, const BundleRequest& request, const CreateFile& create,
             const EachEvent& each, const SignedShard& shard);

  // Of the rows [first, end): all of them, marked where the filter does not want them.
  void contiguous(std::uint64_t first, std::uint64_t end);
  void selected();
  // The leaf hashes of a population; `take` gets each that may be drawn.
  using Draw = std::function<void(std::uint64_t index, const crypto::Digest& leaf)>;
  void population(std::uint64_t first, std::uint64_t end, const Draw& take);
  void sampled(const Indexes& drawn);

  PartResult finish();  // once

 private:
  struct Row {
    std::uint64_t index;
    std::string line;
  };
  // The index, `what`, and a boolean.
  static std::string select(const Query& query, std::string_view what, const std::string& flag);
  static Row row_of(const store::Rows& rows, std::size_t i);
  void add_range(std::uint64_t first, std::uint64_t end, crypto::RangeRoot& root,
                 std::vector<crypto::Digest>& kept);
  void emit(std::vector<Row>& page);
  void proofs(const std::vector<Row>& page);
  void proof_file(std::uint64_t index, const std::vector<crypto::Digest>& hashes);
  void mark_outside(std::uint64_t index);
  void close_outside();
  void require_root(const crypto::RangeRoot& root) const;
  [[noreturn]] void damaged(const std::string& what) const;

  store::Tx& tx_;
  const BundleRequest& request_;
  const CreateFile& create_;
  const EachEvent& each_;
  const SignedShard& shard_;
  BundleFile events_;
  std::optional<BundleFile> outside_, population_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> stretch_;  // of rows outside, inclusive
  PartResult result_;
};

// The first match and the index behind the last one; nothing when there is none.
std::optional<std::pair<std::uint64_t, std::uint64_t>> match_bounds(store::Tx& tx,
                                                                    const EventFilter& filter,
                                                                    const Shard& shard);

// Ends in a newline, not indented: every member and every element of a list of objects has a line.
std::string manifest_text(const Json& manifest);

}  // namespace ccctl::audit
