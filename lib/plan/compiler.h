// Map times scope gives SQL: one statement counts, locks or erases everything a subject owns.
//
// All sets of a scope are common table expressions of one statement. Counting and erasing share
// them, so a dry run cannot differ from the run; all deletes of one statement see one snapshot, so
// nothing is looked for after its parent has gone, and foreign keys are checked at its end, in
// whatever direction they point. Held rows are excluded here and nowhere else: planners cannot
// forget them. Counts come back as one row; read() puts the names to them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plan/protection.h"
#include "plan/rectify.h"
#include "plan/scope.h"
#include "store/sql.h"
#include "subject/ref.h"

namespace ccctl::plan {

// Whom one statement is about.
struct Drivers {
  std::vector<subject::SubjectRef> refs;  // all of one kind; may be empty for a term-only request
  // Per kind of identifier the values that no other live subject shares: what `match` tables go by.
  std::map<std::string, std::vector<std::string>> exclusive;
  // Of a merge set of several the row that stays where a hold keeps another member's.
  std::optional<subject::SubjectRef> canonical{};
  // Other members whose rows a hold has kept.
  std::vector<subject::SubjectRef> kept_members{};
  // Of one member's transaction the drivers of the whole merge set, or none: what a hold keeps of
  // anybody's rows, and what that needs, stays for all.
  std::vector<Drivers> whole{};
};

// The last three are of a sweep's stages (sweep.h).
enum class Effect {
  erase,
  anonymise,
  strip,
  cut,
  intend,
  assign,
  annotate,
  hide,
  schedule,
  restore
};
std::string_view to_text(Effect effect);  // "delete", "anonymise" …

struct Tally {
  datamap::TableName table;
  Effect effect = Effect::erase;
  std::string detail;  // cut: the link; intend: the object
  std::uint64_t rows = 0;
};

struct Kept {
  datamap::TableName table;
  std::uint64_t rows = 0;
  std::string rule;  // rule id, or "hold"
  std::string basis, reason;
  std::optional<Instant> until;    // the last row's; nothing: unknown, or as long as the hold
  std::vector<std::string> holds;  // ids
  bool ancestor = false;           // kept only because a kept row refers to it
};

struct Outcome {
  std::vector<Tally> tallies;  // every possible one, zero counts included
  std::vector<Kept> kept;      // only with rows
  // Rows that another session has changed since the statement began: whose they are now it does not
  // know. The transaction must not commit.
  std::uint64_t overtaken = 0;

  // Rows changed: deleted, anonymised, stripped, cut or rectified. Intents do not count.
  std::uint64_t rows() const;
};

// A statement with the meaning of its result columns.
struct Compiled {
  struct Counter {
    Tally tally;
    std::optional<Kept> kept;
    const TableMinimum* minimum = nullptr;  // of kept by law: column holds {"rows", "last" anchor}
  };
  store::Sql sql;
  std::vector<Counter> counters;
  bool watches = false;  // the column after them holds Outcome::overtaken

  Outcome read(const store::Rows& rows) const;
};

// Locks, in key order, the subjects' rows and every last-child parent that a scope row refers to,
// in scope or not: no new child can join while the transaction decides.
struct Locks {
  store::Sql sql;
  std::vector<bool> open;  // per column: it counts units that have not ended
  // Conversations in which the subject still takes part: the erasure waits for their end.
  std::uint64_t open_units(const store::Rows& rows) const;
};

class Compiler {
 public:
  // Keeps references: map, catalog, scope and protection outlive it.
  Compiler(const datamap::Map& map, const datamap::Catalog& catalog, const Scope& scope,
           std::string tenant)
      : map_(map), catalog_(catalog), scope_(scope), tenant_(std::move(tenant)) {}

  Compiled count(const Drivers& drivers, const Protection& protection) const;
  Compiled erase(const Drivers& drivers, const Protection& protection,
                 const std::string& request_id) const;
  Locks lock(const Drivers& drivers) const;
  // Of these people the numbers of those whose rows the erasure takes along, or empties.
  store::Sql taken_along(const Drivers& drivers, const Protection& protection,
                         const std::vector<subject::SubjectRef>& people) const;
  // The candidates for a rectification: rows of (number of the column, its value list).
  store::Sql standing(const Drivers& drivers, const std::vector<Standing>& columns) const;
  // Counts (`request_id` empty) or does it.
  Compiled rectify(const Drivers& drivers, const Protection& protection,
                   const std::vector<Standing>& columns, const std::string& request_id) const;

 private:
  const datamap::Map& map_;
  const datamap::Catalog& catalog_;
  const Scope& scope_;
  std::string tenant_;
};

}  // namespace ccctl::plan
