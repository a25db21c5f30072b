// ccctl db doctor: what of the datastore would stop or weaken the other commands.
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/app.h"
#include "cmd/db/checks.h"

namespace ccctl::cmd {
namespace {

int run_doctor(App& app, const Args&) {
  std::vector<Check> checks;
  app.session().transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    checks = {check_connection(app.session())};
    check_server(tx, checks);
    check_schema(tx, checks);
    checks.push_back(check_clock(tx, app.context().now()));
    check_safety(tx, checks);
    check_capabilities(tx, checks);
  });
  checks.push_back(check_journal(app));
  checks.push_back(check_distributable(app));
  std::vector<Json> rows;
  bool failed = false;
  for (const Check& check : checks) {
    failed = failed || check.status == "failed";
    rows.push_back({{"name", check.name}, {"status", check.status}, {"detail", check.detail}});
  }
  app.print_rows({"name", "status", "detail"}, rows,
                 {{"kind", "DoctorReport"}, {"passed", !failed}});
  return failed ? info(ErrorKind::findings).exit_code : 0;
}

}  // namespace

extern const Spec db_doctor;
const Spec db_doctor{
    .noun = "db",
    .verb = "doctor",
    .summary = "check the datastore and this session's rights",
    .description =
        "Checks the connection, the encoding, the server's version, the migrations, the group "
        "roles and this log-in's rights, the clocks, row security, and settings by which the "
        "server would write personal data into its own log; says whether there is a journal, "
        "whether the datastore can be distributed by tenant, and which accelerators can be used.\n"
        "A check that says failed makes the exit code 3; a warning does not.",
    .options = {},
    .exits = {0, 3, 11},
    .examples = {{"ccctl db doctor", "all checks"},
                 {"ccctl db doctor -o json", "the same for a monitoring system"}},
    .run = run_doctor,
};

}  // namespace ccctl::cmd
