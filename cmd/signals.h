// SIGINT and SIGTERM, noted instead of died of.
#pragma once

#include <signal.h>

#include <csignal>

namespace ccctl::cmd {

// As long as it lives; one at a time. `second_ends`: only the first signal is noted, the next one
// ends the process as usual.
class SignalWatch {
 public:
  explicit SignalWatch(bool second_ends = false) {
    struct sigaction note {};
    note.sa_handler = [](int) { seen_ = 1; };
    if (second_ends) note.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &note, &interrupt_);
    ::sigaction(SIGTERM, &note, &terminate_);
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGTERM, &terminate_, nullptr);
  }
  static bool seen() { return seen_ != 0; }

 private:
  static inline volatile std::sig_atomic_t seen_ = 0;
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace ccctl::cmd
