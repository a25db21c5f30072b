// Writes one recursive expression: the least sets of rows of several tables that feed each other.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plan/statement.h"

namespace ccctl::plan {

// Usually each row in the expression is a row of one of the tables: its number and its key, the
// other tables' key columns being NULL. PostgreSQL drops what it has seen and goes on with the new
// ones, so that each step looks up indexes by typed keys and the depth costs nothing.
//
// It shows a step only the new rows, though. Where a step asks whether all children are there
// (`up: last`), the expression's rows are whole states instead, arrays of all and of the new keys
// of each table; the last one is the answer. It may be used once and not in a subquery, but its
// columns may be used anywhere.
class RingWriter {
 public:
  // SQL that selects keys of `to`. `fresh` and `all` are FROM items that give keys of `from` as
  // aliases p and y: those that are new, and all so far.
  struct Arm {
    datamap::TableName from, to;
    std::function<std::string(const std::string& fresh, const std::string& all)> sql;
    bool asks_all = false;
  };

  RingWriter(Statement& statement, std::string name, std::vector<datamap::TableName> tables);

  // `sql` selects keys of the table that are in from the start.
  void seed(const datamap::TableName& table, const std::string& sql);
  void arm(Arm arm);
  void write();
  // Once written: SQL that selects the keys of the table's rows.
  std::string rows(const datamap::TableName& table) const;

 private:
  using Names = std::vector<std::string>;

  std::size_t number(const datamap::TableName& table) const;
  Names key(std::size_t table) const;
  std::string column(const char* prefix, std::size_t table, std::size_t part) const;
  std::string row_of(std::size_t table, const std::string& alias) const;
  std::string keys_from_row(std::size_t table) const;
  std::string unnested(const char* prefix, std::size_t table, const std::string& alias) const;
  std::string gathered(std::size_t table, const std::string& rows) const;
  bool asks_all() const;
  void write_rows();
  void write_states();
  std::string grown(std::size_t table, bool step) const;

  Statement& s_;
  std::string name_;
  std::vector<datamap::TableName> tables_;
  std::vector<Names> seeds_;  // per table
  std::vector<Arm> arms_;
};

}  // namespace ccctl::plan
