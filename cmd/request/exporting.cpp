#include "cmd/request/exporting.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "cmd/wire.h"
#include "policy/pack.h"

namespace ccctl::cmd {
namespace {

std::string template_text(const std::string& name) {
  const std::string path = share_folder() + "/policies/templates/" + name;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) throw Error(ErrorKind::config_invalid, "cannot read the template \"" + path + "\"");
  return text.str();
}

request::Answer answer_of(App& app, const std::string& language) {
  const policy::Pack pack = policy::load_pack(app.pack_folder());
  const std::string file = "wording." + language + ".yaml";
  return {
      request::information_of(pack), request::access_of(pack),
      doc::read<request::Wording>(template_text(file), file, "Wording", ErrorKind::config_invalid),
      template_text("export.html")};
}

// Of several roles the one that sees most counts.
std::set<std::string> denied(const request::Access& access, const std::vector<std::string>& roles) {
  std::optional<std::set<std::string>> common;
  for (const std::string& role : roles) {
    std::set<std::string> mask;
    if (const auto it = access.mask.find(role); it != access.mask.end())
      mask.insert(it->second.begin(), it->second.end());
    if (!common) {
      common = std::move(mask);
      continue;
    }
    std::erase_if(*common, [&](const std::string& kind) { return !mask.contains(kind); });
  }
  return common.value_or(std::set<std::string>{});
}

// Whoever the datastore lets read at all; the pack, which stands there, says more.
App& able(App& app) {
  app.require_role({Role::officer, Role::admin, Role::partner});
  return app;
}

}  // namespace

Exporting::Exporting(App& app, const std::string& language, request::ExportFormat format,
                     std::function<bool()> stopped)
    : app_(able(app)), requests_(app), answer_(answer_of(app, language)) {
  app.require_role(answer_.access.exporting);
  engine_.emplace(
      requests_.world(), requests_.ground(), answer_,
      request::ExportOptions{format, denied(answer_.access, app.roles()), std::move(stopped)});
}

Exporting::Who Exporting::who(const Args& args) {
  store::Tx tx = app_.session().begin(store::Mode::read_only_snapshot);
  datamap::Catalog catalog = datamap::read_catalog(tx, requests_.ground().map);
  const subject::Finder finder(tx, requests_.ground().map, catalog, requests_.ground().tenant);
  const Person person = person_of(args, requests_.ground().map, finder);
  const Who who{resolve(person, finder), person.term};
  engine_->found_tables(std::move(catalog));
  return who;
}

Option language_option() {
  return {.name = "language",
          .type = Type::choice,
          .value = "LANGUAGE",
          .help = "in which the data subject is told",
          .choices = {"ja", "en", "de"},
          .default_value = "en"};
}

}  // namespace ccctl::cmd
