// Runs one deleting transaction exactly once, whatever happens to the process or the connection.
//
// Every deleting transaction owns a ccctl.attempt row that was committed before it began, locks it
// in its first statement (READ COMMITTED, so that later statements see every hold that was
// committed before) and deletes it with its receipt in the same commit. After a commit in doubt the
// attempt row is locked again, which waits for a backend that is still at work; then the receipt
// says whether it happened (design.md 3).
#pragma once

#include <functional>
#include <string>

#include "audit/event.h"
#include "base/json.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "store/session.h"

namespace ccctl::run {

// Which transaction: unique within the request.
struct Window {
  std::string tenant;
  std::string request_id;
  int pass = 1;
  int ordinal = 0;

  std::string attempt_id() const;
};

struct Receipt {
  std::string tallies;  // canonical JSON
  crypto::Digest leaf{};
  bool repeated = false;  // it had already happened
};

// What the transaction did: its tallies, and the event that tells of it.
struct Work {
  Json tallies;
  audit::Event event;
};

// Opens the attempt in the caller's READ COMMITTED transaction; it must be committed before
// run_window(). A window that has its receipt gets none, whoever else is working on it.
void open_attempt(store::Tx& tx, const Window& window, Instant at);
// Locks the attempt; false when there is none. First statement of a deleting transaction.
bool lock_attempt(store::Tx& tx, const Window& window);
void close_attempt(store::Tx& tx, const Window& window);
bool find_receipt(store::Tx& tx, const Window& window, Receipt* receipt);

class Runner {
 public:
  // `connect` opens a new session after a lost connection.
  Runner(store::Session& session, std::function<store::Session()> connect)
      : session_(session), connect_(std::move(connect)) {}

  // `work` runs after the attempt row is locked, perhaps several times (deadlocks, rows that a
  // concurrent insert added), each time in a new transaction. Throws what it throws, with nothing
  // changed; in_doubt only when the datastore stays unreachable.
  Receipt run_window(const Window& window,
                     const std::function<Work(store::Tx&, Instant now)>& work);

 private:
  bool attempt(const Window& window, const std::function<Work(store::Tx&, Instant now)>& work,
               Receipt* receipt);

  store::Session& session_;
  std::function<store::Session()> connect_;
};

// A new session after one that was lost during a commit. Tries for ten seconds, then throws
// in_doubt.
store::Session reconnected(const std::function<store::Session()>& connect);

// The datastore's clock.
Instant datastore_now(store::Tx& tx);

}  // namespace ccctl::run
