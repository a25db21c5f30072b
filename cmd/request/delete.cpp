// ccctl request delete: the erasure of one data subject and its merge set.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/person.h"
#include "cmd/request/intake.h"
#include "cmd/request/make.h"
#include "policy/approval.h"
#include "run/window.h"
#include "subject/reference.h"

namespace ccctl::cmd {
namespace {

constexpr std::string_view kOverride = "employee.override";

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

int run_delete(App& app, const Args& args) {
  Making making{.prompt = "erase"};
  making.guard = [&](const request::Ground& ground, const request::Preview& preview) {
    require_override(app, args, ground, preview);
  };
  return make_request(app, args, making);
}

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
        "and listed; `retention sweep` takes them once neither keeps them. A hold on the person "
        "refuses the request, which then waits for the release.",
    .options = with_person_options(with_intake_options(
        with_making_options({{.name = "override",
                              .value = "REASON",
                              .help = "ask for approval to erase a current employee"}}))),
    .exits = {0, 4, 5, 6, 7, 8, 11, 13},
    .examples = {{"ccctl request delete --email taro.tanaka@example.jp --dry-run",
                  "the plan and its confirmation"},
                 {"ccctl request delete --email taro.tanaka@example.jp --confirm DIGEST:ROWS",
                  "without a terminal"}},
    .run = run_delete,
};

}  // namespace ccctl::cmd
