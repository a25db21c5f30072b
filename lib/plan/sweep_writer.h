// Writes one window of a sweep; internal to this room.
#pragma once

#include <string>
#include <vector>

#include "plan/statement.h"
#include "plan/sweep.h"

namespace ccctl::plan {

class RingWriter;

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
  // There is a stage of the row or key of an alias that meets a condition over alias g. The alias
  // stands in FROM with stage_key_sql().
  std::string staged(const datamap::Table& table, const std::string& alias,
                     const std::string& condition = "") const;
  std::string from_with_stage(const datamap::Table& table, const std::string& alias) const;
  std::string ripe() const;  // such a condition: its time has come
  // And also by the period of a maximum as it is now: a longer one counts, a shorter one does not.
  std::string waited(const datamap::Table& table, std::size_t maximum);
  std::string planned(const datamap::Table& table, const std::string& alias) const;
  std::string stands_sql();  // holds and tenant are what this was written for
  void stands();             // the expression of this name
  void unripe(Names& own);   // rows of the scope that have not waited, or not for long enough

  const SweepGround& ground_;
  Statement s_;
  std::map<datamap::TableName, std::string> kept_;  // with what they keep above them
  std::string climbed_ = "k";                       // the first letter of their names
};

// Goes behind an alias of rows or keys in FROM: the text of its key, as gk<alias>.k.
std::string stage_key_sql(const datamap::Map& map, const datamap::Table& table,
                          const std::string& alias);
// FROM … WHERE: the stage of such an alias, as alias g.
std::string stage_of_sql(const datamap::Table& table, const std::string& alias,
                         const std::string& tenant);

class SweepWriter : private KeptWriter {
 public:
  SweepWriter(const SweepGround& ground, const Pass& pass, const SweepWish& wish)
      : KeptWriter(ground, pass.scope), pass_(pass), wish_(wish), table_(pass.table()) {}

  SweepStatement write();
  store::Sql edge(std::uint64_t n);
  store::Sql ahead(std::uint64_t n);
  store::Sql any();
  store::Sql list();
  bool simple() const;
  bool alone() const;

 private:
  std::string position_sql(const std::string& alias) const;
  std::string bound(const Position& position);
  std::string compared(const std::string& alias, const std::string& how, const Position& position);
  std::string span(const std::string& alias);
  std::string stretch(const std::string& alias);
  std::string drivers();
  std::string others_staged() const;
  bool of_erasure() const;  // the pass takes what erasures had to leave
  std::string left_by_erasures(const std::string& alias) const;
  std::string not_needed() const;
  std::string act() const;
  void unplanned(Names& own);
  void write_simple();
  SweepStatement write_plain();
  bool prints_its_text(const std::string& column) const;
  void write_whole();
  void protect();
  void effects();
  void erase_rows(const datamap::Table& table);
  void forget_people(const datamap::Table& table);
  bool forgets_stages(const datamap::Table& table) const;
  void write_purge();
  void write_restore();
  void conceal(const datamap::Table& table, const std::string& rows);
  void mark(const datamap::Table& table, const std::string& rows);
  void unmark(const datamap::Table& table, const std::string& rows);
  std::string nth_sql(const std::string& from, std::uint64_t n);
  bool may_be_held() const;
  void extra(const std::string& scalar);
  bool runs() const { return !wish_.run.empty(); }

  const Pass& pass_;
  const SweepWish& wish_;
  const datamap::Table& table_;
  std::vector<std::size_t> extra_;
};

// Keeps in mind what is still left of what erasures had to leave.
class RestrictedWriter {
 public:
  RestrictedWriter(const SweepGround& ground, const datamap::Table& table)
      : ground_(ground),
        table_(table),
        scope_{"", {{table.name, {{Source::How::driver, "", "", {}}}}}},
        s_(ground.map, ground.catalog, scope_, ground.tenant) {}

  store::Sql forget();

 private:
  const SweepGround& ground_;
  const datamap::Table& table_;
  const Scope scope_;
  Statement s_;
};

// Counts what all passes together would take, each row once.
class CensusWriter : private KeptWriter {
 public:
  CensusWriter(const SweepGround& ground, const Scope& scope,
               const std::vector<datamap::TableName>& roots, bool stages)
      : KeptWriter(ground, scope), roots_(roots), stages_(stages) {}

  store::Sql write();

 private:
  using Rows = std::map<datamap::TableName, std::string>;

  void find_due();
  void leave_out_kept(const Names& held);
  std::string is_in(const datamap::TableName& name, const std::string& rows) const;
  void tell(const std::string& row, const std::string& from);
  void tell_roots();
  void tell_all(const datamap::TableName& name, const std::string& act, const std::string& what,
                const std::string& from);
  void stages();
  void reach(const std::string& prefix, const std::string& act);
  void without_gone(const std::string& name);
  std::string unstaged(const datamap::Table& table, const std::string& rows);
  void purge();
  std::string taken(const datamap::TableName& name) const;
  bool of_tenants(const datamap::TableName& name) const;
  bool may_be_restored(const datamap::TableName& name) const;
  void restore();
  void seed_staying(RingWriter& ring, const datamap::TableName& name);

  const std::vector<datamap::TableName>& roots_;
  bool stages_;
  Rows gone_, stays_;  // at once; of the staged
  std::string out_;
};

}  // namespace ccctl::plan
