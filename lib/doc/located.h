// Where a value stood in a YAML document, and errors that say so.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace ccctl::doc {

struct Position {
  std::string file;
  int line = 0;    // from 1; 0: the document as a whole
  int column = 0;  // from 1
};

std::string to_text(const Position& at);  // "map.yaml:12:3"

// An error at a place: message "map.yaml:12:3: unknown key \"colums\"", hint "did you mean …".
Error error_at(ErrorKind kind, const Position& at, const std::string& message,
               std::string hint = "");

}  // namespace ccctl::doc
