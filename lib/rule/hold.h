// Legal holds: what must not be deleted, whoever asks (formats.md 2).
//
// Holds are additive and end only by an approved release plus a grace of P7D. Linearizable: add()
// commits the hold, then waits for every deleting transaction that may not have seen it, by locking
// their committed ccctl.attempt rows one after the other.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/time.h"
#include "policy/approval.h"
#include "store/session.h"
#include "subject/ref.h"

namespace ccctl::rule {

// Signing it releases the hold that is its target.
extern const policy::ApprovalKind kReleaseApproval;

struct Hold {
  std::string id;
  std::string matter, reason, custodian;
  std::vector<subject::SubjectRef> subjects;        // the merge set then; empty: not a subject's
  std::string category, data;                       // empty: any
  std::optional<Instant> created_from, created_to;  // half-open, on the table's `created` anchor
  std::string review_on;                            // ISO date, may be empty
  // Of `subjects`, under the tenant's evidence key: goes to the evidence, and finds them after a
  // restore. Not read back.
  std::vector<std::string> keyed;
  std::string added_by;
  Instant added_at{};
  std::optional<Instant> released_at, grace_until;

  bool of_subject() const { return !subjects.empty(); }
  bool active(Instant now) const { return !grace_until || now < *grace_until; }
};

// Every hold of the tenant that is active at the datastore's now(). A deleting transaction calls it
// after it locked its attempt row.
std::vector<Hold> active_holds(store::Tx& tx, const std::string& tenant);
std::vector<Hold> all_holds(store::Tx& tx, const std::string& tenant);
Hold get_hold(store::Tx& tx, const std::string& tenant, const std::string& id);

// Commits the hold and waits for every transaction that may be deleting without having seen it.
// Gives the hold that stands: one that says the same and is not released is not added again, only
// waited for. `interrupted` is asked about once a second of the wait; when it is true, busy is
// thrown: the hold stands, and adding it again goes on with the wait.
using Interrupted = std::function<bool()>;
Hold add_hold(store::Session& session, const std::string& tenant, const Hold& hold, Instant at,
              const Interrupted& interrupted = {});

// Puts back a hold that a restore has lost, with the id and the person it had, in the caller's
// transaction. After its commit the caller waits as add_hold() does.
void restore_hold(store::Tx& tx, const std::string& tenant, const Hold& hold);
void wait_for_deletions(store::Session& session, const std::string& tenant,
                        const std::string& hold_id, const Interrupted& interrupted = {});
// Ends a hold as it had been ended before the restore; false when there is no such hold.
bool restore_release(store::Tx& tx, const std::string& tenant, const std::string& id, Instant at,
                     Instant grace_until);

// Ends a hold whose release was approved; rows stay until the grace has passed.
Hold release_hold(store::Tx& tx, const std::string& tenant, const std::string& id,
                  const std::string& approval_id, const std::string& actor, Instant at);

}  // namespace ccctl::rule
