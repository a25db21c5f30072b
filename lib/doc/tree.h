// The tree of one YAML document, with places, aliases resolved and bounds kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doc/scalar.h"
#include "doc/source.h"

namespace ccctl::doc {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Entry {
  std::string key;
  Plain plain = Plain::text;  // what the key is when unquoted
  Position at;                // of the key
  NodePtr value;
};

struct Node {
  enum class Kind { scalar, list, map };
  Kind kind = Kind::scalar;
  std::string text;           // scalar
  Plain plain = Plain::text;  // scalar: what it is when unquoted; quoted ones are text
  Position at;
  std::vector<NodePtr> items;  // list
  std::vector<Entry> entries;  // map, keys distinct
  std::size_t weight = 1;      // nodes below and with it, aliases counted each time
};

// Throws through source.fail() what is not YAML, and what reader.h says is refused.
NodePtr parse_tree(const Source& source);

}  // namespace ccctl::doc
