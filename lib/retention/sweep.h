// A sweep: everything that is due goes, window by window (formats.md 2).
//
// prepare() takes the lease, finds an interrupted run or plans a new one, and holds the plan
// against the guards; nothing has been changed by then. run() opens the destruction record, walks
// the passes, deletes the objects and closes the record. It may be killed at any instant: the next
// sweep carries on from the window that was open, with the run's own as_of.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/json.h"
#include "object/store.h"
#include "plan/partition.h"
#include "retention/guards.h"
#include "retention/saved_plan.h"
#include "retention/situation.h"
#include "retention/survey.h"
#include "run/chain.h"
#include "run/partition.h"
#include "run/throttle.h"
#include "store/lease.h"
#include "store/session.h"

namespace ccctl::retention {

struct SweepWorld {
  store::Session& session;
  std::function<store::Session()> connect;
  Context context;
  std::string actor;
  std::function<object::ObjectStore&(const std::string& name)> objects;
  std::function<bool()> interrupted;                               // asked between windows
  std::function<void(const struct SweepReport& so_far)> progress;  // after each window, and so on
};

struct SweepOptions {
  Waivers waivers;
  std::optional<Instant> as_of;  // nothing: the datastore's clock
  std::string kind = "sweep";    // of the destruction record: sweep, offboard
  std::string plan_file;         // only what this saved plan names; empty: all that is due
  std::optional<std::chrono::seconds> run_time;
  run::ThrottleSettings throttle;
  bool digest_keys = false;       // a digest over the keys in each receipt
  std::uint64_t window_rows = 0;  // so many in every window; 0: as many as take a quarter second
};

struct SweepReport {
  std::string run_id;                  // empty: nothing was due
  std::string outcome = "planning";    // running, complete, partial, paused
  std::string why;                     // it was paused
  std::optional<run::Obstacle> waits;  // between two windows, as long as it is running
  Instant as_of{};
  bool resumed = false;
  std::uint64_t planned = 0, windows = 0;
  std::uint64_t rows = 0;  // deleted or anonymised
  std::uint64_t staged = 0,
                restored = 0;  // entered a stage, or left it otherwise than by the purge
  std::string backups_gone;    // of what was purged: from when no backup has it; empty: nothing was
  std::uint64_t held = 0, kept_by_child = 0;  // rows due that stayed, as this process met them
  std::uint64_t failed = 0;                   // rows whose window could not be carried out
  std::uint64_t objects = 0, objects_left = 0;
};

// Time stamps as evidence writes them.
std::string evident(const std::string& anchor);
// Which anchors the pass's rule had made due.
Json due_json(const plan::Pass& pass);

class Sweep {
 public:
  Sweep(SweepWorld world, const Ground& ground, const SweepOptions& options);
  ~Sweep();
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;

  // What would go. busy when another sweep of the tenant is at work; refused by a guard.
  const Survey& prepare();
  const Situation& situation() const { return *situation_; }
  bool resumes() const { return report_.resumed; }
  SweepReport run();

 private:
  struct Record;
  // Holds or tenant are no longer what a statement was written for.
  struct Stale {};
  struct PassName {
    datamap::TableName table;
    std::string rule;
    plan::Act act = plan::Act::remove;
  };

  void plan(store::Tx& tx, Instant as_of);
  bool real() const { return saved_ ? saved_->real : !options_.as_of; }
  bool fits(const Record& record) const;
  std::optional<Record> open_record(store::Tx& tx) const;
  void open_run();
  void abandon(store::Tx& tx, Instant now);
  const plan::Pass* find_pass(const PassName& name) const;
  bool add_round();
  void begin_pass(std::size_t number);
  void run_pass(std::size_t number);
  void look_anew();
  void drop_partitions(std::size_t number);
  void drop_partition(std::size_t number, const std::string& root, const run::Leaf& leaf);
  void look_and_drop(const plan::Pass& pass, const std::string& root, const run::Leaf& leaf);
  bool worth_dropping(const plan::PartitionCompiler& compiler, const run::Leaf& leaf);
  std::uint64_t keep_rows(const plan::PartitionCompiler& compiler,
                          const run::Replacement& replacement, std::uint64_t all);
  std::string digest_of_keys(const plan::PartitionCompiler& compiler, const std::string& kept);
  void drop_between_locks(const plan::Pass& pass, const plan::PartitionCompiler& compiler,
                          run::Replacement& replacement, const plan::SweepOutcome& outcome,
                          bool keeps);
  bool run_window(const plan::Pass& pass, plan::Stretch& stretch);
  std::optional<run::Chain::Done> do_window(store::Tx& tx, Instant now, const plan::Pass& pass,
                                            const plan::Stretch& stretch);
  bool stale(store::Tx& tx, const plan::SweepStatement& statement) const;
  void forget_orphans();
  plan::Staging staging(const plan::Pass& pass, Instant now) const;
  run::Work tell(const plan::Pass& pass, Json range, const plan::SweepOutcome& outcome,
                 const plan::Staging& staging) const;
  bool narrow(const plan::Pass& pass, plan::Stretch& stretch, const Error& error);
  void pace(std::chrono::steady_clock::duration took);
  bool pause();
  bool over();
  void tell() const;
  void transact(const std::function<void(store::Tx&)>& work);
  void require_lease(store::Tx& tx) const;
  void delete_objects(const std::string& run_id);
  void delete_left_objects();
  void close_run();
  void end_erasures(store::Tx& tx, Instant now) const;
  store::Rows once(const store::Sql& sql);

  SweepWorld world_;
  const Ground& ground_;
  SweepOptions options_;
  std::optional<store::Lease> lease_;
  std::unique_ptr<Situation> situation_;
  Survey survey_;
  std::vector<PassName> passes_;
  std::optional<SavedPlan> saved_;
  std::string digest_, abandoned_;
  Instant now_{};  // of prepare()
  std::size_t first_pass_ = 0;
  std::optional<run::Open> open_;
  std::optional<plan::SweepOutcome> outcome_;  // of the window at work
  plan::Ahead ahead_;                          // of it, too
  std::uint64_t window_rows_;
  run::Throttle throttle_;
  std::chrono::steady_clock::time_point began_;
  SweepReport report_;
};

}  // namespace ccctl::retention
