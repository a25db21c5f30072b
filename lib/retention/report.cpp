#include "retention/report.h"

#include <nlohmann/json.hpp>

#include "base/time.h"

namespace ccctl::retention {
namespace {

void put(Json& json, const char* name, const store::Rows& rows, std::size_t row, std::size_t c) {
  if (!rows.is_null(row, c)) json[name] = to_text(*rows.instant(row, c));
}

std::vector<Json> stages_of(store::Tx& tx, const std::string& tenant) {
  const store::Rows rows = tx.exec(
      {"SELECT table_name, stage, rule_id, pg_catalog.count(*), pg_catalog.min(acted_at), "
       "pg_catalog.min(next_at), pg_catalog.max(next_at) FROM ccctl.stage WHERE tenant_id = "
       "$1::text GROUP BY table_name, stage, rule_id ORDER BY table_name, stage, rule_id",
       {tenant}});
  std::vector<Json> all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Json stage{{"table", rows.text(r, 0)},
               {"stage", rows.text(r, 1)},
               {"rule", rows.text(r, 2)},
               {"rows", rows.integer(r, 3)}};
    put(stage, "since", rows, r, 4);
    put(stage, "purgeFrom", rows, r, 5);
    put(stage, "purgeUntil", rows, r, 6);
    all.push_back(std::move(stage));
  }
  return all;
}

std::vector<Json> destructions_of(store::Tx& tx, const std::string& tenant) {
  const store::Rows rows = tx.exec(
      {"SELECT run_id, kind, method, opened_by, COALESCE(outcome, 'open'), planned_rows, rows, "
       "as_of, opened_at, closed_at, backups_gone_at, policy_digest, pg_catalog.encode(leaf_hash, "
       "'hex') FROM ccctl.destruction WHERE tenant_id = $1::text ORDER BY opened_at DESC, run_id",
       {tenant}});
  std::vector<Json> all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Json record{{"run", rows.text(r, 0)},     {"kind", rows.text(r, 1)},
                {"method", rows.text(r, 2)},  {"by", rows.text(r, 3)},
                {"outcome", rows.text(r, 4)}, {"planned", rows.integer(r, 5)},
                {"policy", rows.text(r, 11)}};
    if (!rows.is_null(r, 6)) record["rows"] = rows.integer(r, 6);
    put(record, "asOf", rows, r, 7);
    put(record, "openedAt", rows, r, 8);
    put(record, "closedAt", rows, r, 9);
    put(record, "backupsGone", rows, r, 10);
    if (!rows.is_null(r, 12)) record["leaf"] = rows.text(r, 12);
    all.push_back(std::move(record));
  }
  return all;
}

}  // namespace

History read_history(store::Tx& tx, const std::string& tenant) {
  return {stages_of(tx, tenant), destructions_of(tx, tenant)};
}

}  // namespace ccctl::retention
