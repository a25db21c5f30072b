// A PostgreSQL database of its own for each test, cloned from a template that is made once a
// cluster.
//
// The cluster is the one whose socket folder CCCTL_TEST_CLUSTER names (tests/run starts it): trust
// for local connections, superuser postgres. Every clone has the log-ins officer, admin, auditor
// and sealer, members of the group role of their name (sealer: ccctl_owner), with rights in tenant
// acme.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "store/session.h"

namespace ccctl::testing {

// A number from the environment, for longer runs than the suite's: CCCTL_TEST_SEED and others.
inline std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Database {
 public:
  // Nothing in it: what `db init` meets.
  static Database empty();
  // With the ccctl schema.
  static Database fresh();
  // As `ccctl sandbox up` and a small `sandbox seed` leave it: both schemas, the well-known people
  // of sandbox/seeder.h and a small crowd in tenant acme, a second tenant globex. Their objects are
  // copied to `objects`, which is made.
  static Database reference(const std::filesystem::path& objects);
  // The same with hardly any crowd, about a thousand rows: for tests that need very many clones.
  static Database small(const std::filesystem::path& objects);
  // Takes over a database that another process released.
  static Database adopt(const std::string& name) { return Database(name); }

  Database(Database&& other) noexcept : name_(std::move(other.name_)) { other.name_.clear(); }
  Database& operator=(Database&&) = delete;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();  // drops it, whoever is still connected

  const std::string& name() const { return name_; }
  std::string release() { return std::exchange(name_, ""); }  // stays after this object
  store::Target target(const std::string& user = "postgres") const;
  store::Session session(const std::string& user = "postgres") const;

 private:
  explicit Database(std::string name) : name_(std::move(name)) {}
  static Database clone(const std::string& source);
  static Database seeded(const std::string& kind, std::uint64_t contacts,
                         const std::filesystem::path& objects);
  std::string name_;
};

// The socket folder of the test cluster; throws when the environment names none.
std::string cluster();
store::Target target_of(const std::string& database, const std::string& user = "postgres");

}  // namespace ccctl::testing
