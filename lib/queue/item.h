// Work that waits outside the deleting transactions: claimed under a lease, done, removed.
//
// An item is committed together with the change that wants it, so neither is ever without the
// other. Doing it must be harmless to repeat: a worker may die after the deed and before the
// removal.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "store/session.h"

namespace ccctl::queue {

struct Item {
  std::string id;
  std::string kind;    // "object.delete"
  std::string source;  // table of the row that wanted it
  std::string store;
  std::string target;  // object key
  std::int64_t fence = 0;
  int attempts = 0;
};

constexpr std::chrono::seconds kLease{60};

// Claims up to `most` items of a request that are due and not leased by a live worker.
std::vector<Item> claim(store::Tx& tx, const std::string& tenant, const std::string& request_id,
                        int most);
// Removes a done item; false when the lease had passed to another worker meanwhile.
bool finish(store::Tx& tx, const std::string& tenant, const Item& item);
// Gives it back, due again after a pause that doubles with each attempt.
void give_back(store::Tx& tx, const std::string& tenant, const Item& item);
std::uint64_t waiting(store::Tx& tx, const std::string& tenant, const std::string& request_id);

}  // namespace ccctl::queue
