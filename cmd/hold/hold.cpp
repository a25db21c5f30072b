// ccctl hold add, list, release.
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "cmd/person.h"
#include "cmd/signals.h"
#include "datamap/catalog.h"
#include "doc/suggest.h"
#include "policy/approval.h"
#include "request/tombstone.h"
#include "rule/hold.h"
#include "run/window.h"
#include "text/unicode.h"

namespace ccctl::cmd {
namespace {

Json json_of(const rule::Hold& hold, Instant now) {
  Json scope = Json::array();
  for (const subject::SubjectRef& ref : hold.subjects) scope.push_back(ref.text());
  if (!hold.category.empty()) scope.push_back("category " + hold.category);
  if (!hold.data.empty()) scope.push_back("data " + hold.data);
  if (hold.created_from) scope.push_back("created from " + to_text(*hold.created_from));
  if (hold.created_to) scope.push_back("created before " + to_text(*hold.created_to));
  if (scope.empty()) scope.push_back("tenant");
  Json row{{"id", hold.id},
           {"matter", hold.matter},
           {"scope", scope},
           {"reason", hold.reason},
           {"custodian", hold.custodian},
           {"addedBy", hold.added_by},
           {"addedAt", to_text(hold.added_at)},
           {"state", !hold.released_at  ? "active"
                     : hold.active(now) ? "released, in grace"
                                        : "released"}};
  if (!hold.review_on.empty()) row["reviewOn"] = hold.review_on;
  if (hold.grace_until) row["graceUntil"] = to_text(*hold.grace_until);
  return row;
}

std::optional<Instant> instant_option(const Args& args, std::string_view name) {
  const auto text = args.find(name);
  if (!text) return std::nullopt;
  const std::optional<Instant> at = parse_instant(*text);
  if (!at)
    throw Error(ErrorKind::usage, "--" + std::string(name) + " \"" + *text + "\" is no instant",
                "write 2026-11-21T09:00:00+09:00");
  return at;
}

std::string date_option(const Args& args, std::string_view name) {
  std::string text = args.get(name);
  if (text.empty() || (text.size() == 10 && parse_instant(text + "T00:00:00Z"))) return text;
  throw Error(ErrorKind::usage, "--" + std::string(name) + " \"" + text + "\" is no date",
              "write 2026-11-21");
}

// A hold on a misspelt data type would keep nothing.
std::string known_data(const std::string& data, const datamap::Map& map) {
  std::set<std::string_view> types;
  for (const datamap::Table& table : map.tables) {
    for (const datamap::DataType& type : table.data) types.insert(type.is);
  }
  if (data.empty() || types.contains(data)) return data;
  const std::vector<std::string_view> known(types.begin(), types.end());
  throw Error(ErrorKind::usage, "the data map has no data type \"" + data + "\"",
              doc::suggestion_hint(data, known));
}
int run_add(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  const std::string tenant = app.tenant();
  rule::Hold hold;
  hold.id = random_uuid(app.context());
  hold.matter = text::nfc(args.get("matter"));
  hold.reason = text::nfc(args.get("reason"));
  hold.custodian = args.has("custodian") ? text::nfc(args.get("custodian")) : app.actor().login;
  hold.category = args.get("category");
  hold.data = known_data(args.get("data"), app.map());
  hold.created_from = instant_option(args, "created-from");
  hold.created_to = instant_option(args, "created-to");
  hold.review_on = date_option(args, "review-on");
  hold.added_by = app.actor().login;
  Instant now{};
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    now = run::datastore_now(tx);
    if (names_person(args)) {
      const datamap::Catalog catalog = datamap::read_catalog(tx, app.map());
      const subject::Finder finder(tx, app.map(), catalog, tenant);
      const Person person = person_of(args, app.map(), finder);
      // Any member will do: the hold covers the whole merge set.
      const auto ref = person.ref ? person.ref : resolve(person, finder);
      if (ref) hold.subjects = finder.merge_set(*ref).members;
      if (hold.subjects.empty())
        throw Error(ErrorKind::not_found, "no data subject matches", "see `ccctl subjects search`");
    }
  }
  hold.added_at = now;
  if (const journal::EvidenceKey* key = app.evidence_key()) {
    for (const subject::SubjectRef& ref : hold.subjects) {
      hold.keyed.push_back(key->keyed(journal::EvidenceKey::kHold, request::subject_kind(ref),
                                      Personal<std::string>(ref.key_json())));
    }
  }
  {
    // Between the commit of a hold and the end of its wait the command must not end without saying
    // that the hold stands.
    const SignalWatch watch;
    hold = rule::add_hold(app.session(), tenant, hold, now, SignalWatch::seen);
  }
  app.seal_if_possible();
  Json document = json_of(hold, now);
  document["kind"] = "Hold";
  app.print(document);
  return 0;
}

int run_list(App& app, const Args&) {
  app.require_role({Role::officer, Role::admin, Role::auditor});
  std::vector<Json> rows;
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const Instant now = run::datastore_now(tx);
  for (const rule::Hold& hold : rule::all_holds(tx, app.tenant()))
    rows.push_back(json_of(hold, now));
  app.print_rows({"id", "matter", "scope", "state", "addedBy", "addedAt"}, rows,
                 {{"kind", "HoldList"}});
  return 0;
}

int run_release(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  app.require_level_journal();
  const std::string tenant = app.tenant();
  policy::Approval approval;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const rule::Hold hold = rule::get_hold(tx, tenant, args.get("id"));
    if (hold.released_at)
      throw Error(ErrorKind::refused, "hold \"" + hold.id + "\" is released already");
    approval = policy::ask(tx, app.context(), tenant, "hold.release", hold.id,
                           text::nfc(args.get("reason")), run::datastore_now(tx));
  });
  app.seal_if_possible();
  app.message("the hold stands until another person signs: `ccctl approve sign " + approval.id +
              "`");
  app.print({{"kind", "Approval"},
             {"id", approval.id},
             {"approvalKind", approval.kind},
             {"target", approval.target},
             {"state", "open"}});
  return 0;
}

}  // namespace

extern const Spec hold_add;
const Spec hold_add{
    .noun = "hold",
    .verb = "add",
    .summary = "keep data for a legal matter",
    .description =
        "From the moment it answers 0 no command deletes what the hold covers. A hold on a person "
        "covers the merge "
        "set, everything it owns, and every conversation it takes part in; a hold without a person "
        "covers a "
        "category, a data type, a range of creation, or the whole tenant. Holds add up, and end "
        "only by an approved "
        "release.\n\nInterrupted while it waits for running deletions it exits 7: the hold stands. "
        "Repeated with the same words it adds no second hold, and waits again.",
    .options = with_person_options({
        {.name = "matter", .value = "MATTER", .help = "the case's reference", .required = true},
        {.name = "reason",
         .value = "REASON",
         .help = "why the data must be kept",
         .required = true},
        {.name = "custodian", .value = "WHO", .help = "who answers for the hold; default you"},
        {.name = "category",
         .type = Type::choice,
         .value = "CATEGORY",
         .help = "only this category",
         .choices = {"registration", "host_usage", "generated"}},
        {.name = "data", .value = "TYPE", .help = "only this data type of the data map"},
        {.name = "created-from",
         .type = Type::instant,
         .value = "INSTANT",
         .help = "only rows created at or after"},
        {.name = "created-to",
         .type = Type::instant,
         .value = "INSTANT",
         .help = "only rows created before"},
        {.name = "review-on", .value = "DATE", .help = "when to look at the hold again"},
    }),
    .exits = {0, 5, 6, 7, 11, 12, 13},
    .examples =
        {{"ccctl hold add --email taro.tanaka@example.jp --matter 2026-17 --reason 'litigation'",
          "a person"},
         {"ccctl hold add --category host_usage --matter 2026-18 --reason 'tax audit'",
          "a category"}},
    .run = run_add,
};

extern const Spec hold_list;
const Spec hold_list{
    .noun = "hold",
    .verb = "list",
    .summary = "list the holds",
    .description = "Active ones, those in the grace after their release, and those released.",
    .exits = {0, 5, 11},
    .examples = {{"ccctl hold list", "all holds"}},
    .run = run_list,
};

extern const Spec hold_release;
const Spec hold_release{
    .noun = "hold",
    .verb = "release",
    .summary = "ask for a hold's release",
    .description =
        "Asks for an approval. When another person has signed it, the rows stay for a grace of P7D "
        "more.",
    .options = {{.name = "id",
                 .value = "ID",
                 .help = "the hold's id",
                 .required = true,
                 .positional = true},
                {.name = "reason", .value = "REASON", .help = "why it may end", .required = true}},
    .exits = {0, 5, 6, 11, 12, 13},
    .examples = {{"ccctl hold release 9a1b… --reason 'case closed'", "then another person signs"}},
    .run = run_release,
};

}  // namespace ccctl::cmd
