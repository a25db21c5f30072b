// ccctl retention offboard: the end of a tenant's contract.
#include "retention/offboard.h"

#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/request/wiring.h"
#include "cmd/retention/sweeping.h"
#include "cmd/retention/wiring.h"
#include "datamap/catalog.h"
#include "request/export_package.h"
#include "request/intake.h"
#include "request/tenant_archive.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

// The time line, and how many rows are left.
int show(App& app, const Args& args, const Retentions& retentions) {
  std::vector<Json> rows;
  bool overdue = false, over = false;
  std::uint64_t left = 0;
  Instant as_of{};
  app.session().transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    rows.clear();
    as_of = as_of_given(args).value_or(run::datastore_now(tx));
    const retention::Situation situation(tx, retentions.ground(), as_of, !args.has("as-of"));
    for (const retention::Milestone& each : retention::time_line(tx, situation, retentions.rules()))
      rows.push_back(retention::to_json(each));
    const retention::Survey survey = retention::survey(tx, situation);
    overdue = survey.rows_in("overdue") > 0;
    over = retention::ended(situation, retentions.rules());
    left = 0;
    for (const auto& [table, number] : survey.total) left += number;
  });
  app.print_rows({"rule", "milestone", "at", "passed"}, rows,
                 {{"kind", "Offboarding"},
                  {"tenant", retentions.ground().tenant},
                  {"pack", retentions.pack().name},
                  {"asOf", to_text(as_of)},
                  {"ended", over},
                  {"rowsLeft", left}});
  return overdue ? info(ErrorKind::findings).exit_code : 0;
}

// The log says what was given out before it has its name: all of it, and each recording (W-46).
void record_return(App& app, const std::string& tenant, Instant asked,
                   const request::TenantArchive& archive) {
  const std::string& actor = app.actor().login;
  std::vector<audit::Event> events{{audit::LogName::evidence, tenant, "tenant.returned", actor, "",
                                    Json{{"asked", to_text(asked)},
                                         {"rows", archive.rows},
                                         {"objects", archive.objects},
                                         {"manifest", archive.manifest_sha256}}}};
  for (const request::TenantArchive::Recording& one : archive.recordings) {
    events.push_back({audit::LogName::security, tenant, "recording.read", actor, "",
                      Json{{"table", one.table},
                           {"manifest", archive.manifest_sha256},
                           {"file", one.file},
                           {"purpose", "tenant.return"}}});
  }
  app.session().transact(store::Mode::read_committed,
                         [&](store::Tx& tx) { audit::append_all(tx, events, tx.began_at()); });
}

void record_undelivered(App& app, const std::string& tenant, const std::string& manifest) {
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    audit::append(tx,
                  {audit::LogName::evidence, tenant, "tenant.return.undelivered", app.actor().login,
                   "", Json{{"manifest", manifest}}},
                  tx.began_at());
  });
}

// Everything of the tenant's into a folder, as long as the pack lets the customer ask for it.
int give_back(App& app, const Args& args) {
  const Requests requests(app);
  const std::string& tenant = requests.ground().tenant;
  const auto package = request::folder_package(args.get("return"));
  request::TenantArchive archive;
  Instant asked{};
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    const datamap::Catalog catalog = datamap::read_catalog(tx, requests.ground().map);
    asked = as_of_given(args).value_or(tx.began_at());
    request::require_window(tx, requests.ground(), catalog, request::Type::exporting, asked);
    archive = request::write_tenant_archive(
        tx, requests.ground().map, catalog, tenant, tx.began_at(), *package,
        [&app](const std::string& name) -> object::ObjectStore& { return app.objects(name); });
  }
  record_return(app, tenant, asked, archive);
  try {
    package->publish();
  } catch (const Error&) {
    record_undelivered(app, tenant, archive.manifest_sha256);
    throw;
  }
  app.seal_if_possible(false);
  app.print(Json{{"kind", "TenantArchive"},
                 {"tenant", tenant},
                 {"rows", archive.rows},
                 {"objects", archive.objects},
                 {"leftOut", archive.left_out},
                 {"missingObjectsIn", archive.missing},
                 {"manifestSha256", archive.manifest_sha256}});
  return archive.missing.empty() ? 0 : info(ErrorKind::partial).exit_code;
}

// What the end of the contract has made due goes, as in any sweep; but never of a tenant whose
// contract goes on.
int destroy(App& app, const Args& args, const Retentions& retentions) {
  app.require_level_journal();  // a restored datastore may have an older end
  bool over = false;
  app.session().transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    const Instant as_of = as_of_given(args).value_or(run::datastore_now(tx));
    const retention::Situation situation(tx, retentions.ground(), as_of, !args.has("as-of"));
    over = retention::ended(situation, retentions.rules());
  });
  if (!over) {
    throw Error(ErrorKind::refused,
                "the contract of tenant \"" + retentions.ground().tenant + "\" has not ended",
                "its end is set where the tenants stand; see `ccctl retention offboard`");
  }
  return sweep_and_print(app, args, retentions, "offboard");
}

int run_offboard(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  if (args.has("return") && args.has("destroy")) {
    throw Error(ErrorKind::usage, "--return and --destroy are two steps",
                "return the data first, look at it, then destroy it");
  }
  if (args.has("return")) return give_back(app, args);
  const Retentions retentions(app);
  if (args.has("destroy")) return destroy(app, args, retentions);
  return show(app, args, retentions);
}

}  // namespace

extern const Spec retention_offboard;
const Spec retention_offboard{
    .noun = "retention",
    .verb = "offboard",
    .summary = "end a tenant's contract: return its data, then destroy it stage by stage",
    .description =
        "Without --return and --destroy it shows the time line that the pack lays out from the "
        "tenant's anchors: until when data is kept, from when it goes and by when it must be gone, "
        "and with stages from when what was hidden is purged and when the last backup has gone. "
        "Exit 3 when rows are overdue.\n\n--return writes everything of the tenant, its objects "
        "included, into a folder with a manifest of digests, as long as the pack's window after "
        "the end of the contract lasts (exit 5, window_closed); passwords, tokens and masked "
        "columns are left out and named.\n\n--destroy sweeps what is due now, as `retention sweep` "
        "does, with the same guards, holds and minima, and only for a tenant whose contract has "
        "ended. Its destruction record is opened before the first row goes; each receipt "
        "refers to it, and it says when the last backup of what was purged has gone. The nightly "
        "sweep does the same.",
    .options = sweep_options(
        {{.name = "return", .value = "FOLDER", .help = "write everything of the tenant there"},
         {.name = "destroy", .type = Type::flag, .help = "hide, purge or delete what is due now"}}),
    .exits = {0, 3, 4, 5, 7, 8, 11, 13},
    .examples = {{"ccctl retention offboard", "what happens when"},
                 {"ccctl retention offboard --return ./acme", "while the customer may ask for it"},
                 {"ccctl retention offboard --destroy --yes", "each night, or when it is due"}},
    .run = run_offboard,
};

}  // namespace ccctl::cmd
