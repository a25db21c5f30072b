#include "datamap/sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;

void CensusWriter::find_due() {
  for (const TableName& name : roots_) {
    const Table& table = s_.table(name);
    const CriteriaSql sql = criteria(name);
    const std::string e = "e" + s_.number_of(name);
    s_.add(e, "SELECT " + key_list_sql(table, "t") + ", " + sql.rule("t") + " AS rule, " +
                  sql.overdue("t") + " AS late FROM " + s_.from(name, "t") + " WHERE " +
                  s_.tenant_of(table, "t") + " AND " + sql.deleted("t"));
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
  std::string sql;
  const auto rows = [&](const TableName& table, const std::string& what, const std::string& from) {
    sql += (sql.empty() ? "\nSELECT " : "\nUNION ALL SELECT ") + quote_literal(table) + ", '" +
           what + "', rule, late, pg_catalog.count(*) FROM " + from + " GROUP BY rule, late";
  };
  for (const TableName& name : roots_) {
    const std::string b = "b" + s_.number_of(name);
    rows(name, "taken", b + " WHERE NOT kept");
    rows(name, "held", b + " WHERE held");
    rows(name, "kept", b + " WHERE kept");
  }
  for (const TableName& name : s_.scope_.tables()) {
    sql += "\nUNION ALL SELECT " + quote_literal(name) +
           ", 'gone', NULL, NULL, pg_catalog.count(*) FROM " + s_.all_of(name);
  }
  return {s_.ctes_ + sql, s_.params_.take()};
}

}  // namespace ccctl::plan
