// ccctl config show: what is set, and by what.
#include <nlohmann/json.hpp>

#include "cmd/app.h"
#include "cmd/settings.h"

namespace ccctl::cmd {
namespace {

std::string described_settings() {
  std::string text =
      "A setting is taken from the first place that has it: a flag, its variable, the file of "
      "--config (or CCCTL_CONFIG), $XDG_CONFIG_HOME/ccctl/config.yaml, /etc/ccctl/config.yaml. An "
      "unknown setting is an error.\nThe settings and their variables:\n";
  for (const KnownSetting& known : known_settings()) {
    text += std::string(known.name) + " (" + variable_of(known.name) + "): ";
    text += std::string(known.help) + "\n";
  }
  return text + "Without a datastore the sandbox is used, which brings its own map, pack and keys.";
}

// A password has no place in a connection string; where one stands all the same, it is not
// repeated.
bool holds_password(const Setting& setting) {
  if (setting.name != "datastore") return false;
  const std::size_t scheme = setting.value.find("://");
  const std::size_t at = setting.value.find('@');
  const bool in_uri = scheme != std::string::npos && at != std::string::npos &&
                      setting.value.find(':', scheme + 3) < at;
  return in_uri || setting.value.find("password") != std::string::npos;
}

int run_show(App& app, const Args& args) {
  std::vector<Json> rows;
  for (const Setting& setting : app.settings()) {
    const std::string value = holds_password(setting) ? "(holds a password)" : setting.value;
    rows.push_back({{"name", setting.name}, {"value", value}, {"origin", setting.origin}});
  }
  std::vector<std::string> columns{"name", "value"};
  if (args.has("origin")) columns.emplace_back("origin");
  app.print_rows(columns, rows, {{"kind", "SettingList"}});
  return 0;
}

}  // namespace

extern const Spec config_show;
const Spec config_show{
    .noun = "config",
    .verb = "show",
    .summary = "show the settings in force",
    .description = described_settings(),
    .options = {{.name = "origin",
                 .type = Type::flag,
                 .help = "also show which flag, variable or line of a file each one comes from"}},
    .exits = {0},
    .examples = {{"ccctl config show --origin", "where each setting comes from"}},
    .run = run_show,
};

}  // namespace ccctl::cmd
