// An answer to a request for access: everything of one person, and nothing of anybody else.
//
// received → searching → unsealed → completed. One that was imported waits as received; any other
// is searching from the start. The request is committed before anything is read; then everything is
// read in one READ ONLY snapshot into a package that nobody sees yet; then the event with its
// counts and digests commits in a transaction of its own; then the package gets its name; then the
// request's phase commits. An export that was interrupted is made again from the beginning by the
// same command, under the same request: the log tells of each answer that may have left, the
// request is answered once.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/read.h"
#include "request/erasure.h"
#include "request/export_package.h"
#include "request/export_page.h"
#include "request/export_table.h"
#include "request/intake.h"

namespace ccctl::request {

// Whose rows: found once, in the transaction that reads them.
struct Found {
  subject::MergeSet merge_set;  // no members: a term that only match tables hold
  plan::Drivers drivers;
  std::vector<std::vector<subject::Identifier>> identifiers;  // per member
  std::string digest;                                         // of map, policy, tables and subjects
};

// What was written, for the evidence.
struct Written {
  struct Part {
    const plan::Portion* portion = nullptr;
    std::string file;  // empty: there was no row
    std::uint64_t rows = 0, masked = 0;
  };
  std::vector<Part> parts;
  std::uint64_t files = 0, bytes = 0, rows = 0;
  std::uint64_t missing = 0;  // objects that their store does not have
  struct Recording {
    std::string table, pointer;
  };
  std::vector<Recording> recordings;  // whose content was given out
  std::vector<std::string> not_covered;
  std::string manifest_sha256;
};

struct ExportOptions {
  ExportFormat format = ExportFormat::json;
  std::set<std::string> deny;  // kinds and data types that the reader does not get
  std::function<bool()> stopped = [] { return false; };  // a signal came
};

class Export {
 public:
  Export(World world, Ground ground, const Answer& answer, ExportOptions options);

  // The datastore's tables as they were found a moment ago: the next start() or summary() does not
  // read them again. What run() reads is described by those of start().
  void found_tables(datamap::Catalog catalog) { known_ = std::move(catalog); }

  // Throws not_found when nothing is there, refused outside the window (W-25) or, unless somebody
  // has looked at them (`one_person`), for members of a merge set with different names. The request
  // is the one that is stored: an interrupted one goes on, and one that was received begins. A
  // queued one is received and begins later.
  Request start(const std::optional<subject::SubjectRef>& ref, const subject::Identifier* term,
                const Intake& intake, const Handling& handling = {}, bool one_person = false);
  // Reads, writes, records and publishes. `ref` and `term` as given to start().
  Request run(Request request, const std::optional<subject::SubjectRef>& ref,
              const subject::Identifier* term, Package& package);

  // The same answer without the data: what kinds of it are there, how much, and why (G-19). Records
  // the access in the security log.
  Json summary(const std::optional<subject::SubjectRef>& ref, const subject::Identifier* term);

 private:
  Found find(store::Tx& tx, const std::optional<subject::SubjectRef>& ref,
             const subject::Identifier* term);
  void prepare(store::Tx& tx);
  Request insert(const Found& found, const Intake& intake, const Handling& handling);
  void begin(store::Tx& tx, const Found& found, Request& request) const;
  Written write(store::Tx& tx, const Found& found, const Request& request, Instant at,
                Package& package);
  void record(Request& request, const Written& written, const Package& package);
  void complete(Request& request);
  void failed(const Request& request);
  void record_readings(store::Tx& tx, const Request& request, const Written& written, Instant now);
  Json result(const Request& request, const Written& written, const Package& package) const;
  void transact(const std::function<void(store::Tx& tx, Instant now)>& work);

  World world_;
  Ground ground_;
  const Answer& answer_;
  ExportOptions options_;
  std::optional<datamap::Catalog> known_, catalog_;
  std::optional<plan::Scope> scope_;
  std::optional<plan::Reader> reader_;
};

}  // namespace ccctl::request
