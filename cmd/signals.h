// SIGINT, SIGTERM and SIGUSR1, noted instead of died of.
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

// SIGUSR1 asks how far it is. As long as it lives; one at a time.
class QuestionWatch {
 public:
  QuestionWatch() {
    struct sigaction note {};
    note.sa_handler = [](int) { asked_ = 1; };
    note.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &note, &before_);
  }
  QuestionWatch(const QuestionWatch&) = delete;
  QuestionWatch& operator=(const QuestionWatch&) = delete;
  ~QuestionWatch() { ::sigaction(SIGUSR1, &before_, nullptr); }
  // Whether somebody has asked since the last call; one thread calls it.
  static bool asked() {
    const bool was = asked_ != 0;
    if (was) asked_ = 0;
    return was;
  }

 private:
  static inline volatile std::sig_atomic_t asked_ = 0;
  struct sigaction before_ {};
};

}  // namespace ccctl::cmd
