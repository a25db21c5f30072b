// What the sandbox's database holds before there are people in it.
#include "sandbox/cluster.h"
#include "store/migration.h"

namespace ccctl::sandbox {
namespace {

struct Login {
  const char* name;
  const char* group;
  const char* role;
};

// Two officers, because an approval wants a second person.
constexpr Login kLogins[] = {
    {"officer", "ccctl_officer", "officer"}, {"officer2", "ccctl_officer", "officer"},
    {"admin", "ccctl_admin", "admin"},       {"auditor", "ccctl_auditor", "auditor"},
    {"partner", "ccctl_partner", "partner"}, {"sealer", "ccctl_owner", "owner"}};

void make_logins(store::Tx& tx) {
  for (const Login& login : kLogins) {
    if (tx.exec({"SELECT FROM pg_roles WHERE rolname = $1", {login.name}}).empty()) {
      tx.exec("CREATE ROLE " + store::quote_name(login.name) + " LOGIN");
    }
    tx.exec("GRANT " + store::quote_name(login.group) + " TO " + store::quote_name(login.name));
    // Nobody has rights in the second tenant, globex: it is there to be left alone.
    tx.exec(
        {"INSERT INTO ccctl.principal (tenant_id, login, role) VALUES ('acme', $1, $2) "
         "ON CONFLICT (tenant_id, login, role) DO NOTHING",
         {login.name, login.role}});
  }
  tx.exec(
      "INSERT INTO ccctl.organisation (only_row, domain) VALUES (true, 'sandbox.ccctl.example') "
      "ON CONFLICT (only_row) DO NOTHING");
}

bool has_reference_tables(store::Session& session) {
  bool found = false;
  session.transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    found = tx.exec("SELECT pg_catalog.to_regclass('public.tenants') IS NOT NULL").boolean(0, 0);
  });
  return found;
}

}  // namespace

void prepare(store::Session& session) {
  session.transact(store::Mode::read_committed, [](store::Tx& tx) {
    store::migrate(tx);
    make_logins(tx);
  });
  // One text of many statements is one transaction of its own.
  if (!has_reference_tables(session)) {
    session.exec_plain(std::string(store::reference_schema()));
  }
}

}  // namespace ccctl::sandbox
