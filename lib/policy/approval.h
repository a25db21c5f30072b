// Approvals: what needs a second person.
//
// Whoever decides must be another session_user than whoever asked; the datastore enforces it too. A
// decision is final: a rejected approval permits nothing, and what was rejected is asked for anew.
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
  std::string kind;    // the name of an ApprovalKind
  std::string target;  // a hold's id, a subject's reference …: never a value of a person
  std::string reason;
  std::string requested_by;
  Instant requested_at{};
  std::string decision;    // "approved", "rejected"; empty: open
  std::string decided_by;  // empty: open
  std::optional<Instant> decided_at;
  std::string rejection;  // why, of a rejected one

  bool open() const { return decision.empty(); }
  bool approved() const { return decision == "approved"; }
  bool rejected() const { return decision == "rejected"; }
};

// What may be approved: each room registers its own kinds as data.
struct ApprovalKind {
  std::string_view name;
  std::string_view permits;  // what a signature lets happen, in words
  bool deletes = false;      // it leads to deletions, and is refused on a restored datastore
  // What the signature does at once, in its transaction; nothing where the asking command goes on.
  void (*effect)(store::Tx& tx, const std::string& tenant, const Approval& approval,
                 const std::string& signer, Instant at) = nullptr;
};

// Asks for an approval, or returns the open one for the same kind and target.
Approval ask(store::Tx& tx, const Context& context, const std::string& tenant,
             const std::string& kind, const std::string& target, const std::string& reason,
             Instant at);
std::vector<Approval> list(store::Tx& tx, const std::string& tenant, bool only_open = false);
// not_found when there is none.
Approval get(store::Tx& tx, const std::string& tenant, const std::string& id);
// The newest approved one for a target, or nothing.
std::optional<Approval> find_approved(store::Tx& tx, const std::string& tenant,
                                      const std::string& kind, const std::string& target);
// Refused for the person who asked, and once the other decision was taken; deciding the same twice
// is the first decision again.
Approval sign(store::Tx& tx, const std::string& tenant, const std::string& id,
              const std::string& signer, Instant at);
Approval reject(store::Tx& tx, const std::string& tenant, const std::string& id,
                const std::string& decider, const std::string& reason, Instant at);
// Takes again a rejection that a restore has lost; false when there is nothing open of that id.
bool restore_rejection(store::Tx& tx, const std::string& tenant, const std::string& id,
                       const std::string& decider, const std::string& reason, Instant at);

}  // namespace ccctl::policy
