// Writes the common table expressions of one statement; the compiler's workbench.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/compiler.h"

namespace ccctl::plan {

// Names in the statement: s<i> is set i of the scope, f<n> all rows of table n in scope, h<n>… rows
// kept by a hold, l<n>… by law, kh<n> and kl<n> the same with ancestors, d<n> what is acted upon,
// z<n> kept ancestors to strip, q<n> rows to update and why, x<n>, u<n>, o<n> the writes; in a
// reading one w<n> parents shared with others and c<n> whose rows they are.
class Statement {
 public:
  Statement(const datamap::Map& map, const datamap::Catalog& catalog, const Scope& scope,
            const std::string& tenant);

  void scope_sets(const Drivers& drivers);
  void protect(const Protection& protection, const Drivers& drivers);
  // Counts what would be done (`request_id` empty) or does it.
  void effects(const std::string& request_id);
  // Instead of effects(): rectifies, or counts what would be (`request_id` empty).
  void rectify(const std::vector<Standing>& columns, const std::string& request_id);
  // Instead of effects(): the numbers of those of these people who do not stay as they are.
  void taken_along(const std::vector<subject::SubjectRef>& people);
  // Instead of protect() and effects(): the values that may have to be replaced.
  void standing(const std::vector<Standing>& columns);
  // Instead of protect() and effects(): the rows to lock; tells which counts are of open units.
  std::vector<bool> locks();

  Compiled finish();

 private:
  friend class HoldWriter;
  friend class SweepWriter;
  friend class KeptWriter;
  friend class CensusWriter;
  friend class PartitionWriter;
  friend class ReadWriter;
  friend class RingWriter;
  friend class RestrictedWriter;
  using Names = std::map<datamap::TableName, std::vector<std::string>>;

  const datamap::Table& table(const datamap::TableName& name) const { return *map_.table(name); }
  std::string number_of(const datamap::TableName& name) const;
  std::string from(const datamap::TableName& name, const std::string& alias) const;
  std::string tenant_of(const datamap::Table& table, const std::string& alias) const;
  const std::string& all_of(const datamap::TableName& name) const { return all_.at(name); }
  // Adds a common table expression. `writes`: it changes rows.
  void add(const std::string& name, const std::string& body, bool writes = false);
  void count(Compiled::Counter counter, const std::string& scalar);
  std::string unite(const std::string& name, const std::vector<std::size_t>& sets);

  // Keys of one source of a set. `p` and `y` are FROM items of these aliases: the parents' keys, or
  // those of children that may bring their parent along and of all children in scope.
  std::string driver_sql(const datamap::Table& table, const Drivers& drivers);
  std::string link_sql(const datamap::Table& table, const Source& source, const std::string& p);
  std::string last_sql(const datamap::Table& table, const Source& source, const std::string& p,
                       const std::string& y);
  std::string match_sql(const datamap::Table& table, const Drivers& drivers);
  std::string source_sql(const datamap::Table& table, const Source& source, const Drivers& drivers,
                         const std::string& name);
  void one_set(std::size_t number, const Drivers& drivers);
  void ring(std::size_t first, std::size_t end, const Drivers& drivers);

  void sets_of(const Drivers& drivers, std::size_t first = 0);
  void hold(const Protection& protection, const Drivers& drivers, Names& own);
  std::string narrowed(const datamap::TableName& name, const std::string& rows);
  void law(const Protection& protection, Names& own);
  std::string outlived_sql(const datamap::Table& table, const TableMinimum& minimum);
  std::string in_ranges_sql(const std::string& anchor, const TableMinimum::Part& part);
  void climb(const std::string& prefix, const Names& own,
             std::map<datamap::TableName, std::string>& kept);
  void count_kept(const datamap::TableName& name, const Names& hold, const Names& law);
  // A way from a kept row (alias c) to a row that must stay with it (alias t).
  struct Need {
    datamap::TableName from, to;
    std::string join;
  };
  std::vector<Need> needs(bool by_hold);
  std::vector<Need> pointed_to(const datamap::Table& table) const;
  std::optional<Need> canonical();
  std::string needed_sql(const Need& need, const std::string& p) const;

  struct Flag {
    std::string name;  // a: anonymised, z: stripped, c<i>: cut
    std::string rows;  // SQL that selects the keys
    const datamap::Link* link = nullptr;
  };
  bool erases_rows(const datamap::Table& table) const;
  std::vector<Flag> flags_of(const datamap::Table& table) const;
  std::optional<Flag> dangling(const datamap::Table& table, std::size_t link) const;
  void overtaken(const std::string& count);
  void erase_rows(const datamap::Table& table, bool run);
  // Of a row of alias t that is deleted: what forget_stages() finds its stage by.
  std::string stage_columns(const datamap::Table& table) const;
  void forget_stages(const datamap::Table& table, const std::string& deleted);
  void update_rows(const datamap::Table& table, bool run);
  void intents(const datamap::Table& table, const std::string& request_id);
  void restrict_kept(const std::string& request_id);
  bool makes(const Standing& source, const Standing& made) const;
  void require_room(const Standing& standing) const;
  std::string stands_sql(const Standing& standing, const std::string& alias);
  void assign(const Standing& standing, std::map<std::string, std::string>& values);
  void replace_rows(const datamap::Table& table, const std::vector<Standing>& columns, bool run);
  void annotate_rows(const datamap::Table& table, const std::vector<Standing>& columns,
                     const std::string& request_id);
  void keep_rows(const datamap::Table& table, const std::vector<Standing>& columns);
  std::map<std::string, std::string> assignments(const datamap::Table& table,
                                                 const std::vector<Flag>& flags) const;

  const datamap::Map& map_;
  const datamap::Catalog& catalog_;
  const Scope& scope_;
  std::string prefix_;  // of the names of sets
  store::Params params_;
  std::string tenant_param_;
  bool kept_members_ = false;  // there is an expression of this name
  std::vector<subject::SubjectRef> members_;
  std::optional<subject::SubjectRef> canonical_;
  std::optional<rule::Then> sweeps_;
  bool later_ = false;  // an erasure's rest: what its rows belonged to may have gone before them
  std::set<datamap::TableName> staged_;            // of an erasure: tables of which rows are staged
  std::map<datamap::TableName, std::string> due_;  // of a census: the keys of each table's due rows
  bool watches_ = false;   // an erasure's writes tell which rows others have changed meanwhile
  std::string overtaken_;  // how many
  std::string ctes_;
  std::string counts_;
  std::vector<Compiled::Counter> counters_;
  std::map<datamap::TableName, std::string> all_, by_hold_, by_law_, acting_, strip_;
};

// The row's values of the column (and of the columns it is kept in together with), as one text for
// subject::Finder::values_of().
std::string lists_sql(const datamap::Column& column, const std::string& alias);

// What erasing makes of a column, as SQL over its present value; throws map_invalid where the
// column cannot hold it.
std::string erased_sql(const datamap::CatalogTable& table, const datamap::Column& column,
                       const datamap::Site& site, const std::string& present);

}  // namespace ccctl::plan
