#include "cmd/db/checks.h"

#include "base/error.h"
#include "store/migration.h"

namespace ccctl::cmd {
namespace {

constexpr std::chrono::minutes kClockLimit{5};
constexpr int kTestedVersion = 150000;

std::string joined(const store::Rows& rows) {
  std::string list;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    list += (list.empty() ? "" : ", ") + std::string(rows.text(i, 0));
  }
  return list;
}

std::string one(store::Tx& tx, const char* sql) {
  return std::string(tx.exec(sql).text(0, 0));
}

Check migrations_check(store::Tx& tx) {
  const store::MigrationState state = store::migration_state(tx);
  const std::string of = std::to_string(state.applied) + " of " + std::to_string(state.known);
  if (state.applied == 0) return {"migrations", "failed", "no ccctl schema: run `ccctl db init`"};
  if (!state.altered.empty()) {
    return {"migrations", "failed",
            "number " + std::to_string(state.altered.front()) + " was applied in another form"};
  }
  if (state.applied > state.known) {
    return {"migrations", "failed", "the datastore is newer than this program"};
  }
  if (state.applied < state.known) {
    return {"migrations", "failed", of + " applied: run `ccctl db migrate`"};
  }
  return {"migrations", "ok", of + " applied"};
}

Check rights_check(store::Tx& tx) {
  if (one(tx, "SELECT pg_catalog.to_regclass('ccctl.principal')").empty()) {
    return {"rights", "failed", "no ccctl schema: run `ccctl db init`"};
  }
  if (one(tx,
          "SELECT pg_catalog.has_schema_privilege('ccctl', 'USAGE') AND "
          "pg_catalog.has_table_privilege('ccctl.principal', 'SELECT')") != "t") {
    return {"rights", "failed", "this log-in is a member of none of the ccctl group roles"};
  }
  const store::Rows rows = tx.exec(
      "SELECT role || ' for ' || tenant_id || CASE WHEN pg_catalog.pg_has_role(session_user, "
      "('ccctl_' || role)::name, 'MEMBER') THEN '' ELSE ' (not a member of ccctl_' || role || ')' "
      "END FROM ccctl.principal WHERE login = session_user ORDER BY tenant_id, role");
  if (rows.empty()) return {"rights", "failed", "this log-in has no rights for any tenant"};
  const std::string list = joined(rows);
  const bool apart = list.find("(not a member") != std::string::npos;
  return {"rights", apart ? "failed" : "ok", list};
}

}  // namespace

Check check_connection(store::Session& session) {
  return {"connection", "ok", "as " + session.session_user()};
}

void check_server(store::Tx& tx, std::vector<Check>& out) {
  const int version = std::stoi(one(tx, "SELECT pg_catalog.current_setting('server_version_num')"));
  const std::string text =
      "PostgreSQL " + one(tx, "SELECT pg_catalog.current_setting('server_version')");
  out.push_back(version >= kTestedVersion ? Check{"version", "ok", text}
                                          : Check{"version", "failed", text + " is older than 15"});
  const std::string encoding = one(tx, "SELECT pg_catalog.current_setting('server_encoding')");
  out.push_back({"encoding", encoding == "UTF8" ? "ok" : "failed",
                 encoding == "UTF8" ? encoding : encoding + ", where UTF8 is needed"});
}

void check_schema(store::Tx& tx, std::vector<Check>& out) {
  out.push_back(migrations_check(tx));
  const std::string missing = joined(tx.exec(
      "SELECT name FROM pg_catalog.unnest(ARRAY['ccctl_owner', 'ccctl_officer', "
      "'ccctl_admin', 'ccctl_auditor', 'ccctl_partner']) AS name WHERE NOT EXISTS (SELECT FROM "
      "pg_catalog.pg_roles WHERE rolname = name) ORDER BY name"));
  out.push_back({"group roles", missing.empty() ? "ok" : "failed",
                 missing.empty() ? "all five exist" : "missing: " + missing});
  out.push_back(rights_check(tx));
}

Check check_clock(store::Tx& tx, Instant host) {
  const auto datastore = tx.exec("SELECT pg_catalog.clock_timestamp()").instant(0, 0);
  if (!datastore) return {"clock", "failed", "the datastore's clock cannot be read"};
  const auto apart = *datastore > host ? *datastore - host : host - *datastore;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(apart);
  return {"clock", apart > kClockLimit ? "failed" : "ok",
          std::to_string(seconds.count()) + " s between this host and the datastore"};
}

void check_safety(store::Tx& tx, std::vector<Check>& out) {
  // A site's own policy may hide rows from an erasure, which then would look complete.
  const std::string hiding = joined(tx.exec(
      "SELECT DISTINCT c.oid::pg_catalog.regclass::text FROM pg_catalog.pg_class c JOIN "
      "pg_catalog.pg_policy p ON p.polrelid = c.oid WHERE p.polname NOT LIKE 'ccctl\\_%' AND "
      "pg_catalog.row_security_active(c.oid) ORDER BY 1"));
  out.push_back({"row security", hiding.empty() ? "ok" : "failed",
                 hiding.empty() ? "no foreign policy hides rows from this log-in"
                                : "may hide rows of " + hiding});
  const std::string logging = joined(
      tx.exec("SELECT name || ' = ' || setting FROM pg_catalog.pg_settings WHERE CASE name "
              "WHEN 'log_statement' THEN setting IN ('all', 'mod') "
              "WHEN 'log_min_duration_statement' THEN setting <> '-1' "
              "WHEN 'log_min_duration_sample' THEN setting <> '-1' "
              "WHEN 'log_transaction_sample_rate' THEN setting <> '0' END "
              "AND pg_catalog.current_setting('log_parameter_max_length') <> '0' "
              "OR name = 'log_parameter_max_length_on_error' AND setting <> '0' ORDER BY 1"));
  out.push_back({"statement log", logging.empty() ? "ok" : "failed",
                 logging.empty() ? "parameters are not written to the server's log"
                                 : "the server's log would hold personal data: " + logging});
}

Check check_journal(App& app) {
  const std::string where = app.setting("journal");
  if (where.empty()) {
    return {"journal", "none", "holds, releases and erasures are recorded in the datastore only"};
  }
  try {
    std::uint64_t missing = 0, due = 0, segments = 0;
    for (const std::string& tenant :
         app.setting("tenant").empty() ? app.actor().tenants : std::vector{app.tenant()}) {
      const auto journal = app.journal(tenant);
      app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
        const journal::State state = journal->compare(tx);
        missing += state.missing;
        due += state.due;
        segments += state.segments;
      });
    }
    if (missing > 0) {
      return {"journal", "failed",
              where + ": the datastore lacks " + std::to_string(missing) +
                  " of its lines: run `ccctl retention replay`"};
    }
    const std::string waiting = std::to_string(due) + " lines wait for the next command";
    if (due > 0) return {"journal", "warning", where + ": " + waiting};
    return {"journal", "ok", where + " is level, " + std::to_string(segments) + " segments"};
  } catch (const Error& error) {
    return {"journal", "failed", where + ": " + error.what()};
  }
}

void check_capabilities(store::Tx& tx, std::vector<Check>& out) {
  const store::Rows partitions = tx.exec(
      "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE pg_catalog.pg_has_role("
      "c.relowner, 'USAGE')) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
      "c.relnamespace WHERE c.relkind = 'p' AND n.nspname NOT IN ('ccctl', 'pg_catalog', "
      "'information_schema') AND NOT c.relispartition");
  const std::string counts = std::string(partitions.text(0, 1)) + " of " +
                             std::string(partitions.text(0, 0)) + " partitioned tables are ours";
  out.push_back({"partition drop", partitions.integer(0, 1) > 0 ? "yes" : "no", counts});
  const bool locks = one(tx,
                         "SELECT pg_catalog.has_function_privilege("
                         "'pg_catalog.pg_try_advisory_xact_lock(bigint)', 'EXECUTE')") == "t";
  const bool citus =
      !tx.exec("SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus'").empty();
  out.push_back(
      {"advisory lock", locks && !citus ? "yes" : "no",
       citus ? "Citus is in use, where a lock holds on one node only" : "on this server"});
}

Check check_distributable(App& app) {
  try {
    const datamap::Map& map = app.map();
    std::string without;
    for (const datamap::Table& table : map.tables) {
      if (table.tenant.how == datamap::Tenant::How::column) continue;
      without += (without.empty() ? "" : ", ") + table.name;
    }
    if (without.empty()) return {"distributable", "yes", "every mapped table has a tenant column"};
    return {"distributable", "no", "without a tenant column: " + without};
  } catch (const Error& error) {
    return {"distributable", "warning", error.what()};
  }
}

}  // namespace ccctl::cmd
