// What went wrong, as one exception type: a kind from one table, a message, a hint, a context.
//
// Exceptions are for a broken world (datastore lost, file full, policy unreadable) and for what a
// command refuses to do; expected outcomes (findings, partial results) are values. The table of
// kinds gives the id, the exit code and a default hint; man pages, --help and JSON errors come from
// it. Messages are lower case, without a full stop, quote the user's own value, and never hold
// personal data. Nothing below main() exits.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ccctl {

enum class ErrorKind {
  unexpected,          // 1
  io,                  // 1   a local file, a disk that is full
  usage,               // 2
  config_invalid,      // 2
  policy_invalid,      // 2
  map_invalid,         // 2
  findings,            // 3
  partial,             // 4
  refused,             // 5   role, guard, confirmation, identity check …
  held,                // 5   a legal hold
  stale_plan,          // 5
  map_drift,           // 5   the datastore no longer fits the map
  restored_datastore,  // 5   set back behind its journal
  not_found,           // 6
  ambiguous,           // 6
  busy,                // 7
  unsealed,            // 7   evidence exists, no checkpoint covers it yet
  paused,              // 8
  unreachable,         // 10
  denied,              // 11  the datastore refused the role
  key_unavailable,     // 12
  in_doubt,            // 13  outcome unknown
};

struct ErrorInfo {
  std::string_view id;    // stable, in JSON errors
  int exit_code;          // design.md 5
  std::string_view hint;  // the default way out; may be empty
};

const ErrorInfo& info(ErrorKind kind);
const std::vector<ErrorKind>& all_error_kinds();

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string hint = "")
      : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}

  ErrorKind kind() const { return kind_; }
  int exit_code() const { return info(kind_).exit_code; }
  // The hint given, else the kind's default.
  std::string_view hint() const {
    return hint_.empty() ? info(kind_).hint : std::string_view(hint_);
  }

  // Context for the JSON error object, e.g. {"sqlstate", "42501"}. Never personal data.
  Error& with(std::string key, std::string value) {
    context_.emplace_back(std::move(key), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& context() const { return context_; }

 private:
  ErrorKind kind_;
  std::string hint_;
  std::vector<std::pair<std::string, std::string>> context_;
};

}  // namespace ccctl
