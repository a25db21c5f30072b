// ccctl subjects show and suggest: one data subject's identifiers.
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/app.h"
#include "cmd/person.h"
#include "datamap/catalog.h"
#include "subject/reference.h"

namespace ccctl::cmd {
namespace {

std::vector<subject::Profile> read_profiles(App& app, const Args& args, const std::string& action) {
  app.require_role({Role::officer});
  const std::string tenant = app.tenant();
  const datamap::Map& map = app.map();
  std::vector<subject::Profile> profiles;
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    const datamap::Catalog catalog = datamap::read_catalog(tx, map);
    const subject::Finder finder(tx, map, catalog, tenant);
    const Person person = person_of(args, map, finder);
    std::vector<subject::SubjectRef> refs;
    if (person.ref) {
      refs.push_back(*person.ref);
    } else {
      for (const subject::Match& match : finder.search(*person.term)) refs.push_back(match.ref);
    }
    for (const subject::SubjectRef& ref : refs) {
      if (auto profile = finder.profile(ref)) profiles.push_back(std::move(*profile));
    }
  }
  if (profiles.empty())
    throw Error(ErrorKind::not_found, "no data subject matches", "see `ccctl subjects search`");
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    Json references = Json::array();
    for (const subject::Profile& profile : profiles)
      references.push_back(subject::reference(tx, tenant, profile.ref));
    audit::append(tx,
                  {audit::LogName::security, tenant, action, app.actor().login, "",
                   Json{{"subjects", references}}},
                  app.context().now());
  });
  return profiles;
}

int run_show(App& app, const Args& args) {
  std::vector<Json> rows;
  for (const subject::Profile& profile : read_profiles(app, args, "subjects.shown")) {
    for (const subject::Identifier& identifier : profile.identifiers) {
      rows.push_back({{"subject", profile.ref.text()},
                      {"canonical", profile.merge_set.canonical.text()},
                      {"identifier", identifier.kind},
                      {"value", identifier.value.reveal()},
                      {"table", identifier.table},
                      {"column", identifier.site},
                      {"suggested", identifier.suggest}});
    }
  }
  app.print_rows({"subject", "canonical", "identifier", "value", "column", "suggested"}, rows,
                 {{"kind", "SubjectProfile"}});
  return 0;
}

int run_suggest(App& app, const Args& args) {
  std::vector<Json> rows;
  for (const subject::Profile& profile : read_profiles(app, args, "subjects.suggested")) {
    for (const subject::Identifier& identifier : profile.identifiers) {
      if (!identifier.suggest) continue;
      const bool social = identifier.kind.starts_with("social.");
      const std::string option = social ? "social" : identifier.kind;
      const std::string value =
          (social ? identifier.kind.substr(7) + ":" : "") + identifier.value.reveal();
      rows.push_back({{"subject", profile.ref.text()},
                      {"option", "--" + option},
                      {"value", value},
                      {"column", identifier.site}});
    }
  }
  app.print_rows({"subject", "option", "value", "column"}, rows, {{"kind", "SuggestionList"}});
  return 0;
}

}  // namespace

extern const Spec subjects_show;
const Spec subjects_show{
    .noun = "subjects",
    .verb = "show",
    .summary = "show the identifiers of the people whom a term may mean, side by side",
    .description =
        "Prints the normalised identifiers on the subjects' own rows, to tell people of the same "
        "name "
        "apart. Suggested ones are not followed by a request for an id.",
    .options = with_person_options({}),
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl subjects show --subject external_contact:7f3c",
                  "one of the matches of a search"}},
    .run = run_show,
};

extern const Spec subjects_suggest;
const Spec subjects_suggest{
    .noun = "subjects",
    .verb = "suggest",
    .summary = "propose the further terms that need a request of their own",
    .description =
        "A request for an id does not follow identifiers that the data map marks as suggested (a "
        "work "
        "phone, a mobile, a social handle): other data kept under them wants a request per term "
        "(G-34).",
    .options = with_person_options({}),
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl subjects suggest --email taro.tanaka@example.jp",
                  "what else to search for"}},
    .run = run_suggest,
};

}  // namespace ccctl::cmd
