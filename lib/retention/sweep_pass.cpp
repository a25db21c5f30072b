// One pass of a sweep, window by window, and the objects of its rows.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "audit/event.h"
#include "base/calendar.h"
#include "base/error.h"
#include "plan/access.h"
#include "queue/item.h"
#include "retention/sweep.h"
#include "run/objects.h"

namespace ccctl::retention {

using std::chrono::steady_clock;

namespace {

constexpr std::uint64_t kLeastRows = 1'000, kMostRows = 200'000;
constexpr std::uint64_t kMostKeys = 50'000;  // that one window brings here to be put in order
constexpr auto kWindowTime = std::chrono::milliseconds(250);

std::string position_of(const plan::Stretch& stretch, bool end) {
  Json json{{"end", end}};
  if (stretch.after) json["after"] = *stretch.after;
  if (stretch.to) json["to"] = *stretch.to;
  return json.dump();
}

// Nothing at the end of the walk.
std::optional<plan::Stretch> stretch_of(const std::string& position) {
  const Json json = Json::parse(position);
  if (json.at("end").get<bool>()) return std::nullopt;
  plan::Stretch stretch;
  if (json.contains("after")) stretch.after = json["after"].get<plan::Position>();
  if (json.contains("to")) stretch.to = json["to"].get<plan::Position>();
  return stretch;
}

// Between which anchors the window lay; keys may be personal and are left out.
Json range_json(const plan::Pass& pass, const plan::Stretch& stretch) {
  Json range{{"by", pass.walk.by_anchor ? "anchor" : "key"}, {"due", due_json(pass)}};
  if (!pass.walk.by_anchor) return range;
  if (stretch.after) range["from"] = evident(stretch.after->front());
  if (stretch.to) range["to"] = evident(stretch.to->front());
  return range;
}

Json actions_json(const plan::Outcome& outcome) {
  Json actions = Json::array();
  for (const plan::Tally& tally : outcome.tallies) {
    if (tally.rows == 0) continue;
    Json action{{"table", tally.table},
                {"action", std::string(plan::to_text(tally.effect))},
                {"rows", tally.rows}};
    if (!tally.detail.empty()) action["detail"] = tally.detail;
    actions.push_back(std::move(action));
  }
  return actions;
}

// A constraint, a value, a lock that somebody keeps: other rows may go all the same.
bool of_some_row(const store::StatementError& error) {
  const std::string& state = error.sqlstate();
  return state.starts_with("22") || state.starts_with("23") || state.starts_with("40") ||
         state == "55P03" || state == "57014";
}

std::uint64_t rows_with(const plan::Outcome& outcome, std::initializer_list<plan::Effect> effects) {
  std::uint64_t sum = 0;
  for (const plan::Tally& tally : outcome.tallies) {
    if (std::find(effects.begin(), effects.end(), tally.effect) != effects.end()) sum += tally.rows;
  }
  return sum;
}

// Rows that are no more, or no longer anybody's; what is only cut stays.
std::uint64_t gone(const plan::Outcome& outcome) {
  return rows_with(outcome, {plan::Effect::erase, plan::Effect::anonymise});
}
std::uint64_t staged(const plan::Outcome& outcome) {
  return rows_with(outcome, {plan::Effect::hide, plan::Effect::schedule});
}
std::uint64_t restored(const plan::Outcome& outcome) {
  return rows_with(outcome, {plan::Effect::restore});
}

bool nothing(const Duration& period) {
  return period == Duration{};
}

}  // namespace

std::string evident(const std::string& anchor) {
  const std::optional<Instant> at = parse_pg_timestamptz(anchor);
  return at ? to_text(*at) : anchor;
}

Json due_json(const plan::Pass& pass) {
  Json due = Json::array();
  if (!pass.ruled()) return due;
  for (const plan::Part& part : pass.criteria->maxima[pass.maximum].parts) {
    for (const plan::Piece& piece : part.passed)
      due.push_back(
          {{"from", piece.from.empty() ? part.believed.from : piece.from}, {"to", piece.to}});
  }
  return due;
}

const plan::Pass* Sweep::find_pass(const PassName& name) const {
  for (const plan::Pass& pass : situation_->passes()) {
    if (pass.table().name == name.table && pass.rule_id() == name.rule && pass.act == name.act)
      return &pass;
  }
  return nullptr;
}

// The record says which pass is at work; those before it are done.
void Sweep::begin_pass(std::size_t number) {
  if (open_ && open_->window.pass == static_cast<int>(number + 1)) return;
  plan::Stretch stretch;
  const plan::Pass* pass = find_pass(passes_[number]);
  world_.session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    stretch = {};
    const plan::SweepCompiler compiler(situation_->sweep());
    const bool any = pass != nullptr && tx.exec(compiler.any(*pass)).boolean(0, 0);
    if (any) {
      const store::Rows first = tx.exec(compiler.edge(*pass, {}, window_rows_));
      if (!first.empty()) stretch.to = plan::read_position(first.text(0, 0));
    }
    require_lease(tx);  // not before what may take long: it keeps others from asking for it
    open_ = run::Open{{ground_.tenant, report_.run_id, static_cast<int>(number + 1), 1},
                      position_of(stretch, !any)};
    run::Chain::open(tx, *open_, run::datastore_now(tx));
    tx.exec(
        {"UPDATE ccctl.destruction SET pass = $3::integer WHERE tenant_id = $1::text AND "
         "run_id = $2::text AND closed_at IS NULL",
         {ground_.tenant, report_.run_id, std::to_string(number + 1)}});
  });
}

void Sweep::run_pass(std::size_t number) {
  begin_pass(number);
  if (!stretch_of(open_->position)) return;
  drop_partitions(number);
  std::optional<plan::Stretch> stretch = stretch_of(open_->position);
  while (stretch && report_.outcome != "paused") {
    if (pause()) return;
    const plan::Pass* pass = find_pass(passes_[number]);
    if (pass == nullptr) break;  // nothing is due by it any more
    const steady_clock::time_point from = steady_clock::now();
    try {
      outcome_.reset();
      if (run_window(*pass, *stretch)) {
        stretch = stretch_of(open_->position);
      } else if (ahead_.last) {
        stretch.reset();
      } else {
        stretch = plan::Stretch{stretch->to, ahead_.next};
      }
      pace(steady_clock::now() - from);
    } catch (const Stale&) {
      look_anew();
    } catch (const store::StatementError& error) {
      if (!of_some_row(error)) throw;
      if (!narrow(*pass, *stretch, error)) stretch.reset();
    } catch (const store::RetryableError& error) {
      if (!narrow(*pass, *stretch, error)) stretch.reset();
    }
  }
}

void Sweep::look_anew() {
  store::Tx tx = world_.session.begin(store::Mode::read_only_snapshot);
  situation_ = std::make_unique<Situation>(tx, ground_, report_.as_of, real(), saved_.has_value());
}

bool Sweep::run_window(const plan::Pass& pass, plan::Stretch& stretch) {
  run::Chain chain(world_.session, world_.connect, *lease_);
  const bool indexed = plan::links_are_indexed(ground_.map, situation_->catalog(), pass.scope);
  // Joins by the indexes of the links: a window is small, its tables may not be.
  store::Sql beside = plan::SweepCompiler(situation_->sweep()).ahead(pass, stretch, window_rows_);
  if (indexed) {
    beside.text +=
        ", pg_catalog.set_config('enable_hashjoin', 'off', true), "
        "pg_catalog.set_config('enable_mergejoin', 'off', true)";
  }
  // The keys of a window stay in the server's memory, and out of its temporary files.
  if (options_.digest_keys) beside.text += ", pg_catalog.set_config('work_mem', '64MB', true)";
  const auto doing = [&](store::Tx& tx, Instant now, const store::Rows& locked) {
    ahead_ = plan::read_ahead(locked, 1);
    return do_window(tx, now, pass, stretch);
  };
  const bool done = chain.run(*open_, beside, doing);
  if (outcome_) {
    report_.held += outcome_->held;
    report_.kept_by_child += outcome_->by_child;
    if (done) {
      report_.rows += gone(outcome_->rows);
      report_.staged += staged(outcome_->rows);
      report_.restored += restored(outcome_->rows);
      ++report_.windows;
    }
  }
  return done;
}

// When rows enter their stage and when they may leave it. By a run that was given an instant they
// enter it then; of others the datastore's clock tells when it really was.
plan::Staging Sweep::staging(const plan::Pass& pass, Instant now) const {
  plan::Staging made;
  if (!pass.ruled() || !pass.rule().rule.stages) return made;
  const Duration& period = pass.rule().rule.stages->purge;
  const std::string& zone = pass.criteria->maxima[pass.maximum].zone;
  made.rule_id = pass.rule_id();
  made.rule_digest =
      crypto::to_hex(crypto::view(crypto::sha256(canonical(rule::to_json(pass.rule())))));
  made.made_at = nothing(period) ? report_.as_of : now;
  made.acted_at = real() ? made.made_at : report_.as_of;
  made.ready_at = add(made.made_at, period, zone, Granularity::instant);
  made.next_at = add(made.acted_at, period, zone, Granularity::instant);
  return made;
}

std::optional<run::Chain::Done> Sweep::do_window(store::Tx& tx, Instant now, const plan::Pass& pass,
                                                 const plan::Stretch& stretch) {
  // Asked in each window: whoever is held may have got another number since.
  if (plan::read_held_values(tx, situation_->sweep()) != situation_->sweep().values) throw Stale{};
  plan::SweepWish wish;
  wish.stretch = stretch;
  wish.run = report_.run_id;
  wish.digest = options_.digest_keys;
  wish.staging = staging(pass, now);
  const plan::SweepStatement statement =
      plan::SweepCompiler(situation_->sweep()).window(pass, wish);
  outcome_ = statement.read(tx.exec(statement.compiled.sql));
  if (outcome_->stale || stale(tx, statement)) throw Stale{};
  // A purge may have hidden what came to its rows since.
  if (outcome_->taken == 0 && staged(outcome_->rows) == 0) return std::nullopt;
  return run::Chain::Done{tell(pass, range_json(pass, stretch), *outcome_, wish.staging),
                          position_of({stretch.to, ahead_.next}, ahead_.last)};
}

// Of a plain DELETE that found nothing it cannot be told why.
bool Sweep::stale(store::Tx& tx, const plan::SweepStatement& statement) const {
  return statement.plain && outcome_->taken == 0 && !tx.exec(statement.stands).boolean(0, 0);
}

run::Work Sweep::tell(const plan::Pass& pass, Json range, const plan::SweepOutcome& outcome,
                      const plan::Staging& staging) const {
  Json tallies{{"table", pass.table().name},
               {"rule", pass.rule_id()},
               {"asOf", to_text(report_.as_of)},
               {"range", std::move(range)},
               {"taken", outcome.taken},
               {"rows", gone(outcome.rows)},
               {"held", outcome.held},
               {"keptByChild", outcome.by_child},
               {"actions", actions_json(outcome.rows)}};
  if (options_.digest_keys) tallies["keys"] = outcome.digest;
  if (pass.act != plan::Act::remove) tallies["stage"] = plan::to_text(pass.act);
  if (const std::uint64_t rows = staged(outcome.rows); rows > 0) {
    tallies["staged"] = rows;
    tallies["purgeFrom"] = to_text(staging.next_at);
  }
  if (const std::uint64_t rows = restored(outcome.rows); rows > 0) tallies["restored"] = rows;
  if (pass.act == plan::Act::purge && pass.rule().rule.stages->backups && gone(outcome.rows) > 0) {
    tallies["backupsGone"] =
        to_text(add(staging.acted_at, *pass.rule().rule.stages->backups,
                    pass.criteria->maxima[pass.maximum].zone, Granularity::instant));
  }
  Json body = tallies;
  body["run"] = report_.run_id;
  body["pass"] = open_->window.pass;
  body["window"] = open_->window.ordinal;
  body["policy"] = ground_.policy_digest;
  body["map"] = ground_.map.digest;
  Json seen = Json::array();
  for (const rule::Hold& hold : situation_->sweep().holds) seen.push_back(hold.id);
  tallies["seenHolds"] = std::move(seen);
  return {std::move(tallies),
          {audit::LogName::evidence, ground_.tenant, "retention.window", world_.actor, "",
           std::move(body)}};
}

// A window that fails is tried again with half its rows; a row that fails alone is left out. False
// at the end of the walk.
bool Sweep::narrow(const plan::Pass& pass, plan::Stretch& stretch, const Error& error) {
  const plan::SweepCompiler compiler(situation_->sweep());
  const auto edge = [&](std::uint64_t n) -> std::optional<plan::Position> {
    const store::Rows rows = once(compiler.edge(pass, stretch.after, n));
    if (rows.empty()) return std::nullopt;
    return plan::read_position(rows.text(0, 0));
  };
  window_rows_ = std::max<std::uint64_t>(1, window_rows_ / 2);
  if (const auto nearer = edge(window_rows_); nearer && nearer != stretch.to) {
    stretch.to = nearer;
    return true;
  }
  if (window_rows_ > 1) return true;
  ++report_.failed;
  world_.context.log(LogLevel::warning,
                     "a row of \"" + pass.table().name + "\" stays: " + error.what());
  if (!stretch.to) return false;
  stretch.after = stretch.to;
  stretch.to = edge(1);
  window_rows_ = kLeastRows;
  return true;
}

void Sweep::pace(steady_clock::duration took) {
  if (options_.window_rows > 0) return;
  const auto ratio =
      std::clamp(static_cast<double>(kWindowTime.count()) /
                     std::max(1.0, std::chrono::duration<double, std::milli>(took).count()),
                 0.5, 2.0);
  window_rows_ = std::clamp(static_cast<std::uint64_t>(static_cast<double>(window_rows_) * ratio),
                            kLeastRows, options_.digest_keys ? kMostKeys : kMostRows);
}

// The holds that every window of the run knew of cover none of the rows that it deleted.
static std::set<std::string> holds_seen(store::Tx& tx, const std::string& tenant,
                                        const std::string& run_id) {
  std::map<std::string, std::size_t> receipts;
  std::size_t all = 0;
  tx.each({"SELECT tallies FROM ccctl.receipt WHERE tenant_id = $1::text AND request_id = $2::text",
           {tenant, run_id}},
          [&](const store::Rows& rows, std::size_t r) {
            ++all;
            const Json tallies = Json::parse(rows.text(r, 0));
            for (const Json& hold : tallies.at("seenHolds")) ++receipts[hold.get<std::string>()];
          });
  std::set<std::string> seen;
  for (const auto& [hold, count] : receipts) {
    if (count == all) seen.insert(hold);
  }
  return seen;
}

// Stages of rows that something else has deleted, and what is no longer left of erasures.
void Sweep::forget_orphans() {
  const plan::SweepCompiler compiler(situation_->sweep());
  const auto forget = [&](const store::Sql& sql) {
    transact([&](store::Tx& tx) { tx.exec(sql); });
  };
  for (const auto& [name, criteria] : situation_->criteria()) {
    if (!criteria.restricted.empty()) forget(compiler.forget_restricted(*criteria.table));
  }
  for (const datamap::TableName& name : situation_->sweep().staged) {
    forget(compiler.forget_orphans(*ground_.map.table(name)));
  }
}

void Sweep::delete_objects(const std::string& run_id) {
  run::ObjectOwner owner;
  owner.any_subject = true;
  owner.fence = [this](store::Tx& tx) { require_lease(tx); };
  owner.store_of = world_.objects;
  owner.category_of = [&](const std::string& name) {
    const datamap::Table* table = ground_.map.table(name);
    return table == nullptr ? std::string() : table->category;
  };
  std::uint64_t waiting = 0;
  {
    store::Tx tx = world_.session.begin(store::Mode::read_only_snapshot);
    waiting = queue::waiting(tx, ground_.tenant, run_id);
    if (waiting > 0) owner.seen_holds = holds_seen(tx, ground_.tenant, run_id);
  }
  if (waiting == 0) return;
  const run::ObjectsLeft left = run::delete_objects(world_.session, ground_.tenant, run_id, owner);
  report_.objects += left.removed;
  report_.objects_left += left.parked + left.failed;
}

// Objects of earlier runs that a hold had parked, or whose store was not there.
void Sweep::delete_left_objects() {
  const store::Rows rows =
      once({"SELECT DISTINCT i.request_id FROM ccctl.item i JOIN ccctl.destruction d ON "
            "d.tenant_id = i.tenant_id AND d.run_id = i.request_id WHERE i.tenant_id = $1::text "
            "AND i.kind = 'object.delete' AND d.closed_at IS NOT NULL",
            {ground_.tenant}});
  for (std::size_t r = 0; r < rows.size(); ++r) delete_objects(std::string(rows.text(r, 0)));
}

}  // namespace ccctl::retention
