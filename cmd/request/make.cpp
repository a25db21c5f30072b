// ccctl request delete, update: what they share.
#include "cmd/request/make.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/person.h"
#include "cmd/request/intake.h"

namespace ccctl::cmd {
namespace {

std::string noun_of(request::Type type) {
  return type == request::Type::updating ? "update" : "erasure";
}

const std::vector<std::string> kPlanColumns{"table", "action", "rows", "why"};

// The plan as rows: what would happen per table, and what would stay and why.
std::vector<Json> plan_rows(const Json& document) {
  std::vector<Json> rows;
  for (const Json& action : document["actions"]) {
    rows.push_back({{"table", action["table"]},
                    {"action", action["action"]},
                    {"rows", action["rows"]},
                    {"why", action.contains("detail") ? action["detail"] : action["rule"]}});
  }
  for (const Json& kept : document["kept"]) {
    rows.push_back(
        {{"table", kept["table"]},
         {"action", "keep"},
         {"rows", kept["rows"]},
         {"why",
          kept["rule"].get<std::string>() +
              (kept.contains("until") ? " until " + kept["until"].get<std::string>() : "")}});
  }
  return rows;
}

void tell(App& app, const request::Preview& preview) {
  app.message("confirmation: " + preview.confirmation);
  for (const request::Shared& shared : preview.shared) {
    app.message("shared: " + shared.kind + " with " + std::to_string(shared.rows) + " other in " +
                shared.table);
  }
}

void require_confirmation(App& app, const Args& args, const request::Ground& ground,
                          const request::Preview& preview, const std::string& id,
                          const std::string& verb) {
  if (const auto given = args.find("confirm")) {
    if (*given == preview.confirmation) return;
    throw Error(ErrorKind::stale_plan, "the confirmation is not that of the plan as it is now",
                "look at the plan again; its confirmation is " + preview.confirmation);
  }
  // With a terminal the plan is shown there, and stdout holds the request alone.
  const bool shown = app.show(kPlanColumns, plan_rows(request::to_json(preview, ground)));
  if (!shown) print_plan(app, ground, preview);
  tell(app, preview);
  const std::optional<std::string> typed =
      shown ? app.prompt("type " + id + " to " + verb + ": ") : std::nullopt;
  if (!typed) {
    throw Error(ErrorKind::refused, "an " + noun_of(preview.type) + " must be confirmed",
                "repeat the command with --confirm " + preview.confirmation);
  }
  if (*typed != id)
    throw Error(ErrorKind::refused, "what was typed is not the request's id", "nothing was done");
}

}  // namespace

void print_plan(App& app, const request::Ground& ground, const request::Preview& preview) {
  Json document = request::to_json(preview, ground);
  document["kind"] = preview.type == request::Type::updating ? "UpdatePlan" : "ErasurePlan";
  const std::vector<Json> rows = plan_rows(document);
  document["entities"] = rows;
  app.print_rows(kPlanColumns, rows, document);
  app.finish();
}

Found look(App& app, const Args& args, const request::Ground& ground, const Replacing& replacing) {
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  Found found{{}, {}, datamap::read_catalog(tx, ground.map)};
  const datamap::Catalog& catalog = found.catalog;
  const subject::Finder finder(tx, ground.map, catalog, ground.tenant);
  const Person person = person_of(args, ground.map, finder);
  found.ref = resolve(person, finder);
  std::vector<plan::Replacement> terms;
  if (replacing) {
    if (!found.ref)
      throw Error(ErrorKind::not_found, "no data subject matches", "see `ccctl subjects search`");
    terms = replacing(finder, finder.profile(*found.ref));
  }
  request::Planner planner(ground, catalog);
  found.preview = planner.preview(tx, found.ref, person.term ? &*person.term : nullptr, terms);
  found.preview.shared = planner.shared_values(tx, found.preview);
  const request::Preview& preview = found.preview;
  if (preview.outcome.rows() > 0 || !preview.outcome.kept.empty()) return found;
  if (!terms.empty()) {
    throw Error(ErrorKind::not_found, "the data subject has no such value",
                "compare with `ccctl subjects show`");
  }
  if (!found.ref)
    throw Error(ErrorKind::not_found, "no data subject matches", "see `ccctl subjects search`");
  return found;
}

int show_plan(App& app, const Args& args, const Replacing& replacing) {
  app.require_role({Role::officer});
  Requests requests(app);
  const Found found = look(app, args, requests.ground(), replacing);
  print_plan(app, requests.ground(), found.preview);
  tell(app, found.preview);
  if (!found.preview.holds.empty())
    app.message("hold " + found.preview.holds.front() + " refuses the request");
  return 0;
}

Option merge_set_option() {
  return {.name = "confirm-merge-set",
          .type = Type::flag,
          .help = "the members of the merge set are one person in spite of different names"};
}

Option case_option() {
  return {.name = "case", .value = "CASE", .help = "the case that the request belongs to"};
}

std::vector<Option> with_making_options(std::vector<Option> more) {
  std::vector<Option> all{
      {.name = "dry-run", .type = Type::flag, .help = "print the plan and stop"},
      {.name = "confirm", .value = "DIGEST:ROWS", .help = "the confirmation that the plan printed"},
      merge_set_option(),
      case_option(),
      {.name = "queue",
       .type = Type::flag,
       .help = "return at once; a worker (`request run` without an id) does it"},
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

namespace {

int carry_on(App& app, request::Erasure& erasure, const request::Request& known, bool queued) {
  return answer(app, queued ? known : erasure.advance(known.id));
}

}  // namespace

int make_request(App& app, const Args& args, const Making& making) {
  if (args.has("dry-run")) return show_plan(app, args, making.replacing);
  app.require_role({Role::officer});
  app.require_level_journal();
  Requests requests(app);
  request::Erasure erasure = requests.erasure();
  // A confirmation is looked up before any search: after an erasure the search finds nobody.
  std::optional<request::Request> known;
  if (const auto given = args.find("confirm")) {
    app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
      known = request::find_by_confirmation(tx, requests.ground().tenant, *given);
    });
    if (known && request::live(known->phase) && known->phase != request::Phase::unsealed)
      return carry_on(app, erasure, *known, args.has("queue"));
  }
  const bool finished = known && (known->phase == request::Phase::completed ||
                                  known->phase == request::Phase::unsealed);
  const request::Intake intake = intake_of(args, requests.rules().requests);
  Found found;
  try {
    found = look(app, args, requests.ground(), making.replacing);
  } catch (const Error& error) {
    if (!known || error.kind() != ErrorKind::not_found) throw;
    return finished ? carry_on(app, erasure, *known, args.has("queue")) : answer(app, *known);
  }
  const request::Preview& preview = found.preview;
  // What is finished is reported again, unless its rows are back: an import brought them, or a hold
  // had kept them. To report the old receipt then would claim an erasure that was not made.
  if (finished && (preview.outcome.rows() == 0 || preview.confirmation != *args.find("confirm"))) {
    if (preview.outcome.rows() > 0)
      app.message("the data subject has " + std::to_string(preview.outcome.rows()) +
                  " rows again: see `ccctl request plan`");
    return carry_on(app, erasure, *known, args.has("queue"));
  }
  if (preview.conflicting && !args.has("confirm-merge-set")) {
    print_plan(app, requests.ground(), preview);
    throw Error(ErrorKind::refused, "the members of the merge set have different names",
                "compare them with `ccctl subjects show`, then repeat with --confirm-merge-set");
  }
  if (making.guard) making.guard(requests.ground(), preview);
  const std::string id = random_uuid(app.context());
  require_confirmation(app, args, requests.ground(), preview, id, making.prompt);
  // Nobody knows how long somebody thought about it at a terminal.
  if (args.has("confirm")) erasure.found_tables(std::move(found.catalog));
  const bool held = !preview.holds.empty();
  const request::Handling handling{args.has("queue"), false, args.get("case")};
  const request::Request request = erasure.confirm(preview, id, intake, held, handling);
  if (request.id != id) app.message("request " + request.id + " is about the same person");
  if (held) {
    app.seal_if_possible(false);
    throw Error(ErrorKind::held, "hold \"" + preview.holds.front() + "\" covers the data subject",
                "the request waits: run `ccctl request run " + request.id + "` after the release");
  }
  if (handling.queued) {
    app.seal_if_possible();
    return answer(app, request);
  }
  return answer(app, erasure.advance(request));
}

}  // namespace ccctl::cmd
