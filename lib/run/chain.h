// Windows of a sweep, one after the other: each commit opens the attempt of the next.
//
// As in window.h every deleting transaction owns an attempt that was committed before it began, and
// locks it first; here the commit that ends one window has opened the next one's, so that a window
// costs a begin, a lock, its work, one statement for receipt, leaf and lease, and a commit. The
// attempt also holds where its window lies, because keys may be personal and go with it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "run/window.h"
#include "store/lease.h"

namespace ccctl::run {

// The open attempt of a chain: what is to be done next.
struct Open {
  Window window;
  std::string position;  // JSON of the caller's
};

class Chain {
 public:
  Chain(store::Session& session, std::function<store::Session()> connect, const store::Lease& lease)
      : session_(session), connect_(std::move(connect)), lease_(lease) {}

  struct Done {
    Work work;
    std::string next;  // position of the window that follows
  };
  // Nothing: there was nothing to do, and no trace of it is left.
  using Doing = std::function<std::optional<Done>(store::Tx&, Instant now, const store::Rows&)>;

  // Carries out the window: `open` becomes the next one where something was done; false otherwise.
  // Serialization failures and connections lost in a commit are met as in Runner; what else goes
  // wrong is thrown, with nothing changed. busy when another holder has the lease. `beside` are
  // further columns of the statement that locks the attempt, from number 1 of the row that `doing`
  // is given: settings for the transaction, and what is to be read in the same round trip.
  bool run(Open& open, const store::Sql& beside, const Doing& doing);

  // The run's open attempt, after an interruption.
  static std::optional<Open> find(store::Tx& tx, const std::string& tenant,
                                  const std::string& run_id);
  // Opens a pass: its first attempt, instead of what was open before. Part of the caller's
  // transaction.
  static void open(store::Tx& tx, const Open& open, Instant at);
  static void close(store::Tx& tx, const std::string& tenant, const std::string& run_id);

 private:
  enum class End { done, nothing, in_doubt };
  End attempt(Open& open, const store::Sql& beside, const Doing& doing);
  void finish(store::Tx& tx, Open& open, const Done& done, Instant now) const;

  store::Session& session_;
  std::function<store::Session()> connect_;
  const store::Lease& lease_;
};

}  // namespace ccctl::run
