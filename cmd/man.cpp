// Manual pages in scdoc's format: one overview, and one page per noun.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "cmd/help.h"
#include "cmd/settings.h"

namespace ccctl::cmd {
namespace {

// scdoc reads _, *, \, # and ~ at some places as markup; a backslash makes each of them plain.
std::string plain(std::string_view text) {
  constexpr std::string_view kMarkup = "_*\\#~`<>[]";
  std::string out;
  for (char c : text) {
    if (kMarkup.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string bold(std::string_view text) {
  return "*" + plain(text) + "*";
}

std::string sentence(std::string text) {
  if (text.empty()) return text;
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return plain(text) + ".";
}

std::string header(const std::string& page, const std::string& summary) {
  return page + "(1)\n\n# NAME\n\n" + page + " - " + plain(summary) + "\n";
}

std::string paragraphs(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    if (end == std::string::npos) end = text.size();
    // A hyphen at the beginning of a line would make a list of it.
    if (end > at) out += (text[at] == '-' ? "\\" : "") + plain(text.substr(at, end - at)) + "\n\n";
    at = end + 1;
  }
  return out;
}

std::string option_entry(const Option& option) {
  std::string text = sentence(option.help);
  if (option.required) text += " Required.";
  if (option.repeatable) text += " May be repeated.";
  if (!option.default_value.empty()) text += " The default is " + plain(option.default_value) + ".";
  return bold(option_label(option)) + "\n\t" + text + "\n\n";
}

std::string exit_table(const std::vector<int>& codes) {
  std::string out;
  for (int code : codes) {
    out += bold(std::to_string(code)) + "\n\t" + sentence(std::string(exit_meaning(code))) + "\n\n";
  }
  return out;
}

std::string command_section(const Spec& spec) {
  std::string out = "# " + plain(spec.path()) + "\n\n" + bold(usage_line(spec)) + "\n\n";
  out += sentence(spec.summary) + "\n\n" + paragraphs(spec.description);
  for (const Option& option : spec.options) out += option_entry(option);
  std::string codes;
  for (int code : exits_of(spec)) codes += (codes.empty() ? "" : ", ") + std::to_string(code);
  out += "Exit status: " + codes + ".\n\n";
  for (const Example& example : spec.examples) {
    out += sentence(example.what) + "\n\n\t" + bold(example.command) + "\n\n";
  }
  return out;
}

std::string common_section() {
  std::string out = "# COMMON OPTIONS\n\n";
  for (const Option& option : common_options()) out += option_entry(option);
  return out + "*-h*, *--help*\n\tShow help and do nothing else.\n\n";
}

std::string noun_page(const NounInfo& noun, const std::vector<const Spec*>& specs) {
  std::string out = header("ccctl-" + std::string(noun.name), std::string(noun.summary));
  out += "\n# SYNOPSIS\n\n";
  std::set<int> codes;
  for (const Spec* spec : specs) {
    out += bold(usage_line(*spec)) + "\n\n";
    for (int code : exits_of(*spec)) codes.insert(code);
  }
  for (const Spec* spec : specs) out += command_section(*spec);
  out += common_section();
  out += "# EXIT STATUS\n\n" + exit_table({codes.begin(), codes.end()});
  return out + "# SEE ALSO\n\n*ccctl*(1)\n";
}

std::string error_section() {
  std::string out =
      "# ERRORS\n\nAn error is a line *ccctl: error:* on standard error, followed by a line "
      "*ccctl: hint:* where there is a way out. With *-o json* the last line on standard error is "
      "an object whose error.kind is one of these:\n\n";
  for (ErrorKind kind : all_error_kinds()) {
    const ErrorInfo& entry = info(kind);
    out += bold(entry.id) + "\n\tExit " + std::to_string(entry.exit_code) + ".";
    if (!entry.hint.empty()) out += " " + sentence(std::string(entry.hint));
    out += "\n\n";
  }
  return out;
}

std::string settings_section() {
  std::string out =
      "# SETTINGS\n\nA setting is taken from the first place that has it: a flag, its environment "
      "variable, the file of *--config*, $XDG\\_CONFIG\\_HOME/ccctl/config.yaml, "
      "/etc/ccctl/config.yaml. Without a datastore in the settings or in libpq's PG\\* variables "
      "the sandbox is used.\n\n";
  for (const KnownSetting& known : known_settings()) {
    out += bold(known.name) + ", " + bold(variable_of(known.name)) + "\n\t" +
           sentence(std::string(known.help)) + "\n\n";
  }
  return out;
}

std::string overview_page() {
  std::string out = header("ccctl", "prove what happens to personal data in a contact centre");
  out +=
      "\n# SYNOPSIS\n\n*ccctl* NOUN VERB \\[OPTION ...\\]\n\n# DESCRIPTION\n\n"
      "ccctl works on the contact centre's own PostgreSQL datastore, from declarative YAML. It "
      "answers data subjects' requests and leaves a signed, append-only record of every "
      "decision.\n\n# COMMANDS\n\n";
  std::string see_also;
  for (const NounInfo& noun : nouns()) {
    const auto specs = commands_of(noun.name);
    if (!specs.empty()) {
      see_also += (see_also.empty() ? "*ccctl-" : ", *ccctl-") + std::string(noun.name) + "*(1)";
    }
    for (const Spec* spec : specs) {
      out += bold("ccctl " + spec->path()) + "\n\t" + sentence(spec->summary) + "\n\n";
    }
  }
  for (const Spec* spec : commands_of("")) out += command_section(*spec);
  out += common_section() + settings_section();
  out +=
      "# EXIT STATUS\n\nWhere several apply, the first of 13, 12, 11, 10, 8, 4, 5, 3, 0. Any "
      "code that is not listed is a failure.\n\n";
  out += exit_table({0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 130, 143}) + error_section();
  return out + "# SEE ALSO\n\n" + see_also + "\n";
}

}  // namespace

std::map<std::string, std::string> man_pages() {
  std::map<std::string, std::string> pages{{"man/ccctl.1.scd", overview_page()}};
  for (const NounInfo& noun : nouns()) {
    const auto specs = commands_of(noun.name);
    if (!specs.empty()) {
      pages["man/ccctl-" + std::string(noun.name) + ".1.scd"] = noun_page(noun, specs);
    }
  }
  return pages;
}

}  // namespace ccctl::cmd
