#include "queue/item.h"

#include <algorithm>

namespace ccctl::queue {

std::vector<Item> claim(store::Tx& tx, const std::string& tenant, const std::string& request_id,
                        int most) {
  const store::Rows rows = tx.exec(
      {"UPDATE ccctl.item i SET lease_until = pg_catalog.statement_timestamp() + $4::interval, "
       "fence = i.fence + 1, "
       "attempts = i.attempts + 1 FROM (SELECT item_id FROM ccctl.item WHERE tenant_id = $1::text "
       "AND request_id = "
       "$2::text AND due_at <= pg_catalog.statement_timestamp() AND (lease_until IS NULL OR "
       "lease_until < "
       "pg_catalog.statement_timestamp()) ORDER BY due_at, item_id LIMIT $3::integer FOR UPDATE "
       "SKIP LOCKED) c WHERE "
       "i.tenant_id = $1::text AND i.item_id = c.item_id RETURNING i.item_id, i.kind, i.source, "
       "i.store, i.target, "
       "i.fence, i.attempts",
       {tenant, request_id, std::to_string(most), std::to_string(kLease.count()) + " seconds"}});
  std::vector<Item> items;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    items.push_back({std::string(rows.text(r, 0)), std::string(rows.text(r, 1)),
                     std::string(rows.text(r, 2)), std::string(rows.text(r, 3)),
                     std::string(rows.text(r, 4)), rows.integer(r, 5),
                     static_cast<int>(rows.integer(r, 6))});
  }
  return items;
}

bool finish(store::Tx& tx, const std::string& tenant, const Item& item) {
  return tx.exec({"DELETE FROM ccctl.item WHERE tenant_id = $1::text AND item_id = $2::text AND "
                  "fence = $3::bigint",
                  {tenant, item.id, std::to_string(item.fence)}})
             .affected() == 1;
}

void give_back(store::Tx& tx, const std::string& tenant, const Item& item) {
  const int pause = 5 << std::min(item.attempts, 10);  // 10 s, 20 s … 85 min
  tx.exec(
      {"UPDATE ccctl.item SET lease_until = NULL, due_at = pg_catalog.statement_timestamp() + "
       "$4::interval WHERE "
       "tenant_id = $1::text AND item_id = $2::text AND fence = $3::bigint",
       {tenant, item.id, std::to_string(item.fence), std::to_string(pause) + " seconds"}});
}

std::uint64_t waiting(store::Tx& tx, const std::string& tenant, const std::string& request_id) {
  return static_cast<std::uint64_t>(tx.exec({"SELECT pg_catalog.count(*) FROM ccctl.item WHERE "
                                             "tenant_id = $1::text AND request_id = $2::text",
                                             {tenant, request_id}})
                                        .integer(0, 0));
}

}  // namespace ccctl::queue
