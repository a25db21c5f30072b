#include "audit/bundle.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>
#include <tuple>

#include "audit/bundle_part.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

// The place of a population's member, ordered by SHA256(seed | leaf hash).
using Drawn = std::tuple<crypto::Digest, std::size_t, std::uint64_t>;  // rank, shard, index

// Keeps the smallest.
class Lot {
 public:
  explicit Lot(const Sample& sample) : sample_(sample) {}
  void take(std::size_t shard, std::uint64_t index, const crypto::Digest& leaf) {
    std::string bytes = sample_.seed;
    bytes += crypto::view(leaf);
    smallest_.emplace(crypto::sha256(bytes), shard, index);
    if (smallest_.size() > sample_.size) smallest_.pop();
  }
  std::vector<Indexes> by_shard(std::size_t shards) {
    std::vector<Indexes> drawn(shards);
    for (; !smallest_.empty(); smallest_.pop())
      drawn[std::get<1>(smallest_.top())].push_back(std::get<2>(smallest_.top()));
    for (Indexes& indexes : drawn) std::sort(indexes.begin(), indexes.end());
    return drawn;
  }

 private:
  const Sample& sample_;
  std::priority_queue<Drawn> smallest_;
};

std::vector<SignedShard> read_shards(store::Tx& tx, const BundleRequest& request) {
  const store::Rows rows = tx.exec(
      {"SELECT s.period, s.origin, s.size, pg_catalog.encode(s.public_key, 'hex'), c.note, "
       "s.pruned_at "
       "FROM ccctl.shard s LEFT JOIN ccctl.checkpoint c ON c.tenant_id = s.tenant_id "
       "AND c.log = s.log AND c.period = s.period AND c.size = s.size "
       "WHERE s.tenant_id = $1 AND s.log = $2 AND s.size > 0 ORDER BY s.opened_at, s.period",
       {request.tenant, std::string(to_text(request.log))}});
  std::vector<SignedShard> shards;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SignedShard one;
    one.shard.key = {request.tenant, std::string(to_text(request.log)),
                     std::string(rows.text(i, 0))};
    one.shard.origin = rows.text(i, 1);
    one.shard.size = static_cast<std::uint64_t>(rows.integer(i, 2));
    const auto key =
        crypto::VerifierKey::of(one.shard.origin, crypto::from_hex(rows.text(i, 3)).value_or(""));
    one.vkey = key.to_text();
    one.note = rows.text(i, 4);
    const OpenedCheckpoint opened = open_checkpoint(one.note, {key});
    if (opened.verdict != crypto::NoteVerdict::valid ||
        opened.checkpoint.origin != one.shard.origin || opened.checkpoint.size != one.shard.size) {
      throw Error(ErrorKind::findings,
                  "the newest checkpoint of '" + one.shard.origin + "' is missing or not valid",
                  "see `ccctl audit verify`");
    }
    one.root = opened.checkpoint.root;
    one.pruned_at = rows.instant(i, 5);
    shards.push_back(std::move(one));
  }
  return shards;
}

// The stretch of a shard that goes into the bundle.
struct Stretch {
  SignedShard shard;
  std::uint64_t first = 0, end = 0;
};

// Those shards that hold a match. A bundle of one shard has its files at the top. Of a pruned shard
// nothing is left but what was signed, which is told whatever was asked for.
std::vector<Stretch> stretches(store::Tx& tx, const BundleRequest& request, Json& pruned) {
  std::vector<Stretch> found;
  for (SignedShard& shard : read_shards(tx, request)) {
    if (shard.pruned_at) {
      pruned.push_back({{"origin", shard.shard.origin},
                        {"size", shard.shard.size},
                        {"prunedAt", ccctl::to_text(*shard.pruned_at)},
                        {"checkpoint", shard.note}});
      continue;
    }
    if (const auto bounds = match_bounds(tx, request.filter, shard.shard))
      found.push_back({std::move(shard), bounds->first, bounds->second});
  }
  if (found.size() > 1) {
    for (Stretch& each : found) each.shard.folder = each.shard.shard.key.period + "/";
  }
  return found;
}

std::string completeness(const BundleRequest& request, Selection selection) {
  switch (selection) {
    case Selection::contiguous:
      return "of each log listed, every event from its first index on and as many as `rows` says: "
             "the signed root is recomputed from them, so none is missing and none was changed; "
             "events outside the time asked for are among them and marked in `outside`";
    case Selection::selected:
      return "each event is proved to stand in the log; that no other event matches the filter is "
             "what the manifest's receipt states, and cannot be recomputed from this bundle";
    case Selection::sample:
      return std::string("the sample can be drawn again from `population`") +
             (request.filter.selects()
                  ? "; that the population has every match is what the manifest's receipt states"
                  : ", and the signed root is recomputed from it, so no event is missing there");
  }
  return "";
}

Json head(const BundleRequest& request, const BundleSummary& summary) {
  Json said{{"apiVersion", "ccctl/v1"},
            {"kind", "AuditBundle"},
            {"tenant", request.tenant},
            {"log", to_text(request.log)},
            {"exportedAt", ccctl::to_text(request.at)},
            {"exportedBy", request.actor},
            {"program", request.program},
            {"filter", request.filter.json()},
            {"selection", to_text(summary.selection)},
            {"completeness", completeness(request, summary.selection)},
            {"rows", summary.rows},
            {"matched", summary.matched}};
  if (request.sample) {
    said["sample"] = {{"seed", request.sample->seed},
                      {"size", request.sample->size},
                      {"population", summary.population},
                      {"method", "the smallest SHA256(seed | leaf hash)"}};
  }
  return said;
}

Json file_json(const StoredFile& file) {
  return {{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}};
}

std::uint64_t pending(store::Tx& tx, const BundleRequest& request) {
  const store::Rows rows =
      tx.exec({"SELECT pg_catalog.count(*) FROM ccctl.pending WHERE tenant_id = $1 AND log = $2",
               {request.tenant, std::string(to_text(request.log))}});
  return static_cast<std::uint64_t>(rows.integer(0, 0));
}

// The parts of one bundle, side by side, because a sample is drawn from all of them.
std::vector<PartResult> write_parts(store::Tx& tx, const BundleRequest& request,
                                    const CreateFile& create, const EachEvent& each,
                                    const std::vector<Stretch>& found, Selection selection) {
  std::vector<std::unique_ptr<BundlePart>> parts;
  std::vector<PartResult> results;
  std::optional<Lot> lot;
  if (request.sample) lot.emplace(*request.sample);
  for (const Stretch& one : found) {
    const std::size_t number = parts.size();
    parts.push_back(std::make_unique<BundlePart>(tx, request, create, each, one.shard));
    BundlePart& part = *parts.back();
    if (selection == Selection::contiguous) part.contiguous(one.first, one.end);
    if (selection == Selection::selected) part.selected();
    if (lot) {
      part.population(one.first, one.end, [&](std::uint64_t index, const crypto::Digest& leaf) {
        lot->take(number, index, leaf);
      });
    }
    if (!lot) results.push_back(part.finish());
  }
  if (!lot) return results;
  const std::vector<Indexes> drawn = lot->by_shard(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i]->sampled(drawn[i]);
    results.push_back(parts[i]->finish());
  }
  return results;
}

}  // namespace

std::string_view to_text(Selection selection) {
  switch (selection) {
    case Selection::contiguous:
      return "contiguous";
    case Selection::selected:
      return "selected";
    case Selection::sample:
      return "sample";
  }
  return "";
}

std::string manifest_text(const Json& manifest) {
  std::string text = "{";
  const auto one = [](const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::strict);
  };
  bool first = true;
  for (const auto& [key, value] : manifest.items()) {
    text += (first ? "\n" : ",\n") + one(key) + ":";
    first = false;
    if (!value.is_array() || value.empty() || !value[0].is_object()) {
      text += one(value);
      continue;
    }
    for (std::size_t i = 0; i < value.size(); ++i) text += (i == 0 ? "[\n" : ",\n") + one(value[i]);
    text += "\n]";
  }
  return text + "\n}\n";
}

BundleSummary write_bundle(store::Tx& tx, const BundleRequest& request, const CreateFile& create,
                           const EachEvent& each, const Finished& finished) {
  BundleSummary summary;
  if (request.sample) {
    summary.selection = Selection::sample;
  } else if (request.filter.selects()) {
    summary.selection = Selection::selected;
  }
  summary.pending = pending(tx, request);
  Json pruned = Json::array();
  const std::vector<Stretch> found = stretches(tx, request, pruned);
  std::vector<StoredFile> files = request.attached;
  Json shards = Json::array();
  const auto parts = write_parts(tx, request, create, each, found, summary.selection);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    shards.push_back(parts[i].json(found[i].shard, summary.selection));
    summary.origins.push_back(found[i].shard.shard.origin);
    summary.rows += parts[i].rows;
    summary.matched += parts[i].matched;
    summary.population += parts[i].population;
    files.insert(files.end(), parts[i].files.begin(), parts[i].files.end());
  }
  if (finished) {
    const std::vector<StoredFile> more = finished();
    files.insert(files.end(), more.begin(), more.end());
  }
  std::sort(files.begin(), files.end(),
            [](const StoredFile& a, const StoredFile& b) { return a.name < b.name; });
  Json manifest = head(request, summary);
  manifest["shards"] = std::move(shards);
  if (!pruned.empty()) manifest["pruned"] = std::move(pruned);
  manifest["files"] = Json::array();
  for (const StoredFile& file : files) manifest["files"].push_back(file_json(file));
  BundleFile out = create("manifest.json");
  out.write(manifest_text(manifest));
  summary.manifest = out.close();
  return summary;
}

Event bundle_event(const BundleRequest& request, const BundleSummary& summary,
                   const std::string& recipient) {
  Event event;
  event.log = accesses_of(request.tenant);
  event.tenant = request.tenant;
  event.action = "audit.exported";
  event.actor = request.actor;
  event.body = {{"log", to_text(request.log)},
                {"filter", request.filter.json()},
                {"selection", to_text(summary.selection)},
                {"rows", summary.rows},
                {"origins", summary.origins},
                {"manifest", summary.manifest.sha256}};
  if (request.sample) {
    event.body["sample"] = {{"seed", request.sample->seed}, {"size", request.sample->size}};
  }
  if (!recipient.empty()) event.body["recipient"] = recipient;
  return event;
}

}  // namespace ccctl::audit
