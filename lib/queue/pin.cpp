#include "queue/pin.h"

#include "base/error.h"
#include "queue/item.h"

namespace ccctl::queue {
namespace {

constexpr const char* kKind = "audit.pin";

std::string id_of(const Destination& destination) {
  return std::string(kKind) + "/" + destination.name;
}

void enqueue(store::Tx& tx, const std::string& tenant, const std::vector<Destination>& all) {
  for (const Destination& destination : all) {
    tx.exec(
        {"INSERT INTO ccctl.item (tenant_id, item_id, kind, request_id, source, store, target, "
         "due_at) VALUES ($1::text, $2::text, $3::text, $4::text, '', '', '', "
         "pg_catalog.statement_timestamp()) ON CONFLICT (tenant_id, item_id) DO NOTHING",
         {tenant, id_of(destination), std::string(kKind), destination.name}});
  }
}

// Locks the destination's item; nothing when there is none, or it is not asked for, or somebody
// else has it.
std::optional<Item> claim(store::Tx& tx, const std::string& tenant, const Destination& destination,
                          Which which) {
  const store::Rows rows =
      tx.exec({"SELECT attempts FROM ccctl.item WHERE tenant_id = $1::text AND item_id = $2::text" +
                   std::string(which == Which::everything
                                   ? ""
                                   : " AND due_at <= pg_catalog.statement_timestamp()") +
                   " FOR UPDATE SKIP LOCKED",
               {tenant, id_of(destination)}});
  if (rows.empty()) return std::nullopt;
  return Item{id_of(destination), kKind, "", "", "", static_cast<int>(rows.integer(0, 0)), ""};
}

std::optional<Instant> due_of(store::Tx& tx, const std::string& tenant, const Item& item) {
  return tx
      .exec({"SELECT due_at FROM ccctl.item WHERE tenant_id = $1::text AND item_id = $2::text",
             {tenant, item.id}})
      .instant(0, 0);
}

std::optional<Sent> send_one(store::Tx& tx, const std::string& tenant,
                             const Destination& destination, Which which) {
  const std::optional<Item> item = claim(tx, tenant, destination, which);
  if (!item) return std::nullopt;
  // Read under the lock: what is sealed later is sent by whoever comes later.
  const std::vector<audit::Sealed> newest = audit::newest_checkpoints(tx);
  Sent sent{destination.name, newest.size(), "", std::nullopt, item->attempts};
  try {
    destination.send(newest);
    finish(tx, tenant, *item);
  } catch (const Error& error) {
    give_back(tx, tenant, *item);
    sent.failure = error.what();
    sent.next_at = due_of(tx, tenant, *item);
    ++sent.attempts;
  }
  return sent;
}

}  // namespace

std::vector<Sent> send_pins(store::Session& session, const std::string& tenant,
                            const std::vector<Destination>& destinations, Which which) {
  if (which == Which::everything) {
    session.transact(store::Mode::read_committed,
                     [&](store::Tx& tx) { enqueue(tx, tenant, destinations); });
  }
  std::vector<Sent> all;
  for (const Destination& destination : destinations) {
    std::optional<Sent> sent;
    session.transact(store::Mode::read_committed,
                     [&](store::Tx& tx) { sent = send_one(tx, tenant, destination, which); });
    if (sent) all.push_back(std::move(*sent));
  }
  return all;
}

}  // namespace ccctl::queue
