// Partitions of a pass's table that are due as a whole: they are dropped, each in a window of its
// own.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "plan/partition.h"
#include "retention/sweep.h"
#include "run/partition.h"
#include "store/retry.h"

namespace ccctl::retention {

namespace {

constexpr int kMostLooks = 3;  // at a partition that is written to
constexpr int kMostLocks = 7;
// Of so many rows one may stay: beyond that it takes less to delete the others.
constexpr std::uint64_t kMostKept = 4;
constexpr std::chrono::seconds kHoldsMayTake{2};
// What the bounds rule out is not looked for.
constexpr const char* kByBounds = "SET LOCAL constraint_exclusion = 'on'";

}  // namespace

// Whatever is not dropped is left to the windows. What stays is left to them, too: they tell why.
void Sweep::drop_partitions(std::size_t number) {
  const plan::Pass* pass = find_pass(passes_[number]);
  if (pass == nullptr || !plan::PartitionCompiler::fits(situation_->sweep(), *pass)) return;
  const datamap::CatalogTable& root = situation_->catalog().at(pass->table().name);
  const std::string root_name = root.sql_name;
  std::vector<run::Leaf> leaves;
  world_.session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    leaves = run::replaceable(tx, root.oid, plan::PartitionCompiler::column(*pass));
    std::erase_if(leaves, [&](const run::Leaf& leaf) {
      const plan::PartitionCompiler compiler(situation_->sweep(), *pass, leaf.sql_name);
      return !tx.exec(compiler.all_due(leaf.from, leaf.to)).boolean(0, 0);
    });
  });
  for (const run::Leaf& leaf : leaves) {
    if (pause()) return;
    try {
      drop_partition(number, root_name, leaf);
    } catch (const run::Declined& declined) {
      if (declined.why.empty()) continue;
      world_.context.log(LogLevel::info,
                         "partition \"" + leaf.name + "\" is swept row by row: " + declined.why);
    }
  }
}

void Sweep::drop_partition(std::size_t number, const std::string& root, const run::Leaf& leaf) {
  for (int looks = 1;; ++looks) {
    try {
      const plan::Pass* pass = find_pass(passes_[number]);
      if (pass == nullptr || !plan::PartitionCompiler::fits(situation_->sweep(), *pass)) return;
      return look_and_drop(*pass, root, leaf);
    } catch (const Stale&) {
      look_anew();
      if (looks >= kMostLooks) throw run::Declined{"holds change all the time"};
    } catch (const run::Changed&) {
      if (looks >= kMostLooks) throw run::Declined{"it is written to all the time"};
    } catch (const store::StatementError& error) {
      throw run::Declined{error.what()};
    }
  }
}

// What is already clear before anything is prepared: no row to take, or too many to keep. How many
// there are the statistics tell well enough.
bool Sweep::worth_dropping(const plan::PartitionCompiler& compiler, const run::Leaf& leaf) {
  std::uint64_t most = 0, staying = 0;
  store::Tx tx = world_.session.begin(store::Mode::read_committed);
  const std::int64_t estimated =
      tx.exec({"SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = $1::oid", {leaf.oid}})
          .integer(0, 0);
  most = static_cast<std::uint64_t>(
      estimated > 0 ? estimated
                    : tx.exec("SELECT pg_catalog.count(*) FROM " + leaf.sql_name).integer(0, 0));
  if (most == 0 || tx.exec("SELECT FROM " + leaf.sql_name + " LIMIT 1").empty()) return false;
  most /= kMostKept;
  tx.script(kByBounds);
  for (const store::Sql& sql : compiler.staying(most + 1)) {
    staying += static_cast<std::uint64_t>(tx.exec(sql).integer(0, 0));
    if (staying > most) return false;
  }
  return true;
}

std::uint64_t Sweep::keep_rows(const plan::PartitionCompiler& compiler,
                               const run::Replacement& replacement, std::uint64_t all) {
  const std::uint64_t most = all / kMostKept;
  std::uint64_t kept = 0;
  world_.session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    kept = 0;
    tx.script(kByBounds);
    for (const store::Sql& sql :
         compiler.keep(replacement.kept(), replacement.columns(), most + 1)) {
      kept += tx.exec(sql).affected();
      if (kept > most) throw run::Declined{};
    }
  });
  return kept;
}

void Sweep::look_and_drop(const plan::Pass& pass, const std::string& root, const run::Leaf& leaf) {
  const plan::PartitionCompiler compiler(situation_->sweep(), pass, leaf.sql_name);
  if (!worth_dropping(compiler, leaf)) return;
  run::Replacement replacement(world_.session, root, leaf, ground_.tenant);
  replacement.prepare();
  const auto all = static_cast<std::uint64_t>(
      once("SELECT pg_catalog.count(*) FROM " + leaf.sql_name).integer(0, 0));
  const std::uint64_t kept = keep_rows(compiler, replacement, all);
  if (kept == all) return;
  plan::SweepOutcome outcome;
  outcome.due = outcome.taken = all - kept;
  outcome.rows.tallies.push_back({pass.table().name, plan::Effect::erase, "", all - kept});
  if (options_.digest_keys) outcome.digest = digest_of_keys(compiler, replacement.kept());
  if (kept > 0) replacement.wait_for_readers(world_.interrupted);
  drop_between_locks(pass, compiler, replacement, outcome, kept > 0);
}

std::string Sweep::digest_of_keys(const plan::PartitionCompiler& compiler,
                                  const std::string& kept) {
  crypto::Sha256 digest;
  store::Tx tx = world_.session.begin(store::Mode::read_only_snapshot);
  bool first = true;
  tx.stream(compiler.keys(kept), [&](const store::Rows& row) {
    if (!first) digest.update("\n");
    first = false;
    digest.update(row.text(0, 0));
  });
  return crypto::to_hex(crypto::view(digest.finish()));
}

void Sweep::drop_between_locks(const plan::Pass& pass, const plan::PartitionCompiler& compiler,
                               run::Replacement& replacement, const plan::SweepOutcome& outcome,
                               bool keeps) {
  run::Chain chain(world_.session, world_.connect, *lease_);
  const run::Leaf& leaf = replacement.leaf();
  const auto doing = [&](store::Tx& tx, Instant,
                         const store::Rows&) -> std::optional<run::Chain::Done> {
    tx.script("SET LOCAL statement_timeout = '" +
              std::to_string(std::chrono::milliseconds(kHoldsMayTake).count()) + "ms'");
    if (plan::read_held_values(tx, situation_->sweep()) != situation_->sweep().values)
      throw Stale{};
    const store::Rows still = tx.exec(compiler.still(replacement.kept()));
    if (!still.boolean(0, 0)) throw Stale{};
    if (!still.boolean(0, 1)) throw run::Changed{};
    replacement.swap(tx, keeps);
    Json range{{"by", "partition"},
               {"partition", leaf.name},
               {"due", due_json(pass)},
               {"from", evident(leaf.from)},
               {"to", evident(leaf.to)}};
    return run::Chain::Done{tell(pass, std::move(range), outcome, {}), open_->position};
  };
  for (int tries = 1;; ++tries) {
    try {
      if (chain.run(*open_, {}, doing)) break;
    } catch (const store::StatementError& error) {
      const bool locked = error.sqlstate() == "55P03" || error.sqlstate() == "57014";
      if (!locked) throw;
      if (tries >= kMostLocks) throw run::Declined{"somebody keeps it or its table locked"};
    }
    store::wait_before_retry(tries);
  }
  replacement.done();
  report_.rows += outcome.taken;
  ++report_.windows;
}

}  // namespace ccctl::retention
