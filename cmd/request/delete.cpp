// ccctl request delete: the erasure of one data subject and its merge set.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/person.h"
#include "cmd/request/intake.h"
#include "cmd/request/wiring.h"
#include "policy/approval.h"
#include "run/window.h"
#include "subject/reference.h"

namespace ccctl::cmd {
namespace {

constexpr std::string_view kOverride = "employee.override";

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

void print_plan(App& app, const request::Ground& ground, const request::Preview& preview) {
  Json document = request::to_json(preview, ground);
  document["kind"] = "ErasurePlan";
  const std::vector<Json> rows = plan_rows(document);
  document["entities"] = rows;
  app.print_rows(kPlanColumns, rows, document);
  app.finish();
}

void tell(App& app, const request::Preview& preview) {
  app.message("confirmation: " + preview.confirmation);
  for (const request::Shared& shared : preview.shared) {
    app.message("shared: " + shared.kind + " with " + std::to_string(shared.rows) + " other in " +
                shared.table);
  }
}

// A current employee's data needs a second person's approval (G-48).
void require_override(App& app, const Args& args, const request::Ground& ground,
                      const request::Preview& preview) {
  if (!preview.current_employee) return;
  std::string id;
  bool approved = false;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const std::string reference =
        subject::reference(tx, ground.tenant, preview.merge_set.canonical);
    approved =
        policy::find_approved(tx, ground.tenant, std::string(kOverride), reference).has_value();
    if (approved || !args.has("override")) return;
    id = policy::ask(tx, app.context(), ground.tenant, std::string(kOverride), reference,
                     args.get("override"), run::datastore_now(tx))
             .id;
  });
  if (approved) return;
  throw Error(ErrorKind::refused, "the data subject is a current employee",
              id.empty() ? "ask for an approval with --override REASON"
                         : "another person must sign it first: `ccctl approve sign " + id + "`");
}

void require_confirmation(App& app, const Args& args, const request::Ground& ground,
                          const request::Preview& preview, const std::string& id) {
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
      shown ? app.prompt("type " + id + " to erase: ") : std::nullopt;
  if (!typed) {
    throw Error(ErrorKind::refused, "an erasure must be confirmed",
                "repeat the command with --confirm " + preview.confirmation);
  }
  if (*typed != id)
    throw Error(ErrorKind::refused, "what was typed is not the request's id", "nothing was done");
}

// The subject, or nothing for a term that only match tables hold.
struct Found {
  std::optional<subject::SubjectRef> ref;
  request::Preview preview;
};

Found look(App& app, const Args& args, const request::Ground& ground) {
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const datamap::Catalog catalog = datamap::read_catalog(tx, ground.map);
  const subject::Finder finder(tx, ground.map, catalog, ground.tenant);
  const Person person = person_of(args, ground.map, finder);
  Found found;
  found.ref = resolve(person, finder);
  found.preview =
      request::preview(tx, ground, catalog, found.ref, person.term ? &*person.term : nullptr);
  if (!found.ref && found.preview.outcome.rows() == 0 && found.preview.outcome.kept.empty()) {
    throw Error(ErrorKind::not_found, "no data subject matches", "see `ccctl subjects search`");
  }
  return found;
}

int run_plan(App& app, const Args& args) {
  app.require_role({Role::officer});
  Requests requests(app);
  const Found found = look(app, args, requests.ground());
  print_plan(app, requests.ground(), found.preview);
  tell(app, found.preview);
  if (!found.preview.holds.empty())
    app.message("hold " + found.preview.holds.front() + " refuses the request");
  return 0;
}

int run_delete(App& app, const Args& args) {
  if (args.has("dry-run")) return run_plan(app, args);
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
    if (known && (request::live(known->phase) || known->phase == request::Phase::completed)) {
      return answer(app, erasure.advance(known->id));
    }
  }
  const request::Intake intake = intake_of(args, requests.rules().requests);
  Found found;
  try {
    found = look(app, args, requests.ground());
  } catch (const Error& error) {
    // A closed case is reported again, unless there is somebody to erase: rows that a hold had
    // kept.
    if (known && error.kind() == ErrorKind::not_found) return answer(app, *known);
    throw;
  }
  const request::Preview& preview = found.preview;
  if (preview.conflicting && !args.has("confirm-merge-set")) {
    print_plan(app, requests.ground(), preview);
    throw Error(ErrorKind::refused, "the members of the merge set have different names",
                "compare them with `ccctl subjects show`, then repeat with --confirm-merge-set");
  }
  require_override(app, args, requests.ground(), preview);
  const std::string id = random_uuid(app.context());
  require_confirmation(app, args, requests.ground(), preview, id);
  const bool held = !preview.holds.empty();
  const request::Request request = erasure.confirm(preview, id, intake, held);
  if (held) {
    app.seal_if_possible();
    throw Error(ErrorKind::held, "hold \"" + preview.holds.front() + "\" covers the data subject",
                "the request waits: run `ccctl request run " + request.id + "` after the release");
  }
  return answer(app, erasure.advance(request.id));
}

const std::vector<Option> kOwn{
    {.name = "dry-run", .type = Type::flag, .help = "print the plan and stop"},
    {.name = "confirm", .value = "DIGEST:ROWS", .help = "the confirmation that the plan printed"},
    {.name = "confirm-merge-set",
     .type = Type::flag,
     .help = "the members of the merge set are one person in spite of different names"},
    {.name = "override", .value = "REASON", .help = "ask for approval to erase a current employee"},
};

}  // namespace

extern const Spec request_delete;
const Spec request_delete{
    .noun = "request",
    .verb = "delete",
    .summary = "erase one data subject (GDPR Art. 17)",
    .description =
        "Finds the person, prints what will happen to which rows and why, wants a confirmation, "
        "and erases the "
        "whole merge set: one transaction per member, then the objects, a settling pass, "
        "verification and the "
        "receipt.\n\nThe confirmation pins the subjects, the data map, the policy and the tables, "
        "not the rows. "
        "Without a terminal give it with --confirm. Repeating a command with the same confirmation "
        "continues an "
        "interrupted request and reports a finished one.\n\nRows under a legal hold or a statutory "
        "minimum are kept "
        "and listed. A hold on the person refuses the request, which then waits for the release.",
    .options = with_person_options(with_intake_options(kOwn)),
    .exits = {0, 4, 5, 6, 7, 11, 13},
    .examples = {{"ccctl request delete --email taro.tanaka@example.jp --dry-run",
                  "the plan and its confirmation"},
                 {"ccctl request delete --email taro.tanaka@example.jp --confirm DIGEST:ROWS",
                  "without a terminal"}},
    .run = run_delete,
};

extern const Spec request_plan;
const Spec request_plan{
    .noun = "request",
    .verb = "plan",
    .summary = "show what an erasure would do, and change nothing",
    .description = "The same plan, counts and confirmation as `request delete --dry-run`.",
    .options = with_person_options({}),
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl request plan --external-contact 7f3c -o json", "for a script"}},
    .run = run_plan,
};

}  // namespace ccctl::cmd
