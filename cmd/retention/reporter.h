// Tells how far sweeps are: a line every so often, at once when one begins to wait or SIGUSR1 asks,
// and a file for Prometheus.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "cmd/retention/wiring.h"
#include "cmd/signals.h"
#include "retention/sweep.h"

namespace ccctl::cmd {

class Reporter {
 public:
  // `say` is called by several threads. With a metrics file (empty: none) it throws io where that
  // cannot be written; later failures are warnings.
  Reporter(const Context& context, Say say, std::string metrics_file);
  ~Reporter();  // writes the file for the last time
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  // By any thread.
  void update(const std::string& tenant, const retention::SweepReport& report);
  void failed(const std::string& tenant);

 private:
  struct State {
    retention::SweepReport report;
    Instant began{}, updated{};
  };

  void watch(const std::stop_token& stop);
  void say_all(bool asked);
  void write_metrics();
  std::string metrics() const;

  const Context& context_;
  const Say say_;
  const std::string file_;
  const QuestionWatch question_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, State> states_;  // by tenant
  bool file_failed_ = false;
  std::jthread thread_;
};

}  // namespace ccctl::cmd
