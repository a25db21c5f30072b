// One event of the audit log: who did what to whom, why, under which policy (formats.md 5).
#pragma once

#include <nlohmann/json.hpp>  // Event holds one, so the type must be complete
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "store/session.h"

namespace ccctl::audit {

// The organisation's log tells what became of the others, which only the sealing account says, and
// who read it or was refused.
enum class LogName { security, evidence, organisation };
std::string_view to_text(LogName log);
// Whose log that is: the organisation's, of no tenant's.
inline constexpr std::string_view kOrganisation = "*";
// The log of accesses and refusals: the tenant's security log; the organisation has but one.
LogName accesses_of(std::string_view tenant);

// `body` holds what is particular to the action, as an object. Never personal data: pseudonyms, ids
// and counts. Strings are NFC, numbers are integers. schema.h declares which fields there are.
struct Event {
  LogName log = LogName::evidence;
  std::string tenant;
  std::string action;      // "request.delete.confirmed", "hold.added" …
  std::string actor;       // session_user, as the datastore authenticated it
  std::string request_id;  // may be empty
  Json body;
};

// The exact bytes of the leaf: one line of canonical JSON, at most 60,000 bytes (else refused),
// without newline. Keys: action, actor, at, body, log, request, tenant, v (which is 1); `request`
// and `body` only when there is one. Throws unexpected for an action, field or form that schema.h
// does not declare, naming the field and never its value, and usage for an operator's text that is
// too long.
std::string leaf_line(const Event& event, Instant at);

// Whether the journal outside the datastore keeps events of this action: what a restored backup
// must not undo (formats.md 3).
bool journalled(std::string_view action);

// Puts the event into the pending table in the caller's transaction and returns its leaf hash, by
// which others refer to it; the index comes with sealing. Needs no key. The datastore refuses an
// event whose actor is not session_user, unless the sealing account appends it.
crypto::Digest append(store::Tx& tx, const Event& event, Instant at);

// Many at once, in few round trips.
void append_all(store::Tx& tx, const std::vector<Event>& events, Instant at);

// The same as part of a larger statement: expressions that go behind its WITH.
struct Appending {
  std::string ctes;
  crypto::Digest hash{};
};
Appending append_with(store::Params& params, const Event& event, Instant at);

}  // namespace ccctl::audit
