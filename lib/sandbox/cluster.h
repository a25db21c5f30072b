// A private PostgreSQL cluster of the user's own: the embedded default datastore (design.md 4).
//
// All paths of a Place are absolute. Errors: config_invalid (no server programs, no account), io
// (initdb or the server failed: the hint names the log), busy (another command is at it), and what
// store throws.
#pragma once

#include <filesystem>
#include <string>

#include "base/context.h"
#include "store/session.h"

namespace ccctl::sandbox {

// Where it lives: $XDG_STATE_HOME/ccctl/sandbox (root: /var/lib/ccctl/sandbox, as account postgres
// through setpriv; tests: $CCCTL_TEST_SANDBOX). Socket only, no TCP. The account that owns it and
// root may log in as officer, officer2, admin, auditor, sealer and the superuser postgres.
struct Place {
  std::filesystem::path root;  // data, socket, objects, keys

  // root/run, or a short folder of its own when that is too long for a socket's name.
  std::filesystem::path socket() const;
  std::filesystem::path objects() const { return root / "objects"; }
  // The sealing account's Ed25519 seed: 64 hexadecimal digits and a newline, mode 0600.
  std::filesystem::path seal_key() const { return root / "seal.key"; }
  // Holds, releases and erasures outside the datastore, and the key of each tenant's.
  std::filesystem::path journal() const { return root / "journal"; }
  std::filesystem::path journal_keys() const { return root / "journal-keys"; }
  std::filesystem::path data() const { return root / "data"; }
  std::filesystem::path log() const { return root / "sandbox.log"; }
};
Place default_place();

struct Status {
  bool exists = false;
  bool running = false;
  std::string dsn;  // for libpq; no password
};

// initdb and start; starts again what stands; makes what is missing of the database, its schemas,
// log-ins and keys. Safe to repeat, also after an interruption anywhere.
Status up(const Place& place, const Context& context);
Status status(const Place& place);
void down(const Place& place, bool erase);  // stop; with erase also remove the folder

store::Target target(const Place& place, const std::string& user);

// What up() does inside the database, for a superuser's session: both schemas, log-ins, rights.
void prepare(store::Session& session);

}  // namespace ccctl::sandbox
