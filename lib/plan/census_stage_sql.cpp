// What a run by rules with stages would do, in the order of its passes: what goes at once, then
// what is hidden, purged and restored of what that leaves.
#include "datamap/sql.h"
#include "plan/ring_sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::Link;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;

// The roots' rows that the runs' passes would begin with; `sets` is what goes along.
void CensusWriter::reach(const std::string& prefix, const std::string& act) {
  for (const TableName& name : roots_) {
    std::string rows = "SELECT " + key_list_sql(s_.table(name), "k") + " FROM b" +
                       s_.number_of(name) + " k WHERE NOT kept AND act = '" + act + "'";
    if (const auto gone = gone_.find(name); gone != gone_.end())
      rows += " AND NOT " + is_in(name, gone->second);
    s_.due_[name] = prefix + "q" + s_.number_of(name);
    s_.add(s_.due_[name], rows);
    s_.due_[name] = "TABLE " + s_.due_[name];
  }
  s_.prefix_ = prefix;
  s_.sets_of({});
}

// Rows of the present sets that have not gone at once, as <name><n>.
void CensusWriter::without_gone(const std::string& name) {
  for (const TableName& each : s_.scope_.tables()) {
    const std::string rows = name + s_.number_of(each);
    const std::string keys = key_list_sql(s_.table(each), "k");
    s_.add(rows, "SELECT " + keys + " FROM " + s_.all_of(each) + " k EXCEPT SELECT " + keys +
                     " FROM " + gone_.at(each) + " k");
    s_.all_[each] = rows;
  }
}

// Of these rows those without a stage.
std::string CensusWriter::unstaged(const Table& table, const std::string& rows) {
  const std::string sql = "SELECT " + key_list_sql(table, "k") + " FROM " + rows + " k";
  if (table.key.empty()) return sql + " WHERE false";
  if (!ground_.staged.contains(table.name)) return sql;
  return sql + stage_key_sql(ground_.map, table, "k") + " WHERE NOT " + staged(table, "k");
}

void CensusWriter::stages() {
  reach("g", "remove");
  gone_ = s_.all_;
  reach("w", "hide");
  without_gone("wa");
  for (const TableName& name : s_.scope_.tables())
    s_.add("wn" + s_.number_of(name), unstaged(s_.table(name), s_.all_of(name)));
  if (!ground_.staged.empty()) {
    purge();
    restore();
  }
  for (const TableName& name : s_.scope_.tables()) {
    const std::string n = s_.number_of(name);
    tell_all(name, "remove", "gone", gone_.at(name));
    tell_all(name, "hide", "gone", ground_.staged.empty() ? "wn" + n : "hn" + n);
    if (ground_.staged.empty()) continue;
    tell_all(name, "purge", "gone",
             "cw" + n + (of_tenants(name) ? " WHERE (SELECT ok FROM last)" : ""));
    if (may_be_restored(name))
      tell_all(name, "restore", "gone",
               "(SELECT " + key_list_sql(s_.table(name), "k") + " FROM x" + n + " k EXCEPT " +
                   stays_.at(name) + ") k WHERE (SELECT ok FROM remains)");
  }
}

// Only what has waited for its time, whole; what came to it since is hidden, hn<n> together with
// what is hidden anyway.
void CensusWriter::purge() {
  reach("p", "purge");
  without_gone("pw");
  for (const TableName& name : s_.scope_.tables()) {
    const std::string n = s_.number_of(name);
    s_.add("hn" + n, "TABLE wn" + n + " UNION " + unstaged(s_.table(name), s_.all_of(name)));
  }
  Names own;
  unripe(own);
  kept_.clear();
  climbed_ = "u";
  climb(own);
  for (const TableName& name : roots_) {
    const std::string n = s_.number_of(name), keys = key_list_sql(s_.table(name), "k");
    s_.add("pc" + n,
           "SELECT " + keys + " FROM pq" + n + " k" +
               (kept_.contains(name) ? " EXCEPT SELECT " + keys + " FROM " + kept_.at(name) + " k"
                                     : std::string()));
    s_.due_[name] = "TABLE pc" + n;
  }
  s_.prefix_ = "c";
  s_.sets_of({});
  without_gone("cw");
}

std::string CensusWriter::taken(const TableName& name) const {
  if (!stages_) return "";
  std::string sql = " AND (act = 'remove' OR NOT " + is_in(name, gone_.at(name)) + ")";
  if (ground_.staged.empty()) return sql;
  return sql + " AND (act <> 'purge' OR " + is_in(name, "pc" + s_.number_of(name)) +
         (of_tenants(name) ? " AND (SELECT ok FROM last)" : "") + ")";
}

bool CensusWriter::of_tenants(const TableName& name) const {
  return ground_.map.tenants && ground_.map.tenants->table == name;
}

bool CensusWriter::may_be_restored(const TableName& name) const {
  return ground_.staged.contains(name) && ground_.criteria.at(name).swept() &&
         !s_.table(name).key.empty();
}

// Staged rows that remain, x<n>, except those that a maximum makes due, with what follows them as
// long as that is staged as well; and without all that leads to what must be kept by law.
void CensusWriter::restore() {
  for (const TableName& name : s_.scope_.tables()) {
    s_.due_.erase(name);
    const std::string n = s_.number_of(name);
    std::string rows = "SELECT " + key_list_sql(s_.table(name), "k") + " FROM " +
                       s_.from(name, "k") + " WHERE false";
    if (ground_.staged.contains(name) && !s_.table(name).key.empty())
      rows = "SELECT " + key_list_sql(s_.table(name), "k") + " FROM " +
             from_with_stage(s_.table(name), "k") + " WHERE " + s_.tenant_of(s_.table(name), "k") +
             " AND " + staged(s_.table(name), "k") + " AND NOT " + is_in(name, gone_.at(name)) +
             " AND NOT " + is_in(name, "cw" + n);
    s_.add("x" + n, rows);
    s_.due_[name] = "TABLE x" + n;
  }
  s_.prefix_ = "z";
  s_.sets_of({});
  Names own;
  climbed_ = "v";
  kept_.clear();
  law(own);
  climb(own);
  const std::vector<TableName> tables = s_.scope_.tables();
  RingWriter ring(s_, "y", tables);
  for (const TableName& name : tables) seed_staying(ring, name);
  ring.write();
  for (const TableName& name : tables) stays_[name] = ring.rows(name);
  std::string others, own_row;
  for (const TableName& name : tables) {
    const std::string n = s_.number_of(name);
    if (of_tenants(name)) {
      own_row = "NOT EXISTS (SELECT 1 FROM " + gone_.at(name) +
                ") AND NOT (EXISTS (SELECT 1 FROM cw" + n + ") AND (SELECT ok FROM last))";
    } else {
      others +=
          " AND NOT EXISTS (SELECT 1 FROM x" + n + ") AND NOT EXISTS (SELECT 1 FROM hn" + n + ")";
    }
  }
  s_.add("last", "SELECT true" + others + " AS ok");
  s_.add("remains", "SELECT " + (own_row.empty() ? "true" : own_row) + " AS ok");
}

void CensusWriter::seed_staying(RingWriter& ring, const TableName& name) {
  const Table& table = s_.table(name);
  const std::string n = s_.number_of(name), keys = key_list_sql(table, "t");
  const std::string free = kept_.contains(name)
                               ? " AND NOT EXISTS (SELECT 1 FROM " + kept_.at(name) + " y WHERE " +
                                     same_key_sql(table, "t", "y") + ")"
                               : std::string();
  const std::string staged =
      s_.from(name, "t") + " JOIN x" + n + " x ON " + same_key_sql(table, "t", "x");
  ring.seed(name, "TABLE hn" + n);
  if (!may_be_restored(name)) {
    ring.seed(name, "TABLE x" + n);
    return;
  }
  ring.seed(name, "SELECT " + keys + " FROM " + staged + " WHERE " + criteria(name).condemned("t") +
                      free);
  for (const Link& link : table.links) {
    if (link.down != datamap::Down::follow || !s_.scope_.holds(link.to)) continue;
    ring.arm({link.to, name,
              [this, &table, &link, keys, staged, free](const std::string& p, const std::string&) {
                return "SELECT " + keys + " FROM " + p + " JOIN " + staged + " ON " +
                       datamap::link_sql(ground_.map, ground_.catalog, table, "t", link, "p") +
                       free;
              }});
  }
}

}  // namespace ccctl::plan
