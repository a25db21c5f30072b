#include "request/worker.h"

#include <vector>

#include "base/error.h"
#include "queue/item.h"
#include "run/window.h"

namespace ccctl::request {
namespace {

// The world is broken or the worker was stopped: this request is not to blame.
bool fatal(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::paused:
    case ErrorKind::unreachable:
    case ErrorKind::denied:
    case ErrorKind::in_doubt:
    case ErrorKind::map_drift:
    case ErrorKind::restored_datastore:
    case ErrorKind::map_invalid:
    case ErrorKind::policy_invalid:
      return true;
    default:
      return false;
  }
}

// Nothing that time cures: the plan must be made again.
bool hopeless(const Error& error) {
  return error.kind() == ErrorKind::stale_plan || error.kind() == ErrorKind::not_found;
}

enum class End { finished, waiting, failed };

struct Tried {
  queue::Item item;
  End end = End::waiting;
  bool unsealed = false;
  std::optional<Instant> due;  // when to look again; nothing: by the next worker
};

void take(const Request& request, Tried& tried) {
  tried.unsealed = request.phase == Phase::unsealed;
  tried.end = live(request.phase) ? End::waiting : End::finished;
  if (request.phase == Phase::settling) tried.due = request.settle_at;
  const bool objects_left = request.phase == Phase::completed && request.outcome == "partial";
  if (live(request.phase) && request.outcome == "partial") tried.end = End::failed;
  if (objects_left) tried.end = End::finished;
}

Tried attempt(const Worker& worker, const queue::Item& item) {
  Tried tried{item, End::waiting, false, std::nullopt};
  try {
    take(worker.erasure.advance(item.request_id), tried);
  } catch (const Error& error) {
    if (fatal(error)) throw;
    if (hopeless(error)) {
      worker.erasure.fail(item.request_id);
      tried.end = End::failed;
    }
    worker.context.log(LogLevel::warning, "request " + item.request_id + ": " + error.what());
  }
  return tried;
}

// One batch: true when there may be more.
bool run_batch(const Worker& worker, Instant start, Worked& worked) {
  store::Tx tx = worker.claims.begin(store::Mode::read_committed);
  const std::vector<queue::Item> items =
      queue::claim_due(tx, worker.tenant, std::string(kRun), start, worker.batch);
  if (items.empty()) return false;
  std::vector<Tried> all;
  bool unsealed = false;
  for (const queue::Item& item : items) {
    all.push_back(attempt(worker, item));
    unsealed = unsealed || all.back().unsealed;
  }
  const bool sealed = unsealed && worker.seal();
  for (Tried& tried : all) {
    if (tried.unsealed && sealed) tried = attempt(worker, tried.item);
    worked.finished += tried.end == End::finished ? 1 : 0;
    worked.waiting += tried.end == End::waiting ? 1 : 0;
    worked.failed += tried.end == End::failed ? 1 : 0;
    if (tried.end == End::finished) {
      queue::finish(tx, worker.tenant, tried.item);
    } else {
      queue::postpone(tx, worker.tenant, tried.item, tried.due.value_or(tx.began_at()));
    }
  }
  // In doubt is as good as not: whoever claims a finished request finds nothing left to do.
  (void)tx.commit();
  return true;
}

}  // namespace

Worked work(const Worker& worker) {
  Worked worked;
  Instant start{};
  worker.claims.transact(store::Mode::read_committed,
                         [&](store::Tx& tx) { start = tx.began_at(); });
  while (run_batch(worker, start, worked)) {
  }
  return worked;
}

}  // namespace ccctl::request
