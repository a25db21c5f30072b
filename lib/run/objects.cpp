#include "run/objects.h"

#include <algorithm>

#include "base/error.h"
#include "queue/item.h"
#include "run/window.h"

namespace ccctl::run {
namespace {

constexpr int kBatch = 100;

// A hold that the erasure saw has kept its rows, so their objects have no intent; one that came
// later parks what it may cover. Its dates and data types are not looked at: the row is gone.
bool covered(const rule::Hold& hold, const ObjectOwner& owner, const std::string& category) {
  if (hold.of_subject() && owner.any_subject) return true;
  const std::vector<subject::SubjectRef>& subjects = owner.subjects;
  for (const subject::SubjectRef& held : hold.subjects) {
    if (std::find(subjects.begin(), subjects.end(), held) != subjects.end()) return true;
  }
  return !hold.of_subject() && (hold.category.empty() || hold.category == category);
}

struct Batch {
  ObjectsLeft left;
  std::string last;  // item
  bool more = true;
};

void remove_object(store::Tx& tx, const std::string& tenant, const queue::Item& item,
                   object::ObjectStore& store, ObjectsLeft& left) {
  try {
    store.remove(item.target);
  } catch (const Error&) {
    // Whatever is the matter with this object or its store, the others must not wait for it.
    ++left.failed;
    queue::give_back(tx, tenant, item);
    return;
  }
  queue::finish(tx, tenant, item);
  ++left.removed;
}

// One transaction: objects go while the attempt row is locked, so that `hold add` waits for this.
Batch delete_batch(store::Tx& tx, const Window& window, const std::string& after,
                   const ObjectOwner& owner) {
  Batch batch{{}, after, true};
  std::vector<rule::Hold> holds = rule::active_holds(tx, window.tenant);
  std::erase_if(holds, [&](const auto& hold) { return owner.seen_holds.contains(hold.id); });
  const std::vector<queue::Item> items =
      queue::claim(tx, window.tenant, window.request_id, after, kBatch);
  for (const queue::Item& item : items) {
    batch.last = item.id;
    const std::string category = owner.category_of(item.source);
    if (std::any_of(holds.begin(), holds.end(),
                    [&](const rule::Hold& hold) { return covered(hold, owner, category); })) {
      ++batch.left.parked;
      queue::give_back(tx, window.tenant, item);
    } else {
      remove_object(tx, window.tenant, item, owner.store_of(item.store), batch.left);
    }
  }
  if (owner.emptied && batch.left.removed > 0 &&
      queue::waiting(tx, window.tenant, window.request_id) == 0) {
    owner.emptied(tx);
  }
  batch.more = items.size() == static_cast<std::size_t>(kBatch);
  // In the commit of the last items, so that no crash leaves an attempt without work.
  if (!batch.more) close_attempt(tx, window);
  return batch;
}

}  // namespace

ObjectsLeft delete_objects(store::Session& session, const std::string& tenant,
                           const std::string& request_id, const ObjectOwner& owner) {
  const Window window{tenant, request_id, 0, 0};  // pass 0: the objects
  ObjectsLeft left;
  Batch batch;
  while (batch.more) {
    session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      if (owner.fence) owner.fence(tx);
      open_attempt(tx, window, tx.began_at());
    });
    bool locked = false;
    Batch next;
    session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      locked = lock_attempt(tx, window);
      if (locked && owner.fence) owner.fence(tx);
      if (locked) next = delete_batch(tx, window, batch.last, owner);
    });
    if (!locked) continue;  // another worker ended it just now: what is left may be ours to do
    left.removed += next.left.removed;
    left.parked += next.left.parked;
    left.failed += next.left.failed;
    batch = next;
  }
  return left;
}

}  // namespace ccctl::run
