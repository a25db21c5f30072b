// Deterministic synthetic people in Japanese, English and German for the reference datastore.
#pragma once

#include <cstdint>
#include <string>

#include "object/store.h"
#include "store/session.h"

namespace ccctl::sandbox {

struct SeedOptions {
  std::uint64_t seed = 1;
  std::uint64_t contacts = 10000;   // conversations and their rows scale with it (200,000 rows for 10,000)
  std::string tenant = "acme";
};

struct SeedResult {
  std::uint64_t rows = 0;
  std::uint64_t objects = 0;
};

// Fills the empty reference tables; `tx` belongs to their owner. The same options give the same rows.
SeedResult seed(store::Tx& tx, object::ObjectStore& objects, const SeedOptions& options);

}  // namespace ccctl::sandbox
