// App's datastore: which one, who is logged in, which tenant.
#include "cmd/wire.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "audit/event.h"
#include "base/error.h"
#include "sandbox/cluster.h"

namespace ccctl::cmd {
namespace {

// PGUSER says who, not where: it chooses the log-in of the sandbox too.
bool environment_names_datastore() {
  for (const char* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<Role> role_named(std::string_view name) {
  if (name == "officer") return Role::officer;
  if (name == "admin") return Role::admin;
  if (name == "auditor") return Role::auditor;
  if (name == "owner") return Role::owner;
  if (name == "partner") return Role::partner;
  return std::nullopt;
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::officer:
      return "officer";
    case Role::admin:
      return "admin";
    case Role::auditor:
      return "auditor";
    case Role::owner:
      return "owner";
    case Role::partner:
      return "partner";
  }
  return "";
}

store::Target sandbox_target(const std::string& user) {
  const sandbox::Place place = sandbox::default_place();
  const sandbox::Status status = sandbox::status(place);
  if (!status.running) {
    throw Error(ErrorKind::unreachable,
                status.exists ? "the sandbox is stopped" : "there is no datastore",
                "run `ccctl sandbox up`, or name a datastore with --datastore, CCCTL_DATASTORE or "
                "libpq's PG* variables");
  }
  return sandbox::target(place, user);
}

// Nothing for a log-in that the datastore does not let ask.
std::optional<store::Rows> read_principal(store::Session& session) {
  std::optional<store::Rows> rows;
  session.transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    // Asked first, so that a datastore without the schema is told from one that denies it.
    if (tx.exec("SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'ccctl'").empty()) {
      throw Error(ErrorKind::refused, "the datastore has no ccctl schema", "run `ccctl db init`");
    }
    // A log-in that is in none of the group roles may not even ask who it is: it is nobody.
    if (!tx.exec("SELECT pg_catalog.has_schema_privilege('ccctl', 'USAGE')").boolean(0, 0)) return;
    rows = tx.exec(
        "SELECT tenant_id, role FROM ccctl.principal WHERE login = session_user "
        "ORDER BY tenant_id, role");
  });
  return rows;
}

}  // namespace

std::string share_folder() {
  namespace fs = std::filesystem;
  if (std::string chosen = environment("CCCTL_SHARE"); !chosen.empty()) return chosen;
  std::error_code ignored;
  const fs::path self = fs::read_symlink("/proc/self/exe", ignored);
  // A program in its build folder goes with its source, whatever is installed beside.
  const bool in_build = self.string().starts_with(std::string(CCCTL_BUILD_FOLDER) + "/");
  if (in_build && fs::exists(fs::path(CCCTL_SOURCE_SHARE) / "policies", ignored)) {
    return CCCTL_SOURCE_SHARE;
  }
  const fs::path beside = self.parent_path().parent_path() / "share" / "ccctl";
  if (fs::exists(beside / "policies", ignored)) return beside.string();
  return CCCTL_INSTALLED_SHARE;
}

Wiring& wired(App::Impl& app) {
  if (!app.wiring) app.wiring = std::make_shared<Wiring>();
  Wiring& wiring = *app.wiring;
  if (wiring.defaults_set) return wiring;
  wiring.defaults_set = true;
  wiring.sandbox = !app.settings.find("datastore") && !environment_names_datastore();
  app.settings.set_default("packs", share_folder() + "/policies", "default");
  if (!wiring.sandbox) return wiring;
  const sandbox::Place place = sandbox::default_place();
  app.settings.set_default("journal", "file:" + place.journal().string(), "sandbox");
  app.settings.set_default("map", share_folder() + "/policies/sandbox/datamap.yaml", "sandbox");
  app.settings.set_default("seal_key", place.seal_key().string(), "sandbox");
  app.settings.set_default("seal_user", "sealer", "sandbox");
  return wiring;
}

const std::vector<Setting>& App::settings() const {
  wired(*impl_);
  return impl_->settings.all();
}

std::string App::setting(std::string_view name) const {
  wired(*impl_);
  return impl_->settings.find(name).value_or("");
}

store::Session App::open_as(const std::string& user) {
  Wiring& wiring = wired(*impl_);
  if (!wiring.sandbox) return store::Session::open({.dsn = setting("datastore"), .user = user});
  const store::Target target = sandbox_target(user);
  if (!wiring.announced) {
    wiring.announced = true;
    message("using the sandbox in " + sandbox::default_place().root.string());
  }
  return store::Session::open(target);
}

store::Session& App::session() {
  Wiring& wiring = wired(*impl_);
  if (wiring.session) return *wiring.session;
  std::string user;
  if (wiring.sandbox) {
    user = environment("PGUSER");
    if (user.empty()) user = "officer";
  }
  return wiring.session.emplace(open_as(user));
}

bool App::connected() const {
  return impl_->wiring && impl_->wiring->session;
}

const Actor& App::actor() {
  Wiring& wiring = wired(*impl_);
  if (wiring.actor) return *wiring.actor;
  const std::optional<store::Rows> rows = read_principal(session());
  Actor actor;
  actor.login = session().session_user();
  std::set<Role> roles;
  for (std::size_t i = 0; rows && i < rows->size(); ++i) {
    const std::string tenant(rows->text(i, 0));
    const auto role = role_named(rows->text(i, 1));
    if (!role) continue;
    wiring.roles[tenant].insert(*role);
    roles.insert(*role);
  }
  if (roles.empty()) {
    throw Error(ErrorKind::refused, "the log-in \"" + actor.login + "\" has no rights here",
                "whoever owns the ccctl schema grants them: `ccctl db init --principal " +
                    actor.login + ":ROLE:TENANT`");
  }
  actor.roles.assign(roles.begin(), roles.end());
  // Rights for the organisation's log come along with a tenant; alone, they are what it works on.
  for (const auto& [tenant, its_roles] : wiring.roles) {
    if (tenant != audit::kOrganisation || wiring.roles.size() == 1) actor.tenants.push_back(tenant);
  }
  return wiring.actor.emplace(std::move(actor));
}

std::string App::tenant() {
  Wiring& wiring = wired(*impl_);
  if (wiring.tenant) return *wiring.tenant;
  const std::vector<std::string>& tenants = actor().tenants;
  const std::string wanted = setting("tenant");
  if (!wanted.empty()) {
    if (!wiring.roles.contains(wanted)) {
      throw Error(ErrorKind::refused, "you have no rights for the tenant \"" + wanted + "\"");
    }
    return wiring.tenant.emplace(wanted);
  }
  if (tenants.size() == 1) return wiring.tenant.emplace(tenants.front());
  std::string list;
  for (const std::string& tenant : tenants) list += (list.empty() ? "" : ", ") + tenant;
  throw Error(ErrorKind::usage, "you have rights for several tenants, and --tenant is missing",
              "choose one of " + list);
}

void App::require_role(std::initializer_list<Role> any_of) {
  std::vector<std::string> names;
  for (Role role : any_of) names.emplace_back(name_of(role));
  require_role(names);
}

std::vector<std::string> App::roles() {
  const std::string of = tenant();
  std::vector<std::string> names;
  for (Role role : wired(*impl_).roles[of]) names.emplace_back(name_of(role));
  return names;
}

std::vector<std::string> App::tenants_with(const std::set<Role>& any_of) {
  std::vector<std::string> found;
  for (const std::string& tenant : actor().tenants) {
    const std::set<Role>& held = wired(*impl_).roles[tenant];
    if (std::any_of(held.begin(), held.end(), [&](Role role) { return any_of.contains(role); }))
      found.push_back(tenant);
  }
  return found;
}

void App::require_role(const std::vector<std::string>& any_of) {
  Wiring& wiring = wired(*impl_);
  const Actor& who = actor();
  // A role counts for the tenant it was granted for. Without a tenant (several, none chosen) the
  // command works on none of them, and any grant will do.
  const bool chosen = !setting("tenant").empty() || who.tenants.size() == 1;
  std::set<Role> held(who.roles.begin(), who.roles.end());
  if (chosen) held = wiring.roles[tenant()];
  std::string wanted;
  for (const std::string& name : any_of) {
    const std::optional<Role> role = role_named(name);
    if (role && held.contains(*role)) return;
    wanted += (wanted.empty() ? "" : " or ") + name;
  }
  throw Error(ErrorKind::refused, "this needs the role " + wanted,
              "\"" + who.login + "\" does not have it" +
                  (chosen ? " for the tenant \"" + tenant() + "\"" : ""));
}

}  // namespace ccctl::cmd
