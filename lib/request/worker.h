// Carries on whatever waits in the queue: any number of workers at the same time.
//
// A claim is a row lock on the queue's item, held by a session of its own for one bounded batch: a
// worker that dies leaves nothing behind, and what it had begun goes on from where it stands.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/context.h"
#include "request/erasure.h"
#include "store/session.h"

namespace ccctl::request {

struct Worked {
  std::uint64_t finished = 0;  // completed, refused or cancelled: out of the queue
  std::uint64_t waiting = 0;   // for a date, a release, an answer, a seal
  std::uint64_t failed = 0;    // wants a person
};

struct Worker {
  std::string tenant;
  Erasure& erasure;        // seals nothing by itself
  store::Session& claims;  // not the erasure's
  const Context& context;
  std::function<bool()> seal;
  int batch = 16;
};

// Takes every request that is due, once; none is left for whoever calls it again at once, except
// those that other workers hold. Throws what concerns the datastore and not one request.
Worked work(const Worker& worker);

}  // namespace ccctl::request
