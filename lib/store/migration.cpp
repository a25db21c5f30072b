#include "store/migration.h"

#include <algorithm>

namespace ccctl::store {
namespace {

// Any number does, as long as every ccctl uses the same: "ccctl" in ASCII.
constexpr const char* kLock = "SELECT pg_catalog.pg_advisory_xact_lock(427069567084)";

void check(const MigrationState& state) {
  if (state.applied > state.known) {
    throw Error(ErrorKind::refused,
                "the datastore has migration " + std::to_string(state.applied) +
                    " and this program knows " + std::to_string(state.known),
                "use the version of ccctl that migrated the datastore, or a newer one");
  }
  if (!state.altered.empty()) {
    throw Error(ErrorKind::refused,
                "migration " + std::to_string(state.altered.front()) +
                    " of the datastore differs from this program's",
                "use the build of ccctl that migrated the datastore");
  }
}

}  // namespace

MigrationState migration_state(Tx& tx) {
  MigrationState state;
  state.known = static_cast<int>(migrations().size());
  const Rows table = tx.exec("SELECT pg_catalog.to_regclass('ccctl.migration') IS NOT NULL");
  if (!table.boolean(0, 0)) return state;
  const Rows rows = tx.exec("SELECT number, name, sha256 FROM ccctl.migration ORDER BY number");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const int number = static_cast<int>(rows.integer(i, 0));
    state.applied = number;
    const auto ours = std::ranges::find(migrations(), number, &Migration::number);
    if (ours == migrations().end()) continue;
    if (ours->name != rows.text(i, 1) || ours->sha256 != rows.text(i, 2)) {
      state.altered.push_back(number);
    }
  }
  return state;
}

MigrationState migrate(Tx& tx) {
  tx.exec(kLock);
  MigrationState state = migration_state(tx);
  check(state);
  for (const Migration& migration : migrations()) {
    if (migration.number <= state.applied) continue;
    tx.script(std::string(migration.sql));
    tx.exec({"INSERT INTO ccctl.migration (number, name, sha256) VALUES ($1, $2, $3)",
             {std::to_string(migration.number), std::string(migration.name),
              std::string(migration.sha256)}});
    state.applied = migration.number;
  }
  return state;
}

}  // namespace ccctl::store
