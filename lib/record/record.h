// Records: evidence that people enter, with validity dates and hashed files.
//
// A record that is wrong is revoked, never changed. People stand in it as references
// (subject/reference.h) only, which name nobody any more once the person's request is closed; what
// the record says outlives the erasure. Each change is an event of the evidence log.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "base/time.h"
#include "store/session.h"

namespace ccctl::record {

// An evidence file: its hash and size. The file stays where it is, and its name, which may be
// personal, is not kept.
struct Evidence {
  std::string sha256;  // hex
  std::uint64_t bytes = 0;
};

// Reads the file in pieces. Throws io when it cannot.
Evidence hash_file(const std::string& path);

struct Record {
  std::string id, kind;
  std::map<std::string, std::string> fields;
  std::string from, until;  // civil days, inclusive; `until` empty: for ever
  std::vector<Evidence> evidence;
  std::vector<std::string> subjects;  // references to all members of a merge set, sorted
  std::string entered_by;
  Instant entered_at{};
  std::string revoked_by, revocation;  // empty: not revoked
  std::optional<Instant> revoked_at;

  bool revoked() const { return revoked_at.has_value(); }
};

Json to_json(const Record& record);

// Stores it, as entered by session_user, and gives it; or the unrevoked one that says the same, so
// that a repeated command adds no second.
Record add(store::Tx& tx, const std::string& tenant, Record record, const std::string& actor,
           Instant at);

// Which records are asked for; what is empty does not count. Of the references any will do.
struct Wanted {
  std::string id, kind;
  std::optional<std::vector<std::string>> subjects;
  bool revoked = false;  // the revoked ones, too
};
std::vector<Record> list(store::Tx& tx, const std::string& tenant, const Wanted& wanted);
Record get(store::Tx& tx, const std::string& tenant, const std::string& id);  // not_found

// From now on it says nothing. Refused for a record that was revoked for another reason; for the
// same reason it is the first revocation again.
Record revoke(store::Tx& tx, const std::string& tenant, const std::string& id,
              const std::string& reason, const std::string& actor, Instant at);

}  // namespace ccctl::record
