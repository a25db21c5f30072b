// A private PostgreSQL cluster of the user's own: the embedded default datastore (design.md 4).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/context.h"
#include "store/session.h"

namespace ccctl::sandbox {

// Where it lives: $XDG_STATE_HOME/ccctl/sandbox (root: /var/lib/ccctl/sandbox, as account postgres
// through setpriv). Socket only, no TCP. The peer may log in as officer, admin, auditor and sealer.
struct Place {
  std::filesystem::path root;   // data, socket, objects, keys
  std::filesystem::path socket() const { return root / "run"; }
  std::filesystem::path objects() const { return root / "objects"; }
  std::filesystem::path seal_key() const { return root / "seal.key"; }
};
Place default_place();

struct Status {
  bool exists = false;
  bool running = false;
  std::string dsn;              // for libpq; no password
};

// initdb and start; starts again what stands. Both are safe to repeat.
Status up(const Place& place, const Context& context);
Status status(const Place& place);
void down(const Place& place, bool erase);  // stop; with erase also remove the folder

store::Target target(const Place& place, const std::string& user);

}  // namespace ccctl::sandbox
