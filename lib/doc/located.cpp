#include "doc/located.h"

namespace ccctl::doc {

std::string to_text(const Position& at) {
  if (at.line == 0) return at.file;
  return at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

Error error_at(ErrorKind kind, const Position& at, const std::string& message, std::string hint) {
  Error error(kind, to_text(at) + ": " + message, std::move(hint));
  error.with("file", at.file);
  if (at.line > 0) {
    error.with("line", std::to_string(at.line)).with("column", std::to_string(at.column));
  }
  return error;
}

}  // namespace ccctl::doc
