#include "cmd/settings.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "cmd/cli.h"
#include "doc/reader.h"

namespace ccctl::cmd {
namespace {

// Settings that have names of their own below them: "stores" stands for "stores.NAME".
struct Group {
  std::string_view name, what, help;
};
constexpr Group kGroups[] = {{"stores", "a store's", "object stores by name"},
                             {"pins", "a destination's", "where checkpoints are kept, by name"}};

// The group that a setting stands in, or nothing.
const Group* group_of(std::string_view setting) {
  for (const Group& group : kGroups) {
    if (setting.starts_with(group.name) && setting.substr(group.name.size()).starts_with(".")) {
      return &group;
    }
  }
  return nullptr;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const KnownSetting& known : known_settings()) names.emplace_back(known.name);
  return names;
}

bool member_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '.') c = '_';
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Variables that are no settings: where things are installed, and what tests set.
bool other_variable(const std::string& name) {
  return name == "CCCTL_SHARE" || name == "CCCTL_CONFIG" || name.starts_with("CCCTL_TEST_");
}

// A file in which everything is commented out sets nothing.
bool says_nothing(const std::string& yaml) {
  std::istringstream lines(yaml);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find_first_not_of(" \r");
    if (first != std::string::npos && line[first] != '#') return false;
  }
  return true;
}

std::optional<std::string> environment_value(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

const std::vector<KnownSetting>& known_settings() {
  static const std::vector<KnownSetting> known{
      {"datastore", "libpq connection string of the datastore, without a password"},
      {"journal",
       "where the journal stands, for example file:/var/lib/ccctl/journal or s3://bucket/journal"},
      {"journal_keys",
       "the folder of the evidence keys, TENANT.key of mode 0600; default beside a file: journal"},
      {"mail_from", "the address that mail is sent from"},
      {"mail_relay", "where mail is handed over, for example smtp://127.0.0.1:25"},
      {"map", "the data map, a YAML file"},
      {"packs", "the folder of policy packs"},
      {"pins.NAME",
       "where `audit pin` keeps checkpoints, for example file:/mnt/worm, s3://bucket/pins or "
       "mailto:eve@example.org"},
      {"s3_credentials",
       "the file, of mode 0600, with aws_access_key_id and aws_secret_access_key for s3: stores"},
      {"s3_endpoint",
       "the service behind s3: stores, for example https://s3.eu-central-1.amazonaws.com"},
      {"s3_region", "the region of that service; default us-east-1"},
      {"seal_key", "the file with the sealing seed, mode 0600"},
      {"seal_user", "the log-in of the sealing account"},
      {"stores.NAME",
       "the object store that a data map calls NAME, for example file:/var/lib/media or "
       "s3://bucket/media"},
      {"tenant", "the tenant to work for where --tenant is not given"},
      {"throttle_file", "sweeps wait as long as this file is there"},
      {"throttle_lag", "how far replicas may be behind, for example PT30S; default PT10S"},
      {"throttle_limit", "sweeps wait while the number that throttle_query gives is beyond this"},
      {"throttle_query",
       "an SQL query that gives one number, asked between two windows of a sweep"},
      {"throttle_replicas",
       "the application_name of each replica that sweeps wait for, with commas in between; one "
       "that "
       "does not stream stops them"},
  };
  return known;
}

std::string variable_of(std::string_view setting) {
  return "CCCTL_" + upper(setting);
}

std::optional<std::string> Settings::find(std::string_view name) const {
  for (const Setting& setting : settings_) {
    if (setting.name == name) return setting.value;
  }
  return std::nullopt;
}

void Settings::add(Setting setting) {
  const auto place =
      std::lower_bound(settings_.begin(), settings_.end(), setting,
                       [](const Setting& a, const Setting& b) { return a.name < b.name; });
  if (place != settings_.end() && place->name == setting.name) return;
  settings_.insert(place, std::move(setting));
}

void Settings::set_default(const std::string& name, const std::string& value,
                           const std::string& origin) {
  add({name, value, origin});
}

void Settings::add_environment(char** environment) {
  for (char** entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (!text.starts_with("CCCTL_") || equals == std::string_view::npos) continue;
    const std::string name(text.substr(0, equals));
    const std::string value(text.substr(equals + 1));
    if (other_variable(name) || value.empty()) continue;
    std::string setting = lower(std::string_view(name).substr(6));
    for (const Group& group : kGroups) {
      const std::string prefix = std::string(group.name) + "_";
      if (setting.starts_with(prefix)) setting[group.name.size()] = '.';
    }
    const std::vector<std::string> names = known_names();
    const bool known = std::find(names.begin(), names.end(), setting) != names.end() ||
                       group_of(setting) != nullptr;
    if (!known) {
      std::vector<std::string> variables;
      for (const std::string& candidate : names) variables.push_back(variable_of(candidate));
      throw Error(ErrorKind::config_invalid, "unknown variable \"" + name + "\"",
                  did_you_mean(name, variables));
    }
    add({setting, value, "environment " + name});
  }
}

void Settings::add_file(const std::string& path, bool required) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (!required) return;
    throw Error(ErrorKind::config_invalid, "cannot read the settings file \"" + path + "\"");
  }
  std::ostringstream content;
  content << file.rdbuf();
  if (says_nothing(content.str())) return;
  const auto document = doc::Document::parse(content.str(), path, ErrorKind::config_invalid);
  const auto keep = [this](const std::string& name, const doc::Value& value,
                           const std::string& text) {
    add({name, text, doc::to_text(value.at())});
  };
  document.read_bare([&](doc::Value& whole) {
    whole.record([&](doc::Fields& fields) {
      for (const KnownSetting& known : known_settings()) {
        if (group_of(known.name) != nullptr) continue;
        fields.field(known.name, false, known.help, [&](doc::Value& value) {
          std::string text;
          value.text(text);
          keep(std::string(known.name), value, text);
        });
      }
      for (const Group& group : kGroups) {
        fields.field(group.name, false, group.help, [&](doc::Value& members) {
          members.entries([&](const std::string& name, const doc::Position&, doc::Value& value) {
            if (!member_name(name)) {
              value.fail(std::string(group.what) + " name has lower-case letters, digits and _");
            }
            std::string text;
            value.text(text);
            keep(std::string(group.name) + "." + name, value, text);
          });
        });
      }
    });
  });
}

Settings Settings::load(const Args& args, char** environment) {
  Settings settings;
  for (const char* flag : {"datastore", "tenant"}) {
    if (auto value = args.find(flag)) settings.add({flag, *value, std::string("--") + flag});
  }
  settings.add_environment(environment);
  auto config = args.find("config");
  if (!config) config = environment_value("CCCTL_CONFIG");
  if (config) settings.add_file(*config, true);
  const auto home = environment_value("HOME");
  if (const auto xdg = environment_value("XDG_CONFIG_HOME")) {
    settings.add_file(*xdg + "/ccctl/config.yaml", false);
  } else if (home) {
    settings.add_file(*home + "/.config/ccctl/config.yaml", false);
  }
  settings.add_file("/etc/ccctl/config.yaml", false);
  return settings;
}

}  // namespace ccctl::cmd
