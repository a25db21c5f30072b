// ccctl db init: the ccctl schema, the organisation's domain, the first rights.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/app.h"
#include "store/migration.h"

namespace ccctl::cmd {
namespace {

struct Grant {
  std::string login, role, tenant;
};

Grant parse_grant(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos || first == 0 || second == first + 1 ||
      second + 1 == text.size()) {
    throw Error(ErrorKind::usage, "--principal wants LOGIN:ROLE:TENANT, not \"" + text + "\"");
  }
  Grant grant{text.substr(0, first), text.substr(first + 1, second - first - 1),
              text.substr(second + 1)};
  const std::vector<std::string> roles{"officer", "admin", "auditor", "owner", "partner"};
  if (std::find(roles.begin(), roles.end(), grant.role) == roles.end()) {
    throw Error(ErrorKind::usage, "there is no role \"" + grant.role + "\"",
                "choose one of officer, admin, auditor, owner, partner");
  }
  // What is done to data is done for a tenant; the organisation's log can only be looked at.
  if (grant.tenant == audit::kOrganisation && grant.role != "auditor" && grant.role != "owner") {
    throw Error(ErrorKind::usage, "\"" + text + "\" gives a tenant's role for the organisation",
                "the tenant * is its log of all logs, which auditors and owners read");
  }
  return grant;
}

bool valid_domain(const std::string& domain) {
  return std::all_of(domain.begin(), domain.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

void set_domain(store::Tx& tx, const std::string& domain) {
  tx.exec({"INSERT INTO ccctl.organisation (domain) VALUES ($1) ON CONFLICT (only_row) DO NOTHING",
           {domain}});
  const store::Rows rows = tx.exec("SELECT domain FROM ccctl.organisation");
  const std::string stands(rows.text(0, 0));
  if (stands != domain) {
    // The names of all logs begin with it, so that evidence already given away would not fit.
    throw Error(ErrorKind::refused, "the organisation's domain is \"" + stands + "\" already",
                "leave --domain out, or repeat that one");
  }
}

// Who may do what is a change of the service's settings (S-43): it stands in the log of accesses.
void grant_rights(store::Tx& tx, const Grant& grant, const std::string& actor) {
  const std::string group = "ccctl_" + grant.role;
  const store::Rows rows =
      tx.exec({"SELECT pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER') FROM pg_catalog.pg_roles r, "
               "pg_catalog.pg_roles g WHERE r.rolname = $1 AND g.rolname = $2",
               {grant.login, group}});
  if (rows.empty()) {
    throw Error(ErrorKind::refused, "the datastore has no log-in \"" + grant.login + "\"",
                "create it first: CREATE ROLE " + store::quote_name(grant.login) + " LOGIN");
  }
  if (!rows.boolean(0, 0)) {
    tx.exec("GRANT " + store::quote_name(group) + " TO " + store::quote_name(grant.login));
  }
  const store::Rows given =
      tx.exec({"INSERT INTO ccctl.principal (tenant_id, login, role) VALUES ($1, $2, $3) "
               "ON CONFLICT (tenant_id, login, role) DO NOTHING RETURNING login",
               {grant.tenant, grant.login, grant.role}});
  if (given.empty()) return;
  audit::append(tx,
                {audit::accesses_of(grant.tenant), grant.tenant, "privilege.granted", actor, "",
                 Json{{"login", grant.login}, {"role", grant.role}}},
                tx.began_at());
}

int run_init(App& app, const Args& args) {
  std::vector<Grant> grants;
  for (const std::string& text : args.all("principal")) grants.push_back(parse_grant(text));
  const std::string domain = args.get("domain");
  if (!valid_domain(domain)) {
    throw Error(ErrorKind::usage, "\"" + domain + "\" is no domain name",
                "lower-case letters, digits, dots and hyphens, for example example.org");
  }
  store::MigrationState before, after;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    before = store::migration_state(tx);
    after = store::migrate(tx);
    if (!domain.empty()) set_domain(tx, domain);
    for (const Grant& grant : grants) grant_rights(tx, grant, app.session().session_user());
  });
  for (const Grant& grant : grants) app.ensure_evidence_key(grant.tenant);
  app.print({{"kind", "SchemaState"},
             {"applied", after.applied},
             {"newlyApplied", after.applied - before.applied},
             {"known", after.known},
             {"principals", grants.size()}});
  return 0;
}

}  // namespace

extern const Spec db_init;
const Spec db_init{
    .noun = "db",
    .verb = "init",
    .summary = "create the ccctl schema in the datastore",
    .description =
        "Applies all migrations of the schema ccctl, which creates its tables and the group roles "
        "ccctl_owner, ccctl_officer, ccctl_admin, ccctl_auditor and ccctl_partner. Nothing of the "
        "contact "
        "centre's own schemas is touched. It is safe to repeat.\n"
        "A right that was not there before is an event of the tenant's security log, "
        "privilege.granted.\n"
        "Where a journal is set, it makes the evidence key of each --principal's tenant, unless "
        "there is one.\n"
        "The log-in needs the right to create a schema in the database, and CREATEROLE where the "
        "group roles do not exist yet.",
    .options = {{.name = "domain",
                 .value = "DOMAIN",
                 .help = "the organisation's domain, with which the names of its logs begin; it "
                         "cannot be changed later"},
                {.name = "principal",
                 .value = "LOGIN:ROLE:TENANT",
                 .help = "give a log-in a role (officer, admin, auditor, owner, partner) for a "
                         "tenant, and make it a member of the group role; the tenant * is the "
                         "organisation's log",
                 .repeatable = true}},
    .exits = {0, 5, 11, 12, 13},
    .examples = {{"ccctl db init --domain example.org --principal yuki:officer:acme "
                  "--principal lee:auditor:acme",
                  "the schema, and two people's rights"}},
    .run = run_init,
};

}  // namespace ccctl::cmd
