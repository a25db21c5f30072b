// A slow and obvious model of an erasure: what the data map's meaning (datamap.md) and the holds
// (formats.md 2 and 3) say must become of every row, computed row by row in memory.
//
// It shares no code with room plan and asks PostgreSQL for nothing but the rows themselves, so a
// mistake would have to be made twice to go unnoticed. What the random schemas and the reference
// map use is here: no `with`, a list as the start of a link only where it follows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "datamap/catalog.h"
#include "datamap/map.h"
#include "rule/hold.h"
#include "rule/retention.h"
#include "store/session.h"
#include "subject/ref.h"

namespace ccctl::testing {

using Cell = std::optional<std::string>;
using RowId = std::size_t;
using Ids = std::set<RowId>;
// Kind and normalised value.
using Term = std::pair<std::string, std::string>;

struct Row {
  const datamap::Table* table = nullptr;
  std::vector<Cell> cells;  // PostgreSQL's text; JSON in one canonical form
  bool gone = false;
};

// What a data subject may see: rows of the scope, and parents of such rows that others share.
struct Visible {
  Ids own, shared;
};

// What an erasure would do besides changing the state.
struct Prediction {
  std::map<std::string, std::uint64_t> actions;  // "table action detail" -> rows, zeros left out
  std::map<std::string, Ids> kept;  // "table rule" -> rows; rule: hold, foreign_key, id
  std::set<std::string> objects;    // keys of the objects that go
};

class Model {
 public:
  // Reads every row of every mapped table, of all tenants.
  Model(store::Tx& tx, const datamap::Map& map, std::string tenant,
        std::vector<rule::Retention> documents);
  Model(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog, std::string tenant,
        std::vector<rule::Retention> documents);

  // Members of the subject's merge set, the canonical one last; empty when there is no such row.
  std::vector<subject::SubjectRef> merge_set(const subject::SubjectRef& ref) const;
  // The identifiers that a request for the subject goes by.
  std::vector<Term> terms(const subject::SubjectRef& ref) const;
  // All subjects of a kind, in key order.
  std::vector<subject::SubjectRef> subjects(const std::string& kind) const;
  // `along`: rows that go or are emptied at the same time.
  bool shared(const Term& term, const Ids& own, const Ids& along = {}) const;
  // The values in the columns by which match tables are found.
  std::set<Term> matched_terms() const;
  // Pairs of subjects of these kinds who have rows in the same unit.
  std::vector<std::pair<subject::SubjectRef, subject::SubjectRef>> talked(
      const std::string& kind, const std::string& other) const;

  // Erases the members one after the other, and again until nothing is left to do. No members: the
  // rows of match tables that hold the term.
  Prediction erase(const std::vector<subject::SubjectRef>& members, const std::optional<Term>& term,
                   const std::vector<rule::Hold>& holds, Instant now);

  // Puts the value right in every row that the members own, as the map's `rectify` says; the number
  // of rows changed.
  struct Correction {
    std::string updated, written;  // normalised, and as the person wrote it
  };
  std::uint64_t rectify(const std::vector<subject::SubjectRef>& members, const Term& existing,
                        const Correction& correction);

  Visible visible(const std::vector<subject::SubjectRef>& members,
                  const std::optional<Term>& term) const;
  // The row that a link of the row leads to, and the values of a row by column.
  std::optional<RowId> follow(RowId child, const std::string& link) const;
  std::vector<RowId> parents(RowId child, const datamap::Link& link) const;
  std::map<std::string, Cell> values(RowId id) const;
  bool meets(RowId id, const datamap::Where& where) const;
  bool of_others(RowId id, const Ids& mine) const;
  const std::string& table(RowId id) const { return rows_[id].table->name; }
  Ids all(const std::string& table) const;  // the tenant's rows

  // One line per row that differs; nothing when both are the same. At most `most` lines.
  std::vector<std::string> differences(const Model& other, std::size_t most = 8) const;
  std::size_t rows() const;
  std::set<std::string> object_keys() const;

 private:
  struct Changes;

  // Reading a row.
  std::size_t column(const datamap::Table& table, const std::string& name) const;
  const Cell& cell(RowId id, const std::string& name) const;
  Cell value(RowId id, const datamap::Site& site) const;
  bool ours(RowId id) const;
  std::string key(RowId id) const;
  std::vector<std::string> texts(RowId id, const datamap::Site& site) const;
  std::optional<RowId> parent(RowId child, const datamap::Link& link) const;
  std::optional<RowId> referenced(RowId child, const datamap::ForeignKey& key) const;

  // People.
  std::optional<RowId> find(const subject::SubjectRef& ref) const;
  std::vector<std::string> values(RowId id, const datamap::Column& column) const;
  std::vector<Term> exclusive(const std::vector<Term>& terms, const Ids& own,
                              const Ids& along = {}) const;
  std::vector<std::string> ids(RowId id) const;
  std::vector<std::string> named(const datamap::SubjectType& type, RowId id) const;
  Ids merged_with(const datamap::SubjectType& type, RowId id) const;

  // Sets of rows.
  Ids scope(const Ids& drivers, const std::vector<Term>& exclusive) const;
  bool grow_by_links(Ids& scope) const;
  bool grow_by_last(Ids& scope) const;
  Ids units(RowId id, bool first) const;
  Ids held(const rule::Hold& hold) const;
  bool covers(const rule::Hold& hold, RowId id) const;
  std::map<std::string, Ids> kept_by_law(const Ids& scope, Instant now) const;
  bool outlived(RowId id, const rule::RetentionRule& rule, const std::string& zone,
                Instant now) const;
  void ancestors(Ids& kept, const Ids& scope, bool of_cuts) const;

  // Whom one transaction is about: the members whose turn it is, and those whose turn has been.
  struct Turn {
    Ids own, turned;
    std::vector<Term> known;
    std::optional<RowId> canonical;  // stays where another one of `own` is kept
  };
  // What it finds, and which of it holds keep.
  struct Found {
    Ids all, by_hold;
  };
  // `kept`: what holds keep of the whole merge set, where that is known.
  Found find_for(const Turn& turn, const Ids& covered, Instant now, const Ids* kept) const;
  void keep_by_hold(const Turn& turn, const Ids& covered, Found& found) const;
  // The number of rows changed.
  std::uint64_t erase_once(const Found& found, Instant now, Prediction& prediction);
  void write_cuts(const Changes& changes, std::vector<Row>& after, Prediction& prediction) const;
  void erase_columns(Row& row, const datamap::Table& table, bool objects_too) const;
  void erase_site(Row& row, const datamap::Site& site, const datamap::ColumnErase& erase) const;
  void replace(Row& row, const datamap::Column& column, const Correction& correction) const;
  void note_objects(RowId id, Prediction& prediction) const;

  const datamap::Map& map_;
  std::string tenant_;
  std::vector<rule::Retention> documents_;
  std::vector<datamap::ForeignKey> foreign_keys_;
  std::map<std::string, std::vector<std::string>> columns_;
  std::vector<Row> rows_;
  std::map<std::pair<std::string, std::string>, RowId> index_;  // table and key
};

}  // namespace ccctl::testing
