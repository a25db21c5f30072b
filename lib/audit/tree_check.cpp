#include "audit/tree_check.h"

#include <algorithm>
#include <bit>

namespace ccctl::audit {

namespace {

// So many leaves at first, and so many at most; a page that was long makes the next one shorter, so
// that a page of usual leaves has about a megabyte, and one of the longest some 60.
constexpr std::uint64_t kFirstPage = 256, kLastPage = 2048;
constexpr std::size_t kPageBytes = std::size_t{1} << 20;

// What encode(…, 'escape') made of bytes: a backslash doubled, other bytes than ASCII as octal.
std::string unescaped(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    bytes += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (text.size() >= 4 && text[1] != '\\') {
      bytes += static_cast<char>((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
      text.remove_prefix(4);
    } else {
      bytes += '\\';
      text.remove_prefix(std::min<std::size_t>(text.size(), 2));
    }
  }
  return bytes;
}

// Of each level they are neighbours. A subquery for each level, because a join is planned badly
// where there are no statistics yet. Where one is missing, they are looked up one by one.
Hashes read_nodes(store::Tx& tx, const ShardKey& shard, const Hashes& wanted) {
  std::vector<std::string> levels, first, last;
  for (auto from = wanted.begin(); from != wanted.end();) {
    const auto next = wanted.lower_bound({from->first.level + 1, 0});
    levels.push_back(std::to_string(from->first.level));
    first.push_back(std::to_string(from->first.index));
    last.push_back(std::to_string(std::prev(next)->first.index));
    from = next;
  }
  std::vector<store::Value> params = shard.params();
  for (const auto& column : {levels, first, last})
    params.emplace_back(store::array_literal(column));
  const store::Rows rows = tx.exec(
      {"SELECT (SELECT pg_catalog.string_agg(pg_catalog.encode(n.hash, 'hex'), '' ORDER BY "
       "n.node_index) FROM ccctl.node n WHERE n.tenant_id = $1 AND n.log = $2 AND n.period = "
       "$3 AND n.level = w.level AND n.node_index >= w.first AND n.node_index <= w.last) "
       "FROM ROWS FROM (pg_catalog.unnest($4::smallint[]), pg_catalog.unnest($5::bigint[]), "
       "pg_catalog.unnest($6::bigint[])) AS w(level, first, last) ORDER BY w.level",
       params});
  std::vector<crypto::Digest> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const crypto::Digest& hash : digests_of_hex(rows.text(i, 0))) found.push_back(hash);
  }
  std::vector<crypto::NodeId> ids;
  for (const auto& [id, hash] : wanted) ids.push_back(id);
  if (found.size() != ids.size()) return read_hashes(tx, shard, ids);
  Hashes hashes;
  for (std::size_t i = 0; i < ids.size(); ++i) hashes.emplace(ids[i], found[i]);
  return hashes;
}

}  // namespace

TreeCheck::TreeCheck(store::Tx& tx, Shard shard, const std::vector<crypto::VerifierKey>& keys,
                     const std::vector<std::uint64_t>& wanted)
    : tx_(tx), shard_(std::move(shard)), keys_(keys), page_(kFirstPage) {
  for (const std::uint64_t size : wanted) {
    roots_[size] = std::nullopt;
    signed_roots_[size] = std::nullopt;
  }
  if (const auto empty = roots_.find(0); empty != roots_.end()) {
    empty->second = crypto::empty_root();
  }
}

std::optional<crypto::Digest> TreeCheck::root_at(std::uint64_t size) const {
  const auto found = roots_.find(size);
  return found == roots_.end() ? std::nullopt : found->second;
}

std::optional<crypto::Digest> TreeCheck::signed_root(std::uint64_t size) const {
  const auto found = signed_roots_.find(size);
  return found == signed_roots_.end() ? std::nullopt : found->second;
}

bool TreeCheck::found(Verdict verdict) const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [&](const Finding& f) { return f.verdict == verdict; });
}

void TreeCheck::find(Verdict verdict, std::string explanation) {
  if (!found(verdict)) findings_.push_back({verdict, std::move(explanation)});
}

void TreeCheck::check_leaf(const store::Rows& rows, std::size_t row, Hashes& completed) {
  const std::string index = std::to_string(appender_.size());
  const std::string line = unescaped(rows.text(row, 1));
  page_bytes_ += line.size();
  const crypto::Digest leaf = crypto::leaf_hash(line);
  if (crypto::to_hex(crypto::view(leaf)) != rows.text(row, 2)) {
    find(Verdict::altered, "the bytes of leaf " + index + " are not those it was sealed with");
  }
  appender_.append(leaf, [&](crypto::NodeId id, const crypto::Digest& hash) {
    if (id.level > 0) completed.emplace(id, hash);
  });
  if (const auto wanted = roots_.find(appender_.size()); wanted != roots_.end()) {
    wanted->second = appender_.root();
  }
}

void TreeCheck::check_nodes(const Hashes& completed) {
  const Hashes stored = read_nodes(tx_, shard_.key, completed);
  for (const auto& [id, hash] : completed) {
    const auto found = stored.find(id);
    if (found == stored.end() || found->second != hash) {
      find(Verdict::altered, "the stored hash over leaf " + std::to_string(id.index << id.level) +
                                 " at level " + std::to_string(id.level) +
                                 " is missing or another one");
    }
  }
}

void TreeCheck::check_checkpoint(std::uint64_t size, std::string_view note) {
  const std::string at = "the checkpoint of " + std::to_string(size) + " leaves ";
  const OpenedCheckpoint opened = open_checkpoint(note, keys_);
  if (opened.verdict == crypto::NoteVerdict::unknown_key) {
    find(Verdict::unknown_key, at + "is signed by none of the trusted keys");
    return;
  }
  if (opened.verdict != crypto::NoteVerdict::valid) {
    find(Verdict::altered, at + "bears no valid signature");
    return;
  }
  if (opened.checkpoint.origin != shard_.origin || opened.checkpoint.size != size) {
    find(Verdict::altered, at + "was replaced by one of another tree or size");
    return;
  }
  if (const auto wanted = signed_roots_.find(size); wanted != signed_roots_.end()) {
    wanted->second = opened.checkpoint.root;
  }
  const auto root = page_roots_.find(size);
  if (root == page_roots_.end()) {
    find(Verdict::truncated,
         at + "is signed, and only " + std::to_string(appender_.size()) + " leaves are stored");
  } else if (root->second != opened.checkpoint.root) {
    find(Verdict::altered, at + "signs other leaves than those stored");
  } else {
    signed_size_ = std::max(signed_size_, size);
  }
}

store::Rows TreeCheck::read_checkpoints(std::uint64_t from, std::uint64_t to) {
  std::vector<store::Value> params = shard_.key.params();
  params.emplace_back(std::to_string(from));
  params.emplace_back(std::to_string(to));
  return tx_.exec(
      {"SELECT size, note FROM ccctl.checkpoint WHERE tenant_id = $1 AND log = $2 AND period = $3 "
       "AND size > $4::bigint AND size <= $5::bigint ORDER BY size",
       params});
}

void TreeCheck::check_checkpoints(const store::Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto size = static_cast<std::uint64_t>(rows.integer(i, 0));
    // Beyond the last leaf: check_end() tells of them together.
    if (size <= appender_.size()) check_checkpoint(size, rows.text(i, 1));
  }
}

bool TreeCheck::page() {
  const std::uint64_t from = appender_.size();
  std::vector<store::Value> params = shard_.key.params();
  params.emplace_back(std::to_string(from));
  params.emplace_back(std::to_string(from + page_));
  const store::Rows rows = tx_.exec(
      {"SELECT leaf_index, pg_catalog.encode(line, 'escape'), pg_catalog.encode(leaf_hash, 'hex') "
       "FROM ccctl.leaf WHERE tenant_id = $1 AND log = $2 AND period = $3 "
       "AND leaf_index >= $4::bigint AND leaf_index < $5::bigint ORDER BY leaf_index",
       params});
  const store::Rows checkpoints = read_checkpoints(from, from + page_);
  Hashes completed;
  std::size_t next = 0;
  page_roots_.clear();
  page_bytes_ = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::uint64_t>(rows.integer(i, 0)) != appender_.size()) break;
    check_leaf(rows, i, completed);
    // A root costs as many hashes as the tree is high: only where somebody signed one.
    if (next < checkpoints.size() &&
        static_cast<std::uint64_t>(checkpoints.integer(next, 0)) == appender_.size()) {
      page_roots_.emplace(appender_.size(), appender_.root());
      ++next;
    }
  }
  if (appender_.size() == from) return false;
  check_nodes(completed);
  check_checkpoints(checkpoints);
  page_ = page_bytes_ > kPageBytes ? std::max<std::uint64_t>(page_ / 2, 1)
                                   : std::min(page_ * 2, kLastPage);
  return true;
}

void TreeCheck::check_end() {
  const std::uint64_t size = appender_.size();
  std::vector<store::Value> params = shard_.key.params();
  params.emplace_back(std::to_string(size));
  const store::Rows rows = tx_.exec(
      {"SELECT (SELECT pg_catalog.count(*) FROM ccctl.leaf WHERE tenant_id = $1 AND log = $2 "
       "AND period = $3 AND leaf_index > $4::bigint), (SELECT pg_catalog.count(*) FROM ccctl.node "
       "WHERE tenant_id = $1 AND log = $2 AND period = $3), (SELECT pg_catalog.max(size) "
       "FROM ccctl.checkpoint WHERE tenant_id = $1 AND log = $2 AND period = $3 "
       "AND size > $4::bigint)",
       params});
  if (rows.integer(0, 0) > 0) {
    find(Verdict::altered, "leaf " + std::to_string(size) + " is missing");
  } else if (!rows.is_null(0, 2)) {
    // Only the largest: it says most plainly how much is gone, whoever signed the others.
    page_roots_.clear();
    const auto largest = static_cast<std::uint64_t>(rows.integer(0, 2));
    const store::Rows beyond = read_checkpoints(largest - 1, largest);
    for (std::size_t i = 0; i < beyond.size(); ++i) check_checkpoint(largest, beyond.text(i, 1));
  } else if (size < shard_.size) {
    find(Verdict::truncated, "the shard had " + std::to_string(shard_.size) + " leaves, and only " +
                                 std::to_string(size) + " are stored");
  }
  if (!findings_.empty()) return;
  // A tree of n leaves has n - popcount(n) complete subtrees above them.
  const auto nodes = static_cast<std::uint64_t>(rows.integer(0, 1));
  if (nodes != size - static_cast<std::uint64_t>(std::popcount(size))) {
    find(Verdict::altered, "there are hashes of leaves that do not exist");
  }
  if (signed_size_ < size) {
    find(Verdict::altered,
         "no checkpoint covers the leaves from " + std::to_string(signed_size_) + " on");
  } else if (shard_.size != size) {
    find(Verdict::altered, "the shard's row names another size than its newest checkpoint");
  }
}

std::vector<Finding> TreeCheck::run() {
  while (page()) {
  }
  check_end();
  return findings_;
}

}  // namespace ccctl::audit
