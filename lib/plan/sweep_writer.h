// Writes one window of a sweep; internal to this room.
#pragma once

#include <string>
#include <vector>

#include "plan/statement.h"
#include "plan/sweep.h"

namespace ccctl::plan {

// What stands in the way of a deletion: holds, minima, and the rows that would take such a row
// along.
class KeptWriter {
 protected:
  using Names = Statement::Names;

  KeptWriter(const SweepGround& ground, const Scope& scope)
      : ground_(ground), s_(ground.map, ground.catalog, scope, ground.tenant) {}

  CriteriaSql criteria(const datamap::TableName& table);
  void holds(Names& own);
  void law(Names& own);
  void climb(const Names& own);
  void climb_by_ring(const Names& own);
  std::string parents_of_kept(const datamap::Table& child, const datamap::Link& link,
                              const std::string& p);
  std::string own_rows(const Names& own, const datamap::TableName& name) const;

  const SweepGround& ground_;
  Statement s_;
  std::map<datamap::TableName, std::string> kept_;  // with what they keep above them
};

class SweepWriter : private KeptWriter {
 public:
  SweepWriter(const SweepGround& ground, const Pass& pass, const SweepWish& wish)
      : KeptWriter(ground, pass.scope), pass_(pass), wish_(wish), table_(pass.table()) {}

  SweepStatement write();
  store::Sql edge(std::uint64_t n);
  bool simple() const;

 private:
  std::string position_sql(const std::string& alias) const;
  std::string bound(const Position& position);
  std::string span(const std::string& alias);
  std::string stretch(const std::string& alias);
  std::string drivers();
  void stands();
  void write_simple();
  void write_whole();
  void protect();
  void effects();
  void erase_rows(const datamap::Table& table);
  void forget_people(const datamap::Table& table);
  void next_edge();
  void extra(const std::string& scalar);
  bool runs() const { return !wish_.run.empty(); }

  const Pass& pass_;
  const SweepWish& wish_;
  const datamap::Table& table_;
  std::vector<std::size_t> extra_;
};

// Counts what all deleting passes together would take, each row once.
class CensusWriter : private KeptWriter {
 public:
  CensusWriter(const SweepGround& ground, const Scope& scope,
               const std::vector<datamap::TableName>& roots)
      : KeptWriter(ground, scope), roots_(roots) {}

  store::Sql write();

 private:
  void find_due();
  void leave_out_kept(const Names& held);

  const std::vector<datamap::TableName>& roots_;
};

}  // namespace ccctl::plan
