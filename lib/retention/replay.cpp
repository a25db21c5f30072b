#include "retention/replay.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "audit/event.h"
#include "base/error.h"
#include "retention/lost.h"
#include "rule/hold.h"
#include "subject/scan.h"

namespace ccctl::retention {
namespace {

using subject::SubjectRef;

constexpr std::ptrdiff_t kLeavesPerEvent = 500;  // so many hashes fit into one leaf

class Replay {
 public:
  explicit Replay(const Place& place) : place_(place) {}

  std::vector<Result> run();

 private:
  void read();
  void find_subjects();
  void restore_holds();
  void restore_releases();
  void take_rejections();
  void resume();
  void erase_subjects();
  void erase_terms();
  void sweep_again();
  void close_requests();
  void tell(const std::vector<LostLeaf>& lost, const std::string& outcome,
            const std::string& detail, bool accounted);

  void decide();
  std::string review(const LostErasure& lost, const subject::Profile& profile) const;
  Result erase_one(const LostErasure& lost);
  void finish(const LostErasure& lost, Result& result);
  Erased try_erase(const std::optional<SubjectRef>& ref, const subject::Identifier* term,
                   const std::string& origin, std::string& failure) const;
  void account(const std::vector<const LostLeaf*>& leaves, Result& result,
               const std::function<void(store::Tx& tx)>& work = {});
  void account_all(const std::vector<const LostLeaf*>& leaves, Result& result);
  std::string keyed(const SubjectRef& ref) const;

  const Place& place_;
  std::optional<datamap::Catalog> catalog_;
  Lost lost_;
  std::map<std::string, SubjectRef> found_;  // by keyed hash: rows that the restore brought back
  std::set<std::string> erased_;             // keyed hashes of all whom the lost erasures erased
  std::map<std::string, SubjectRef> canonical_;  // by keyed hash, of those that were found
  std::map<SubjectRef, std::string> reviews_;    // by canonical row: why a person must look first
  std::map<SubjectRef, Erased> begun_;           // by canonical row
  std::vector<Result> results_;
};

std::string kind_of(const SubjectRef& ref) {
  return "subject/" + ref.kind;
}

std::string Replay::keyed(const SubjectRef& ref) const {
  return place_.key.keyed(journal::EvidenceKey::kReplay, kind_of(ref),
                          Personal<std::string>(ref.key_json()));
}

void Replay::read() {
  place_.session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    lost_ = read_lost(tx, place_.journal);
    catalog_ = datamap::read_catalog(tx, place_.map);
  });
  for (const LostErasure& lost : lost_.erasures) {
    if (!lost.subject.empty()) erased_.insert(lost.subject);
  }
}

void Replay::find_subjects() {
  std::set<std::string> wanted = erased_;
  for (const LostHold& lost : lost_.holds) {
    wanted.insert(lost.hold.keyed.begin(), lost.hold.keyed.end());
  }
  if (wanted.empty()) return;
  store::Tx tx = place_.session.begin(store::Mode::read_only_snapshot);
  subject::each_subject(tx, place_.map, *catalog_, place_.tenant, [&](const SubjectRef& ref) {
    const std::string hash = keyed(ref);
    if (wanted.contains(hash)) found_.emplace(hash, ref);
  });
}

// The leaves are accounted for in one transaction with what was done about them and the evidence.
// `work` may still say what became of them.
void Replay::account(const std::vector<const LostLeaf*>& leaves, Result& result,
                     const std::function<void(store::Tx& tx)>& work) {
  std::vector<std::string> hashes;
  for (const LostLeaf* leaf : leaves) hashes.push_back(leaf->hash);
  place_.session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    if (work) work(tx);
    const Instant now = *tx.exec("SELECT pg_catalog.statement_timestamp()").instant(0, 0);
    const store::Rows inserted = tx.exec(
        {"INSERT INTO ccctl.replayed (tenant_id, leaf_hash, outcome, replayed_at) SELECT $1, "
         "pg_catalog.decode(h, 'hex'), $3, $4::timestamptz FROM pg_catalog.unnest($2::text[]) AS h "
         "ON CONFLICT (tenant_id, leaf_hash) DO NOTHING",
         {place_.tenant, store::array_literal(hashes), result.outcome, to_text(now)}});
    if (inserted.affected() == 0) return;
    Json body{{"approval", place_.approval},
              {"action", result.action},
              {"outcome", result.outcome},
              {"leaves", hashes}};
    if (!result.id.empty()) body["id"] = result.id;
    audit::append(tx,
                  {audit::LogName::evidence, place_.tenant, "retention.replayed", place_.actor, "",
                   std::move(body)},
                  now);
  });
}

void Replay::restore_holds() {
  for (const LostHold& lost : lost_.holds) {
    rule::Hold hold = lost.hold;
    for (const std::string& hash : hold.keyed) {
      if (const auto found = found_.find(hash); found != found_.end())
        hold.subjects.push_back(found->second);
    }
    // Of a hold on people none of whom the restore brought back, nothing is left to keep; without
    // them it would be a hold on everybody.
    const bool nobody = hold.subjects.empty() && !hold.keyed.empty();
    Result result{lost.leaf.action, nobody ? "absent" : "restored", 1, hold.id};
    if (nobody) result.detail = "the restore lost the people whom it covers";
    account({&lost.leaf}, result, [&](store::Tx& tx) {
      if (!nobody) rule::restore_hold(tx, place_.tenant, hold);
    });
    if (!nobody) rule::wait_for_deletions(place_.session, place_.tenant, hold.id);
    results_.push_back(std::move(result));
  }
}

void Replay::restore_releases() {
  for (const LostRelease& lost : lost_.releases) {
    Result result{lost.leaf.action, "restored", 1, lost.hold};
    account({&lost.leaf}, result, [&](store::Tx& tx) {
      const bool there =
          rule::restore_release(tx, place_.tenant, lost.hold, lost.leaf.at, lost.grace_until);
      result.outcome = there ? "restored" : "absent";
    });
    results_.push_back(std::move(result));
  }
}

void Replay::take_rejections() {
  for (const LostRejection& lost : lost_.rejections) {
    Result result{lost.leaf.action, "restored", 1, lost.approval};
    account({&lost.leaf}, result, [&](store::Tx& tx) {
      const bool there = policy::restore_rejection(tx, place_.tenant, lost.approval,
                                                   lost.leaf.actor, lost.reason, lost.leaf.at);
      result.outcome = there ? "restored" : "absent";
    });
    results_.push_back(std::move(result));
  }
}

void Replay::resume() {
  for (const Erased& erased : place_.resume()) {
    if (erased.done) continue;
    results_.push_back({"subject.erased", "waiting", 0, erased.request_id, "", erased.problem});
  }
}

// Why a person must look at a row first; empty when it is the one who was erased. A key alone is no
// person: a restored sequence gives the same number to somebody else.
std::string Replay::review(const LostErasure& lost, const subject::Profile& profile) const {
  for (const SubjectRef& member : profile.merge_set.members) {
    if (!erased_.contains(keyed(member))) return "its merge set has a member who was not erased";
  }
  const auto same = [&](const subject::Identifier& identifier) {
    const std::string hash =
        place_.key.keyed(journal::EvidenceKey::kReplay, identifier.kind, identifier.value);
    return std::find(lost.identifiers.begin(), lost.identifiers.end(), hash) !=
           lost.identifiers.end();
  };
  const auto& now = profile.identifiers;
  const bool known = lost.identifiers.empty() || std::any_of(now.begin(), now.end(), same);
  return known ? "" : "none of its identifiers is one of the person who was erased";
}

// For all before the first of them goes. A merge set is erased as a whole, so what speaks against
// one member speaks against all.
void Replay::decide() {
  store::Tx tx = place_.session.begin(store::Mode::read_only_snapshot);
  const subject::Finder finder(tx, place_.map, *catalog_, place_.tenant);
  for (const LostErasure& lost : lost_.erasures) {
    const auto found = found_.find(lost.subject);
    if (found == found_.end()) continue;
    const auto profile = finder.profile(found->second);
    if (!profile) continue;
    canonical_.insert_or_assign(lost.subject, profile->merge_set.canonical);
    const std::string reason = review(lost, *profile);
    if (!reason.empty()) reviews_.emplace(profile->merge_set.canonical, reason);
  }
}

// An error of one person is told, and does not keep the others.
Erased Replay::try_erase(const std::optional<SubjectRef>& ref, const subject::Identifier* term,
                         const std::string& origin, std::string& failure) const {
  try {
    return place_.erase(ref, term, origin);
  } catch (const Error& error) {
    if (ends_replay(error)) throw;
    failure = error.what();
    return {};
  }
}

Result Replay::erase_one(const LostErasure& lost) {
  Result result{lost.leaf.action, "absent", 1, lost.request};
  const auto canonical = canonical_.find(lost.subject);
  if (canonical == canonical_.end()) return result;
  result.ref = found_.at(lost.subject).text();
  if (const auto reason = reviews_.find(canonical->second); reason != reviews_.end()) {
    result.outcome = "review";
    result.detail = reason->second;
    return result;
  }
  auto begun = begun_.find(canonical->second);
  if (begun == begun_.end()) {
    std::string failure;
    const Erased erased = try_erase(canonical->second, nullptr, lost.request, failure);
    if (!failure.empty()) {
      result.outcome = "failed";
      result.detail = failure;
      return result;
    }
    begun = begun_.emplace(canonical->second, erased).first;
  }
  result.id = begun->second.request_id;
  result.outcome = begun->second.done ? "erased" : "waiting";
  result.detail = begun->second.problem;
  return result;
}

void Replay::finish(const LostErasure& lost, Result& result) {
  account({&lost.leaf}, result, [&](store::Tx& tx) {
    std::vector<std::string> hashes = lost.identifiers;
    if (!lost.subject.empty()) hashes.push_back(lost.subject);
    place_.remember(tx, lost.request, hashes, lost.leaf.at);
  });
}

void Replay::erase_subjects() {
  if (!lost_.erasures.empty()) decide();
  for (const LostErasure& lost : lost_.erasures) {
    if (lost.subject.empty()) continue;
    Result result = erase_one(lost);
    if (result.outcome != "failed") finish(lost, result);
    results_.push_back(std::move(result));
  }
}

// Values that `match` tables still hold, and nobody who lives.
void Replay::erase_terms() {
  std::map<std::string, std::string> wanted;  // hash to the lost request
  for (const LostErasure& lost : lost_.erasures) {
    const auto canonical = canonical_.find(lost.subject);
    if (canonical != canonical_.end() && reviews_.contains(canonical->second)) continue;
    for (const std::string& hash : lost.identifiers) wanted.emplace(hash, lost.request);
  }
  std::map<std::string, subject::Identifier> values;
  if (!wanted.empty()) {
    store::Tx tx = place_.session.begin(store::Mode::read_only_snapshot);
    subject::each_matched_value(
        tx, place_.map, *catalog_, place_.tenant, [&](const subject::Identifier& identifier) {
          if (identifier.kind == "name") return;  // a namesake's row is no leftover
          const std::string hash =
              place_.key.keyed(journal::EvidenceKey::kReplay, identifier.kind, identifier.value);
          if (wanted.contains(hash)) values.emplace(hash, identifier);
        });
    const subject::Finder finder(tx, place_.map, *catalog_, place_.tenant);
    std::erase_if(values, [&](const auto& value) { return !finder.search(value.second).empty(); });
  }
  std::map<std::string, Result> by_request;
  for (const auto& [hash, identifier] : values) {
    const std::string& origin = wanted.at(hash);
    std::string failure;
    const Erased erased = try_erase(std::nullopt, &identifier, origin, failure);
    const std::string outcome = !failure.empty()            ? "failed"
                                : erased.request_id.empty() ? "kept"
                                : erased.done               ? "erased"
                                                            : "waiting";
    Result& result = by_request[origin];
    if (result.outcome == "failed") continue;
    result = {"subject.erased",  outcome, 1,
              erased.request_id, "",      failure.empty() ? erased.problem : failure};
  }
  for (const LostErasure& lost : lost_.erasures) {
    if (!lost.subject.empty()) continue;
    const auto done = by_request.find(lost.request);
    Result result{lost.leaf.action, "absent", 1, lost.request};
    if (done != by_request.end()) result = done->second;
    if (result.outcome != "failed") finish(lost, result);
    results_.push_back(std::move(result));
  }
}

void Replay::close_requests() {
  for (const LostClosing& lost : lost_.closings) {
    Result result{lost.leaf.action, "absent", 1, lost.request};
    if (place_.close(lost.request)) result.outcome = "restored";
    account({&lost.leaf}, result);
    results_.push_back(std::move(result));
  }
}

void Replay::account_all(const std::vector<const LostLeaf*>& leaves, Result& result) {
  for (auto at = leaves.begin(), end = at; at != leaves.end(); at = end) {
    end = leaves.end() - at > kLeavesPerEvent ? at + kLeavesPerEvent : leaves.end();
    account({at, end}, result);
  }
}

// Each run is planned anew by its rules and instant: what its windows destroyed is due as it was
// then. Holds are back by now; where one may be among what only a person can restore, none is
// swept.
void Replay::sweep_again() {
  const bool blind = !lost_.unnamed.empty() || !lost_.unknown.empty();
  for (const LostRun& lost : lost_.runs) {
    Result result{"", "noted", 0, "", "", "not all holds may be back: the next sweep decides"};
    if (!blind) result = place_.sweep(lost.policy, lost.as_of);
    result.action = lost.windows.front().action;
    result.leaves = lost.windows.size();
    result.id = lost.run;
    std::vector<const LostLeaf*> leaves;
    for (const LostLeaf& leaf : lost.windows) leaves.push_back(&leaf);
    if (result.outcome != "failed") account_all(leaves, result);
    results_.push_back(std::move(result));
  }
}

void Replay::tell(const std::vector<LostLeaf>& lost, const std::string& outcome,
                  const std::string& detail, bool accounted) {
  std::map<std::string, std::vector<const LostLeaf*>> of_action;
  for (const LostLeaf& leaf : lost) of_action[leaf.action].push_back(&leaf);
  for (const auto& [action, leaves] : of_action) {
    Result result{action, outcome, leaves.size(), "", "", detail};
    if (accounted) account_all(leaves, result);
    results_.push_back(std::move(result));
  }
}

std::vector<Result> Replay::run() {
  read();
  find_subjects();
  restore_holds();
  restore_releases();
  take_rejections();
  resume();
  erase_subjects();
  erase_terms();
  sweep_again();
  close_requests();
  tell(lost_.noted, "noted", "", true);
  tell(lost_.unnamed, "review",
       "made before there was an evidence key: do it again by hand, from the papers of the case",
       true);
  tell(lost_.unknown, "unknown", "this program cannot do it again: use the one that wrote it",
       false);
  return std::move(results_);
}

}  // namespace

const policy::ApprovalKind kReplayApproval{
    "replay", "lets `retention replay` restore holds and erase again whom a restore brought back"};

std::string replay_target(const journal::State& state) {
  return "journal segment " + std::to_string(state.head + 1);
}

bool Result::covered() const {
  return outcome == "restored" || outcome == "erased" || outcome == "noted" || outcome == "kept" ||
         outcome == "swept" || (outcome == "absent" && detail.empty());
}

std::vector<Result> plan_replay(const Place& place) {
  Lost lost;
  place.session.transact(store::Mode::read_committed,
                         [&](store::Tx& tx) { lost = read_lost(tx, place.journal); });
  std::vector<Result> results;
  for (const auto& [action, leaves] : by_action(lost)) results.push_back({action, "lost", leaves});
  return results;
}

std::vector<Result> replay(const Place& place) {
  return Replay(place).run();
}

}  // namespace ccctl::retention
