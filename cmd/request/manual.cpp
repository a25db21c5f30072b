// ccctl request complete-manual: a request that people carried out outside.
#include "request/manual.h"

#include <nlohmann/json.hpp>

#include "cmd/app.h"
#include "run/window.h"
#include "text/unicode.h"

namespace ccctl::cmd {
namespace {

int run_complete_manual(App& app, const Args& args) {
  app.require_role({Role::officer});
  const record::Evidence evidence = record::hash_file(args.get("evidence"));
  request::Decision decision{
      app.tenant(), args.get("id"), app.actor().login, text::nfc(args.get("ref")), {}};
  policy::Approval approval;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    decision.at = run::datastore_now(tx);
    approval = request::ask_manual(tx, app.context(), decision, evidence);
  });
  app.seal_if_possible();
  app.message("the request stays open until another person signs: `ccctl approve sign " +
              approval.id + "`");
  app.print({{"kind", "Approval"},
             {"id", approval.id},
             {"approvalKind", approval.kind},
             {"target", approval.target},
             {"reason", approval.reason},
             {"state", "open"}});
  return 0;
}

}  // namespace

extern const Spec request_complete_manual;
const Spec request_complete_manual{
    .noun = "request",
    .verb = "complete-manual",
    .summary = "complete a request that people carried out outside",
    .description =
        "For a request that cannot be carried out here: by which statement of work it was done, "
        "and a file that shows it, whose SHA-256 is kept. It counts once another person has "
        "signed, while no hold covers the person and when all sub-processors have answered. The "
        "outcome is then `manual`: the receipt names both people, and says that ccctl did and "
        "verified nothing of it. `request verify` looks for what is left, until the request is "
        "closed.",
    .options = {{.name = "id",
                 .value = "ID",
                 .help = "the request's id",
                 .required = true,
                 .positional = true},
                {.name = "ref",
                 .value = "SOW",
                 .help = "the statement of work's reference",
                 .required = true},
                {.name = "evidence",
                 .type = Type::file,
                 .value = "FILE",
                 .help = "what shows that it was done",
                 .required = true}},
    .exits = {0, 5, 6, 11, 12, 13},
    .examples = {{"ccctl request complete-manual 3f0c… --ref SOW-17 --evidence report.pdf",
                  "then another person signs"}},
    .run = run_complete_manual,
};

}  // namespace ccctl::cmd
