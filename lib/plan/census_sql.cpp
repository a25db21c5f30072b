#include "datamap/sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;

// What a pass of its own would find.
std::string CensusWriter::due(const Table& table) {
  const CriteriaSql sql = criteria(table.name);
  if (act_ == Act::remove) return sql.deleted("t");
  const auto& maxima = ground_.criteria.at(table.name).maxima;
  std::string any = "false";
  for (std::size_t i = 0; i < maxima.size(); ++i) {
    if (!maxima[i].rule->rule.stages) continue;
    any += " OR (" + sql.taken(i, "t");
    if (act_ == Act::hide) any += " AND NOT " + staged(table, "t");
    if (act_ == Act::purge) any += " AND " + staged(table, "t", waited(table, i));
    any += ")";
  }
  return "(" + any + ")";
}

void CensusWriter::find_due() {
  for (const TableName& name : roots_) {
    const Table& table = s_.table(name);
    const CriteriaSql sql = criteria(name);
    const std::string e = "e" + s_.number_of(name);
    s_.add(e, "SELECT " + key_list_sql(table, "t") + ", " + sql.rule("t") + " AS rule, " +
                  sql.overdue("t") + " AS late FROM " +
                  (act_ == Act::remove ? s_.from(name, "t") : from_with_stage(table, "t")) +
                  " WHERE " + s_.tenant_of(table, "t") + " AND " + due(table));
    s_.due_[name] = "SELECT " + key_list_sql(table, "k") + " FROM " + e + " k";
  }
}

// Each root's rows that go, a<n>; and how many do not, by which reason.
void CensusWriter::leave_out_kept(const Names& held) {
  for (const TableName& name : roots_) {
    const Table& table = s_.table(name);
    const std::string n = s_.number_of(name);
    const auto within = [&](const std::string& rows) {
      return "EXISTS (SELECT 1 FROM (" + rows + ") y WHERE " + same_key_sql(table, "k", "y") + ")";
    };
    const std::string own = own_rows(held, name);
    s_.add("b" + n, "SELECT k.*, " + (own.empty() ? std::string("false") : within(own)) +
                        " AS held, " +
                        (kept_.contains(name) ? within("TABLE " + kept_.at(name)) : "false") +
                        " AS kept FROM e" + n + " k");
    s_.due_[name] = "SELECT " + key_list_sql(table, "k") + " FROM b" + n + " k WHERE NOT kept";
  }
}

std::string CensusWriter::unstaged(const Table& table) {
  if (table.key.empty()) return " WHERE false";
  return stage_key_sql(ground_.map, table, "k") + " WHERE NOT " + staged(table, "k");
}

// And of those that a purge would take, only what has waited for its time, whole.
void CensusWriter::leave_out_unripe() {
  Names own;
  unripe(own);
  kept_.clear();
  climbed_ = "u";
  climb(own);
  for (const TableName& name : roots_) {
    const Table& table = s_.table(name);
    const std::string n = s_.number_of(name);
    s_.add("c" + n, "SELECT k.* FROM b" + n + " k WHERE NOT kept AND NOT EXISTS (SELECT 1 FROM " +
                        kept_.at(name) + " y WHERE " + same_key_sql(table, "k", "y") + ")");
    s_.due_[name] = "SELECT " + key_list_sql(table, "k") + " FROM c" + n + " k";
  }
  s_.prefix_ = "c";
  s_.sets_of({});
}

store::Sql CensusWriter::write() {
  find_due();
  s_.sets_of({});
  Names own;
  holds(own);
  const Names held = own;
  law(own);
  climb(own);
  leave_out_kept(held);
  if (!kept_.empty()) {
    s_.prefix_ = "b";
    s_.sets_of({});
  }
  const std::map<TableName, std::string> in_reach = s_.all_;
  if (act_ == Act::purge) leave_out_unripe();
  std::string sql;
  const auto rows = [&](const TableName& table, const std::string& what, const std::string& from) {
    sql += (sql.empty() ? "\nSELECT " : "\nUNION ALL SELECT ") + quote_literal(table) + ", '" +
           what + "', rule, late, pg_catalog.count(*) FROM " + from + " GROUP BY rule, late";
  };
  for (const TableName& name : roots_) {
    const std::string b = "b" + s_.number_of(name);
    rows(name, "taken", act_ == Act::purge ? "c" + s_.number_of(name) : b + " WHERE NOT kept");
    rows(name, "held", b + " WHERE held");
    rows(name, "kept", b + " WHERE kept");
  }
  for (const TableName& name : s_.scope_.tables()) {
    sql += "\nUNION ALL SELECT " + quote_literal(name) +
           ", 'gone', NULL, NULL, pg_catalog.count(*) FROM " + s_.all_of(name) + " k" +
           (act_ == Act::hide ? unstaged(s_.table(name)) : std::string());
    // A purge hides what came to its rows since they were hidden.
    if (act_ == Act::purge)
      sql += "\nUNION ALL SELECT " + quote_literal(name) +
             ", 'hidden', NULL, NULL, pg_catalog.count(*) FROM " + in_reach.at(name) + " k" +
             unstaged(s_.table(name));
  }
  return {s_.ctes_ + sql, s_.params_.take()};
}

}  // namespace ccctl::plan
