#include "plan/ring_sql.h"

#include <algorithm>

#include "datamap/sql.h"

namespace ccctl::plan {

using datamap::TableName;
using store::quote_name;

RingWriter::RingWriter(Statement& statement, std::string name, std::vector<TableName> tables)
    : s_(statement), name_(std::move(name)), tables_(std::move(tables)), seeds_(tables_.size()) {}

std::size_t RingWriter::number(const TableName& table) const {
  return static_cast<std::size_t>(std::find(tables_.begin(), tables_.end(), table) -
                                  tables_.begin());
}

RingWriter::Names RingWriter::key(std::size_t table) const {
  return datamap::row_key(s_.table(tables_[table]));
}

void RingWriter::seed(const TableName& table, const std::string& sql) {
  seeds_[number(table)].push_back(sql);
}

void RingWriter::arm(Arm arm) {
  arms_.push_back(std::move(arm));
}

bool RingWriter::asks_all() const {
  return std::any_of(arms_.begin(), arms_.end(), [](const Arm& arm) { return arm.asks_all; });
}

std::string RingWriter::column(const char* prefix, std::size_t table, std::size_t part) const {
  return prefix + std::to_string(table) + "_" + std::to_string(part);
}

void RingWriter::write() {
  if (asks_all()) {
    write_states();
  } else {
    write_rows();
  }
}

// The expression's row for a row of one table, whose key is in `alias`.
std::string RingWriter::row_of(std::size_t table, const std::string& alias) const {
  std::string sql = std::to_string(table) + "::smallint";
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    for (const std::string& part : key(i)) {
      sql += i == table ? ", " + datamap::column_sql(alias, part)
                        : ", NULL::" + datamap::key_type(s_.catalog_, s_.table(tables_[i]), part);
    }
  }
  return sql;
}

// The key of one table in the expression's row r, as FROM item p.
std::string RingWriter::keys_from_row(std::size_t table) const {
  std::string sql;
  const Names parts = key(table);
  for (std::size_t j = 0; j < parts.size(); ++j)
    sql += (j == 0 ? "" : ", ") + ("r." + column("c", table, j)) + " AS " + quote_name(parts[j]);
  return "(SELECT " + sql + ") p";
}

void RingWriter::write_rows() {
  // No row, but every column's type, modifier and collation: both halves must agree on them.
  std::string columns = "0::smallint AS n", from;
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    const std::string z = "z" + std::to_string(i);
    const Names parts = key(i);
    for (std::size_t j = 0; j < parts.size(); ++j)
      columns += ", " + datamap::column_sql(z, parts[j]) + " AS " + column("c", i, j);
    from += (i == 0 ? "" : ", ") + s_.from(tables_[i], z);
  }
  std::string seeds = "SELECT " + columns + " FROM " + from + " WHERE false";
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    for (const std::string& seed : seeds_[i])
      seeds += "\n UNION ALL SELECT " + row_of(i, "x") + " FROM (" + seed + ") x";
  }
  s_.add(name_ + "_s", seeds);
  std::string arms;
  for (const Arm& arm : arms_) {
    const std::size_t from_number = number(arm.from);
    arms += (arms.empty() ? "" : "\n UNION ALL ") + std::string("SELECT ") +
            row_of(number(arm.to), "x") + " FROM (" + arm.sql(keys_from_row(from_number), "") +
            ") x WHERE r.n = " + std::to_string(from_number);
  }
  if (!arms.empty())
    arms = "\n UNION SELECT a.* FROM " + name_ + " r CROSS JOIN LATERAL (" + arms + ") a";
  s_.add(name_, "TABLE " + name_ + "_s" + arms);
}

// All ("a") or the new ("d") keys of one table in the state r.
std::string RingWriter::unnested(const char* prefix, std::size_t table,
                                 const std::string& alias) const {
  std::string arrays, names;
  const Names parts = key(table);
  for (std::size_t j = 0; j < parts.size(); ++j) {
    arrays += (j == 0 ? "r." : ", r.") + column(prefix, table, j);
    names += (j == 0 ? "" : ", ") + quote_name(parts[j]);
  }
  return "unnest(" + arrays + ") AS " + alias + "(" + names + ")";
}

// One row of arrays, a column for each part of the key.
std::string RingWriter::gathered(std::size_t table, const std::string& rows) const {
  std::string sql;
  const Names parts = key(table);
  for (std::size_t j = 0; j < parts.size(); ++j) {
    sql += (j == 0 ? "" : ", ") +
           ("COALESCE(pg_catalog.array_agg(" + datamap::column_sql("f", parts[j]) +
            "), ARRAY(SELECT ") +
           datamap::column_sql("z", parts[j]) + " FROM " + s_.from(tables_[table], "z") +
           " WHERE false)) AS " + column("k", table, j);
  }
  return "(SELECT " + sql + " FROM (" + rows + ") f) n" + std::to_string(table);
}

// What is new of one table: at first the seeds, then what the arms find beyond what is there.
std::string RingWriter::grown(std::size_t table, bool step) const {
  std::string rows;
  const auto also = [&](const std::string& sql) {
    rows += (rows.empty() ? "" : "\n UNION ") + sql;
  };
  const std::string none = "SELECT " + datamap::key_list_sql(s_.table(tables_[table]), "z") +
                           " FROM " + s_.from(tables_[table], "z") + " WHERE false";
  also(none);
  if (!step) {
    for (const std::string& seed : seeds_[table]) also(seed);
    return gathered(table, rows);
  }
  for (const Arm& arm : arms_) {
    if (arm.to != tables_[table]) continue;
    const std::size_t from = number(arm.from);
    also(arm.sql(unnested("d", from, "p"), unnested("a", from, "y")));
  }
  return gathered(table, "(" + rows + ") EXCEPT SELECT " +
                             datamap::key_list_sql(s_.table(tables_[table]), "y") + " FROM " +
                             unnested("a", table, "y"));
}

void RingWriter::write_states() {
  std::string first, first_from, next, next_from, more;
  for (const bool fresh : {false, true}) {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      for (std::size_t j = 0; j < key(i).size(); ++j) {
        const std::string found = "n" + std::to_string(i) + "." + column("k", i, j);
        const std::string name = column(fresh ? "d" : "a", i, j);
        first += (first.empty() ? "" : ", ") + found + " AS " + name;
        next += (next.empty() ? "" : ", ") + (fresh ? found : "r." + name + " || " + found);
      }
    }
  }
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    first_from += (i == 0 ? "" : " CROSS JOIN ") + grown(i, false);
    next_from += " CROSS JOIN LATERAL " + grown(i, true);
    more += (i == 0 ? "" : " OR ") + ("pg_catalog.cardinality(r." + column("d", i, 0) + ") > 0");
  }
  s_.add(name_, "SELECT " + first + " FROM " + first_from + "\n UNION ALL SELECT " + next +
                    " FROM " + name_ + " r" + next_from + " WHERE " + more);
}

std::string RingWriter::rows(const TableName& table) const {
  const std::size_t mine = number(table);
  const Names parts = key(mine);
  std::string sql;
  if (!asks_all()) {
    for (std::size_t j = 0; j < parts.size(); ++j) {
      sql += (j == 0 ? "SELECT r." : ", r.") + column("c", mine, j) + " AS " + quote_name(parts[j]);
    }
    return sql + " FROM " + name_ + " r WHERE r.n = " + std::to_string(mine);
  }
  sql = "SELECT " + datamap::key_list_sql(s_.table(table), "y") + " FROM " + name_ +
        " r CROSS JOIN LATERAL " + unnested("a", mine, "y") + " WHERE true";
  // The state after which nothing new was found.
  for (std::size_t i = 0; i < tables_.size(); ++i)
    sql += " AND pg_catalog.cardinality(r." + column("d", i, 0) + ") = 0";
  return sql;
}

}  // namespace ccctl::plan
