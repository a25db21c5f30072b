// ccctl subjects search: everybody whom a term may mean.
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/app.h"
#include "cmd/person.h"
#include "cmd/request/wiring.h"
#include "datamap/catalog.h"
#include "request/rate.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

Json entity(const datamap::Map& map, const subject::Match& match, bool unambiguous) {
  Json members = Json::array();
  for (const subject::SubjectRef& member : match.merge_set.members)
    members.push_back(member.text());
  Json row = subject_json(map, match.ref);
  row["subject"] = match.ref.text();
  row["name"] = match.label.reveal();
  row["matchedOn"] = match.matched_on;
  row["canonical"] = match.merge_set.canonical.text();
  row["mergeSet"] = members;
  if (match.part_of) row["partOf"] = match.part_of->text();
  row["unambiguous"] = unambiguous;
  return row;
}

int run_search(App& app, const Args& args) {
  app.require_role({Role::officer});
  const std::string tenant = app.tenant();
  const datamap::Map& map = app.map();
  const Requests requests(app);
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    request::take_token(tx, tenant, "subjects", requests.rules().requests.rate.subjects,
                        run::datastore_now(tx));
  });
  std::vector<subject::Match> matches;
  std::string kind = "id";
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    const datamap::Catalog catalog = datamap::read_catalog(tx, map);
    const subject::Finder finder(tx, map, catalog, tenant);
    const Person person = person_of(args, map, finder);
    if (person.term) {
      kind = person.term->kind;
      matches = finder.search(*person.term);
    } else if (const auto profile = finder.profile(*person.ref)) {
      matches.push_back({profile->ref, {"id"}, profile->merge_set, profile->label});
    }
    subject::leave_out_staged(tx, map, tenant, matches);
  }
  const std::size_t people = subject::distinct_people(matches).size();
  const bool unambiguous = people == 1;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    audit::append(tx,
                  {audit::LogName::security, tenant, "subjects.searched", app.actor().login, "",
                   Json{{"term", kind}, {"matches", matches.size()}}},
                  app.context().now());
  });
  std::vector<Json> rows;
  for (const subject::Match& match : matches) rows.push_back(entity(map, match, unambiguous));
  app.print_rows({"subject", "name", "matchedOn", "canonical", "mergeSet"}, rows,
                 {{"kind", "SubjectList"},
                  {"unambiguous", unambiguous},
                  {"pageSize", rows.size()},
                  {"pageNumber", 1},
                  {"pageCount", 1},
                  {"selfUri", "/api/v2/gdpr/subjects"}});
  app.finish();
  if (matches.empty())
    throw Error(ErrorKind::not_found, "no data subject matches",
                "try another identifier of the person");
  if (!unambiguous) {
    throw Error(ErrorKind::ambiguous, "the term names " + std::to_string(people) + " data subjects",
                "compare them with `ccctl subjects show`, then use --subject KIND:ID");
  }
  return 0;
}

}  // namespace

extern const Spec subjects_search;
const Spec subjects_search{
    .noun = "subjects",
    .verb = "search",
    .summary = "find the people whom a term may mean",
    .description =
        "Shows every data subject that holds the term on its own row, what it matched on, and its "
        "merge set. "
        "Names and addresses are compared without regard to width, case and spacing; telephone "
        "numbers in "
        "E.164. It reads only; run it before every request.\n\nExactly one term is wanted. The "
        "answer is "
        "unambiguous when all matches are of one merge set; otherwise the exit code is 6. Whoever "
        "waits for the purge after the end of a contract is hidden here; an erasure finds them "
        "still.",
    .options = with_person_options({}),
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl subjects search --phone 03-1234-5678",
                  "national writing, in the map's region"},
                 {"ccctl subjects search --name 'ﾀﾅｶ ﾀﾛｳ' -o json",
                  "half-width kana match full-width ones"}},
    .run = run_search,
};

}  // namespace ccctl::cmd
