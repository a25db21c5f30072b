// The interface of every command, declared once: parser, help, man OPTIONS and completions are all
// made from a Spec.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/json.h"

namespace ccctl::cmd {

class App;

enum class Type { flag, text, number, instant, duration, file, choice };

// Written with designated initialisers; what is left out is empty.
struct Option {
  std::string name{};  // "phone": --phone; for a positional its NAME in help
  Type type = Type::text;
  std::string value{};                 // how help calls the value: "NUMBER"
  std::string help{};                  // one sentence, lower case, no full stop
  std::vector<std::string> choices{};  // Type::choice
  bool repeatable = false;
  bool required = false;
  bool positional = false;
  std::string default_value{};  // shown in help; empty: none
};

struct Example {
  std::string command{};
  std::string what{};
};

class Args {
 public:
  bool has(std::string_view name) const;
  std::string get(std::string_view name) const;                  // default when not given
  std::optional<std::string> find(std::string_view name) const;  // nothing when not given
  std::vector<std::string> all(std::string_view name) const;
  std::int64_t number(std::string_view name) const;

  std::map<std::string, std::vector<std::string>, std::less<>> values;  // as parsed
  std::map<std::string, std::string, std::less<>> defaults;
};

struct Spec {
  std::string noun{};             // "request"; empty for top-level commands
  std::string verb{};             // "delete"; "version" for a top-level one
  std::string summary{};          // one line, lower case, no full stop
  std::string description{};      // paragraphs for the man page
  std::vector<Option> options{};  // its own; the common ones are in common_options()
  std::vector<int> exits{};       // the codes it can answer, beside 1, 2, 10
  std::vector<Example> examples{};
  int (*run)(App&, const Args&) = nullptr;
  bool own_out = false;  // --out is not for what it prints: the command itself writes there

  std::string path() const { return noun.empty() ? verb : noun + " " + verb; }
};

// -o/--output, --out, --quiet, --config, --tenant, --color …: every command has them.
const std::vector<Option>& common_options();
// All commands, in the order of design.md 5. Each <noun>/<verb>.cpp defines its Spec; commands.cpp
// lists them.
const std::vector<Spec>& commands();
const Spec* find_command(std::string_view noun, std::string_view verb);

// Exit code and its meaning in words, from base's error table and design.md 5.
std::string_view exit_meaning(int code);

}  // namespace ccctl::cmd
