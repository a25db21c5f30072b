// Which rows belong to a data subject: the map's links unrolled into an ordered list of sets.
//
// datamap.md, meaning 1: the scope is the least set that holds the subject's own row, every row
// with a `follow` link to a row in scope, every row of a `match` table that holds one of the
// subject's exclusive identifiers, and every `up: last` parent whose `count` children are all in
// scope. As the links say which tables can feed which, the fixpoint is unrolled once per subject
// kind, without a datastore: down along the follow links, up over the last-child links, down again
// from what came. A later set refers to earlier ones only, so each becomes one common table
// expression. Where links run in a circle, no unrolling ends: the tables of the circle are one ring
// of sets that refer to each other, and become one recursive expression.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "datamap/map.h"

namespace ccctl::plan {

struct Source {
  enum class How { driver, link, last, match };  // of a sweep the driver is the window's rows
  How how = How::driver;
  std::string link;               // link: of this table; last: of the child table
  datamap::TableName child;       // last: whose children must all be in scope
  std::vector<std::size_t> sets;  // link: parent sets; last: the child's sets so far; driver in a
                                  // ring: the first set
};

struct ScopeSet {
  datamap::TableName table;
  std::vector<Source> sources;  // their union
  std::size_t ring = 0;         // sets with the same number stand together and feed each other
};

struct Scope {
  std::string kind;  // of the subject
  std::vector<ScopeSet> sets;

  // Tables in the order in which they first appear.
  std::vector<datamap::TableName> tables() const;
  std::vector<std::size_t> sets_of(const datamap::TableName& table) const;
  bool holds(const datamap::TableName& table) const { return !sets_of(table).empty(); }
  // How rows of the table are reached, for people: "customer", "conversation (last)", "match".
  std::vector<std::string> reach(const datamap::TableName& table) const;
};

// Whether other data subjects may belong to the scope than those who follow the subject's own row.
bool takes_people_along(const datamap::Map& map, const Scope& scope);

Scope scope_of(const datamap::Map& map, const std::string& kind);

// What deleting rows of the table takes along: whatever follows them, in a subject's scope or not.
// It never climbs, and its kind is empty.
Scope sweep_scope(const datamap::Map& map, const datamap::TableName& table);

// The same from several tables at once, in the order of the links: parents come first.
Scope census_scope(const datamap::Map& map, const std::vector<datamap::TableName>& roots);

// The tables whose drift matters to a plan: the scope's, and those with a cut link to one of them.
std::vector<datamap::TableName> closure(const datamap::Map& map, const Scope& scope);

}  // namespace ccctl::plan
