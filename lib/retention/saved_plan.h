// A plan in a file: exactly which rows would go, so that nothing else goes when it is applied.
//
// NDJSON: a head, then a line per row with its table, its key as evidence writes keys, and what is
// to be done with it. Keys may be personal. The file's SHA-256 stands in ccctl.saved_plan and in
// the evidence log; a file that has another is no plan.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "retention/situation.h"
#include "retention/survey.h"
#include "store/session.h"

namespace ccctl::retention {

struct SavedPlan {
  std::string digest;  // hex SHA-256 of the file
  std::string plan_digest, holds;
  Instant as_of{}, expires_at{};
  bool real = true;  // `as_of` was the datastore's clock
  std::uint64_t rows = 0;
};

// Streams the file in the transaction's snapshot; gives its digest.
std::string write_plan(store::Tx& tx, const Situation& situation, const Survey& survey, bool real,
                       Instant now, Instant expires_at,
                       const std::function<void(std::string_view)>& sink);
// Remembers that it was saved, with a leaf of evidence.
void record_plan(store::Tx& tx, const Ground& ground, const std::string& actor,
                 const SavedPlan& plan, Instant now);
// What the pack's `plan_ttl` says, seven days where it says nothing.
Instant expiry_of(const rule::Ruleset& rules, Instant now);

// Reads head and digest; throws usage for a file that is no plan, refused for one that was never
// saved here.
SavedPlan open_plan(store::Tx& tx, const std::string& tenant, const std::string& path);
// Refuses (stale_plan) a plan of which pack, map, schema or holds have changed, or whose time is
// up.
void require_fresh(const SavedPlan& plan, const Situation& situation, Instant now);
// Whether a run has carried it out to its end, with nothing left over.
bool was_applied(store::Tx& tx, const std::string& tenant, const std::string& digest);
// The rows of the file into ccctl.planned, instead of what is there; refuses a file that has
// changed.
void load_plan(store::Tx& tx, const std::string& tenant, const std::string& path,
               const std::string& digest);
void forget_plan(store::Tx& tx, const std::string& tenant);

// The ids of the holds, in one text.
std::string holds_text(const Situation& situation);

}  // namespace ccctl::retention
