// Deletes the objects of erased rows: the committed intents, each under the holds of this moment.
#pragma once

#include <functional>
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

// `category_of` tells the data category of a table, for holds by category.
ObjectsLeft delete_objects(
    store::Session& session, const std::string& tenant, const std::string& request_id,
    const std::vector<subject::SubjectRef>& subjects,
    const std::function<object::ObjectStore&(const std::string& name)>& store_of,
    const std::function<std::string(const std::string& table)>& category_of);

}  // namespace ccctl::run
