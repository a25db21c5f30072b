// ccctl db migrate: brings an existing ccctl schema to this program's state.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/app.h"
#include "store/migration.h"

namespace ccctl::cmd {
namespace {

int run_migrate(App& app, const Args& args) {
  store::MigrationState before, after;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    before = store::migration_state(tx);
    if (before.applied == 0) {
      throw Error(ErrorKind::refused, "the datastore has no ccctl schema", "run `ccctl db init`");
    }
    after = args.has("dry-run") ? before : store::migrate(tx);
  });
  Json pending = Json::array();
  for (const store::Migration& migration : store::migrations()) {
    if (migration.number > after.applied) pending.push_back(std::string(migration.name));
  }
  app.print({{"kind", "SchemaState"},
             {"applied", after.applied},
             {"newlyApplied", after.applied - before.applied},
             {"known", after.known},
             {"pending", pending}});
  return 0;
}

}  // namespace

extern const Spec db_migrate;
const Spec db_migrate{
    .noun = "db",
    .verb = "migrate",
    .summary = "bring the ccctl schema up to date",
    .description =
        "Applies the numbered migrations that the datastore does not have yet, all in one "
        "transaction. Refuses a datastore that is newer than this program, or one whose applied "
        "migrations were altered.",
    .options = {{.name = "dry-run", .type = Type::flag, .help = "say what is missing and stop"}},
    .exits = {0, 5, 11, 13},
    .examples = {{"ccctl db migrate --dry-run", "what a new version of ccctl would change"}},
    .run = run_migrate,
};

}  // namespace ccctl::cmd
