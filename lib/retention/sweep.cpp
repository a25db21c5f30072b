#include "retention/sweep.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "audit/event.h"
#include "base/calendar.h"
#include "base/error.h"

namespace ccctl::retention {

using std::chrono::steady_clock;

namespace {

constexpr const char* kMethod =
    "rows are deleted from the datastore, objects from their store; freed pages are overwritten by "
    "later data, copies in backups end with the oldest backup";
constexpr std::uint64_t kFirstRows = 5'000;
constexpr auto kLooksEvery = std::chrono::seconds(1);  // while it waits
constexpr auto kDozes = std::chrono::milliseconds(50);
constexpr auto kRenewsEvery = std::chrono::seconds(10);

}  // namespace

struct Sweep::Record {
  std::string run_id, plan_digest, saved_plan;
  Instant as_of{};
  int pass = 1;
  std::uint64_t planned = 0;
};

Sweep::Sweep(SweepWorld world, const Ground& ground, const SweepOptions& options)
    : world_(std::move(world)),
      ground_(ground),
      options_(options),
      window_rows_(options_.window_rows > 0 ? options_.window_rows : kFirstRows),
      throttle_(options_.throttle) {
  if (ground.rules.receipt == rule::ReceiptOf::keys) options_.digest_keys = true;
  began_ = steady_clock::now();
}

Sweep::~Sweep() {
  if (lease_) lease_->give_up(world_.session);
}

store::Rows Sweep::once(const store::Sql& sql) {
  std::optional<store::Rows> rows;
  world_.session.transact(store::Mode::read_committed, [&](store::Tx& tx) { rows = tx.exec(sql); });
  return *rows;
}

std::optional<Sweep::Record> Sweep::open_record(store::Tx& tx) const {
  const store::Rows rows =
      tx.exec({"SELECT run_id, plan_digest, saved_plan, as_of, pass, planned_rows FROM "
               "ccctl.destruction WHERE "
               "tenant_id = $1::text AND closed_at IS NULL",
               {ground_.tenant}});
  if (rows.empty()) return std::nullopt;
  return Record{
      std::string(rows.text(0, 0)),         std::string(rows.text(0, 1)),
      std::string(rows.text(0, 2)),         *rows.instant(0, 3),
      static_cast<int>(rows.integer(0, 4)), static_cast<std::uint64_t>(rows.integer(0, 5))};
}

void Sweep::plan(store::Tx& tx, Instant as_of) {
  situation_ = std::make_unique<Situation>(tx, ground_, as_of, real(), saved_.has_value());
  digest_ = situation_->digest();
  report_.as_of = as_of;
}

const Survey& Sweep::prepare() {
  lease_ = store::Lease::take(world_.session, ground_.tenant, "sweep", world_.actor);
  if (!lease_) {
    throw Error(ErrorKind::busy, "another sweep of tenant \"" + ground_.tenant + "\" is at work");
  }
  std::string approval;
  world_.session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    now_ = run::datastore_now(tx);
    if (options_.as_of && *options_.as_of > now_) {
      throw Error(ErrorKind::usage, "--as-of lies in the future",
                  "with --dry-run or `ccctl retention plan` it may");
    }
    require_clocks(tx, ground_, world_.context.now(), now_, options_.waivers.accept_clock_jump);
    approval = missing_approval(tx, world_.context, ground_, now_);
  });
  require_approved(ground_, approval);
  store::Tx tx = world_.session.begin(store::Mode::read_only_snapshot);
  if (!options_.plan_file.empty()) saved_ = open_plan(tx, ground_.tenant, options_.plan_file);
  require_known_rules(tx, ground_, options_.waivers);
  const std::optional<Record> open = open_record(tx);
  const bool same = open && fits(*open);
  if (same) plan(tx, open->as_of);
  if (same && digest_ == open->plan_digest) {
    report_.resumed = true;
    report_.run_id = open->run_id;
    report_.planned = open->planned;
    first_pass_ = static_cast<std::size_t>(open->pass - 1);
    open_ = run::Chain::find(tx, ground_.tenant, open->run_id);
  } else {
    if (open) abandoned_ = open->run_id;
    plan(tx, saved_ ? saved_->as_of : options_.as_of.value_or(now_));
    if (saved_) require_fresh(*saved_, *situation_, now_);
  }
  survey_ = survey_due(tx, *situation_, ground_.rules.limits);
  if (!report_.resumed) {
    report_.planned = saved_ ? saved_->rows : survey_.rows_going() + survey_.restored;
    if (saved_ && was_applied(tx, ground_.tenant, saved_->digest)) report_.planned = 0;
  }
  require_limits(survey_, ground_.rules.limits);
  for (const plan::Pass& pass : situation_->passes())
    passes_.push_back({pass.table().name, pass.rule_id(), pass.act});
  while (report_.resumed && first_pass_ >= passes_.size() && add_round()) {
  }
  return survey_;
}

// An interrupted run is carried on as what it was.
bool Sweep::fits(const Record& record) const {
  if (record.saved_plan != (saved_ ? saved_->digest : "")) return false;
  return saved_ || !options_.as_of || *options_.as_of == record.as_of;
}

// The plan of an interrupted run no longer holds: what it did is told, the rest is planned anew.
void Sweep::abandon(store::Tx& tx, Instant now) {
  const Json body{{"run", abandoned_}, {"outcome", "abandoned"}};
  const crypto::Digest leaf = audit::append(
      tx, {audit::LogName::evidence, ground_.tenant, "retention.swept", world_.actor, "", body},
      now);
  tx.exec(
      {"UPDATE ccctl.destruction d SET closed_at = $3::timestamptz, outcome = 'abandoned', "
       "leaf_hash = pg_catalog.decode($4::text, 'hex'), rows = (SELECT "
       "COALESCE(pg_catalog.sum((r.tallies::jsonb ->> 'rows')::bigint), 0) FROM ccctl.receipt "
       "r WHERE r.tenant_id = d.tenant_id AND r.request_id = d.run_id) WHERE tenant_id = "
       "$1::text AND run_id = $2::text AND closed_at IS NULL",
       {ground_.tenant, abandoned_, to_text(now), crypto::to_hex(crypto::view(leaf))}});
  run::Chain::close(tx, ground_.tenant, abandoned_);
  forget_plan(tx, ground_.tenant);
}

void Sweep::open_run() {
  if (report_.resumed) return;
  report_.run_id = random_uuid(world_.context);
  transact([&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    if (!abandoned_.empty()) abandon(tx, now);
    Json basis = digest_;
    if (saved_) basis = Json{{"digest", digest_}, {"file", saved_->digest}};
    Json limits{{"rows", ground_.rules.limits.rows}, {"percent", ground_.rules.limits.percent}};
    audit::append(tx,
                  {audit::LogName::evidence, ground_.tenant, "retention.opened", world_.actor, "",
                   Json{{"run", report_.run_id},
                        {"asOf", to_text(report_.as_of)},
                        {"plan", std::move(basis)},
                        {"policy", ground_.policy_digest},
                        {"map", ground_.map.digest},
                        {"planned", report_.planned},
                        {"limits", std::move(limits)},
                        {"tzdata", tzdata_version()},
                        {"method", kMethod}}},
                  now);
    tx.exec(
        {"INSERT INTO ccctl.destruction (tenant_id, run_id, kind, method, plan_digest, "
         "policy_digest, map_digest, as_of, planned_rows, opened_at, saved_plan) VALUES ($1::text, "
         "$2::text, $10::text, $3::text, $4::text, $5::text, $6::text, $7::timestamptz, "
         "$8::bigint, $9::timestamptz, $11::text)",
         {ground_.tenant, report_.run_id, kMethod, digest_, ground_.policy_digest,
          ground_.map.digest, to_text(report_.as_of), std::to_string(report_.planned), to_text(now),
          saved_ ? "apply" : options_.kind,
          saved_ ? store::Value(saved_->digest) : store::Value()}});
    if (saved_) load_plan(tx, ground_.tenant, options_.plan_file, saved_->digest);
  });
}

// Rows that follow others of their own table, or of tables in a circle, are restored when those
// have been: the same passes once more. False where there are no such tables.
bool Sweep::add_round() {
  std::vector<PassName> round;
  bool circles = false;
  for (const plan::Pass& pass : situation_->passes()) {
    if (pass.act != plan::Act::restore) continue;
    round.push_back({pass.table().name, pass.rule_id(), pass.act});
    circles = circles || std::any_of(pass.scope.sets.begin(), pass.scope.sets.end(),
                                     [](const auto& set) { return set.ring > 0; });
  }
  if (circles) passes_.insert(passes_.end(), round.begin(), round.end());
  return circles;
}

SweepReport Sweep::run() {
  report_.outcome = "running";
  delete_left_objects();
  if (run::Replacement::clean(world_.session, ground_.tenant) > 0)
    world_.context.log(LogLevel::warning,
                       "tables or triggers named ccctl_kept_* and ccctl_watch_* that an earlier "
                       "sweep has left cannot be removed by this log-in");
  if (report_.planned > 0 || report_.resumed) {
    open_run();
    std::uint64_t restored = 0;
    bool told = !report_.resumed;  // whether `restored` was all of the last round
    for (std::size_t i = first_pass_; report_.outcome != "paused"; ++i) {
      if (i >= passes_.size()) {
        if ((told && report_.restored == restored) || !add_round()) break;
        told = true;
        restored = report_.restored;
      }
      run_pass(i);
    }
    if (report_.outcome == "paused") {
      tell();
      return report_;
    }
    delete_objects(report_.run_id);
  } else {
    report_.held = survey_.rows_in("held");
    report_.kept_by_child = survey_.rows_in("kept_by_child");
  }
  forget_orphans();
  report_.outcome = report_.failed > 0 || report_.objects_left > 0 ? "partial" : "complete";
  close_run();
  tell();
  return report_;
}

void Sweep::tell() const {
  if (world_.progress) world_.progress(report_);
}

// A signal, or the end of its time.
bool Sweep::over() {
  if (world_.interrupted && world_.interrupted()) {
    report_.why = "interrupted";
  } else if (options_.run_time && steady_clock::now() - began_ >= *options_.run_time) {
    report_.why = "its time was up";
  } else {
    return false;
  }
  report_.outcome = "paused";
  if (report_.waits) report_.why += " while it waited: " + report_.waits->text;
  return true;
}

// Between two windows, with no transaction open; true when the run stops here.
bool Sweep::pause() {
  if (over()) return true;
  tell();
  steady_clock::time_point renewed = steady_clock::now();
  while ((report_.waits = throttle_.look(world_.session))) {
    tell();
    const steady_clock::time_point until = steady_clock::now() + kLooksEvery;
    while (steady_clock::now() < until) {
      if (over()) return true;
      std::this_thread::sleep_for(kDozes);
    }
    if (steady_clock::now() - renewed < kRenewsEvery) continue;
    renewed = steady_clock::now();
    transact([](store::Tx&) {});  // a run that waits renews it by nothing else
  }
  tell();
  return false;
}

// Renews it, too.
void Sweep::require_lease(store::Tx& tx) const {
  store::Params params;
  std::string sql = "WITH " + lease_->in_force_sql(params) + " SELECT FROM lease";
  if (tx.exec({std::move(sql), params.take()}).empty())
    throw Error(ErrorKind::busy, "another sweep of this tenant has taken over");
}

// What the run writes beside its windows: nothing of it stands once another has the lease.
void Sweep::transact(const std::function<void(store::Tx&)>& work) {
  world_.session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    require_lease(tx);
    work(tx);
  });
}

// Requests of which the last row that they had to leave has gone.
void Sweep::end_erasures(store::Tx& tx, Instant now) const {
  const store::Rows rows =
      tx.exec({"DELETE FROM ccctl.restricting q WHERE q.tenant_id = $1::text AND NOT EXISTS "
               "(SELECT 1 FROM ccctl.restricted r WHERE r.tenant_id = q.tenant_id AND r.request_id "
               "= q.request_id) RETURNING q.request_id, pg_catalog.encode(q.receipt, 'hex')",
               {ground_.tenant}});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    audit::append(tx,
                  {audit::LogName::evidence, ground_.tenant, "request.kept.ended", world_.actor,
                   std::string(rows.text(r, 0)), Json{{"receipt", rows.text(r, 1)}}},
                  now);
  }
}

void Sweep::close_run() {
  transact([&](store::Tx& tx) {
    const Instant now = run::datastore_now(tx);
    if (report_.run_id.empty() && !abandoned_.empty()) abandon(tx, now);
    end_erasures(tx, now);
    Json body{{"asOf", to_text(report_.as_of)},
              {"planned", report_.planned},
              {"outcome", report_.outcome},
              {"policy", ground_.policy_digest},
              {"plan", digest_}};
    if (!report_.run_id.empty()) {
      const store::Rows sums = tx.exec(
          {"SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum((tallies::jsonb ->> "
           "'rows')::bigint), 0), COALESCE(pg_catalog.sum((tallies::jsonb ->> 'staged')::bigint), "
           "0), COALESCE(pg_catalog.sum((tallies::jsonb ->> 'restored')::bigint), 0), "
           "pg_catalog.max(tallies::jsonb ->> 'backupsGone') FROM ccctl.receipt WHERE tenant_id = "
           "$1::text AND request_id = $2::text",
           {ground_.tenant, report_.run_id}});
      report_.windows = static_cast<std::uint64_t>(sums.integer(0, 0));
      report_.rows = static_cast<std::uint64_t>(sums.integer(0, 1));
      report_.staged = static_cast<std::uint64_t>(sums.integer(0, 2));
      report_.restored = static_cast<std::uint64_t>(sums.integer(0, 3));
      report_.backups_gone = std::string(sums.text(0, 4));
      body["run"] = report_.run_id;
    }
    body["windows"] = report_.windows;
    body["rows"] = report_.rows;
    if (report_.staged > 0) body["staged"] = report_.staged;
    if (report_.restored > 0) body["restored"] = report_.restored;
    if (!report_.backups_gone.empty()) body["backupsGone"] = report_.backups_gone;
    const crypto::Digest leaf = audit::append(
        tx, {audit::LogName::evidence, ground_.tenant, "retention.swept", world_.actor, "", body},
        now);
    remember_run(tx, ground_, now, !options_.as_of);
    if (report_.run_id.empty()) return;
    run::Chain::close(tx, ground_.tenant, report_.run_id);
    if (saved_) forget_plan(tx, ground_.tenant);
    tx.exec(
        {"UPDATE ccctl.destruction SET closed_at = $3::timestamptz, outcome = $4::text, rows = "
         "$5::bigint, leaf_hash = pg_catalog.decode($6::text, 'hex'), backups_gone_at = "
         "$7::timestamptz WHERE tenant_id = $1::text AND run_id = $2::text AND closed_at IS NULL",
         {ground_.tenant, report_.run_id, to_text(now), report_.outcome,
          std::to_string(report_.rows), crypto::to_hex(crypto::view(leaf)),
          report_.backups_gone.empty() ? store::Value() : store::Value(report_.backups_gone)}});
  });
}

}  // namespace ccctl::retention
