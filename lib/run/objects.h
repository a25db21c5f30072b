// Deletes the objects of erased rows: the committed intents, each under the holds of this moment.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "object/store.h"
#include "rule/hold.h"
#include "store/session.h"
#include "subject/ref.h"

namespace ccctl::run {

struct ObjectsLeft {
  std::uint64_t removed = 0;
  std::uint64_t parked = 0;  // a hold that came after the erasure covers them
  std::uint64_t failed = 0;  // the object store refused; tried again later
};

// Whose objects, and what they stand under.
struct ObjectOwner {
  std::vector<subject::SubjectRef> subjects;
  std::set<std::string> seen_holds;  // ids of those that every erasing transaction knew of
  std::function<object::ObjectStore&(const std::string& name)> store_of;
  // The data category of a table, for holds by category.
  std::function<std::string(const std::string& table)> category_of;
  // Called in the transaction that ends the last intent; may be empty.
  std::function<void(store::Tx& tx)> emptied;
  bool any_subject = false;  // whose they were is not known: any subject's hold may cover them
  // Called before each transaction's work, and throws where another does it now; may be empty.
  std::function<void(store::Tx& tx)> fence{};
};

// Tries every waiting object of the request once. Several workers may do so at the same time.
ObjectsLeft delete_objects(store::Session& session, const std::string& tenant,
                           const std::string& request_id, const ObjectOwner& owner);

}  // namespace ccctl::run
