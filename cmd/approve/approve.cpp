// ccctl approve list, show, sign.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/app.h"
#include "policy/approval.h"
#include "rule/hold.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

Json json_of(const policy::Approval& approval) {
  Json row{{"id", approval.id},
           {"approvalKind", approval.kind},
           {"target", approval.target},
           {"reason", approval.reason},
           {"requestedBy", approval.requested_by},
           {"requestedAt", to_text(approval.requested_at)},
           {"state", approval.approved() ? "approved" : "open"}};
  if (approval.decided_at) {
    row["decidedBy"] = approval.decided_by;
    row["decidedAt"] = to_text(*approval.decided_at);
  }
  return row;
}

int run_list(App& app, const Args&) {
  app.require_role({Role::officer, Role::admin, Role::auditor});
  std::vector<Json> rows;
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  for (const policy::Approval& approval : policy::list(tx, app.tenant()))
    rows.push_back(json_of(approval));
  app.print_rows(
      {"id", "approvalKind", "target", "state", "requestedBy", "requestedAt", "decidedBy"}, rows,
      {{"kind", "ApprovalList"}});
  return 0;
}

int run_show(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin, Role::auditor});
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  Json document = json_of(policy::get(tx, app.tenant(), args.get("id")));
  document["kind"] = "Approval";
  app.print(document);
  return 0;
}

// The decision and what follows from it commit together.
int run_sign(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  const std::string tenant = app.tenant();
  policy::Approval approval;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    approval = policy::sign(tx, tenant, args.get("id"), app.actor().login, now);
    if (approval.kind == "hold.release") {
      rule::release_hold(tx, tenant, approval.target, approval.id, app.actor().login, now);
    }
  });
  app.seal_if_possible();
  Json document = json_of(approval);
  document["kind"] = "Approval";
  app.print(document);
  return 0;
}

const Option kId{
    .name = "id", .value = "ID", .help = "the approval's id", .required = true, .positional = true};

}  // namespace

extern const Spec approve_list;
const Spec approve_list{
    .noun = "approve",
    .verb = "list",
    .summary = "list what needs a second person",
    .description = "Open approvals and signed ones.",
    .exits = {0, 5, 11},
    .examples = {{"ccctl approve list", "what waits for a signature"}},
    .run = run_list,
};

extern const Spec approve_show;
const Spec approve_show{
    .noun = "approve",
    .verb = "show",
    .summary = "show one approval",
    .description = "Who asked for what, why, and who signed.",
    .options = {kId},
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl approve show 51c0…", "before signing"}},
    .run = run_show,
};

extern const Spec approve_sign;
const Spec approve_sign{
    .noun = "approve",
    .verb = "sign",
    .summary = "give the second person's approval",
    .description =
        "Whoever asked cannot sign; the datastore enforces it too. A signed hold release starts "
        "the grace "
        "of P7D; a signed employee override lets the request be made.",
    .options = {kId},
    .exits = {0, 5, 6, 11, 13},
    .examples = {{"PGUSER=officer2 ccctl approve sign 51c0…",
                  "in the sandbox, as another officer"}},
    .run = run_sign,
};

}  // namespace ccctl::cmd
