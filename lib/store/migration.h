// The ccctl schema's numbered migrations: schemas/sql/NNN-name.sql, recorded with their digests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.h"

namespace ccctl::store {

// One migration, compiled into the program from schemas/sql. Numbers are dense from 1.
struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;
  std::string_view sha256;  // hex of the file, made at build time
};

std::span<const Migration> migrations();

// schemas/sql/contact-center.sql, the reference datastore; empty when the program was built
// without.
std::string_view reference_schema();

struct MigrationState {
  int applied = 0;           // 0: there is no ccctl schema
  int known = 0;             // what this program brings
  std::vector<int> altered;  // applied with another digest or name than this program's
};

MigrationState migration_state(Tx& tx);
// Applies what is missing, all in the one transaction, under an advisory lock. Refuses (refused) a
// datastore that is newer than the program, or whose applied migrations differ.
MigrationState migrate(Tx& tx);

}  // namespace ccctl::store
