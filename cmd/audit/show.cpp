// ccctl audit show: who did what to whom, why, under which policy.
#include <nlohmann/json.hpp>

#include "audit/show.h"
#include "base/error.h"
#include "cmd/app.h"
#include "cmd/audit/filter.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

constexpr std::size_t kShort = 12;  // of a digest or pseudonym: enough to tell two apart in a table

std::string shortened(const std::string& text) {
  return text.size() == 64 ? text.substr(0, kShort) : text;
}

Json row_of(const audit::ShownEvent& one, bool table) {
  Json row{{"at", one.event.value("at", "")},
           {"log", one.event.value("log", "")},
           {"actor", one.event.value("actor", "")},
           {"action", one.event.value("action", "")},
           {"request", one.event.value("request", "")},
           {"why", one.why},
           {"policy", table ? shortened(one.policy) : one.policy},
           {"subjects", Json::array()}};
  for (const std::string& subject : one.subjects)
    row["subjects"].push_back(table ? shortened(subject) : subject);
  if (table) return row;
  if (one.index) {
    row["origin"] = one.origin;
    row["index"] = *one.index;
  }
  row["body"] = one.event.value("body", Json::object());
  return row;
}

// Reading the log is an access too. It is recorded first, because rows leave as they are read, and
// what happens from that instant on is not shown.
void record(App& app, std::optional<audit::LogName> log, audit::EventFilter& filter) {
  audit::Event event;
  event.tenant = app.tenant();
  event.log = audit::accesses_of(event.tenant);
  event.action = "audit.shown";
  event.actor = app.actor().login;
  event.body = {{"filter", filter.json()}};
  if (log) event.body["log"] = audit::to_text(*log);
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    audit::append(tx, event, now);
    if (!filter.to || *filter.to > now) filter.to = now;
  });
}

int run_show(App& app, const Args& args) {
  app.require_role({Role::auditor, Role::officer, Role::owner});
  const std::string format = args.get("output");
  const bool table = format == "table";
  const std::optional<audit::LogName> log = log_of(args, app.tenant());
  audit::EventFilter filter = filter_of(args);
  record(app, log, filter);
  const std::vector<std::string> columns =
      table ? std::vector<std::string>{"at", "actor", "action", "subjects", "why", "policy"}
            : std::vector<std::string>{"at",       "log", "actor",  "action", "request",
                                       "subjects", "why", "policy", "origin", "index"};
  const Json envelope{{"kind", "AuditEventList"}, {"tenant", app.tenant()}};
  std::vector<Json> rows;
  const bool pages = format == "ndjson" || format == "csv";
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    bool first = true;
    audit::each_event(tx, app.tenant(), log, filter, [&](const audit::ShownEvent& one) {
      rows.push_back(row_of(one, table));
      if (!pages || rows.size() < 500) return;
      app.print_page(columns, rows, envelope, first);
      first = false;
      rows.clear();
    });
    if (pages && (first || !rows.empty())) app.print_page(columns, rows, envelope, first);
  }
  if (!pages) app.print_rows(columns, rows, envelope);
  app.seal_if_possible();
  return 0;
}

}  // namespace

extern const Spec audit_show;
const Spec audit_show{
    .noun = "audit",
    .verb = "show",
    .summary = "say who did what to whom, why, under which policy",
    .description =
        "Lists events of the tenant's logs in the order of their time, those too that wait for the "
        "sealing account. People are pseudonyms: the same person has the same one in all events, "
        "and nobody's name when the person's key is erased. A table shortens pseudonyms and the "
        "policy's digest; the other formats have them whole, and -o json and ndjson the whole "
        "body.\n\nWhat is listed has not been verified: `ccctl audit verify` does that, and `ccctl "
        "audit export` gives the same events to somebody else. Reading the log is an event of the "
        "security log.",
    .options = with_filter_options({}, ""),
    .exits = {0, 3, 5, 11},
    .examples = {{"ccctl audit show --request 7f3c…", "everything that happened to a request"},
                 {"ccctl audit show --log security --from 2026-11-01T00:00:00Z -o csv",
                  "accesses and refusals of a month"}},
    .run = run_show,
};

}  // namespace ccctl::cmd
