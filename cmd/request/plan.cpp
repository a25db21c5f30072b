// ccctl request plan: what an erasure would do; with several identifiers, which requests a case
// needs.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/person.h"
#include "cmd/request/import.h"
#include "cmd/request/make.h"
#include "request/case.h"
#include "run/window.h"
#include "text/identifier.h"

namespace ccctl::cmd {
namespace {

struct LookedUp {
  subject::Identifier term;
  std::vector<subject::SubjectRef> people;
  bool rows = false;  // nobody, but rows that are found by the value itself
};

// A person is proposed when enough of the supplied identifiers lead there; a name alone is weak
// beside another identifier (G-42).
struct Score {
  int matches = 0;
  bool strong = false;
};

std::string option_of(const subject::Identifier& term) {
  return term.kind.starts_with("social.") ? "--social" : "--" + term.kind;
}

class CasePlan {
 public:
  CasePlan(App& app, const Args& args) : app_(app), args_(args), requests_(app) {}

  int run() {
    const request::Ground& ground = requests_.ground();
    store::Tx tx = app_.session().begin(store::Mode::read_only_snapshot);
    const datamap::Catalog catalog = datamap::read_catalog(tx, ground.map);
    const subject::Finder finder(tx, ground.map, catalog, ground.tenant);
    for (const subject::Identifier& term : terms_of(args_, finder))
      look_up(tx, finder, catalog, term);
    for (const LookedUp& each : looked_up_) {
      for (const subject::SubjectRef& ref : each.people) {
        Score& score = scores_[ref];
        ++score.matches;
        score.strong = score.strong || text::is_strong(each.term.kind);
      }
    }
    propose();
    suggest(finder);
    (void)tx.commit();
    store();
    print();
    return 0;
  }

 private:
  void look_up(store::Tx& tx, const subject::Finder& finder, const datamap::Catalog& catalog,
               const subject::Identifier& term) {
    LookedUp found{term, subject::distinct_people(finder.search(term)), false};
    if (found.people.empty()) {
      const request::Preview preview =
          request::preview(tx, requests_.ground(), catalog, std::nullopt, &term);
      found.rows = preview.outcome.rows() > 0;
    }
    looked_up_.push_back(std::move(found));
  }

  bool selected(const Score& score) const {
    const int wanted =
        args_.has("require-match") ? static_cast<int>(args_.number("require-match")) : 1;
    return score.matches >= wanted && (score.strong || looked_up_.size() == 1);
  }

  void propose() {
    for (LookedUp& each : looked_up_) {
      for (const subject::SubjectRef& ref : each.people) {
        const Score& score = scores_.at(ref);
        rows_.push_back({{"option", option_of(each.term)},
                         {"subject", ref.text()},
                         {"score", score.matches},
                         {"selected", selected(score)},
                         {"why", "matched"},
                         {"value", ""}});
      }
      if (each.people.empty()) {
        rows_.push_back({{"option", option_of(each.term)},
                         {"subject", ""},
                         {"score", 0},
                         {"selected", each.rows},
                         {"why", each.rows ? "rows found by the value itself" : "nobody matches"},
                         {"value", ""}});
      }
      std::erase_if(each.people,
                    [&](const subject::SubjectRef& ref) { return !selected(scores_.at(ref)); });
    }
  }

  // What else is known of the people proposed, and needs a request of its own (G-34).
  void suggest(const subject::Finder& finder) {
    for (const auto& [ref, score] : scores_) {
      if (!selected(score)) continue;
      const std::optional<subject::Profile> profile = finder.profile(ref);
      for (const subject::Identifier& known : profile->identifiers) {
        if (!known.suggest) continue;
        const bool social = known.kind.starts_with("social.");
        rows_.push_back(
            {{"option", option_of(known)},
             {"subject", ref.text()},
             {"score", 0},
             {"selected", false},
             {"why", "suggested"},
             {"value", (social ? known.kind.substr(7) + ":" : "") + known.value.reveal()}});
      }
    }
  }

  void store() {
    const std::string& tenant = requests_.ground().tenant;
    app_.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
      const Instant now = run::datastore_now(tx);
      case_ = args_.has("case") ? args_.get("case")
                                : request::open_case(tx, app_.context(), tenant, now);
      request::require_open_case(tx, tenant, case_);
      for (const LookedUp& each : looked_up_)
        request::look_up(tx, tenant, case_, each.term, each.people, each.rows, now);
      for (const request::Request& request : request::list(tx, tenant)) {
        if (request.case_id == case_) request::cover(tx, request);
      }
      coverage_ = request::coverage(tx, tenant, case_);
      audit::append(tx,
                    {audit::LogName::security, tenant, "subjects.searched", app_.actor().login, "",
                     Json{{"case", case_}, {"terms", looked_up_.size()}}},
                    now);
    });
  }

  void print() {
    Json envelope = coverage_.json();
    envelope["kind"] = "CasePlan";
    envelope["case"] = case_;
    app_.print_rows({"option", "subject", "score", "selected", "why", "value"}, rows_, envelope);
    app_.finish();
    app_.message("case " + case_ + " covers " + std::to_string(coverage_.covered) + " of " +
                 std::to_string(coverage_.criteria) + " identifiers");
  }

  App& app_;
  const Args& args_;
  Requests requests_;
  std::vector<LookedUp> looked_up_;
  std::map<subject::SubjectRef, Score> scores_;
  std::vector<Json> rows_;
  std::string case_;
  request::Coverage coverage_;
};

int run_plan(App& app, const Args& args) {
  if (args.has("import")) return plan_import(app, args);
  int terms = 0;
  for (const Option& option : with_person_options({})) terms += args.has(option.name) ? 1 : 0;
  const bool values_only = !args.has("subject") && !args.has("user") &&
                           !args.has("external-contact") && !args.has("dialer-contact");
  if ((terms < 2 && !args.has("case")) || !values_only) return show_plan(app, args);
  app.require_role({Role::officer});
  return CasePlan(app, args).run();
}

std::vector<Option> options() {
  std::vector<Option> all{
      {.name = "case", .value = "CASE", .help = "add the identifiers to a case; default a new one"},
      {.name = "require-match",
       .type = Type::number,
       .value = "N",
       .help = "propose only people whom at least N of the identifiers name"}};
  for (Option& option : import_options()) all.push_back(std::move(option));
  return with_person_options(std::move(all));
}

}  // namespace

extern const Spec request_plan;
const Spec request_plan{
    .noun = "request",
    .verb = "plan",
    .summary = "show what an erasure would do, or which requests a case needs",
    .description =
        "With one identifier: the same plan, counts and confirmation as `request delete "
        "--dry-run`.\n\nWith several identifiers of one person it opens a case, looks each of them "
        "up, and proposes a request for everybody whom they name together; a name alone proposes "
        "nobody. Identifiers that the people found have besides are suggested. Requests made with "
        "--case cover the identifiers that they follow.\n\nWith --import it shows the requests of "
        "a "
        "file, and the confirmation with which `request run --import` takes them in.",
    .options = options(),
    .exits = {0, 4, 5, 6, 11},
    .examples = {{"ccctl request plan --external-contact 7f3c -o json", "for a script"},
                 {"ccctl request plan --name '田中 太郎' --email taro@example.jp",
                  "which requests it takes"}},
    .run = run_plan,
};

}  // namespace ccctl::cmd
