#include "run/objects.h"

#include <algorithm>

#include "base/error.h"
#include "queue/item.h"
#include "run/window.h"

namespace ccctl::run {
namespace {

constexpr int kBatch = 100;

// A hold that was added before the erasure has kept its rows, so their objects have no intent; one
// that came later parks what it may cover. Its dates are not looked at: the row is gone.
bool covered(const rule::Hold& hold, const std::vector<subject::SubjectRef>& subjects,
             const std::string& category) {
  for (const subject::SubjectRef& held : hold.subjects) {
    if (std::find(subjects.begin(), subjects.end(), held) != subjects.end()) return true;
  }
  return !hold.of_subject() && (hold.category.empty() || hold.category == category);
}

}  // namespace

ObjectsLeft delete_objects(
    store::Session& session, const std::string& tenant, const std::string& request_id,
    const std::vector<subject::SubjectRef>& subjects,
    const std::function<object::ObjectStore&(const std::string& name)>& store_of,
    const std::function<std::string(const std::string& table)>& category_of) {
  ObjectsLeft left;
  const Window window{tenant, request_id, 0, 0};  // pass 0: the objects
  session.transact(store::Mode::read_committed,
                   [&](store::Tx& tx) { open_attempt(tx, window, datastore_now(tx)); });
  for (bool more = true; more;) {
    // Objects go while the attempt row is locked: `hold add` waits for this, and what it then lists
    // as parked is what it found here.
    ObjectsLeft batch;
    session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      batch = {};
      tx.exec(
          {"SELECT 1 FROM ccctl.attempt WHERE tenant_id = $1::text AND attempt_id = $2::text FOR "
           "UPDATE",
           {tenant, window.attempt_id()}});
      const std::vector<rule::Hold> holds = rule::active_holds(tx, tenant);
      const std::vector<queue::Item> items = queue::claim(tx, tenant, request_id, kBatch);
      more = !items.empty();
      for (const queue::Item& item : items) {
        const std::string category = category_of(item.source);
        if (std::any_of(holds.begin(), holds.end(), [&](const rule::Hold& hold) {
              return covered(hold, subjects, category);
            })) {
          ++batch.parked;
          queue::give_back(tx, tenant, item);
          continue;
        }
        try {
          store_of(item.store).remove(item.target);
          queue::finish(tx, tenant, item);
          ++batch.removed;
        } catch (const Error& error) {
          if (error.kind() != ErrorKind::io) throw;
          ++batch.failed;
          queue::give_back(tx, tenant, item);
        }
      }
    });
    left.removed += batch.removed;
    left.parked += batch.parked;
    left.failed += batch.failed;
  }
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    tx.exec({"DELETE FROM ccctl.attempt WHERE tenant_id = $1::text AND attempt_id = $2::text",
             {tenant, window.attempt_id()}});
  });
  return left;
}

}  // namespace ccctl::run
