// From the words of the command line to a command and its arguments.
//
// All refusals are ErrorKind::usage. Words are resolved before they are parsed: the noun and the
// verb may stand before, between or after the common options, and `--` ends the options.
#pragma once

#include <string>
#include <vector>

#include "cmd/command.h"

namespace ccctl::cmd {

struct Invocation {
  bool help = false;           // --help, or `help …`
  std::string noun;            // as far as given; for help
  const Spec* spec = nullptr;  // nothing: help on a noun, or on everything
  Args args;
};

Invocation parse(const std::vector<std::string>& words);

// Whether errors are to end with a JSON object: decided before parsing, because a usage error wants
// it too.
bool wants_json_errors(const std::vector<std::string>& words);

// ---- for parse() itself and its tests ----

// Splits off noun and verb; what remains are the options and operands of the command. Throws for an
// unknown noun or verb, with a suggestion.
struct Words {
  bool help = false;
  std::string noun, verb;  // of a top-level command: noun empty
  const Spec* spec = nullptr;
  std::vector<std::string> rest;  // without noun and verb, `--` included
};
Words resolve(const std::vector<std::string>& words);

// "did you mean `x`?" or an empty text.
std::string did_you_mean(const std::string& given, const std::vector<std::string>& candidates,
                         const std::string& prefix = "");

}  // namespace ccctl::cmd
