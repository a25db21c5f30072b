// ccctl policy diff: what another pack, or another version, would change.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/policy/pack.h"
#include "retention/impact.h"
#include "rule/diff.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

// "after: P1Y -> P2Y", or the whole rule of one that came or went.
std::string what(const Json& before, const Json& after) {
  if (!before.is_object() || !after.is_object()) {
    const Json& whole = before.is_null() ? after : before;
    if (!whole.is_object()) return before.dump() + " -> " + after.dump();
    for (const char* key : {"min", "after", "within"}) {
      if (whole.contains(key)) return std::string(key) + ": " + whole.at(key).dump();
    }
  }
  std::set<std::string> keys;
  for (const Json* each : {&before, &after}) {
    for (const auto& [key, value] : each->items()) keys.insert(key);
  }
  std::string text;
  for (const std::string& key : keys) {
    const auto shown = [&](const Json& of) {
      return of.contains(key) ? of.at(key).dump() : "none";
    };
    text += (text.empty() ? "" : ", ") + key + ": " + shown(before) + " -> " + shown(after);
  }
  return text;
}

// How many of the tenant's rows B makes due that A does not, as things are now.
void add_impact(App& app, const policy::Pack& before, const policy::Pack& after, Json& envelope) {
  app.require_role({Role::officer, Role::admin});
  const std::string tenant = app.tenant();
  const datamap::Map& map = app.map();
  const rule::Ruleset was = rule::resolve(before, rule::MatchAll::allow),
                      is = rule::resolve(after, rule::MatchAll::allow);
  std::vector<retention::Impact> found;
  app.session().transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
    found = retention::impact(tx, map, tenant, was, is, run::datastore_now(tx));
  });
  Json tables = Json::array();
  std::uint64_t sum = 0;
  for (const retention::Impact& each : found) {
    tables.push_back({{"table", each.table}, {"earlier", each.earlier}, {"later", each.later}});
    sum += each.earlier;
    app.message(each.table + ": " + std::to_string(each.earlier) + " rows due earlier, " +
                std::to_string(each.later) + " later");
  }
  app.message(std::to_string(sum) + " rows of tenant \"" + tenant + "\" become due earlier" +
              (sum > 0 ? "; a sweep by B wants --accept-shortening" : ""));
  envelope["impact"] = {{"tenant", tenant}, {"rowsEarlier", sum}, {"tables", std::move(tables)}};
}

int run_diff(App& app, const Args& args) {
  const policy::Pack before = pack_named(app, args, "A");
  const policy::Pack after = pack_named(app, args, "B");
  const std::vector<rule::Change> changes = rule::diff(rule::resolve(before, rule::MatchAll::allow),
                                                       rule::resolve(after, rule::MatchAll::allow));
  bool earlier = false;
  std::vector<Json> rows;
  for (const rule::Change& change : changes) {
    earlier = earlier || !change.earlier.empty();
    const Json was = Json::parse(change.before), is = Json::parse(change.after);
    rows.push_back({{"change", rule::name_of(change.kind)},
                    {"rule", change.id},
                    {"earlier", !change.earlier.empty()},
                    {"why", change.earlier},
                    {"what", what(was, is)},
                    {"before", was},
                    {"after", is}});
  }
  Json envelope{{"kind", "PolicyDiff"},
                {"a", {{"name", before.name}, {"digest", before.digest}}},
                {"b", {{"name", after.name}, {"digest", after.digest}}},
                {"earlier", earlier}};
  if (args.has("impact")) add_impact(app, before, after, envelope);
  app.print_rows({"change", "rule", "earlier", "why", "what"}, rows, envelope);
  return earlier ? info(ErrorKind::findings).exit_code : 0;
}

}  // namespace

extern const Spec policy_diff;
const Spec policy_diff{
    .noun = "policy",
    .verb = "diff",
    .summary = "compare the retention rules of two packs",
    .description =
        "Lists the rules and tenant settings that were added, removed or changed from A to B, as "
        "they hold after inheritance, with what differs and whether a row may be due earlier. That "
        "is judged by the rules alone and on the safe side: where two periods cannot be compared "
        "(P30D and P1M), a row may be due earlier. Exit 3 when anything can make rows due "
        "earlier. No datastore is asked, but with --impact the tenant's: how many of its rows B "
        "makes due now that A does not, by the rules alone.",
    .options = {pack_option("A", true),
                pack_option("B", true),
                {.name = "impact",
                 .type = Type::flag,
                 .help = "count the tenant's rows that become due earlier, table by table"}},
    .exits = {0, 3, 5, 6, 11},
    .examples = {{"ccctl policy diff webex ./policies/webex", "the installed pack, and a new one"}},
    .run = run_diff,
};

}  // namespace ccctl::cmd
