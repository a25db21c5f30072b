// Which command is meant, and what was meant when there is no such command.
#include <algorithm>

#include "base/error.h"
#include "cmd/cli.h"
#include "doc/suggest.h"

namespace ccctl::cmd {
namespace {

bool takes_value(const std::string& word) {
  if (word == "-o") return true;
  if (!word.starts_with("--") || word.find('=') != std::string::npos) return false;
  for (const Option& option : common_options()) {
    if (option.type != Type::flag && word == "--" + option.name) return true;
  }
  return false;
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-';
}

std::vector<std::string> nouns() {
  std::vector<std::string> names;
  for (const Spec& spec : commands()) {
    const std::string& name = spec.noun.empty() ? spec.verb : spec.noun;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  names.emplace_back("help");
  return names;
}

std::vector<std::string> verbs_of(const std::string& noun) {
  std::vector<std::string> names;
  for (const Spec& spec : commands()) {
    if (spec.noun == noun && !noun.empty()) names.push_back(spec.verb);
  }
  return names;
}

[[noreturn]] void unknown_noun(const std::string& given) {
  std::string hint;
  // Somebody who types only the verb means one of these.
  for (const Spec& spec : commands()) {
    if (!spec.noun.empty() && spec.verb == given) {
      hint += (hint.empty() ? "did you mean `ccctl " : " or `ccctl ") + spec.path() + "`";
    }
  }
  if (!hint.empty()) hint += "?";
  if (hint.empty()) hint = did_you_mean(given, nouns(), "ccctl ");
  throw Error(ErrorKind::usage, "unknown command \"" + given + "\"", hint);
}

[[noreturn]] void unknown_verb(const std::string& noun, const std::string& given) {
  std::string hint = did_you_mean(given, verbs_of(noun), "ccctl " + noun + " ");
  if (hint.empty()) hint = "see `ccctl help " + noun + "`";
  throw Error(ErrorKind::usage, "unknown command \"" + noun + " " + given + "\"", hint);
}

// Takes the first word that is neither an option nor an option's value out of `words`.
std::string take_operand(std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") return "";
    if (takes_value(words[i])) {
      ++i;
    } else if (!is_option(words[i])) {
      const std::string taken = words[i];
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
      return taken;
    }
  }
  return "";
}

bool take_help(std::vector<std::string>& words) {
  for (auto word = words.begin(); word != words.end() && *word != "--"; ++word) {
    if (*word == "--help" || *word == "-h") {
      words.erase(word);
      return true;
    }
  }
  return false;
}

}  // namespace

std::string did_you_mean(const std::string& given, const std::vector<std::string>& candidates,
                         const std::string& prefix) {
  const std::vector<std::string_view> known(candidates.begin(), candidates.end());
  const auto best = doc::suggest(given, known);
  return best ? "did you mean `" + prefix + *best + "`?" : "";
}

Words resolve(const std::vector<std::string>& words) {
  Words found;
  found.rest = words;
  found.help = take_help(found.rest);
  found.noun = take_operand(found.rest);
  if (found.noun == "help") {
    found.help = true;
    found.noun = take_operand(found.rest);
  }
  if (found.noun.empty()) return found;
  if ((found.spec = find_command("", found.noun)) != nullptr) {
    found.verb = found.noun;
    found.noun.clear();
    return found;
  }
  if (verbs_of(found.noun).empty()) unknown_noun(found.noun);
  found.verb = take_operand(found.rest);
  if (found.verb.empty()) return found;
  found.spec = find_command(found.noun, found.verb);
  if (found.spec == nullptr) unknown_verb(found.noun, found.verb);
  return found;
}

bool wants_json_errors(const std::vector<std::string>& words) {
  bool json = false;
  const auto look = [&](std::string_view format) { json = format == "json" || format == "ndjson"; };
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if ((word == "-o" || word == "--output") && i + 1 < words.size()) {
      look(words[i + 1]);
    } else if (word.starts_with("--output=")) {
      look(std::string_view(word).substr(9));
    } else if (word.starts_with("-o")) {
      look(std::string_view(word).substr(word.size() > 2 && word[2] == '=' ? 3 : 2));
    }
  }
  return json;
}

}  // namespace ccctl::cmd
