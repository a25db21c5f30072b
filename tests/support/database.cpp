#include "support/database.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <set>

#include "object/store.h"
#include "sandbox/cluster.h"
#include "sandbox/seeder.h"
#include "store/migration.h"

namespace ccctl::testing {
namespace {

constexpr std::uint64_t kContacts = 120, kFewContacts = 2;

store::Session maintenance() {
  return store::Session::open(target_of("postgres"));
}

// Changes with every migration, so that a cluster that outlives a build serves no stale template.
std::string template_name(const std::string& kind) {
  std::string digests;
  for (const store::Migration& migration : store::migrations()) digests += migration.sha256;
  digests += store::reference_schema();
  return "ccctl_" + kind + "_" + std::to_string(std::hash<std::string>{}(digests));
}

bool exists(store::Tx& tx, const std::string& database) {
  return !tx.exec({"SELECT FROM pg_database WHERE datname = $1", {database}}).empty();
}

void make_logins(store::Tx& tx) {
  const std::pair<const char*, const char*> logins[] = {{"officer", "ccctl_officer"},
                                                        {"admin", "ccctl_admin"},
                                                        {"auditor", "ccctl_auditor"},
                                                        {"partner", "ccctl_partner"},
                                                        {"sealer", "ccctl_owner"}};
  for (const auto& [login, group] : logins) {
    if (tx.exec({"SELECT FROM pg_roles WHERE rolname = $1", {login}}).empty()) {
      tx.exec("CREATE ROLE " + store::quote_name(login) + " LOGIN IN ROLE " + group);
    }
    const std::string role = std::string(group).substr(std::string("ccctl_").size());
    tx.exec({"INSERT INTO ccctl.principal (tenant_id, login, role) VALUES ('acme', $1, $2)",
             {login, role}});
  }
}

// Several test processes run at once: the first makes the template, the others wait for its lock.
// A half-made one bears another name, so that a process killed meanwhile leaves nothing misleading.
void ensure_template(const std::string& name, const std::function<void(store::Session&)>& fill) {
  store::Session session = maintenance();
  store::Session locker = maintenance();
  store::Tx lock = locker.begin(store::Mode::read_committed);
  lock.exec("SELECT pg_advisory_xact_lock(20260101)");
  if (exists(lock, name)) return;
  const std::string draft = store::quote_name(name + "_draft");
  session.exec_plain("DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)");
  session.exec_plain("CREATE DATABASE " + draft + " TEMPLATE template0 ENCODING 'UTF8'");
  {
    store::Session inside = store::Session::open(target_of(name + "_draft"));
    fill(inside);
  }
  session.exec_plain("ALTER DATABASE " + draft + " RENAME TO " + store::quote_name(name));
}

std::string fresh_name() {
  static std::atomic<int> counter = 0;
  return "ccctl_test_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
}

}  // namespace

std::string cluster() {
  const char* folder = std::getenv("CCCTL_TEST_CLUSTER");
  if (folder == nullptr || *folder == '\0') {
    throw Error(ErrorKind::config_invalid, "CCCTL_TEST_CLUSTER names no socket folder",
                "run tests/run, which starts a cluster");
  }
  return folder;
}

store::Target target_of(const std::string& database, const std::string& user) {
  store::Target target;
  target.dsn = "host='" + cluster() + "' port=5432 dbname='" + database + "'";
  target.user = user;
  return target;
}

Database Database::clone(const std::string& source) {
  Database database(fresh_name());
  maintenance().exec_plain("CREATE DATABASE " + store::quote_name(database.name_) + " TEMPLATE " +
                           store::quote_name(source));
  return database;
}

Database Database::empty() {
  return clone("template0");
}

Database Database::fresh() {
  static const std::string source = [] {
    std::string name = template_name("fresh");
    ensure_template(name, [](store::Session& session) {
      session.transact(store::Mode::read_committed, [](store::Tx& tx) {
        store::migrate(tx);
        make_logins(tx);
      });
    });
    return name;
  }();
  return clone(source);
}

Database Database::seeded(const std::string& kind, std::uint64_t contacts,
                          const std::filesystem::path& objects) {
  namespace fs = std::filesystem;
  const std::string source = template_name(kind);
  const fs::path template_objects = fs::path(cluster()) / (source + ".objects");
  static std::set<std::string> made;  // by this process
  if (made.insert(source).second) {
    ensure_template(source, [&](store::Session& session) {
      fs::remove_all(template_objects);
      sandbox::prepare(session);
      const auto store = object::open("file:" + template_objects.string());
      sandbox::seed_all(session, *store, {.seed = 1, .contacts = contacts, .tenant = "acme"});
    });
  }
  if (fs::exists(template_objects)) {
    fs::copy(template_objects, objects, fs::copy_options::recursive);
  }
  return clone(source);
}

Database Database::reference(const std::filesystem::path& objects) {
  return seeded("reference", kContacts, objects);
}

Database Database::small(const std::filesystem::path& objects) {
  return seeded("small", kFewContacts, objects);
}

Database::~Database() {
  if (name_.empty()) return;
  try {
    maintenance().exec_plain("DROP DATABASE IF EXISTS " + store::quote_name(name_) +
                             " WITH (FORCE)");
  } catch (const std::exception& error) {
    std::cerr << "test database " << name_ << " stays: " << error.what() << "\n";
  }
}

store::Target Database::target(const std::string& user) const {
  return target_of(name_, user);
}

store::Session Database::session(const std::string& user) const {
  return store::Session::open(target(user));
}

}  // namespace ccctl::testing
