// What a restore undid, done again from the journal (formats.md 3): holds first, then releases and
// rejections, then erasures, then sweeps.
//
// An erasure's leaf has keyed hashes of the person's row and identifiers. Replay hashes what stands
// in the restored datastore and erases again the rows that match, through the same pipeline as any
// request. A row whose key matches and none of whose identifiers does, or whose merge set has grown
// by somebody who was not erased, goes to a person's review: a key may have been given away again.
// Each leaf is accounted for in ccctl.replayed with evidence of its own; what was is not done
// twice, so replay is safe to kill and to repeat.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "datamap/catalog.h"
#include "datamap/map.h"
#include "journal/journal.h"
#include "policy/approval.h"
#include "store/session.h"
#include "subject/finder.h"

namespace ccctl::retention {

// Its target is replay_target(); it permits one replay.
extern const policy::ApprovalKind kReplayApproval;
std::string replay_target(const journal::State& state);

// One request that erases somebody again.
struct Erased {
  std::string request_id;  // empty: only kept rows are left, and no request is needed
  bool done = false;       // its rows are gone; otherwise the request stands and waits
  std::string problem{};   // why it waits
};

// What became of leaves that the restore had lost. `ref` is shown to a person and stored nowhere.
struct Result {
  std::string action;   // of the leaf
  std::string outcome;  // restored, erased, swept, kept, absent, waiting, review, noted, unknown,
                        // failed
  std::uint64_t leaves = 0;
  std::string id{};  // of the hold, request or run
  std::string ref{};
  std::string detail{};

  bool covered() const;  // nothing is left for a person to do
};

// What replay works with. The last members are the room request's business; `origin` is the id of
// the request that the restore has lost.
struct Place {
  store::Session& session;
  const datamap::Map& map;
  std::string tenant, actor;
  std::string approval;
  const journal::Journal& journal;
  const journal::EvidenceKey& key;
  std::function<Erased(const std::optional<subject::SubjectRef>& ref,
                       const subject::Identifier* term, const std::string& origin)>
      erase;
  // Carries on what an interrupted replay began.
  std::function<std::vector<Erased>()> resume;
  // Sweeps as of that instant, by the policy of that digest: outcome and detail. Noted where that
  // policy is no longer in force: the next sweep goes by the one that is.
  std::function<Result(const std::string& policy, Instant as_of)> sweep;
  // Closes a request that was closed before the restore; false when it is not there, or not ready.
  std::function<bool(const std::string& request_id)> close;
  std::function<void(store::Tx& tx, const std::string& request_id,
                     const std::vector<std::string>& hashes, Instant erased_at)>
      remember;
};

// The datastore is lost to replay, or it was told to stop; what else fails does not keep the rest.
bool ends_replay(const Error& error);

// What replay would do: per action how many leaves are lost. Reads only.
std::vector<Result> plan_replay(const Place& place);
std::vector<Result> replay(const Place& place);

}  // namespace ccctl::retention
