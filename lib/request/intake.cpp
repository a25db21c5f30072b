#include "request/intake.h"

#include <algorithm>

#include "audit/schema.h"
#include "base/error.h"
#include "datamap/sql.h"

namespace ccctl::request {

void require_intake(const RequestPolicy& policy, const Intake& intake) {
  const auto& roles = policy.requesters;
  if (!intake.requester.empty() &&
      std::find(roles.begin(), roles.end(), intake.requester) == roles.end()) {
    throw Error(ErrorKind::refused, "a " + intake.requester + " cannot ask directly",
                "the request must come through the customer: --requester customer "
                "--on-behalf-of user:ID (W-26)");
  }
  if (intake.identity_method.empty() && !policy.identity_check_waived) {
    throw Error(ErrorKind::refused,
                "there is no record of how the data subject's identity was checked",
                "give --identity-method and --identity-by");
  }
  // Their first event is the receipt, when it would be too late to refuse them.
  for (const std::string& text : {intake.identity_method, intake.identity_by}) {
    if (!audit::has_form(audit::Form::statement, text)) {
      throw Error(ErrorKind::usage, "--identity-method or --identity-by is too long for the log",
                  "say it shorter");
    }
  }
}

void require_window(store::Tx& tx, const Ground& ground, const datamap::Catalog& catalog, Type type,
                    Instant asked) {
  const RequestPolicy& policy = ground.rules.requests;
  const datamap::Map& map = ground.map;
  if (type != Type::exporting || !policy.export_window || !map.tenants) return;
  const auto anchor = map.tenants->anchors.find("contract_end");
  if (anchor == map.tenants->anchors.end()) return;
  const datamap::Table& table = *map.table(map.tenants->table);
  const datamap::CatalogColumn* key = catalog.at(table.name).column(map.tenants->key);
  const store::Rows rows =
      tx.exec({"SELECT (" + datamap::anchor_sql(map, catalog, table, "t", anchor->second) +
                   ")::text FROM " + catalog.at(table.name).sql_name + " t WHERE " +
                   datamap::column_sql("t", map.tenants->key) + " = " +
                   datamap::typed_param("$1", key == nullptr ? "" : key->type),
               {ground.tenant}});
  if (rows.empty() || rows.is_null(0, 0)) return;
  const std::string text(rows.text(0, 0));
  bool closed = false;
  if (datamap::anchor_is_date(map, catalog, table, anchor->second)) {
    const std::optional<Instant> midnight = parse_instant(text + "T00:00:00Z");
    closed = midnight && asked >= add(Day(std::chrono::floor<std::chrono::days>(*midnight)),
                                      *policy.export_window, policy.zone);
  } else if (const std::optional<Instant> end = parse_pg_timestamptz(text)) {
    closed = asked > add(*end, *policy.export_window, policy.zone, Granularity::instant);
  }
  if (!closed) return;
  throw Error(ErrorKind::refused, "the window for asking for data closed " +
                                      to_text(*policy.export_window) + " after the contract's end")
      .with("reason", "window_closed");
}

}  // namespace ccctl::request
