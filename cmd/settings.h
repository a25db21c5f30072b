// Settings: flags, then CCCTL_*, then --config, then the user's and the system's config.yaml.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/app.h"
#include "cmd/command.h"

namespace ccctl::cmd {

// What may be set, for `config show`, the man page and the suggestions.
struct KnownSetting {
  std::string_view name;  // "stores.NAME" stands for all its names
  std::string_view help;
};
const std::vector<KnownSetting>& known_settings();

// The variable that sets it: "seal_key" is CCCTL_SEAL_KEY, "stores.media" CCCTL_STORES_MEDIA.
std::string variable_of(std::string_view setting);

class Settings {
 public:
  // Reads all places. Throws config_invalid for an unknown setting, an unknown CCCTL_* variable, a
  // file that is no settings file, and usage for a --config that cannot be read.
  static Settings load(const Args& args, char** environment);

  std::optional<std::string> find(std::string_view name) const;
  const std::vector<Setting>& all() const { return settings_; }  // sorted by name
  // A default that depends on the surroundings (the sandbox's).
  void set_default(const std::string& name, const std::string& value, const std::string& origin);

 private:
  void add(Setting setting);  // the first one stays
  void add_file(const std::string& path, bool required);
  void add_environment(char** environment);

  std::vector<Setting> settings_;
};

}  // namespace ccctl::cmd
