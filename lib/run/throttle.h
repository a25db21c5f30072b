// What a run waits for between two windows: replicas that are behind or away, a load that is too
// high, a file that somebody has put there.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.h"

namespace ccctl::run {

struct ThrottleSettings {
  std::vector<std::string> replicas;  // application_name of each that is expected
  std::chrono::seconds lag{10};       // they may be so far behind
  std::string query;                  // gives one number; empty: none is asked
  double limit = 0;                   // beyond which the run waits
  std::string file;                   // the run waits as long as it is there; empty: none
};

struct Obstacle {
  enum class Kind { replica_absent, replica_lag, load, file };
  Kind kind;
  std::string text;  // "replica "r1" is 12 s behind"
};
std::string_view reason_of(Obstacle::Kind kind);

class Throttle {
 public:
  explicit Throttle(ThrottleSettings settings) : settings_(std::move(settings)) {}

  // Why to wait; nothing: go on. Looks for the file each time, asks the datastore once a second at
  // most, outside of any transaction of the caller's. Lag that is not known of a streaming replica
  // is none. Throws denied where the log-in cannot see replicas, and config_invalid for a query
  // that cannot be run or gives no number.
  std::optional<Obstacle> look(store::Session& session);

 private:
  std::optional<Obstacle> file() const;
  std::optional<Obstacle> replicas(store::Session& session) const;
  std::optional<Obstacle> load(store::Session& session) const;

  ThrottleSettings settings_;
  std::optional<std::chrono::steady_clock::time_point> asked_;
  std::optional<Obstacle> answer_;
};

}  // namespace ccctl::run
