// A sweep's statements: one window of one pass, counted or carried out.
//
// A pass is what one maximum makes due in one table. It walks the table by the (anchor, key) index,
// or by the key where there is none, in stretches that do not overlap. A window's rows are taken
// only where everything that follows them is free of holds and of unexpired minima; then they go
// together, in one statement. The statement does nothing when the active holds or what the rules
// take from the tenant are no longer what it was written for.
//
// By a rule with stages a window only hides its rows, with all that follows them, each with a row
// of ccctl.stage. A later run's purge decides again, and takes a row only when whatever goes along
// has waited for its time as well; what is no longer due is restored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plan/compiler.h"
#include "plan/criteria.h"
#include "plan/protection.h"
#include "plan/scope.h"
#include "store/sql.h"

namespace ccctl::plan {

// Where a walk stands: the texts of its columns, as a row has them. They may be personal.
using Position = std::vector<std::string>;

// The rows beyond `after` up to and with `to`; without them, from the first, to the last.
struct Stretch {
  std::optional<Position> after, to;
};

// By which columns a pass walks its table.
struct Walk {
  std::vector<std::string> columns, types;
  bool by_anchor = false;  // the first is the anchor
  std::string index;  // the CREATE INDEX that would let it go by its anchor; empty: none wanted
};

// What a pass does to its rows. `restore` has no maximum: it undoes stages of rows that none makes
// due any more.
enum class Act { remove, hide, purge, restore };
std::string_view to_text(Act act);

struct Pass {
  const Criteria* criteria = nullptr;
  std::size_t maximum = 0;
  Act act = Act::remove;
  Scope scope;  // of an anonymisation only the table itself
  Walk walk;

  const datamap::Table& table() const { return *criteria->table; }
  const rule::RuleInForce& rule() const { return *criteria->maxima[maximum].rule; }
  // Of a pass over one row that no maximum matches: what a deletion would do.
  bool ruled() const { return maximum < criteria->maxima.size(); }
  std::string rule_id() const { return ruled() ? rule().rule.id : ""; }
  rule::Then then() const { return ruled() ? rule().rule.then : rule::Then::erase; }
};

// What all statements of a run have in common.
struct SweepGround {
  const datamap::Map& map;
  const datamap::Catalog& catalog;
  const std::map<datamap::TableName, Criteria>& criteria;
  std::string tenant;
  std::string stand;              // TenantFacts::stand
  std::vector<rule::Hold> holds;  // the active ones
  std::vector<HeldValue> values;  // of the people whom they cover, as `match` tables may hold them
  std::set<datamap::TableName> staged{};  // tables of which rows are staged
  Instant as_of{};
  bool real = true;      // `as_of` is the datastore's clock: stages last as long by that
  bool planned = false;  // only rows of ccctl.planned go, and with nothing else
};

// Whether the map says how the site's application is made blind to a row, and the datastore has it.
bool hides(const datamap::Map& map, const datamap::Catalog& catalog, const datamap::Table& table);

// The values as they are now.
std::vector<HeldValue> read_held_values(store::Tx& tx, const SweepGround& ground);

// Nothing for a maximum that makes no row of the table due now, or for a table without a key.
std::optional<Pass> pass_of(const SweepGround& ground, const Criteria& criteria,
                            std::size_t maximum, Act act);
// To restore what is staged and no longer due; nothing for a table without a key.
std::optional<Pass> pass_to_restore(const SweepGround& ground, const Criteria& criteria);

struct SweepOutcome {
  bool stale = false;          // holds or tenant have changed: nothing was done
  std::uint64_t due = 0;       // rows of the pass's table that the window found due
  std::uint64_t taken = 0;     // of them those that went, or would go
  std::uint64_t held = 0;      // kept by a hold of their own
  std::uint64_t by_child = 0;  // kept because of what would go along
  Outcome rows;                // what happened to which rows; kept: what stood in the way
  std::string digest;          // hex SHA-256 over the keys of the rows taken, when asked for
};

// What lies beyond a window.
struct Ahead {
  bool last = true;              // nothing
  std::optional<Position> next;  // where the next window ends; nothing: at the end of the walk
};

struct SweepStatement {
  Compiled compiled;
  std::vector<std::size_t> extra;  // which columns tell what else there is
  bool anonymises = false;
  // A plain DELETE: it counts by what it affected and gives the keys as rows where a digest was
  // wished. Where it affected nothing, `stands` tells whether it was still written for the active
  // holds and the tenant as it is: one row of (boolean).
  bool plain = false;
  bool digests = false;
  store::Sql stands{};
  SweepOutcome read(const store::Rows& rows) const;
};

// What is written down of rows that enter a stage.
struct Staging {
  std::string rule_id, rule_digest;
  Instant acted_at{}, next_at{};  // by the run's instant
  Instant made_at{}, ready_at{};  // by the datastore's clock
};

struct SweepWish {
  Stretch stretch;
  std::string run;                // whose objects' intents these are; empty: only count
  bool digest = false;            // of the keys, in their order
  std::optional<Position> one{};  // instead of a stretch: the row with this key, due or not
  Staging staging{};              // of passes that hide or purge
};

// To look at one row, whatever the rules say of it.
Pass pass_over_one(const SweepGround& ground, const Criteria& criteria);

class SweepCompiler {
 public:
  explicit SweepCompiler(const SweepGround& ground) : ground_(ground) {}

  // Whether nothing goes along and nothing can keep a due row, so that counting the due is enough.
  bool plain(const Pass& pass) const;

  SweepStatement window(const Pass& pass, const SweepWish& wish) const;
  // The position of the n-th row of the walk beyond `after`; no row when there are fewer.
  store::Sql edge(const Pass& pass, const std::optional<Position>& after, std::uint64_t n) const;
  // Two columns for read_ahead(): what lies beyond the stretch, the next window having n rows.
  store::Sql ahead(const Pass& pass, const Stretch& stretch, std::uint64_t n) const;
  // What all passes of these tables would take one after the other, with whatever goes along; with
  // `stages` also those that hide, purge and restore, and then all tables with stages are among
  // them. Rows of (table, act, what, number of the maximum, overdue, rows); what: taken, held, kept
  // (also by what goes along), and gone, which counts all that would be no more, hidden or
  // restored.
  store::Sql census(const std::vector<datamap::TableName>& roots, bool stages) const;
  // Rows of (table, key, what is done) for all that the pass would take, with what goes along.
  store::Sql list(const Pass& pass) const;
  // Whether the pass may find any row at all: one row of (boolean).
  store::Sql any(const Pass& pass) const;
  // Rows of (state or stage, number of the maximum, rows), over all rows of the tenant's in a
  // table, or over those that are due.
  store::Sql states(const Criteria& criteria, bool due_only) const;
  // One row of (count) over the tenant's rows in a table; it stops at `most`.
  store::Sql size(const datamap::Table& table, std::uint64_t most) const;
  // Deletes the stages of rows that are no more.
  store::Sql forget_orphans(const datamap::Table& table) const;
  // And from what erasures had to leave, what has gone since, or has nothing left to erase.
  store::Sql forget_restricted(const datamap::Table& table) const;

 private:
  const SweepGround& ground_;
};

Position read_position(std::string_view json);
// `first` is the first of the two columns.
Ahead read_ahead(const store::Rows& rows, std::size_t first);
std::string to_json(const Position& position);

}  // namespace ccctl::plan
