// The leaves that only the journal has, sorted by what must be done about them.
//
// Internal to this room. Hashes are hexadecimal.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "journal/journal.h"
#include "rule/hold.h"
#include "store/session.h"

namespace ccctl::retention {

struct LostLeaf {
  std::string hash, action;
  std::string actor;
  Instant at{};
};

struct LostHold {
  LostLeaf leaf;
  rule::Hold hold;  // without subjects: those are in `hold.keyed`
};

struct LostRelease {
  LostLeaf leaf;
  std::string hold;
  Instant grace_until{};
};

struct LostRejection {
  LostLeaf leaf;
  std::string approval, reason;
};

struct LostErasure {
  LostLeaf leaf;
  std::string request;
  std::string subject;  // empty: by a term only
  std::vector<std::string> identifiers;
};

struct LostClosing {
  LostLeaf leaf;
  std::string request;
};

// A run of retention, and the windows of it that are lost.
struct LostRun {
  std::string run, policy;  // the policy's digest
  Instant as_of{};
  std::vector<LostLeaf> windows;
};

struct Lost {
  std::vector<LostHold> holds;
  std::vector<LostRelease> releases;
  std::vector<LostRejection> rejections;
  std::vector<LostErasure> erasures;
  std::vector<LostClosing> closings;
  std::vector<LostRun> runs;      // in the order of their first window
  std::vector<LostLeaf> noted;    // nothing has to be done again
  std::vector<LostLeaf> unnamed;  // made before there was an evidence key: nobody can tell of whom
  std::vector<LostLeaf> unknown;  // of actions that this program does not know
};

// How many leaves of each action.
std::map<std::string, std::uint64_t> by_action(const Lost& lost);

Lost read_lost(store::Tx& tx, const journal::Journal& journal);

}  // namespace ccctl::retention
