// ccctl approve list, show, sign, reject.
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/app.h"
#include "policy/approval.h"
#include "request/manual.h"
#include "request/preview.h"
#include "retention/guards.h"
#include "retention/replay.h"
#include "rule/hold.h"
#include "run/window.h"
#include "text/unicode.h"

namespace ccctl::cmd {
namespace {

// Every kind there is.
const std::array<const policy::ApprovalKind*, 5> kKinds{
    &rule::kReleaseApproval, &request::kOverrideApproval, &request::kManualApproval,
    &retention::kReplayApproval, &retention::kPackApproval};

const policy::ApprovalKind& kind_of(const policy::Approval& approval) {
  for (const policy::ApprovalKind* kind : kKinds) {
    if (kind->name == approval.kind) return *kind;
  }
  throw Error(ErrorKind::refused,
              "this program knows no approvals of kind \"" + approval.kind + "\"",
              "decide it with the version of ccctl that asked for it");
}

Json json_of(const policy::Approval& approval) {
  Json row{{"id", approval.id},
           {"approvalKind", approval.kind},
           {"target", approval.target},
           {"reason", approval.reason},
           {"requestedBy", approval.requested_by},
           {"requestedAt", to_text(approval.requested_at)},
           {"state", approval.open() ? "open" : approval.decision}};
  if (approval.decided_at) {
    row["decidedBy"] = approval.decided_by;
    row["decidedAt"] = to_text(*approval.decided_at);
  }
  if (approval.rejected()) row["rejection"] = approval.rejection;
  return row;
}

int run_list(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin, Role::auditor});
  std::vector<Json> rows;
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  for (const policy::Approval& approval : policy::list(tx, app.tenant(), args.has("open")))
    rows.push_back(json_of(approval));
  app.print_rows(
      {"id", "approvalKind", "target", "state", "requestedBy", "requestedAt", "decidedBy"}, rows,
      {{"kind", "ApprovalList"}});
  return 0;
}

int run_show(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin, Role::auditor});
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const policy::Approval approval = policy::get(tx, app.tenant(), args.get("id"));
  Json document = json_of(approval);
  document["kind"] = "Approval";
  document["permits"] = std::string(kind_of(approval).permits);
  app.print(document);
  return 0;
}

int answer(App& app, const policy::Approval& approval) {
  app.seal_if_possible();
  Json document = json_of(approval);
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
    approval = policy::get(tx, tenant, args.get("id"));
  });
  const policy::ApprovalKind& kind = kind_of(approval);
  if (kind.deletes) app.require_level_journal();
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    approval = policy::sign(tx, tenant, args.get("id"), app.actor().login, now);
    if (kind.effect != nullptr) kind.effect(tx, tenant, approval, app.actor().login, now);
  });
  const int code = answer(app, approval);
  if (approval.kind == request::kManualApproval.name) {
    app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
      request::note_sealed(tx, tenant, approval.target);
    });
  }
  return code;
}

int run_reject(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  policy::Approval approval;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    approval = policy::reject(tx, app.tenant(), args.get("id"), app.actor().login,
                              text::nfc(args.get("reason")), run::datastore_now(tx));
  });
  return answer(app, approval);
}

const Option kId{
    .name = "id", .value = "ID", .help = "the approval's id", .required = true, .positional = true};

}  // namespace

extern const Spec approve_list;
const Spec approve_list{
    .noun = "approve",
    .verb = "list",
    .summary = "list what needs a second person",
    .description = "Open approvals, signed and rejected ones.",
    .options = {{.name = "open",
                 .type = Type::flag,
                 .help = "only those that wait for a decision"}},
    .exits = {0, 5, 11},
    .examples = {{"ccctl approve list --open", "what waits for a decision"}},
    .run = run_list,
};

extern const Spec approve_show;
const Spec approve_show{
    .noun = "approve",
    .verb = "show",
    .summary = "show one approval",
    .description = "Who asked for what, why, who decided, and what a signature permits.",
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
        "the grace of P7D; a signed employee override lets the request be made; a signed replay "
        "lets "
        "`retention replay` run.",
    .options = {kId},
    .exits = {0, 5, 6, 11, 12, 13},
    .examples = {{"PGUSER=officer2 ccctl approve sign 51c0…",
                  "in the sandbox, as another officer"}},
    .run = run_sign,
};

extern const Spec approve_reject;
const Spec approve_reject{
    .noun = "approve",
    .verb = "reject",
    .summary = "refuse the second person's approval",
    .description =
        "Final: a rejected approval cannot be used or signed any more. Whoever asked cannot reject "
        "either, and may ask anew.",
    .options = {kId, {.name = "reason", .value = "REASON", .help = "why not", .required = true}},
    .exits = {0, 5, 6, 11, 12, 13},
    .examples = {{"ccctl approve reject 51c0… --reason 'the matter is still open'",
                  "the hold stands"}},
    .run = run_reject,
};

}  // namespace ccctl::cmd
