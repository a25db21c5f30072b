// Compares a generated JSON Schema with the committed file; CCCTL_WRITE=1 writes it anew.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace ccctl::testing {

inline void expect_committed(const std::string& name, const std::string& fresh) {
  const std::string path = std::string(CCCTL_SOURCE_DIR) + "/schemas/json/" + name + ".schema.json";
  if (std::getenv("CCCTL_WRITE") != nullptr) std::ofstream(path) << fresh;
  std::ifstream file(path);
  const std::string committed(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(committed, fresh) << path;
}

}  // namespace ccctl::testing
