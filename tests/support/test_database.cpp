// test-database clone empty|fresh|reference|small OBJECTS-FOLDER: prints the name of a new test
// database. test-database drop NAME: drops it. For tests that are not written in C++.
#include <cstring>
#include <iostream>

#include "support/database.h"

namespace {

using ccctl::testing::Database;

int clone(const std::string& kind, const std::string& objects) {
  if (kind == "empty") {
    std::cout << Database::empty().release() << "\n";
  } else if (kind == "fresh") {
    std::cout << Database::fresh().release() << "\n";
  } else if (kind == "reference") {
    std::cout << Database::reference(objects).release() << "\n";
  } else if (kind == "small") {
    std::cout << Database::small(objects).release() << "\n";
  } else {
    std::cerr << "test-database: no such kind of database: " << kind << "\n";
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() == 3 && arguments[0] == "clone") return clone(arguments[1], arguments[2]);
    if (arguments.size() == 2 && arguments[0] == "drop") {
      Database::adopt(arguments[1]);  // its destructor drops it
      return 0;
    }
    std::cerr << "usage: test-database clone KIND OBJECTS-FOLDER | drop NAME\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "test-database: " << error.what() << "\n";
    return 1;
  }
}
