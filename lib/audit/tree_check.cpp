#include "audit/tree_check.h"

#include <algorithm>
#include <bit>

#include "audit/hashes.h"
#include "audit/schema.h"

namespace ccctl::audit {

namespace {

// Leaves. Of so many, each may have its checkpoint, and their notes are read at once.
constexpr std::uint64_t kPage = 16'384;

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

}  // namespace

TreeCheck::TreeCheck(store::Tx& tx, Shard shard, const std::vector<crypto::VerifierKey>& keys,
                     const std::vector<std::uint64_t>& wanted)
    : tx_(tx), shard_(std::move(shard)), keys_(keys) {
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

std::optional<Finding> TreeCheck::undeclared() const {
  if (misfits_ == 0) return std::nullopt;
  std::string text = misfit_;
  if (misfits_ > 1) text += ", the first of " + std::to_string(misfits_) + " such leaves";
  return Finding{Verdict::undeclared,
                 text + ": something other than this version of ccctl appended it"};
}

crypto::Digest TreeCheck::check_leaf(const store::Rows& row) {
  const std::string_view line = row.text(0, 1);
  const bool plain = line.find('\\') == std::string_view::npos;
  const std::string bytes = plain ? std::string() : unescaped(line);
  const std::string_view exact = plain ? line : std::string_view(bytes);
  const crypto::Digest leaf = crypto::leaf_hash(exact);
  if (const std::optional<Misfit> wrong = misfit(exact); wrong && misfits_++ == 0)
    misfit_ = "leaf " + std::to_string(appender_.size()) + ": " + wrong->text;
  if (crypto::to_hex(crypto::view(leaf)) != row.text(0, 2)) {
    find(Verdict::altered, "the bytes of leaf " + std::to_string(appender_.size()) +
                               " are not those it was sealed with");
  }
  return leaf;
}

// A root costs as many hashes as the tree is high: only where somebody signed one.
void TreeCheck::add_leaf(const crypto::Digest& leaf, const store::Rows& checkpoints,
                         std::size_t& next) {
  appender_.append(leaf, [&](crypto::NodeId id, const crypto::Digest& hash) {
    if (id.level == 0) return;
    if (levels_.size() < id.level) levels_.resize(id.level);
    Level& level = levels_[id.level - 1];
    if (level.hashes.empty()) level.first = id.index;
    level.hashes += crypto::view(hash);
  });
  if (const auto wanted = roots_.find(appender_.size()); wanted != roots_.end()) {
    wanted->second = appender_.root();
  }
  if (next < checkpoints.size() &&
      static_cast<std::uint64_t>(checkpoints.integer(next, 0)) == appender_.size()) {
    page_roots_.emplace(appender_.size(), appender_.root());
    ++next;
  }
}

// One by one, to tell which is another one.
void TreeCheck::check_level(unsigned number, const Level& recomputed) {
  std::vector<crypto::NodeId> ids;
  for (std::uint64_t i = 0; i < recomputed.count(); ++i) {
    ids.push_back({number, recomputed.first + i});
  }
  const Hashes stored = read_hashes(tx_, shard_.key, ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = stored.find(ids[i]);
    if (found == stored.end() || crypto::view(found->second) != recomputed.at(i)) {
      find(Verdict::altered, "the stored hash over leaf " + std::to_string(ids[i].index << number) +
                                 " at level " + std::to_string(number) +
                                 " is missing or another one");
    }
  }
}

// The datastore hashes what it has of each level, which takes fewer bytes than sending it. A
// subquery for each level, because a join is planned badly where there are no statistics yet.
void TreeCheck::check_nodes() {
  std::vector<std::string> numbers, first, end;
  for (const Level& level : levels_) {
    numbers.push_back(std::to_string(numbers.size() + 1));
    first.push_back(std::to_string(level.first));
    end.push_back(std::to_string(level.first + level.count()));
  }
  std::vector<store::Value> params = shard_.key.params();
  for (const auto& column : {numbers, first, end}) {
    params.emplace_back(store::array_literal(column));
  }
  const store::Rows rows = tx_.exec(
      {"SELECT (SELECT CASE WHEN pg_catalog.bool_and(pg_catalog.octet_length(hash) = 32) THEN "
       "pg_catalog.encode(pg_catalog.sha256(pg_catalog.string_agg(hash, '')), 'hex') END FROM "
       "(SELECT hash FROM ccctl.node n WHERE n.tenant_id = $1 AND n.log = $2 AND n.period = $3 AND "
       "n.level = w.level AND n.node_index >= w.first AND n.node_index < w.past ORDER BY "
       "n.node_index) x) FROM ROWS FROM (pg_catalog.unnest($4::smallint[]), "
       "pg_catalog.unnest($5::bigint[]), pg_catalog.unnest($6::bigint[])) AS w(level, first, "
       "past) ORDER BY w.level",
       params});
  for (unsigned i = 0; i < levels_.size(); ++i) {
    const Level& level = levels_[i];
    if (level.count() > 0 &&
        rows.text(i, 0) != crypto::to_hex(crypto::view(crypto::sha256(level.hashes)))) {
      check_level(i + 1, level);
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
  const store::Rows checkpoints = read_checkpoints(from, from + kPage);
  for (Level& level : levels_) level.hashes.clear();
  page_roots_.clear();
  std::vector<store::Value> params = shard_.key.params();
  params.emplace_back(std::to_string(from));
  params.emplace_back(std::to_string(from + kPage));
  std::size_t next = 0;
  bool dense = true;
  tx_.stream({"SELECT leaf_index, pg_catalog.encode(line, 'escape'), pg_catalog.encode(leaf_hash, "
              "'hex') FROM ccctl.leaf WHERE tenant_id = $1 AND log = $2 AND period = $3 AND "
              "leaf_index >= $4::bigint AND leaf_index < $5::bigint ORDER BY leaf_index",
              params},
             [&](const store::Rows& row) {
               dense = dense && static_cast<std::uint64_t>(row.integer(0, 0)) == appender_.size();
               if (dense) add_leaf(check_leaf(row), checkpoints, next);
             });
  if (appender_.size() == from) return false;
  check_nodes();
  check_checkpoints(checkpoints);
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
