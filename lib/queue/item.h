// Work that waits outside the deleting transactions: claimed, done, removed.
//
// An item is committed together with the change that wants it, so neither is ever without the
// other. A claim is a row lock: it ends with the transaction, so that a worker that dies leaves
// nothing behind to wait for. Doing an item must be harmless to repeat.
#pragma once

#include <string>
#include <vector>

#include "store/session.h"

namespace ccctl::queue {

struct Item {
  std::string id;
  std::string kind;    // "object.delete", "request.run", "audit.pin"
  std::string source;  // table of the row that wanted it
  std::string store;
  std::string target;  // object key
  int attempts = 0;
  std::string request_id;
};

// One item for the request, due at an instant; an earlier one of the same kind gets the new date.
void put(store::Tx& tx, const std::string& tenant, const std::string& kind,
         const std::string& request_id, Instant due);
// Locks up to `most` items of the kind that were due at that instant and that no other worker has
// locked, the oldest first.
std::vector<Item> claim_due(store::Tx& tx, const std::string& tenant, const std::string& kind,
                            Instant before, int most);
// Due again at an instant.
void postpone(store::Tx& tx, const std::string& tenant, const Item& item, Instant due);

// Locks up to `most` objects of a request beyond the item `after` (empty: from the first), in order
// of their ids, that no other worker has locked. Also those that are not due yet: whoever asks for
// a request by its id wants it finished now.
std::vector<Item> claim(store::Tx& tx, const std::string& tenant, const std::string& request_id,
                        const std::string& after, int most);
void finish(store::Tx& tx, const std::string& tenant, const Item& item);
// Due again after a pause that doubles with each attempt.
void give_back(store::Tx& tx, const std::string& tenant, const Item& item);
// Objects of the request that are still there.
std::uint64_t waiting(store::Tx& tx, const std::string& tenant, const std::string& request_id);

}  // namespace ccctl::queue
