// The parser, fed from the Specs. The only file that includes CLI11.
//
// What CLI11 2.1.2 does by itself and a command that erases people must not do: an option that
// wants a value swallows a flag that follows, a value in square brackets is taken apart as a list,
// and a repeated option is an error without a name. So values travel through it behind a mark, and
// everything is looked at again here.
#include "cmd/cli.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "base/calendar.h"
#include "base/error.h"
#include "base/time.h"
#include "text/unicode.h"

namespace ccctl::cmd {
namespace {

constexpr char kMark = '\x01';

std::string marked(const std::string& value) {
  return kMark + value;
}
std::string unmarked(const std::string& word) {
  if (!word.empty() && word[0] == kMark) return word.substr(1);
  const std::size_t equals = word.find(std::string("=") + kMark);
  return equals == std::string::npos ? word : word.substr(0, equals + 1) + word.substr(equals + 2);
}

bool flag_like(const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const char next = word[1];
  return next == '-' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
}

std::vector<std::string> for_parser(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  bool operands = false;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (operands || word.size() < 2 || word[0] != '-') {
      out.push_back(marked(word));
    } else if (word == "--") {
      operands = true;
      out.push_back(word);
    } else if (word.starts_with("-o") && word.size() > 2) {
      out.emplace_back("-o");
      out.push_back(marked(word.substr(word[2] == '=' ? 3 : 2)));
    } else if (word.starts_with("--") && equals != std::string::npos) {
      out.push_back(word.substr(0, equals + 1) + marked(word.substr(equals + 1)));
    } else {
      out.push_back(word);
    }
  }
  std::reverse(out.begin(), out.end());  // as CLI11 wants a vector
  return out;
}

std::vector<Option> options_of(const Spec& spec) {
  std::vector<Option> all = spec.options;
  for (const Option& common : common_options()) {
    const bool own = std::any_of(spec.options.begin(), spec.options.end(),
                                 [&](const Option& option) { return option.name == common.name; });
    if (!own) all.push_back(common);
  }
  return all;
}

std::string shown(const Option& option) {
  return option.positional ? option.name : "--" + option.name;
}

[[noreturn]] void refuse(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::usage, message, hint);
}

std::string help_hint(const Spec& spec) {
  return "see `ccctl " + spec.path() + " --help`";
}

bool is_integer(const std::string& value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size();
}

void check_value(const Spec& spec, const Option& option, const std::string& value) {
  const std::string name = shown(option);
  if (value.empty()) refuse(name + " is empty", help_hint(spec));
  if (!option.positional && flag_like(value)) {
    refuse(name + " wants a value, but \"" + value + "\" follows", help_hint(spec));
  }
  if (option.type != Type::file && !text::valid_utf8(value)) refuse(name + " is not UTF-8");
  if (option.type == Type::number && !is_integer(value)) {
    refuse(name + " wants a whole number, not \"" + value + "\"");
  }
  if (option.type == Type::instant && !parse_instant(value)) {
    refuse(name + " wants an instant with its offset, not \"" + value + "\"",
           "for example 2026-11-21T19:47:53Z");
  }
  if (option.type == Type::duration && !parse_duration(value)) {
    refuse(name + " wants a duration, not \"" + value + "\"", "for example P30D, P7Y or PT36H");
  }
  if (option.type == Type::choice &&
      std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end()) {
    std::string list;
    for (const std::string& choice : option.choices) list += (list.empty() ? "" : ", ") + choice;
    std::string hint = did_you_mean(value, option.choices);
    if (hint.empty()) hint = "choose one of " + list;
    refuse(name + " does not know \"" + value + "\"", hint);
  }
}

void refuse_extra(const Spec& spec, const std::vector<std::string>& extras) {
  for (const std::string& extra : extras) {
    const std::string word = unmarked(extra);
    if (extra[0] == kMark || word == "--" || word.size() < 2 || word[0] != '-') continue;
    std::vector<std::string> names{"--help"};
    for (const Option& option : options_of(spec)) {
      if (!option.positional) names.push_back("--" + option.name);
    }
    const std::string name = word.substr(0, word.find('='));
    std::string hint = did_you_mean(name, names);
    refuse("unknown option \"" + name + "\"", hint.empty() ? help_hint(spec) : hint);
  }
  for (const std::string& extra : extras) {
    // An operand may hold personal data that belonged behind an option, so it is not repeated here.
    if (extra != "--") refuse("there is an argument too many", help_hint(spec));
  }
}

void take_results(const Spec& spec, const Option& option, const CLI::Option& parsed, Args& args) {
  std::vector<std::string> values;
  for (const std::string& result : parsed.results()) values.push_back(unmarked(result));
  if (option.type == Type::flag) {
    for (const std::string& result : parsed.results()) {
      if (result != "true") refuse(shown(option) + " takes no value", help_hint(spec));
    }
    values.assign(1, "true");
  }
  if (values.size() > 1 && !option.repeatable) refuse(shown(option) + " is given twice");
  if (option.type != Type::flag) {
    for (const std::string& value : values) check_value(spec, option, value);
  }
  args.values[option.name] = std::move(values);
}

CLI::Option* declare(CLI::App& app, const Option& option) {
  if (option.type == Type::flag) return app.add_flag("--" + option.name);
  std::string names = option.positional ? option.name : "--" + option.name;
  if (option.name == "output" && !option.positional) names = "-o," + names;
  CLI::Option* declared = app.add_option(names);
  if (option.positional && option.repeatable) return declared->expected(-1);
  return declared->expected(1)->allow_extra_args(false)->multi_option_policy(
      CLI::MultiOptionPolicy::TakeAll);
}

Args parse_arguments(const Spec& spec, const std::vector<std::string>& words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const std::vector<Option> options = options_of(spec);
  std::vector<CLI::Option*> declared;
  for (const Option& option : options) declared.push_back(declare(app, option));
  try {
    app.parse(for_parser(words));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = unmarked(error.what());
    refuse(text.substr(0, text.find(':')) + " wants a value", help_hint(spec));
  } catch (const CLI::ParseError& error) {
    refuse(unmarked(error.what()), help_hint(spec));
  }
  refuse_extra(spec, app.remaining());
  Args args;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (declared[i]->count() > 0) take_results(spec, options[i], *declared[i], args);
    if (!options[i].default_value.empty())
      args.defaults[options[i].name] = options[i].default_value;
  }
  for (const Option& option : options) {
    if (option.required && !args.has(option.name)) {
      refuse(shown(option) + " is missing", help_hint(spec));
    }
  }
  return args;
}

}  // namespace

Invocation parse(const std::vector<std::string>& words) {
  const Words found = resolve(words);
  Invocation invocation;
  invocation.help = found.help;
  invocation.noun = found.noun;
  invocation.spec = found.spec;
  if (found.help) return invocation;
  if (found.spec == nullptr) {
    if (found.noun.empty()) refuse("no command is given");
    refuse("\"" + found.noun + "\" wants a verb", "see `ccctl help " + found.noun + "`");
  }
  invocation.args = parse_arguments(*found.spec, found.rest);
  return invocation;
}

bool Args::has(std::string_view name) const {
  return values.contains(name);
}

std::optional<std::string> Args::find(std::string_view name) const {
  const auto found = values.find(name);
  if (found == values.end() || found->second.empty()) return std::nullopt;
  return found->second.front();
}

std::string Args::get(std::string_view name) const {
  if (auto given = find(name)) return *given;
  const auto fallback = defaults.find(name);
  return fallback == defaults.end() ? "" : fallback->second;
}

std::vector<std::string> Args::all(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>{} : found->second;
}

std::int64_t Args::number(std::string_view name) const {
  const std::string text = get(name);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace ccctl::cmd
