// A bundle: events of a log with what an auditor needs to verify them without us (formats.md 5).
//
// Per shard of the log: the exact leaves, the signed checkpoint, and either the hashes of the
// subtrees left and right of a contiguous range, from which the signed root is recomputed, or a
// tlog proof for each single event. The manifest says what was asked for, which completeness that
// claims, and the digest of every file but the proofs, which prove themselves. Nothing is given out
// that does not verify. Memory does not grow with the log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "audit/filter.h"
#include "store/session.h"

namespace ccctl::audit {

// Where the files of a bundle go: several may be open at a time.
struct StoredFile {
  std::string name;  // relative, with "/"
  std::uint64_t bytes = 0;
  std::string sha256;  // hex
};
struct BundleFile {
  std::function<void(std::string_view)> write;
  std::function<StoredFile()> close;  // once
};
using CreateFile = std::function<BundleFile(const std::string& name)>;

enum class Selection {
  contiguous,  // every event between two indexes; those outside the filter are marked
  selected,    // single events, each with its proof
  sample,      // some of a population, whose leaf hashes are there too
};
std::string_view to_text(Selection selection);

// The `size` events with the smallest SHA256(seed | leaf hash): whoever knows the seed beforehand
// can tell that nobody chose them.
struct Sample {
  std::uint64_t size = 0;
  std::string seed;
};

struct BundleRequest {
  std::string tenant;
  LogName log = LogName::evidence;
  EventFilter filter;
  std::optional<Sample> sample;
  std::string actor;
  std::string program;               // name and version
  Instant at;                        // the datastore's clock
  std::vector<StoredFile> attached;  // files that are in the bundle already
};

// Called for each event that the filter wants, in order: for renderings.
using EachEvent =
    std::function<void(const std::string& origin, std::uint64_t index, std::string_view line)>;
// Called when all events have been seen; gives the files that came of it.
using Finished = std::function<std::vector<StoredFile>()>;

struct BundleSummary {
  Selection selection = Selection::contiguous;
  std::uint64_t rows = 0;        // lines of all events.jsonl
  std::uint64_t matched = 0;     // of them, those that the filter wants
  std::uint64_t population = 0;  // that a sample was taken of
  std::uint64_t pending = 0;     // events of this log that no checkpoint covers yet
  std::vector<std::string> origins;
  StoredFile manifest;
};

// Writes everything but the manifest's receipt, in the snapshot of `tx`. Throws findings when what
// is stored does not lead to what was signed.
BundleSummary write_bundle(store::Tx& tx, const BundleRequest& request, const CreateFile& create,
                           const EachEvent& each = {}, const Finished& finished = {});

// The event that tells of it, in the security log: the manifest's digest makes the leaf with its
// proof the manifest's signature.
Event bundle_event(const BundleRequest& request, const BundleSummary& summary,
                   const std::string& recipient);

}  // namespace ccctl::audit
