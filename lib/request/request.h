// A data subject's request as it is stored and shown (formats.md 3).
//
// Names in JSON are those of the Genesys Cloud GDPR API; ours stand under "x-ccctl". A request row
// holds no personal data.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "store/session.h"
#include "subject/ref.h"

namespace ccctl::request {

using ccctl::to_text;

enum class Type { exporting, updating, erasing };
inline constexpr std::array<Type, 3> kTypes{Type::exporting, Type::updating, Type::erasing};
std::string_view to_text(Type type);  // GDPR_EXPORT, GDPR_UPDATE, GDPR_DELETE
std::string_view verb_of(Type type);  // "export", "update", "delete": in actions of the audit log
std::string_view article_of(Type type);  // "GDPR Art. 15", 16, 17 (G-20)

enum class Phase {
  received,
  planned,
  erasing,  // at work: an export is `searching` then, an update `updating`
  settling,
  verifying,
  unsealed,
  completed,
  closed,
  refused,
  cancelled
};
std::string_view to_text(Phase phase, Type type = Type::erasing);
// INITIATED, SEARCHING, UPDATING, DELETING, FINALIZING, COMPLETED, ERROR.
std::string_view status_of(Phase phase, Type type);
// Not completed, closed, refused or cancelled.
bool live(Phase phase);

// The queue's name for carrying a request on.
inline constexpr std::string_view kRun = "request.run";

struct Intake {
  Instant received_at{};
  std::string channel = "cli";
  std::string channel_ref;
  std::string requester;  // subject, customer, partner, user; empty: not said
  std::string on_behalf_of;
  std::string identity_method, identity_by;
  std::optional<Instant> identity_at;
};

// One row of the merge set, a related request of its own.
struct Member {
  int ordinal = 0;
  std::string related_id;
  subject::SubjectRef ref;  // without key once the request is closed
  std::string reference;    // pseudonym
  std::uint64_t planned_rows = 0;
  std::string status;
};

struct Request {
  std::string tenant, id;
  Type type = Type::erasing;
  Phase phase = Phase::received;
  std::string outcome;       // complete, partial, refused, failed, manual; empty: not yet
  bool leaves_rows = false;  // rows that a hold or the law made it leave are still there
  bool restricted = false;
  std::string created_by;
  Instant created_at{}, due_at{};
  Intake intake;
  bool verified = true;  // identity checked, or the pack waives the check
  // Whom and what it is about, as a pseudonym: one live verified request of a type may have it.
  // Empty when inserted: the canonical member's reference.
  std::string subject_mark;
  std::string case_id;
  std::string replacement;  // canonical JSON: kinds and pseudonyms of what an update replaces
  std::string extension;    // ISO duration; empty: never extended
  std::optional<Instant> paused_at;
  std::string reason;  // of a refusal, a cancellation or a pause
  std::string confirmation, policy_digest, map_digest;
  std::string plan;  // canonical JSON, without subjects
  std::uint64_t planned_rows = 0;
  std::optional<Instant> settle_at;
  std::string result;     // canonical JSON of the completed leaf's body; empty until then
  std::string leaf_hash;  // hex; empty until completed
  std::vector<Member> members;
};

// What its users are told: `partial` also as long as it leaves rows, which is no failure.
std::string told_outcome(const Request& request);

// Another process has moved the request on: what this transaction would do may be done already.
class Overtaken : public Error {
 public:
  explicit Overtaken(const std::string& id)
      : Error(ErrorKind::busy, "another process is working on request \"" + id + "\"") {}
};

Json to_json(const Request& request);

std::optional<Request> find(store::Tx& tx, const std::string& tenant, const std::string& id);
// The id of the last finished one with the confirmation; empty: none.
std::string finished_as(store::Tx& tx, const std::string& tenant, const std::string& confirmation);
std::optional<Request> find_by_confirmation(store::Tx& tx, const std::string& tenant,
                                            const std::string& confirmation);
// The verified request of that type about the same person that is not finished (G-33).
std::optional<Request> find_live(store::Tx& tx, const std::string& tenant, Type type,
                                 const std::string& subject_mark);
Request get(store::Tx& tx, const std::string& tenant, const std::string& id);  // not_found
std::vector<Request> list(store::Tx& tx, const std::string& tenant);

// A request of any type with its members. Fails (23505) where a live one about the same person
// stands already: find_live() gives it.
void insert(store::Tx& tx, const Request& request);
// Moves the request on from the phase in which it was read, and keeps others from doing so until
// the transaction ends. Throws Overtaken when somebody else has moved it meanwhile.
void set_phase(store::Tx& tx, Request& request, Phase phase);
void set_member_status(store::Tx& tx, const Request& request, int ordinal, std::string_view status);

}  // namespace ccctl::request
