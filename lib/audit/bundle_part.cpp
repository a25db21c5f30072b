#include "audit/bundle_part.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/hashes.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

constexpr std::string_view kLineText = "pg_catalog.convert_from(l.line, 'UTF8')";
constexpr std::size_t kProofPage = 500;  // rows whose proofs are read together

Json encoded(const std::vector<crypto::Digest>& hashes) {
  Json list = Json::array();
  for (const crypto::Digest& hash : hashes) list.push_back(crypto::to_base64(crypto::view(hash)));
  return list;
}

}  // namespace

Json PartResult::json(const SignedShard& shard, Selection selection) const {
  Json said{{"folder", shard.folder}, {"origin", shard.shard.origin},
            {"key", shard.vkey},      {"size", shard.shard.size},
            {"rows", rows},           {"matched", matched}};
  if (selection != Selection::selected) {
    said["first"] = first;
    said["left"] = encoded(left);
    said["right"] = encoded(right);
  }
  if (selection == Selection::sample) said["population"] = population;
  return said;
}

BundlePart::BundlePart(store::Tx& tx, const BundleRequest& request, const CreateFile& create,
                       const EachEvent& each, const SignedShard& shard)
    : tx_(tx), request_(request), create_(create), each_(each), shard_(shard) {
  BundleFile checkpoint = create_(shard_.folder + "checkpoint");
  checkpoint.write(shard_.note);
  result_.files.push_back(checkpoint.close());
  events_ = create_(shard_.folder + "events.jsonl");
}

void BundlePart::damaged(const std::string& what) const {
  throw Error(
      ErrorKind::findings,
      what + " of '" + shard_.shard.origin + "' " + "does not lead to the signed checkpoint",
      "see `ccctl audit verify`");
}

Query::Query(const Shard& shard, std::uint64_t first, std::uint64_t end) {
  from = "ccctl.leaf l WHERE l.tenant_id = " + params.bind(shard.key.tenant) +
         "::text AND l.log = " + params.bind(shard.key.log) +
         "::text AND l.period = " + params.bind(shard.key.period) + "::text";
  from += " AND l.leaf_index >= " + params.bind(std::to_string(first)) + "::bigint";
  from += " AND l.leaf_index < " + params.bind(std::to_string(end)) + "::bigint";
}

std::string BundlePart::select(const Query& query, std::string_view what, const std::string& flag) {
  return "SELECT l.leaf_index, " + std::string(what) + ", " + flag + " FROM " + query.from +
         " ORDER BY l.leaf_index";
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> match_bounds(store::Tx& tx,
                                                                    const EventFilter& filter,
                                                                    const Shard& shard) {
  if (filter.everything()) return std::pair{std::uint64_t{0}, shard.size};
  Query q(shard, 0, shard.size);
  const std::string wanted = filter.sql(q.params, "l.line");
  const store::Rows rows =
      tx.exec({"SELECT pg_catalog.min(l.leaf_index), pg_catalog.max(l.leaf_index) + 1 FROM " +
                   q.from + " AND " + wanted,
               q.params.take()});
  if (rows.is_null(0, 0)) return std::nullopt;
  return std::pair{static_cast<std::uint64_t>(rows.integer(0, 0)),
                   static_cast<std::uint64_t>(rows.integer(0, 1))};
}

// Adds the subtrees that lie outside the range, and keeps them for the manifest.
void BundlePart::add_range(std::uint64_t first, std::uint64_t end, crypto::RangeRoot& root,
                           std::vector<crypto::Digest>& kept) {
  const std::vector<crypto::NodeId> ids = crypto::cover(first, end);
  const auto hashes = read_all(tx_, shard_.shard.key, ids);
  if (!hashes) damaged("a stored hash");
  for (std::size_t i = 0; i < ids.size(); ++i) root.add(ids[i], (*hashes)[i]);
  kept = *hashes;
}

void BundlePart::require_root(const crypto::RangeRoot& root) const {
  if (root.size() != shard_.shard.size || root.root() != shard_.root) damaged("what is stored");
}

void BundlePart::contiguous(std::uint64_t first, std::uint64_t end) {
  crypto::RangeRoot root;
  add_range(0, first, root, result_.left);
  result_.first = first;
  Query q(shard_.shard, first, end);
  const std::string wanted = request_.filter.sql(q.params, "l.line");
  const std::string text = select(q, kLineText, wanted);
  std::string buffer;
  tx_.stream({text, q.params.take()}, [&](const store::Rows& row) {
    const auto index = static_cast<std::uint64_t>(row.integer(0, 0));
    const std::string_view line = row.text(0, 1);
    if (index != root.size() || line.find('\n') != std::string_view::npos) damaged("a line");
    root.add({0, index}, crypto::leaf_hash(line));
    buffer.assign(line);
    buffer += '\n';
    events_.write(buffer);
    if (!row.boolean(0, 2)) {
      mark_outside(index);
      return;
    }
    ++result_.matched;
    if (each_) each_(shard_.shard.origin, index, line);
  });
  result_.rows = root.size() - first;
  if (result_.rows != end - first) damaged("the number of leaves");
  close_outside();
  add_range(end, shard_.shard.size, root, result_.right);
  require_root(root);
  // One proof, so that whoever has no more than a shell can check that the range is of this log.
  if (end > first) {
    Query last(shard_.shard, end - 1, end);
    const store::Rows rows = tx_.exec({select(last, kLineText, "true"), last.params.take()});
    proofs({{end - 1, std::string(rows.text(0, 1))}});
  }
}

void BundlePart::mark_outside(std::uint64_t index) {
  if (stretch_ && stretch_->second + 1 == index) {
    stretch_->second = index;
    return;
  }
  close_outside();
  stretch_ = {index, index};
}

// "7" or "7-12": the rows of the range that the filter does not want.
void BundlePart::close_outside() {
  if (!stretch_) return;
  if (!outside_) outside_ = create_(shard_.folder + "outside");
  std::string text = std::to_string(stretch_->first);
  if (stretch_->second > stretch_->first) text += "-" + std::to_string(stretch_->second);
  outside_->write(text + "\n");
  stretch_.reset();
}

void BundlePart::selected() {
  Query q(shard_.shard, 0, shard_.shard.size);
  q.from += " AND " + request_.filter.sql(q.params, "l.line");
  std::vector<Row> page;
  const auto take = [&](const store::Rows& rows, std::size_t i) {
    page.push_back(row_of(rows, i));
    if (page.size() == kProofPage) emit(page);
  };
  tx_.each({select(q, kLineText, "true"), q.params.take()}, take, kProofPage);
  emit(page);
}

BundlePart::Row BundlePart::row_of(const store::Rows& rows, std::size_t i) {
  return {static_cast<std::uint64_t>(rows.integer(i, 0)), std::string(rows.text(i, 1))};
}

// Single events with their proofs.
void BundlePart::emit(std::vector<Row>& page) {
  for (const Row& row : page) {
    events_.write(row.line + "\n");
    if (each_) each_(shard_.shard.origin, row.index, row.line);
  }
  result_.rows += page.size();
  result_.matched += page.size();
  proofs(page);
  page.clear();
}

void BundlePart::population(std::uint64_t first, std::uint64_t end, const Draw& take) {
  const bool stretch = !request_.filter.selects();
  crypto::RangeRoot root;
  if (stretch) add_range(0, first, root, result_.left);
  result_.first = first;
  population_ = create_(shard_.folder + "population");
  Query q(shard_.shard, first, end);
  const std::string wanted = request_.filter.sql(q.params, "l.line");
  if (!stretch) q.from += " AND " + wanted;
  const std::string text =
      select(q, "pg_catalog.encode(l.leaf_hash, 'hex')", stretch ? wanted : "true");
  tx_.stream({text, q.params.take()}, [&](const store::Rows& row) {
    const auto index = static_cast<std::uint64_t>(row.integer(0, 0));
    const crypto::Digest leaf = digest_of_hex(row.text(0, 1));
    if (stretch && index != root.size()) damaged("a leaf");
    if (stretch) root.add({0, index}, leaf);
    population_->write(std::to_string(index) + " " + std::string(row.text(0, 1)) + "\n");
    if (!row.boolean(0, 2)) {
      mark_outside(index);
      return;
    }
    ++result_.population;
    take(index, leaf);
  });
  close_outside();
  if (!stretch) return;
  add_range(end, shard_.shard.size, root, result_.right);
  require_root(root);
}

void BundlePart::sampled(const Indexes& drawn) {
  for (std::size_t from = 0; from < drawn.size(); from += kProofPage) {
    std::vector<std::string> some;
    for (std::size_t i = from; i < std::min(drawn.size(), from + kProofPage); ++i)
      some.push_back(std::to_string(drawn[i]));
    Query q(shard_.shard, 0, shard_.shard.size);
    const std::string list = q.params.bind(store::array_literal(some));
    q.from += " AND l.leaf_index = ANY (" + list + "::bigint[])";
    const store::Rows rows = tx_.exec({select(q, kLineText, "true"), q.params.take()});
    std::vector<Row> page;
    for (std::size_t i = 0; i < rows.size(); ++i) page.push_back(row_of(rows, i));
    emit(page);
  }
}

void BundlePart::proofs(const std::vector<Row>& page) {
  const std::uint64_t size = shard_.shard.size;
  const crypto::NodeSource nodes =
      read_for(tx_, shard_.shard, [&](const crypto::NodeSource& source) {
        for (const Row& row : page) crypto::inclusion_proof(row.index, size, source);
      });
  for (const Row& row : page) {
    const auto proof = crypto::inclusion_proof(row.index, size, nodes);
    if (!crypto::verify_inclusion(crypto::leaf_hash(row.line), row.index, size, proof, shard_.root))
      damaged("a leaf");
    proof_file(row.index, proof);
  }
}

void BundlePart::proof_file(std::uint64_t index, const std::vector<crypto::Digest>& hashes) {
  std::string name = std::to_string(index);
  name.insert(0, name.size() < 12 ? 12 - name.size() : 0, '0');  // so that names sort as indexes
  BundleFile file = create_(shard_.folder + "proofs/" + name + ".tlog-proof");
  file.write(crypto::tlog_proof(index, hashes, shard_.note));
  file.close();
}

PartResult BundlePart::finish() {
  result_.files.push_back(events_.close());
  if (outside_) result_.files.push_back(outside_->close());
  if (population_) result_.files.push_back(population_->close());
  return std::move(result_);
}

}  // namespace ccctl::audit
