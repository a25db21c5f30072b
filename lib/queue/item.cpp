#include "queue/item.h"

#include <algorithm>

namespace ccctl::queue {

std::vector<Item> claim(store::Tx& tx, const std::string& tenant, const std::string& request_id,
                        const std::string& after, int most) {
  const store::Rows rows =
      tx.exec({"SELECT item_id, kind, source, store, target, attempts FROM ccctl.item WHERE "
               "tenant_id = $1::text AND request_id "
               "= $2::text AND kind = 'object.delete' AND item_id > $3::text ORDER BY item_id "
               "LIMIT $4::integer FOR UPDATE "
               "SKIP LOCKED",
               {tenant, request_id, after, std::to_string(most)}});
  std::vector<Item> items;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    items.push_back({std::string(rows.text(r, 0)), std::string(rows.text(r, 1)),
                     std::string(rows.text(r, 2)), std::string(rows.text(r, 3)),
                     std::string(rows.text(r, 4)), static_cast<int>(rows.integer(r, 5)),
                     request_id});
  }
  return items;
}

void finish(store::Tx& tx, const std::string& tenant, const Item& item) {
  tx.defer({"DELETE FROM ccctl.item WHERE tenant_id = $1::text AND item_id = $2::text",
            {tenant, item.id}});
}

void give_back(store::Tx& tx, const std::string& tenant, const Item& item) {
  const int pause = 5 << std::min(item.attempts, 10);  // 5 s, 10 s … 85 min
  tx.defer(
      {"UPDATE ccctl.item SET attempts = attempts + 1, due_at = pg_catalog.statement_timestamp() + "
       "$3::interval "
       "WHERE tenant_id = $1::text AND item_id = $2::text",
       {tenant, item.id, std::to_string(pause) + " seconds"}});
}

void put(store::Tx& tx, const std::string& tenant, const std::string& kind,
         const std::string& request_id, Instant due) {
  tx.defer(
      {"INSERT INTO ccctl.item (tenant_id, item_id, kind, request_id, source, store, target, "
       "due_at) VALUES ($1::text, $2::text, $3::text, $4::text, '', '', '', $5::timestamptz) ON "
       "CONFLICT (tenant_id, item_id) DO UPDATE SET due_at = excluded.due_at",
       {tenant, kind + "/" + request_id, kind, request_id, to_text(due)}});
}

std::vector<Item> claim_due(store::Tx& tx, const std::string& tenant, const std::string& kind,
                            Instant before, int most) {
  const store::Rows rows = tx.exec(
      {"SELECT item_id, attempts, request_id FROM ccctl.item WHERE tenant_id = $1::text AND kind = "
       "$2::text AND due_at <= $3::timestamptz ORDER BY due_at, item_id LIMIT $4::integer FOR "
       "UPDATE "
       "SKIP LOCKED",
       {tenant, kind, to_text(before), std::to_string(most)}});
  std::vector<Item> items;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    items.push_back({std::string(rows.text(r, 0)), kind, "", "", "",
                     static_cast<int>(rows.integer(r, 1)), std::string(rows.text(r, 2))});
  }
  return items;
}

void postpone(store::Tx& tx, const std::string& tenant, const Item& item, Instant due) {
  tx.defer(
      {"UPDATE ccctl.item SET attempts = attempts + 1, due_at = $3::timestamptz WHERE "
       "tenant_id = $1::text AND item_id = $2::text",
       {tenant, item.id, to_text(due)}});
}

std::uint64_t waiting(store::Tx& tx, const std::string& tenant, const std::string& request_id) {
  return static_cast<std::uint64_t>(tx.exec({"SELECT pg_catalog.count(*) FROM ccctl.item WHERE "
                                             "tenant_id = $1::text AND request_id = $2::text "
                                             "AND kind = 'object.delete'",
                                             {tenant, request_id}})
                                        .integer(0, 0));
}

}  // namespace ccctl::queue
