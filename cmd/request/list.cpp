// ccctl request list and show.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/person.h"
#include "cmd/request/wiring.h"
#include "request/case.h"
#include "request/deadline.h"
#include "request/opendsr.h"
#include "request/request.h"
#include "request/step.h"
#include "request/tombstone.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

// The hash under which a tombstone would answer.
std::string hash_of(App& app, const Args& args, const journal::EvidenceKey& key) {
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const datamap::Catalog catalog = datamap::read_catalog(tx, app.map());
  const Person person =
      person_of(args, app.map(), subject::Finder(tx, app.map(), catalog, app.tenant()));
  if (person.ref) {
    return key.keyed(journal::EvidenceKey::kLookup, request::subject_kind(*person.ref),
                     Personal<std::string>(person.ref->key_json()));
  }
  return key.keyed(journal::EvidenceKey::kLookup, person.term->kind, person.term->value);
}

// What a complainant is told after closure: which request erased that value, when, and its receipt.
int list_erased(App& app, const Args& args) {
  app.require_role({Role::officer, Role::auditor});
  const journal::EvidenceKey* key = app.evidence_key();
  if (key == nullptr) {
    throw Error(ErrorKind::config_invalid, "without a journal there are no keyed tombstones",
                "name one with `journal:` in the settings file or with CCCTL_JOURNAL");
  }
  if (args.has("name")) {
    throw Error(ErrorKind::usage, "many people bear a name: it tells nothing of an erasure",
                "ask by --phone, --email, --address, --social or an id");
  }
  const std::string hash = hash_of(app, args, *key);
  std::vector<Json> rows;
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  for (const request::Tombstone& tombstone : request::find_tombstones(tx, app.tenant(), hash)) {
    rows.push_back({{"id", tombstone.request_id},
                    {"erasedAt", to_text(tombstone.erased_at)},
                    {"receipt", tombstone.receipt},
                    {"answeredUntil", to_text(tombstone.expires_at)}});
  }
  app.print_rows({"id", "erasedAt", "receipt", "answeredUntil"}, rows, {{"kind", "ErasureList"}});
  return 0;
}

// What should have been answered by now; the pack's targets are warnings.
std::vector<request::Obligation> tell_overdue(App& app, store::Tx& tx) {
  std::vector<request::Obligation> late =
      request::overdue(tx, app.tenant(), run::datastore_now(tx));
  std::erase_if(late, [&](const request::Obligation& obligation) {
    if (obligation.kind != "request.target") return false;
    app.message("request " + obligation.request_id + " is later than usual: its target was " +
                to_text(obligation.due_at));
    return true;
  });
  return late;
}

Json row_of(const request::Request& request) {
  Json row = request::to_json(request);
  row["phase"] = request::to_text(request.phase, request.type);
  row["dueDate"] = to_text(request.due_at);
  row["outcome"] = request::told_outcome(request);
  return row;
}

int run_list(App& app, const Args& args) {
  if (names_person(args)) return list_erased(app, args);
  app.require_role({Role::officer, Role::auditor});
  const std::string tenant = app.tenant();
  std::vector<Json> rows;
  std::vector<request::Obligation> late;
  Json envelope{{"kind", "RequestList"}, {"selfUri", "/api/v2/gdpr/requests"}};
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    late = tell_overdue(app, tx);
    const auto is_late = [&](const request::Request& request) {
      return std::any_of(late.begin(), late.end(), [&](const request::Obligation& obligation) {
        return obligation.request_id == request.id;
      });
    };
    for (const request::Request& request : request::list(tx, tenant)) {
      if (args.has("case") && request.case_id != args.get("case")) continue;
      if (args.has("overdue") && !is_late(request)) continue;
      rows.push_back(row_of(request));
    }
    if (args.has("case")) envelope["case"] = request::coverage(tx, tenant, args.get("case")).json();
  }
  envelope["pageSize"] = rows.size();
  envelope["pageNumber"] = 1;
  envelope["pageCount"] = 1;
  app.print_rows({"id", "requestType", "status", "phase", "outcome", "createdDate", "dueDate"},
                 rows, envelope);
  app.finish();
  if (args.has("overdue") && !rows.empty()) {
    throw Error(ErrorKind::findings, std::to_string(rows.size()) + " requests are overdue",
                "answer them, or put one off with `ccctl request extend` before it is due");
  }
  return 0;
}

int run_show(App& app, const Args& args) {
  app.require_role({Role::officer, Role::auditor});
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const request::Request request = request::get(tx, app.tenant(), args.get("id"));
  if (args.get("format") == "opendsr") {
    app.print(request::to_opendsr(request));
    return 0;
  }
  Json document = request::to_json(request);
  document["kind"] = "Request";
  document["x-ccctl"]["subProcessors"] =
      request::to_json(request::steps(tx, request.tenant, request.id));
  app.print(document);
  return 0;
}

}  // namespace

extern const Spec request_list;
const Spec request_list{
    .noun = "request",
    .verb = "list",
    .summary = "list the requests",
    .description =
        "Newest first. A request row holds no personal data. A target of the pack that has passed "
        "is "
        "a warning; --overdue lists what is later than its due date, and then exits 3.\n\nWith a "
        "term or an id it answers a "
        "complainant, also after the request was closed: which request erased that value, when, "
        "and "
        "the leaf hash of its receipt. Nothing personal is stored for it, only a hash under the "
        "tenant's evidence key, for as long as the pack's `evidence` says.",
    .options = with_person_options(
        {{.name = "overdue", .type = Type::flag, .help = "only what is overdue"},
         {.name = "case", .value = "CASE", .help = "only those of a case, with its coverage"}}),
    .exits = {0, 3, 5, 6, 11, 12},
    .examples = {{"ccctl request list -o json", "for a script"},
                 {"ccctl request list --phone +81312345678", "was that number erased, and when?"}},
    .run = run_list,
};

extern const Spec request_show;
const Spec request_show{
    .noun = "request",
    .verb = "show",
    .summary = "show one request",
    .description = "What was asked, by whom, when it is due, what was done, what was kept and why.",
    .options = {{.name = "id",
                 .value = "ID",
                 .help = "the request's id",
                 .required = true,
                 .positional = true},
                {.name = "format",
                 .type = Type::choice,
                 .value = "FORMAT",
                 .help = "as the API shows it, or as an OpenDSR 2.0 status response",
                 .choices = {"api", "opendsr"},
                 .default_value = "api"}},
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl request show 3f0c…", "one request"}},
    .run = run_show,
};

}  // namespace ccctl::cmd
