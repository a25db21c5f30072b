// ccctl retention replay: after a restore.
#include "retention/replay.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/request/wiring.h"
#include "cmd/retention/sweeping.h"
#include "policy/approval.h"
#include "run/window.h"
#include "text/unicode.h"

namespace ccctl::cmd {
namespace {

// How a request that replay makes names where it comes from.
constexpr const char* kChannel = "replay";

bool finished(const request::Request& request) {
  return request.phase == request::Phase::completed || request.phase == request::Phase::closed;
}

// Erased is who has no row any more: what follows is settling and the receipt.
retention::Erased carried_on(request::Erasure& erasure, const std::string& id) {
  try {
    const request::Request request = erasure.advance(id);
    const bool done = request.phase != request::Phase::received &&
                      request.phase != request::Phase::planned &&
                      request.phase != request::Phase::erasing;
    return {id, done, done ? "" : "go on with `ccctl request run " + id + "`"};
  } catch (const Error& error) {
    // The request stands: it is carried on when what stops it is over.
    const bool waits = error.kind() == ErrorKind::held || error.kind() == ErrorKind::busy ||
                       error.kind() == ErrorKind::refused || error.kind() == ErrorKind::stale_plan;
    if (!waits) throw;
    return {id, false, error.what()};
  }
}

class Replaying {
 public:
  Replaying(App& app, Requests& requests)
      : app_(app), requests_(requests), erasure_(requests.erasure(false)) {}

  retention::Erased erase(const std::optional<subject::SubjectRef>& ref,
                          const subject::Identifier* term, const std::string& origin) {
    // The request itself may be in the backup, on its way.
    std::optional<request::Request> there;
    app_.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
      there = request::find(tx, requests_.ground().tenant, origin);
    });
    if (there && !finished(*there)) {
      retention::Erased erased = carried_on(erasure_, origin);
      if (!ref || !stands(*ref)) return erased;
    }
    request::Preview preview;
    {
      store::Tx tx = app_.session().begin(store::Mode::read_only_snapshot);
      preview = request::preview(tx, requests_.ground(), ref, term);
    }
    // Of a value that only kept rows hold nothing is left to erase.
    if (!ref && preview.outcome.rows() == 0) return {"", true, "kept by a hold or by law"};
    request::Intake intake;
    intake.channel = kChannel;
    intake.channel_ref = origin;
    intake.identity_method = "erased before by request " + origin;
    intake.identity_by = app_.actor().login;
    const bool held = !preview.holds.empty();
    const request::Request request =
        erasure_.confirm(preview, random_uuid(app_.context()), intake, held);
    if (held) return {request.id, false, "hold " + preview.holds.front() + " covers the person"};
    return carried_on(erasure_, request.id);
  }

  std::vector<retention::Erased> resume() {
    std::vector<std::string> open;
    app_.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
      open.clear();
      const store::Rows rows =
          tx.exec({"SELECT request_id FROM ccctl.request WHERE tenant_id = $1 AND channel = $2 AND "
                   "phase IN ('planned', 'erasing', 'settling', 'verifying', 'unsealed') ORDER BY "
                   "created_at",
                   {requests_.ground().tenant, kChannel}});
      for (std::size_t r = 0; r < rows.size(); ++r) open.emplace_back(rows.text(r, 0));
    });
    std::vector<retention::Erased> all;
    for (const std::string& id : open) all.push_back(carried_on(erasure_, id));
    return all;
  }

  retention::Result sweep(const std::string& policy, Instant as_of) {
    if (!retentions_) retentions_.emplace(app_);
    retention::Result result;
    if (retentions_->ground().policy_digest != policy) {
      result.outcome = "noted";
      result.detail = "the policy has changed since: the next sweep goes by the one in force";
      return result;
    }
    try {
      const retention::SweepReport report = sweep_again(app_, *retentions_, as_of);
      if (report.outcome == "paused") throw Error(ErrorKind::paused, report.why);
      result.outcome = report.outcome == "complete" ? "swept" : "failed";
      if (result.outcome == "failed") result.detail = "not all that was due could be deleted";
    } catch (const Error& error) {
      if (retention::ends_replay(error)) throw;
      result.outcome = "failed";
      result.detail = error.what();
    }
    return result;
  }

  bool close(const std::string& id) {
    std::optional<request::Request> there;
    app_.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
      there = request::find(tx, requests_.ground().tenant, id);
    });
    if (!there || !finished(*there)) return false;
    erasure_.close(id);
    return true;
  }

 private:
  bool stands(const subject::SubjectRef& ref) {
    store::Tx tx = app_.session().begin(store::Mode::read_only_snapshot);
    const datamap::Catalog catalog = datamap::read_catalog(tx, requests_.ground().map);
    const subject::Finder finder(tx, requests_.ground().map, catalog, requests_.ground().tenant);
    return finder.profile(ref).has_value();
  }

  App& app_;
  Requests& requests_;
  std::optional<Retentions> retentions_;
  request::Erasure erasure_;
};

// The approval that another person has signed; refused until then.
std::string require_approval(App& app, const Args& args, const journal::State& state) {
  const std::string target = retention::replay_target(state);
  const std::string kind(retention::kReplayApproval.name);
  std::string signed_id, open_id;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    if (const auto approved = policy::find_approved(tx, app.tenant(), kind, target)) {
      signed_id = approved->id;
    } else if (args.has("reason")) {
      open_id = policy::ask(tx, app.context(), app.tenant(), kind, target,
                            text::nfc(args.get("reason")), run::datastore_now(tx))
                    .id;
    }
  });
  if (!signed_id.empty()) return signed_id;
  app.seal_if_possible(false);
  throw Error(ErrorKind::refused, "a replay needs the approval of another person",
              open_id.empty()
                  ? "ask for it with --reason REASON"
                  : "another person must sign it: `ccctl approve sign " + open_id + "`");
}

int print_results(App& app, const std::vector<retention::Result>& results) {
  std::vector<Json> rows;
  for (const retention::Result& result : results) {
    Json row{{"action", result.action}, {"outcome", result.outcome}, {"leaves", result.leaves}};
    if (!result.id.empty()) row["id"] = result.id;
    if (!result.ref.empty()) row["subject"] = result.ref;
    if (!result.detail.empty()) row["detail"] = result.detail;
    rows.push_back(std::move(row));
  }
  app.print_rows({"action", "outcome", "leaves", "id", "subject", "detail"}, rows,
                 {{"kind", "Replay"}});
  const bool covered = std::all_of(results.begin(), results.end(),
                                   [](const retention::Result& r) { return r.covered(); });
  return covered ? 0 : info(ErrorKind::partial).exit_code;
}

int run_replay(App& app, const Args& args) {
  app.require_role({Role::officer});
  const std::string tenant = app.tenant();
  const journal::EvidenceKey* key = app.evidence_key();
  const auto journal = app.journal(tenant);
  if (!journal || key == nullptr) {
    throw Error(ErrorKind::config_invalid, "no journal is set",
                "name it with `journal:` in the settings file or with CCCTL_JOURNAL");
  }
  const journal::State state = journal->append(app.session());
  if (state.missing == 0) {
    app.message("the datastore lacks nothing that the journal has");
    return print_results(app, {});
  }
  Requests requests(app);
  Replaying replaying(app, requests);
  retention::Place place{
      app.session(),
      app.map(),
      tenant,
      app.actor().login,
      "",
      *journal,
      *key,
      [&](const auto& ref, const auto* term, const std::string& origin) {
        return replaying.erase(ref, term, origin);
      },
      [&] { return replaying.resume(); },
      [&](const std::string& policy, Instant as_of) { return replaying.sweep(policy, as_of); },
      [&](const std::string& id) { return replaying.close(id); },
      [&](store::Tx& tx, const std::string& id, const std::vector<std::string>& hashes,
          Instant at) {
        const Instant end = request::tombstone_expiry(requests.rules().requests, at);
        request::write_tombstones(tx, tenant, id, hashes, at, end);
      }};
  if (args.has("dry-run")) {
    print_results(app, retention::plan_replay(place));
    return 0;
  }
  place.approval = require_approval(app, args, state);
  const std::vector<retention::Result> results = retention::replay(place);
  app.seal_if_possible();
  return print_results(app, results);
}

}  // namespace

extern const Spec retention_replay;
const Spec retention_replay{
    .noun = "retention",
    .verb = "replay",
    .summary = "do again what a restored backup has undone",
    .description =
        "A datastore that was restored has lost the holds, releases and erasures made after the "
        "backup; deleting commands refuse it (restored_datastore) until this has run. It reads "
        "them "
        "from the journal: holds come first, then releases, then erasures, then sweeps. People are "
        "found by keyed "
        "hashes of their rows and identifiers, and erased by requests of their own, whose channel "
        "is "
        "replay. A sweep is planned again as of the instant that it had, where its policy is still "
        "in "
        "force; otherwise the next sweep decides.\n\nIt needs an approval: the first run asks for "
        "one with --reason, another person "
        "signs it, the next run works. Interrupted, it is simply run again.\n\nExit 4 when "
        "something "
        "is left for a person: a request that waits, a row whose key matches and none of whose "
        "identifiers does, or lines of the journal that this program does not know.",
    .options = {{.name = "reason", .value = "REASON", .help = "what was restored, and why"},
                {.name = "dry-run",
                 .type = Type::flag,
                 .help = "count what the datastore has lost and stop"}},
    .exits = {0, 3, 4, 5, 8, 11, 12, 13},
    .examples = {{"ccctl retention replay --reason 'restored after a disk failure'",
                  "ask for the approval"},
                 {"ccctl retention replay", "once another person has signed it"}},
    .run = run_replay,
};

}  // namespace ccctl::cmd
