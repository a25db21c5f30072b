// ccctl audit prune: drops closed logs whose time is over.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/app.h"
#include "cmd/retention/wiring.h"
#include "plan/criteria.h"
#include "request/policy.h"
#include "retention/guards.h"
#include "retention/prune.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

using retention::LogShard;
using rule::State;

bool is_due(const LogShard& shard) {
  return shard.state == State::due || shard.state == State::overdue;
}

// What the pack's Requests document says, or its default.
Duration evidence_period(const policy::Pack& pack) {
  const bool has =
      std::any_of(pack.documents.begin(), pack.documents.end(),
                  [](const doc::Document& document) { return document.kind() == "Requests"; });
  return has ? request::rules_of(pack).requests.evidence : request::RequestPolicy().evidence;
}

// Only where a rule reckons in it: reading it needs rights on the site's own table.
std::string tenant_zone(App& app, const rule::Ruleset& rules) {
  const bool asked =
      std::any_of(rules.rules.begin(), rules.rules.end(),
                  [](const rule::RuleInForce& each) { return each.zone == "tenant"; });
  if (!asked) return "";
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const datamap::Catalog catalog = datamap::read_catalog(tx, app.map());
  return plan::read_tenant(tx, app.map(), catalog, app.tenant()).zone;
}

void require_sealing_account(App& app) {
  if (app.has_sealing_key()) return;
  throw Error(
      ErrorKind::key_unavailable, "this session does not have the sealing key",
      "logs are pruned by the sealing account: set seal_key and seal_user, or run it there");
}

// The datastore's clock decides about deletion, so it must be right, and the pack approved.
void require_allowed(App& app, store::Session& session, const retention::Ground& ground) {
  std::string missing;
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    retention::require_clocks(tx, ground, app.context().now(), now, true);
    missing = retention::missing_approval(tx, app.context(), ground, now);
  });
  if (!missing.empty()) app.seal_if_possible(false);
  retention::require_approved(ground, missing);
}

void confirm(App& app, const Args& args, const std::vector<Json>& rows, std::uint64_t due,
             const std::string& tenant) {
  if (args.has("yes") || due == 0) return;
  if (app.show({"origin", "size", "state", "dueAt"}, rows)) {
    const auto typed =
        app.prompt("type " + tenant + " to remove the events of " + std::to_string(due) + " logs:");
    if (typed == tenant) return;
  }
  throw Error(ErrorKind::refused, "nothing was removed: it was not confirmed",
              "look at it with --dry-run; without a terminal, --yes");
}

std::vector<Json> rows_of(const std::vector<LogShard>& shards) {
  std::vector<Json> rows;
  for (const LogShard& shard : shards) rows.push_back(retention::to_json(shard));
  return rows;
}

int run_prune(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin, Role::owner});
  const std::string tenant = app.tenant();
  if (tenant == audit::kOrganisation) {
    throw Error(ErrorKind::refused, "the organisation's log is never pruned",
                "it tells what became of all other logs; name the tenant whose logs are meant");
  }
  const Retentions retentions(app);
  const retention::Pruning pruning(retentions.ground(), evidence_period(retentions.pack()),
                                   tenant_zone(app, retentions.rules()));
  const bool dry = args.has("dry-run");
  if (!dry) {
    require_sealing_account(app);
    app.require_level_journal();
  }
  store::Session session =
      app.open_as(dry ? app.session().session_user() : app.setting("seal_user"));
  std::vector<LogShard> shards;
  {
    store::Tx tx = session.begin(store::Mode::read_only_snapshot);
    shards = pruning.look(tx, run::datastore_now(tx));
  }
  const auto due = static_cast<std::uint64_t>(std::count_if(shards.begin(), shards.end(), is_due));
  const bool held = std::any_of(shards.begin(), shards.end(),
                                [](const LogShard& s) { return s.state == State::held; });
  Json envelope{{"kind", "AuditPrune"}, {"tenant", tenant}, {"due", due}, {"dryRun", dry}};
  std::vector<Json> rows = rows_of(shards);
  if (!dry && due > 0) {
    require_allowed(app, session, retentions.ground());
    confirm(app, args, rows, due, tenant);
    const std::string user = session.session_user();
    for (std::size_t i = 0; i < shards.size(); ++i) {
      if (!is_due(shards[i])) continue;
      pruning.drop(
          session, [&app, user] { return app.open_as(user); }, shards[i]);
      rows[i]["state"] = "pruned";
    }
  }
  // Also what a run left that was killed between removing and sealing.
  if (!dry) app.seal_if_possible();
  app.print_rows({"origin", "size", "state", "dueAt"}, rows, envelope);
  if (!held || dry) return 0;
  app.finish();
  if (due > 0) return info(ErrorKind::partial).exit_code;
  throw Error(ErrorKind::refused, "a legal hold covers the time of what is due",
              "see `ccctl hold list`");
}

}  // namespace

extern const Spec audit_prune;
const Spec audit_prune{
    .noun = "audit",
    .verb = "prune",
    .summary = "remove logs that were kept for long enough",
    .description =
        "Removes the events of closed logs whose time is over by the tenant's pack: rules with "
        "`data: event_log` concern the security log, with `data: evidence_log` the evidence, which "
        "is also kept for the pack's evidence period (five years unless it says otherwise). A log "
        "without a maximum is never removed.\n\n"
        "A log goes whole, when the minimum of each event and the maximum of its last one have "
        "passed; never while a legal hold covers the tenant and its time (exit 5, or 4 when "
        "another log was removed). Its signed checkpoints stay, with what proves that each led to "
        "the last one, so that `audit verify --pin` still answers 0. A log that is not what was "
        "signed is not removed (exit 3). The organisation's log (the tenant *) is never pruned: it "
        "holds nothing about people, and tells what became of every other log.\n\n"
        "It runs as the sealing account, by a pack that another person has approved, and leaves an "
        "event in the evidence and one in the organisation's log. Where the map names a table of "
        "tenants, for their pack, zone and dates, that account needs SELECT on it.",
    .options = {{.name = "yes",
                 .type = Type::flag,
                 .help = "remove without asking; for a timer, where there is no terminal"},
                {.name = "dry-run", .type = Type::flag, .help = "say what would go, and stop"}},
    .exits = {0, 3, 4, 5, 7, 11, 12, 13},
    .examples = {{"ccctl audit prune --dry-run", "which logs are kept until when"},
                 {"ccctl audit prune --yes --quiet", "in the sealing account's timer"}},
    .run = run_prune,
};

}  // namespace ccctl::cmd
