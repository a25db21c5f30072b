#include "sandbox/seeder.h"

#include "base/error.h"
#include "sandbox/crowd.h"
#include "sandbox/random.h"

namespace ccctl::sandbox {
namespace {

constexpr const char* kSecondTenant = "globex";
constexpr std::uint64_t kSecondTenantContacts = 20;

void refuse_if_there(store::Tx& tx, const std::string& tenant) {
  if (tx.exec({"SELECT FROM public.tenants WHERE tenant_id = $1", {tenant}}).empty()) return;
  throw Error(ErrorKind::refused, "the tenant \"" + tenant + "\" has been seeded already",
              "start afresh with `ccctl sandbox down --erase`, then `ccctl sandbox up`");
}

void add_tenant(Sink& sink, std::uint64_t seed) {
  Random random(seed, "contract", 0);
  sink.add("tenants", {sink.tenant() + " contact centre",
                       "ap-northeast-1",
                       "sandbox",
                       "active",
                       "Asia/Tokyo",
                       {},
                       "2017-01-01T00:00:00Z"});
  sink.add("contracts", {random.uuid(),
                         "C-2017-001",
                         "subscription",
                         "2017-01-01",
                         {},
                         "加藤 経理",
                         "keiri@" + sink.tenant() + ".example",
                         "2017-01-01T00:00:00Z"});
}

}  // namespace

SeedResult seed(store::Tx& tx, object::ObjectStore& objects, const SeedOptions& options) {
  refuse_if_there(tx, options.tenant);
  Sink sink(tx, objects, options.tenant);
  const Crowd crowd{sink, options.seed, options.contacts};
  add_tenant(sink, options.seed);
  add_well_known(sink);
  add_people(crowd);
  add_conversations(crowd);
  sink.flush();
  sink.analyse();
  return SeedResult{sink.rows(), sink.objects()};
}

SeedResult seed_all(store::Session& session, object::ObjectStore& objects,
                    const SeedOptions& options) {
  SeedResult total;
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    total = seed(tx, objects, options);
    if (options.tenant == kSecondTenant) return;
    const SeedResult second =
        seed(tx, objects, {options.seed, kSecondTenantContacts, kSecondTenant});
    total.rows += second.rows;
    total.objects += second.objects;
  });
  return total;
}

bool seeded(store::Session& session) {
  bool found = false;
  session.transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    found =
        tx.exec({"SELECT FROM public.tenants WHERE tenant_id = $1", {kSecondTenant}}).size() > 0;
  });
  return found;
}

}  // namespace ccctl::sandbox
