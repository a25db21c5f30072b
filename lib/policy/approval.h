// Approvals: what needs a second person (hold releases, requests about current employees).
//
// Whoever signs must be another session_user than whoever asked; the datastore enforces it too.
// Signing only records the decision: the caller that asked, or `approve sign`, acts upon it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/time.h"
#include "store/session.h"

namespace ccctl::policy {

struct Approval {
  std::string id;
  std::string kind;    // "hold.release" | "employee.override"
  std::string target;  // the hold's id, or the subject's reference: never a value of a person
  std::string reason;
  std::string requested_by;
  Instant requested_at{};
  std::string decided_by;  // empty: open
  std::optional<Instant> decided_at;

  bool approved() const { return !decided_by.empty(); }
};

// Asks for an approval, or returns the open one for the same kind and target.
Approval ask(store::Tx& tx, const Context& context, const std::string& tenant,
             const std::string& kind, const std::string& target, const std::string& reason,
             Instant at);
std::vector<Approval> list(store::Tx& tx, const std::string& tenant);
// not_found when there is none.
Approval get(store::Tx& tx, const std::string& tenant, const std::string& id);
// The newest approved one for a target, or nothing.
std::optional<Approval> find_approved(store::Tx& tx, const std::string& tenant,
                                      const std::string& kind, const std::string& target);
// Refused for the person who asked; signing twice is the first signature again.
Approval sign(store::Tx& tx, const std::string& tenant, const std::string& id,
              const std::string& signer, Instant at);

}  // namespace ccctl::policy
