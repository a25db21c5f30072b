// Finds data subjects by one term, reads their identifiers and merge sets, and tells who else
// shares a value. Reads only; the caller's transaction gives the snapshot.
//
// How values compare (datamap.md 10): a column whose form the map names is compared by equality;
// for the others SQL picks candidates (digit suffix, NFKC and lower case) and normalise() of room
// text decides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "datamap/catalog.h"
#include "datamap/map.h"
#include "store/session.h"
#include "subject/ref.h"

namespace ccctl::subject {

// The members of a merge set, canonical included; just the one for a subject that was never merged.
struct MergeSet {
  SubjectRef canonical;
  std::vector<SubjectRef> members;  // sorted, the canonical one last: the order of erasing
};

struct Match {
  SubjectRef ref;
  std::vector<std::string> matched_on;  // sites; a suggested one is marked "SITE (suggest)"
  MergeSet merge_set;
  Personal<std::string> label;
  // The subject to which this row belongs by a follow link, when that one matches too: erasing it
  // takes this row along, so the two are no ambiguity.
  std::optional<SubjectRef> part_of{};
};

struct Profile {
  SubjectRef ref;
  Personal<std::string> label;
  bool current_employee = false;
  MergeSet merge_set;
  std::vector<Identifier> identifiers;  // distinct; of the subject's own row
};

// The distinct canonical subjects behind the matches; one means that the term is unambiguous.
std::vector<SubjectRef> distinct_people(const std::vector<Match>& matches);

// Leaves out whose row waits in a stage of retention: to whoever looks, it has gone. An erasure and
// who else shares a value still go by it.
void leave_out_staged(store::Tx& tx, const datamap::Map& map, const std::string& tenant,
                      std::vector<Match>& matches);

struct Hits {
  datamap::TableName table;
  std::uint64_t rows = 0;
};

class Finder {
 public:
  Finder(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
         std::string tenant);

  // Normalises what a person typed. Throws usage for a value that cannot be one of its kind, for a
  // wildcard, and for text that is not UTF-8.
  Identifier term(std::string_view kind, std::string_view value) const;

  // All subjects that hold the term on their own row, ordered by kind and key.
  std::vector<Match> search(const Identifier& term) const;
  // Nothing when there is no such row. The id is then as the row has it, however it was written: a
  // UUID in capitals, a number with zeros before it.
  std::optional<Profile> profile(const SubjectRef& ref) const;
  // The merge set as it is now; empty members when the row is gone.
  MergeSet merge_set(const SubjectRef& ref) const;

  // For each identifier the other subjects than `own` that hold the value on their own row; not
  // those that belong to one of `own`. One round trip, unless somebody does.
  std::vector<std::vector<SubjectRef>> others(const std::vector<Identifier>& identifiers,
                                              const std::vector<SubjectRef>& own) const;
  // For each identifier the tables in which another subject than `own` holds the value on its own
  // row.
  std::vector<std::vector<Hits>> sharers(const std::vector<Identifier>& identifiers,
                                         const std::vector<SubjectRef>& own) const;
  // For each identifier whether a row of a `match` table holds it: only then does it matter to an
  // erasure whether somebody else has the same one. By index, so cheap beside sharers().
  std::vector<bool> matched(const std::vector<Identifier>& identifiers) const;

  // The condition under which a column may hold the identifier, for a WHERE clause: exact when
  // `exact` is set to true, else candidates. Binds its parameters.
  static std::string condition(const datamap::Column& column, std::string_view alias,
                               const Identifier& identifier, store::Params& params, bool* exact);
  // Whether a free text may mention the identifier: its last digits, or its folded form.
  static std::string mention(const datamap::Column& column, std::string_view alias,
                             const Identifier& identifier, store::Params& params);
  // Normalised values of one column's sites in a row, from one JSON array for each expression of
  // value_list().
  std::vector<std::string> values_of(const datamap::Column& column, std::string_view kind,
                                     const Json& lists) const;
  // The select list whose values values_of() takes: one jsonb array per site (`with` first).
  static std::vector<std::string> value_list(const datamap::Column& column, std::string_view alias);

  // The region in which numbers without a country code are read: that of the map's first e164
  // column.
  const std::string& region() const { return region_; }

 private:
  // The subjects to which the row belongs by its follow links; usually none.
  std::vector<SubjectRef> owners(const SubjectRef& ref) const;
  std::string subject_where(const datamap::SubjectType& type, std::string_view alias,
                            store::Params& params) const;
  std::string candidates_sql(const datamap::SubjectType& type, const Identifier& term,
                             std::size_t part, store::Params& params) const;
  std::vector<std::vector<Match>> holders(const std::vector<Identifier>& terms) const;
  std::string merged_sql(const datamap::SubjectType& type, const SubjectRef& ref,
                         store::Params& params) const;

  store::Tx& tx_;
  const datamap::Map& map_;
  const datamap::Catalog& catalog_;
  std::string tenant_;
  std::string region_;
};

}  // namespace ccctl::subject
