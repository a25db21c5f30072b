// The program from its words to its exit code: main() without what concerns the whole process.
#pragma once

#include <string>
#include <vector>

namespace ccctl::cmd {

// Runs one command line. Prints errors as `ccctl: error: …` and `ccctl: hint: …`, and with -o json
// an error object as the last line on stderr. Never throws.
int run_program(const std::vector<std::string>& words);

}  // namespace ccctl::cmd
