// What a plain (unquoted) scalar is: by YAML 1.2's core schema, and where other versions disagree.
#pragma once

#include <string_view>

namespace ccctl::doc {

enum class Plain {
  text,
  null,
  boolean,
  integer,  // decimal without leading zeros: what every YAML version reads alike
  number,   // a float, an octal or hexadecimal integer, infinity
  trap,     // text to one YAML version, a boolean or number to another: no, on, 012, 1_000, 12:30
};

Plain classify(std::string_view plain);

}  // namespace ccctl::doc
