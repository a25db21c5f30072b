#include "store/lease.h"

#include <exception>

namespace ccctl::store {
namespace {

constexpr const char* kTime = "interval '2 minutes'";

}  // namespace

std::optional<Lease> Lease::take(Session& session, const std::string& tenant,
                                 const std::string& name, const std::string& holder) {
  std::optional<Lease> taken;
  session.transact(Mode::read_committed, [&](Tx& tx) {
    taken.reset();
    const Rows rows = tx.exec(
        {"INSERT INTO ccctl.lease AS l (tenant_id, name, holder, fence, backend, "
         "expires_at) VALUES ($1::text, $2::text, $3::text, 1, pg_catalog.pg_backend_pid(), "
         "pg_catalog.clock_timestamp() + " +
             std::string(kTime) +
             ") ON CONFLICT (tenant_id, name) DO UPDATE SET holder = excluded.holder, "
             "fence = l.fence + 1, backend = excluded.backend, expires_at = "
             "excluded.expires_at WHERE l.expires_at <= pg_catalog.clock_timestamp() OR NOT "
             "EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = l.backend) "
             "RETURNING l.fence",
         {tenant, name, holder}});
    if (!rows.empty()) taken = Lease(tenant, name, rows.integer(0, 0));
  });
  return taken;
}

std::string Lease::in_force_sql(Params& params) const {
  return "lease AS (UPDATE ccctl.lease SET backend = pg_catalog.pg_backend_pid(), expires_at = "
         "pg_catalog.clock_timestamp() + " +
         std::string(kTime) + " WHERE tenant_id = " + params.bind(tenant_) +
         "::text AND name = " + params.bind(name_) +
         "::text AND fence = " + params.bind(std::to_string(fence_)) + "::bigint RETURNING 1)";
}

void Lease::give_up(Session& session) const noexcept {
  try {
    session.transact(Mode::read_committed, [&](Tx& tx) {
      tx.exec(
          {"UPDATE ccctl.lease SET expires_at = pg_catalog.clock_timestamp() WHERE tenant_id = "
           "$1::text AND name = $2::text AND fence = $3::bigint",
           {tenant_, name_, std::to_string(fence_)}});
    });
  } catch (const std::exception&) {
    // It ends with the backend.
  }
}

}  // namespace ccctl::store
