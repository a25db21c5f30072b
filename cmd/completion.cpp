// Completions for bash, zsh and fish.
#include <algorithm>

#include "cmd/help.h"

namespace ccctl::cmd {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::vector<Option> all_options(const Spec& spec) {
  std::vector<Option> all = spec.options;
  for (const Option& common : common_options()) {
    const bool own = std::any_of(all.begin(), all.end(),
                                 [&](const Option& option) { return option.name == common.name; });
    if (!own) all.push_back(common);
  }
  std::erase_if(all, [](const Option& option) { return option.positional; });
  return all;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<NounInfo> shown_nouns() {
  std::vector<NounInfo> shown;
  for (const NounInfo& noun : nouns()) {
    if (!commands_of(noun.name).empty()) shown.push_back(noun);
  }
  for (const Spec* spec : commands_of("")) shown.push_back({spec->verb, spec->summary});
  shown.push_back({"help", "show help on a command"});
  return shown;
}

std::string option_words(const Spec& spec) {
  std::vector<std::string> words{"-o", "--help"};
  for (const Option& option : all_options(spec)) words.push_back("--" + option.name);
  return joined(words);
}

// The values after an option, as cases of a shell's `case`.
std::string value_cases(const std::string& indent, const std::string& files,
                        const std::string& words_before, const std::string& words_after) {
  std::map<std::string, std::string> actions;
  const auto note = [&](const Option& option) {
    if (option.type == Type::flag || option.positional) return;
    std::string action = ":";
    if (option.type == Type::file) action = files;
    if (option.type == Type::choice) action = words_before + joined(option.choices) + words_after;
    const std::string name = option.name == "output" ? "-o|--output" : "--" + option.name;
    // Options of one name with different values in different commands: nothing is offered.
    const auto [place, fresh] = actions.emplace(name, action);
    if (!fresh && place->second != action) place->second = ":";
  };
  for (const Option& option : common_options()) note(option);
  for (const Spec& spec : commands()) std::for_each(spec.options.begin(), spec.options.end(), note);
  std::string out;
  for (const auto& [name, action] : actions) {
    out += indent + name + ") " + action + "; return ;;\n";
  }
  return out;
}

// Common options that take the next word with them.
std::string value_options() {
  std::string pattern = "-o";
  for (const Option& option : common_options()) {
    if (option.type != Type::flag) pattern += "|--" + option.name;
  }
  return pattern;
}

std::string bash_completion() {
  std::string out =
      "# bash completion for ccctl; made from the program's own tables.\n"
      "_ccctl() {\n"
      "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local noun=\"\" verb=\"\" i\n"
      "  COMPREPLY=()\n"
      "  case \"$prev\" in\n" +
      value_cases("    ", "COMPREPLY=($(compgen -f -- \"$cur\"))", "COMPREPLY=($(compgen -W \"",
                  "\" -- \"$cur\"))") +
      "  esac\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${COMP_WORDS[i]}\" in\n"
      "      " +
      value_options() +
      ") ((i++)) ;;\n"
      "      -*|help) ;;\n"
      "      *) if [[ -z $noun ]]; then noun=\"${COMP_WORDS[i]}\"\n"
      "         elif [[ -z $verb ]]; then verb=\"${COMP_WORDS[i]}\"; fi ;;\n"
      "    esac\n"
      "  done\n"
      "  local words=\"\"\n"
      "  case \"$noun $verb\" in\n";
  std::vector<std::string> names;
  for (const NounInfo& noun : shown_nouns()) names.emplace_back(noun.name);
  out += "    \" \") words=\"" + joined(names) + "\" ;;\n";
  for (const NounInfo& noun : nouns()) {
    std::vector<std::string> verbs;
    for (const Spec* spec : commands_of(noun.name)) verbs.push_back(spec->verb);
    if (verbs.empty()) continue;
    out += "    \"" + std::string(noun.name) + " \") words=\"" + joined(verbs) + "\" ;;\n";
  }
  for (const Spec& spec : commands()) {
    const std::string pattern = spec.noun.empty() ? spec.verb + " " : spec.path();
    out += "    \"" + pattern + "\") words=\"" + option_words(spec) + "\" ;;\n";
  }
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _ccctl ccctl\n";
}

std::string zsh_action(const Option& option) {
  if (option.type == Type::file) return ":_files";
  if (option.type == Type::choice) return ":(" + joined(option.choices) + ")";
  return ": ";
}

std::string zsh_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_options(const Spec& spec) {
  std::string out = "      _arguments \\\n        '(-h --help)'{-h,--help}'[show help]' \\\n";
  for (const Option& option : all_options(spec)) {
    std::string value;
    if (option.type != Type::flag) {
      value = ":" + zsh_text(option.value.empty() ? "VALUE" : option.value) + zsh_action(option);
    }
    const std::string about = "[" + zsh_text(option.help) + "]";
    if (option.name == "output") {
      out += "        '(-o --output)'{-o,--output}" + quoted(about + value) + " \\\n";
    } else {
      out += "        " + quoted((option.repeatable ? "*--" : "--") + option.name + about + value) +
             " \\\n";
    }
  }
  return out + "        '*: :_files' ;;\n";
}

std::string zsh_completion() {
  std::string out =
      "#compdef ccctl\n"
      "# zsh completion for ccctl; made from the program's own tables.\n"
      "_ccctl() {\n"
      "  local -a entries\n"
      "  if ((CURRENT == 2)); then\n    entries=(\n";
  for (const NounInfo& noun : shown_nouns()) {
    out += "      " + quoted(std::string(noun.name) + ":" + zsh_text(noun.summary)) + "\n";
  }
  out +=
      "    )\n    _describe 'command' entries\n    return\n  fi\n"
      "  if ((CURRENT == 3)); then\n    case \"$words[2]\" in\n";
  for (const NounInfo& noun : nouns()) {
    const auto specs = commands_of(noun.name);
    if (specs.empty()) continue;
    out += "      " + std::string(noun.name) + ")\n        entries=(\n";
    for (const Spec* spec : specs) {
      out += "          " + quoted(spec->verb + ":" + zsh_text(spec->summary)) + "\n";
    }
    out += "        )\n        _describe 'verb' entries\n        return ;;\n";
  }
  out += "    esac\n  fi\n  case \"$words[2] $words[3]\" in\n";
  for (const Spec& spec : commands()) {
    out +=
        "    " + (spec.noun.empty() ? spec.verb + "\\ *" : spec.noun + "\\ " + spec.verb) + ")\n";
    out += zsh_options(spec);
  }
  return out + "  esac\n}\n_ccctl \"$@\"\n";
}

std::string fish_completion() {
  std::string out =
      "# fish completion for ccctl; made from the program's own tables.\n"
      "complete -c ccctl -f\n";
  for (const NounInfo& noun : shown_nouns()) {
    out += "complete -c ccctl -n __fish_use_subcommand -a " + std::string(noun.name) + " -d " +
           quoted(noun.summary) + "\n";
  }
  for (const NounInfo& noun : nouns()) {
    std::vector<std::string> verbs;
    for (const Spec* spec : commands_of(noun.name)) verbs.push_back(spec->verb);
    for (const Spec* spec : commands_of(noun.name)) {
      out += "complete -c ccctl -n '__fish_seen_subcommand_from " + std::string(noun.name) +
             "; and not __fish_seen_subcommand_from " + joined(verbs) + "' -a " + spec->verb +
             " -d " + quoted(spec->summary) + "\n";
    }
  }
  const auto complete = [&](const std::string& condition, const Option& option) {
    if (option.positional) return;
    out += "complete -c ccctl" + condition + (option.name == "output" ? " -s o" : "") + " -l " +
           option.name + " -d " + quoted(option.help);
    if (option.type == Type::file) out += " -r -F";
    if (option.type == Type::choice) out += " -x -a " + quoted(joined(option.choices));
    if (option.type != Type::flag && option.type != Type::file && option.type != Type::choice)
      out += " -x";
    out += "\n";
  };
  for (const Option& option : common_options()) complete("", option);
  for (const Spec& spec : commands()) {
    std::string condition = " -n '__fish_seen_subcommand_from " + spec.verb;
    if (!spec.noun.empty()) condition += "; and __fish_seen_subcommand_from " + spec.noun;
    for (const Option& option : spec.options) complete(condition + "'", option);
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> completions() {
  return {{"completions/ccctl.bash", bash_completion()},
          {"completions/_ccctl", zsh_completion()},
          {"completions/ccctl.fish", fish_completion()}};
}

std::map<std::string, std::string> generated_files() {
  std::map<std::string, std::string> files = man_pages();
  files.merge(completions());
  return files;
}

}  // namespace ccctl::cmd
