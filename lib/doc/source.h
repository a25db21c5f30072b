// The bytes of a document before YAML: refuses what no document may hold, and counts columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "doc/located.h"

namespace ccctl::doc {

inline constexpr std::size_t kLargestDocument = 4u << 20;
inline constexpr int kDeepest = 32;

class Source {
 public:
  // Throws for more than 4 MiB, bytes that are not UTF-8, NUL, tabs and other control characters.
  Source(std::string_view bytes, std::string file, ErrorKind error);

  const std::string& text() const { return text_; }  // without a byte order mark
  const std::string& file() const { return file_; }
  ErrorKind error() const { return error_; }
  // Line and byte column from 0, as the parser counts them, to a Position in characters.
  Position position(int line, int byte_column) const;
  // The text from there on; empty outside the document.
  std::string_view from(int line, int byte_column) const;
  [[noreturn]] void fail(const Position& at, const std::string& message,
                         std::string hint = "") const;

 private:
  std::string text_;
  std::string file_;
  ErrorKind error_;
  std::vector<std::size_t> lines_;  // where each line begins
};

}  // namespace ccctl::doc
