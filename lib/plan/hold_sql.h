// The hold predicate: which rows of a scope an active hold covers (formats.md 2).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "plan/statement.h"

namespace ccctl::plan {

// Whether what was created then lies between two instants, SQL expressions of which NULL is open.
// What is unknown or no date to go by does; a day does if any of its hours may.
std::string in_span_sql(const datamap::Map& map, const datamap::Catalog& catalog,
                        const datamap::Table& table, const std::string& alias,
                        const datamap::Anchor& created, const std::string& from,
                        const std::string& to);

// Writes h<n>… expressions: the key of a kept row and the id of the hold that keeps it. Writes
// nothing when no hold is active, so that a datastore without holds pays nothing.
class HoldWriter {
 public:
  HoldWriter(Statement& statement, const Protection& protection)
      : s_(statement), protection_(protection) {}

  void write(Statement::Names& own);
  // The identifiers of held subjects that `match` tables may hold. Of its own statement, not of
  // write()'s.
  std::vector<HeldValue> read_values(store::Tx& tx, const std::string& tenant);

 private:
  using Path = std::vector<const datamap::Link*>;
  // Rows that are a held person's by themselves: `keys` gives the hold beside what says so.
  struct Root {
    const datamap::Table* table = nullptr;
    std::string keys;
    std::vector<std::pair<std::string, std::string>> same;  // column, and that of `keys`
  };

  void wide(Statement::Names& own);
  void of_subjects(Statement::Names& own);
  // The same where no list of paths tells.
  bool needs_rings() const;
  void of_subjects_by_rings(Statement::Names& own);
  std::map<datamap::TableName, std::string> with_followers(
      const std::string& name, const std::vector<std::pair<datamap::TableName, std::string>>& seeds,
      bool last);
  std::vector<std::pair<datamap::TableName, std::string>> units_above(
      const std::map<datamap::TableName, std::string>& near);
  std::string below(const datamap::Table& child, const datamap::Link& link,
                    const std::string& p) const;
  std::string above(const datamap::Table& child, const datamap::Link& link,
                    const std::string& p) const;
  void each_link(const std::function<void(const datamap::Table& child, const datamap::Link& link)>&
                     work) const;
  std::vector<datamap::TableName> tables_there() const;
  std::vector<std::string> held_kinds() const;
  void held_keys(const std::string& kind);
  void held_values();
  std::string merged(const datamap::SubjectType& type, const std::string& name) const;
  void held_units(Statement::Names& own);
  std::string touched_units(const datamap::Table& unit) const;
  std::string units_of_held(const datamap::Table& unit) const;
  // Calls with every cut link to a table of the scope and its own table: rows that would lose it.
  void each_cut(const std::function<void(const datamap::Table& child, const datamap::Link& link)>&
                    work) const;
  // FROM the scope's parents and the rows whose cut link leads to them, as aliases p and t0.
  std::string cut_from_scope(const datamap::Table& child, const datamap::Link& link) const;
  void keep(const datamap::TableName& table, const std::string& body, Statement::Names& own);

  std::string covers_sql(const datamap::Table& table, const std::string& alias) const;
  // Chains of links from a table up to `target`: the first may be cut, the others follow.
  std::vector<Path> paths(const datamap::Table& from, const datamap::TableName& target,
                          bool first_any) const;
  // JOIN … for each link of the path; the last alias is `alias`<length>, the row itself is `start`,
  // or `alias`0.
  std::string join_path(const datamap::Table& from, const Path& path, const std::string& alias,
                        const std::string& start = "") const;
  std::string join_held(const Root& root, const std::string& alias) const;

  Statement& s_;
  const Protection& protection_;
  std::vector<Root> held_;
};

}  // namespace ccctl::plan
