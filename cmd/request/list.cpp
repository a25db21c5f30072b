// ccctl request list and show.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/app.h"
#include "request/request.h"

namespace ccctl::cmd {
namespace {

int run_list(App& app, const Args&) {
  app.require_role({Role::officer, Role::auditor});
  std::vector<request::Request> requests;
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    requests = request::list(tx, app.tenant());
  }
  std::vector<Json> rows;
  for (const request::Request& request : requests) {
    Json row = request::to_json(request);
    row["phase"] = request::to_text(request.phase, request.type);
    row["dueDate"] = to_text(request.due_at);
    row["outcome"] = request.outcome;
    rows.push_back(std::move(row));
  }
  app.print_rows({"id", "requestType", "status", "phase", "outcome", "createdDate", "dueDate"},
                 rows,
                 {{"kind", "RequestList"},
                  {"pageSize", rows.size()},
                  {"pageNumber", 1},
                  {"pageCount", 1},
                  {"selfUri", "/api/v2/gdpr/requests"}});
  return 0;
}

int run_show(App& app, const Args& args) {
  app.require_role({Role::officer, Role::auditor});
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  Json document = request::to_json(request::get(tx, app.tenant(), args.get("id")));
  document["kind"] = "Request";
  app.print(document);
  return 0;
}

}  // namespace

extern const Spec request_list;
const Spec request_list{
    .noun = "request",
    .verb = "list",
    .summary = "list the requests",
    .description = "Newest first. A request row holds no personal data.",
    .exits = {0, 5, 11},
    .examples = {{"ccctl request list -o json", "for a script"}},
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
                 .positional = true}},
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl request show 3f0c…", "one request"}},
    .run = run_show,
};

}  // namespace ccctl::cmd
