// Carries a confirmed erasure through its phases, each step exactly once.
//
// received → planned → erasing (a transaction per member of the merge set, the canonical one last;
// then the objects) → settling (another pass, until one finds nothing) → verifying → unsealed →
// completed. Every step is committed before the next begins and is safe to repeat, so going on
// after a crash and going on after a wait are the same call. A phase ends in the commit of the last
// thing done in it, which also opens the attempts of the next: a commit costs more than what it
// makes durable. So a confirmed request that no hold restricts is stored as erasing.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/context.h"
#include "datamap/catalog.h"
#include "object/store.h"
#include "request/outside.h"
#include "request/preview.h"
#include "request/request.h"
#include "request/tombstone.h"
#include "request/verify.h"
#include "run/window.h"
#include "store/session.h"

namespace ccctl::request {

// A request that goes by a term alone has no subject's row; its one "member" is the request itself.
inline constexpr char kTermOnly[] = "term";

// What running a request works with besides the datastore.
struct World {
  store::Session& session;
  std::function<store::Session()> connect;  // after a lost connection
  const Context& context;
  std::string actor;  // session_user
  std::function<object::ObjectStore&(const std::string& name)> objects;
  std::function<bool()> seal;     // false: another account must
  Keyed keyed{};                  // under the tenant's evidence key; none without a journal
  std::function<void()> guard{};  // before anything is deleted: throws restored_datastore
};

// How a request that is taken in is carried out.
struct Handling {
  bool queued = false;  // later: by a worker, or an export by whoever hands it out
  bool bulk = false;    // one of many that the pack lets in at a time: no limit of its own
  std::string case_id;  // empty: it belongs to no case
};

class Erasure {
 public:
  Erasure(World world, Ground ground);

  // The datastore's tables as the preview found them a moment ago: they are not read again, and are
  // still compared with what a request's plan pins.
  void found_tables(datamap::Catalog catalog) { catalog_ = std::move(catalog); }

  // Stores the confirmed request with its subjects and terms, and gives it; or the one that another
  // process has stored with the same confirmation meanwhile, or the live one about the same person.
  // A restricted one waits for the release of the holds in the preview.
  Request confirm(const Preview& preview, const std::string& request_id, const Intake& intake,
                  bool restricted, const Handling& handling = {});
  // Goes on as far as it can; together with another process that does the same, each step is still
  // done once. A completed request whose receipt left objects behind deletes what it now may.
  // Throws held (nothing done), stale_plan, refused (the merge set grew); a member that failed
  // while others went through is told by outcome "partial".
  Request advance(const std::string& request_id);
  Request advance(Request request);  // as confirm() gave it
  // Begins again with the members that failed, once every other has come to its end: refused
  // (reason siblings_in_flight) before that (G-32). Nothing failed: nothing is done.
  Request retry(const std::string& request_id);
  // Notes that the request cannot be carried out as it was confirmed; it waits for a person.
  void fail(const std::string& request_id);
  // Deletes the terms and the references' keys: from now on nothing here names the person.
  Request close(const std::string& request_id);
  // Looks for what is left of the subject. `terms` are needed once the request is closed.
  Verification verify(const std::string& request_id, const std::vector<subject::Identifier>& terms,
                      bool deep);

 private:
  Request read(const std::string& request_id);
  Request carry_on(Request request);
  void step(Request& request);
  void start(Request& request);
  void erase(Request& request);
  void settle(Request& request);
  void conclude(Request& request);
  void seal(Request& request);
  void drain(Request& request);
  void note_outcome(Request& request, const std::string& outcome);

  void store_confirmed(store::Tx& tx, Instant now, const Preview& preview, bool bulk,
                       Request& request);
  plan::Compiled compile(store::Tx& tx, const subject::Finder& finder,
                         const plan::Compiler& compiler, const Request& request,
                         const plan::Drivers& drivers, const plan::Protection& found,
                         bool run) const;
  Json result_of(store::Tx& tx, const Request& request, const Verification& verification) const;
  static void open_attempts(store::Tx& tx, Instant now, const Request& request, int pass);
  void begin_settling(store::Tx& tx, Instant now, Request& request) const;

  bool run_pass(Request& request, int pass);
  bool run_member(Request& request, const Member& member, int pass);
  run::Work work(store::Tx& tx, Instant now, Request& request, const Member& member, int pass);
  run::Work done(store::Tx& tx, Instant now, Request& request, const Member& member, int pass,
                 const plan::Outcome& outcome, const plan::Protection& found) const;
  plan::Drivers drivers(store::Tx& tx, const subject::Finder& finder, const Request& request,
                        const Member& member, int pass, const plan::Compiler& compiler,
                        const plan::Protection& found) const;
  plan::Protection protection(store::Tx& tx, Instant now, const Request& request) const;
  void lock(store::Tx& tx, const subject::Finder& finder, const Request& request,
            const Member& member, int pass) const;
  std::vector<subject::SubjectRef> kept_members(store::Tx& tx, const Request& request,
                                                const Member& member) const;
  void require_merge_set(const subject::Finder& finder, const Request& request,
                         const Member& member) const;
  static std::set<std::string> seen_holds(store::Tx& tx, const Request& request);
  // `emptied` is called in the transaction that ends the last object's intent.
  void delete_objects(const Request& request,
                      const std::function<void(store::Tx& tx)>& emptied = {});
  static std::uint64_t rows_of_pass(store::Tx& tx, const Request& request, int pass);
  Verification look(const Request& request, const std::vector<subject::Identifier>& terms,
                    bool deep);
  void prepare(const Request& request);
  std::vector<subject::SubjectRef> subjects(const Request& request) const;
  void transact(const std::function<void(store::Tx& tx)>& work);

  World world_;
  Ground ground_;
  std::optional<datamap::Catalog> catalog_;  // read once, compared with the plan's
  std::optional<plan::Scope> scope_;
  std::optional<std::vector<Outside>> outside_;  // found out once
  std::string prepared_plan_;                    // a plan known to fit the catalog
  Instant seen_at_{};      // the datastore's clock, when it was last looked at
  std::string concluded_;  // the request whose receipt was written last
};

// Rows of ccctl.request_term.
std::vector<subject::Identifier> load_terms(store::Tx& tx, const Request& request, int member);

}  // namespace ccctl::request
