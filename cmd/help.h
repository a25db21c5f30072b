// Help texts, man pages and completions, all rendered from the Specs.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/command.h"

namespace ccctl::cmd {

struct NounInfo {
  std::string_view name;
  std::string_view summary;  // lower case, no full stop
};
// The nouns of design order; only those that have commands are shown.
const std::vector<NounInfo>& nouns();
// Commands of a noun, in order.
std::vector<const Spec*> commands_of(std::string_view noun);

std::string help_overview();
std::string help_noun(std::string_view noun);
std::string help_command(const Spec& spec);

// "ccctl request delete [--phone NUMBER] ID": one line.
std::string usage_line(const Spec& spec);
// "--phone NUMBER", "-o, --output table|json|ndjson|csv", "ID".
std::string option_label(const Option& option);
// The codes a command can answer: its own and those that every command has, sorted.
std::vector<int> exits_of(const Spec& spec);

// All generated files by their path in the repository: man/*.scd and completions/*.
std::map<std::string, std::string> generated_files();
std::map<std::string, std::string> man_pages();    // man.cpp
std::map<std::string, std::string> completions();  // completion.cpp

}  // namespace ccctl::cmd
