#include "cmd/help.h"

#include <algorithm>
#include <set>

namespace ccctl::cmd {
namespace {

constexpr std::size_t kWidth = 80;

// Wraps at spaces; every line but the first starts with `indent` spaces.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = text.find(' ', at);
    if (end == std::string::npos) end = text.size();
    const std::string word = text.substr(at, end - at);
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    at = end + 1;
  }
  return out;
}

// Two columns: labels, and what they mean.
std::string listed(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::size_t label_width = 0;
  for (const auto& [label, text] : entries) {
    if (label.size() <= 26) label_width = std::max(label_width, label.size());
  }
  const std::size_t indent = label_width + 4;
  std::string out;
  for (const auto& [label, text] : entries) {
    out += "  " + label;
    out += label.size() <= label_width ? std::string(label_width - label.size() + 2, ' ')
                                       : "\n" + std::string(indent, ' ');
    out += wrapped(text, indent) + "\n";
  }
  return out;
}

std::string explained(const Option& option) {
  std::string text = option.help;
  std::string notes;
  const auto note = [&](const std::string& part) { notes += (notes.empty() ? "" : ", ") + part; };
  if (option.required) note("required");
  if (option.repeatable) note("repeatable");
  if (!option.default_value.empty()) note("default " + option.default_value);
  if (!notes.empty()) text += " (" + notes + ")";
  return text;
}

std::string paragraphs(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    out += wrapped(text.substr(at, end - at), 0) + "\n";
    at = end + 1;
  }
  return out;
}

std::string exit_section(const std::vector<int>& codes) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (int code : codes) entries.emplace_back(std::to_string(code), exit_meaning(code));
  return "Exit status:\n" + listed(entries);
}

std::string option_section(const std::string& title, const std::vector<Option>& options,
                           bool positional) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const Option& option : options) {
    if (option.positional == positional)
      entries.emplace_back(option_label(option), explained(option));
  }
  return entries.empty() ? "" : "\n" + title + ":\n" + listed(entries);
}

}  // namespace

std::vector<const Spec*> commands_of(std::string_view noun) {
  std::vector<const Spec*> found;
  for (const Spec& spec : commands()) {
    if (spec.noun == noun) found.push_back(&spec);
  }
  return found;
}

std::string option_label(const Option& option) {
  std::string label = option.positional ? option.name : "--" + option.name;
  if (option.positional) return option.value.empty() ? label : option.value;
  if (option.name == "output") label = "-o, " + label;
  if (option.type == Type::flag) return label;
  std::string value = option.value;
  if (option.type == Type::choice) {
    value.clear();
    for (const std::string& choice : option.choices) value += (value.empty() ? "" : "|") + choice;
  }
  return label + " " + (value.empty() ? "VALUE" : value);
}

std::string usage_line(const Spec& spec) {
  std::string line = "ccctl " + spec.path();
  for (const Option& option : spec.options) {
    std::string part = option_label(option);
    if (option.repeatable) part += " …";
    line += option.required ? " " + part : " [" + part + "]";
  }
  return line;
}

std::vector<int> exits_of(const Spec& spec) {
  std::set<int> codes(spec.exits.begin(), spec.exits.end());
  codes.insert({0, 1, 2});
  if (!spec.noun.empty()) codes.insert(10);
  return {codes.begin(), codes.end()};
}

std::string help_command(const Spec& spec) {
  std::string text = "Usage: " + wrapped(usage_line(spec), 7) + "\n\n" + spec.summary + "\n";
  if (!spec.description.empty()) text += "\n" + paragraphs(spec.description);
  text += option_section("Arguments", spec.options, true);
  text += option_section("Options", spec.options, false);
  text += option_section("Common options", common_options(), false);
  text += "\n" + exit_section(exits_of(spec));
  if (!spec.examples.empty()) text += "\nExamples:\n";
  for (const Example& example : spec.examples) {
    text += "  " + example.command + "\n      " + wrapped(example.what, 6) + "\n";
  }
  return text;
}

std::string help_noun(std::string_view noun) {
  std::string summary;
  for (const NounInfo& known : nouns()) {
    if (known.name == noun) summary = known.summary;
  }
  std::vector<std::pair<std::string, std::string>> entries;
  for (const Spec* spec : commands_of(noun)) entries.emplace_back(spec->verb, spec->summary);
  const std::string name(noun);
  return "Usage: ccctl " + name + " VERB [OPTION …]\n\n" + summary + "\n\nVerbs:\n" +
         listed(entries) + "\nSee `ccctl help " + name + " VERB` for one of them.\n";
}

std::string help_overview() {
  std::string text =
      "Usage: ccctl NOUN VERB [OPTION …]\n\n"
      "Proves what happens to personal data in a contact centre's datastore: answers\n"
      "data subjects' requests, keeps what the law holds, and leaves signed evidence.\n\n"
      "Commands:\n";
  std::vector<std::pair<std::string, std::string>> entries;
  for (const NounInfo& noun : nouns()) {
    for (const Spec* spec : commands_of(noun.name))
      entries.emplace_back(spec->path(), spec->summary);
  }
  for (const Spec* spec : commands_of("")) entries.emplace_back(spec->verb, spec->summary);
  text += listed(entries);
  text += option_section("Common options", common_options(), false);
  text +=
      "\nSee `ccctl help NOUN` and `ccctl help NOUN VERB`. Without any setting the commands use\n"
      "the sandbox: `ccctl sandbox up`, then `ccctl sandbox seed`.\n";
  return text;
}

}  // namespace ccctl::cmd
