// What App needs of the datastore, opened once and kept until the command ends.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/error.h"
#include "cmd/app_impl.h"
#include "cmd/signals.h"

namespace ccctl::cmd {

struct Wiring {
  bool sandbox = false;       // nothing names a datastore
  bool defaults_set = false;  // the sandbox's, in the settings
  bool announced = false;     // stderr has said that it is the sandbox
  std::optional<store::Session> session;
  std::optional<Actor> actor;
  std::map<std::string, std::set<Role>> roles;  // by tenant
  std::optional<std::string> tenant;
  std::optional<datamap::Map> map;
  std::map<std::string, std::unique_ptr<object::ObjectStore>> stores;
  std::unique_ptr<object::ObjectStore> journals;
  std::map<std::string, std::optional<journal::EvidenceKey>> evidence_keys;  // by tenant
  std::optional<SignalWatch> watch;  // from the first use of a key on
  bool level = false;                // the datastore was compared with its journal
};

// The App's wiring, with the sandbox's defaults in the settings where it is the datastore.
Wiring& wired(App::Impl& app);

// The whole file; an error of that kind when it cannot be read.
std::string read_file(const std::string& path, ErrorKind error);

// The whole file, which must be of mode 0600; key_unavailable when it cannot be read or is not.
Secret read_secret_file(const std::string& path);

// The object store that a setting's value names, with the settings s3_* where it is one of those.
std::unique_ptr<object::ObjectStore> open_store(const App& app, const std::string& url);

// A key of 32 bytes from a file of mode 0600; key_unavailable for anything else. `what` names it in
// errors: "sealing key".
Secret read_key_file(const std::string& path, const std::string& what);

// Where the shipped packs are: $CCCTL_SHARE, the source folder for a program in its build folder,
// else the installed share folder. Ends without a slash.
std::string share_folder();

}  // namespace ccctl::cmd
