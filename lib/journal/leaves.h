// The datastore's side of a journal: which leaves are due, which are lost, what was signed.
//
// Internal to this room. Hashes are leaf hashes in hexadecimal.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "journal/segment.h"
#include "store/session.h"

namespace ccctl::journal {

struct Leaf {
  std::string hash, line;
};

struct Due {
  std::vector<Leaf> leaves;  // the oldest, as many as one segment takes
  std::uint64_t total = 0;
  bool more = false;
};

struct Checkpoint {
  Published tree;
  std::string note;
};

std::string hash_of(std::string_view line);
crypto::Digest digest_of(std::string_view hex);  // throws unexpected when it is not 32 bytes

Due read_due(store::Tx& tx, const std::string& tenant);
void take_off(store::Tx& tx, const std::string& tenant, const std::vector<std::string>& hashes);
// Those of the leaves that stand neither in the log nor among what replay has accounted for.
std::set<std::string> lacking(store::Tx& tx, const std::string& tenant,
                              const std::vector<std::string>& hashes);
// The newest checkpoint of each log that is beyond what was published.
std::vector<Checkpoint> newer_checkpoints(store::Tx& tx, const std::string& tenant,
                                          const std::vector<Published>& published);

}  // namespace ccctl::journal
