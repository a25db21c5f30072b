#include "cmd/policy/pack.h"

#include <filesystem>

#include "base/error.h"
#include "doc/suggest.h"

namespace ccctl::cmd {

namespace fs = std::filesystem;

Option pack_option(const std::string& name, bool required) {
  return {.name = name,
          .value = name,
          .help = std::string("a pack's name, or the path of its folder") +
                  (required ? "" : "; without it, the tenant's"),
          .required = required,
          .positional = true};
}

policy::Pack pack_named(App& app, const Args& args, std::string_view option) {
  const auto given = args.find(option);
  if (!given) return policy::load_pack(app.pack_folder());
  if (given->find('/') != std::string::npos) return policy::load_pack(*given);
  const fs::path packs = app.setting("packs");
  std::error_code ignored;
  if (fs::is_directory(packs / *given, ignored)) return policy::load_pack(packs / *given);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(packs, ignored)) {
    if (fs::exists(entry.path() / "pack.yaml", ignored))
      names.push_back(entry.path().filename().string());
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw Error(ErrorKind::not_found, "there is no pack \"" + *given + "\"",
              doc::suggestion_hint(*given, known));
}

}  // namespace ccctl::cmd
