#include "datamap/sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;

// What a pass of its own would find, and what that would do.
void CensusWriter::find_due() {
  for (const TableName& name : roots_) {
    const Table& table = s_.table(name);
    const CriteriaSql sql = criteria(name);
    const std::string e = "e" + s_.number_of(name);
    std::string act, due = sql.deleted("t");
    if (stages_) {
      const bool some = ground_.staged.contains(name);
      const std::string fresh = some ? "NOT " + staged(table, "t") : "true";
      act = ", CASE WHEN " + due + " THEN 'remove' WHEN " + fresh +
            " THEN 'hide' ELSE 'purge' END AS act";
      const auto& maxima = ground_.criteria.at(name).maxima;
      for (std::size_t i = 0; i < maxima.size(); ++i) {
        if (!maxima[i].rule->rule.stages) continue;
        due += " OR (" + sql.taken(i, "t") + " AND (" + fresh +
               (some ? " OR " + staged(table, "t", waited(table, i)) : std::string()) + "))";
      }
    }
    if (!ground_.criteria.at(name).swept()) due = "false";
    s_.add(e,
           "SELECT " + key_list_sql(table, "t") + ", " + sql.rule("t") + " AS rule, " +
               sql.overdue("t") + " AS late" + act + " FROM " +
               (stages_ && !table.key.empty() ? from_with_stage(table, "t") : s_.from(name, "t")) +
               " WHERE " + s_.tenant_of(table, "t") + " AND (" + due + ")");
    s_.due_[name] = "SELECT " + key_list_sql(table, "k") + " FROM " + e + " k";
  }
}

std::string CensusWriter::is_in(const TableName& name, const std::string& rows) const {
  return "EXISTS (SELECT 1 FROM " + rows + " y WHERE " + same_key_sql(s_.table(name), "k", "y") +
         ")";
}

// Of each root's rows, b<n>, whether they stay, and by which reason.
void CensusWriter::leave_out_kept(const Names& held) {
  for (const TableName& name : roots_) {
    const std::string n = s_.number_of(name), own = own_rows(held, name);
    s_.add("b" + n, "SELECT k.*, " + (own.empty() ? "false" : is_in(name, "(" + own + ")")) +
                        " AS held, " +
                        (kept_.contains(name) ? is_in(name, kept_.at(name)) : "false") +
                        " AS kept FROM e" + n + " k");
    s_.due_[name] =
        "SELECT " + key_list_sql(s_.table(name), "k") + " FROM b" + n + " k WHERE NOT kept";
  }
}

void CensusWriter::tell(const std::string& row, const std::string& from) {
  out_ += (out_.empty() ? "\nSELECT " : "\nUNION ALL SELECT ") + row + " FROM " + from;
}

// By rule, and of purges those that go.
void CensusWriter::tell_roots() {
  const std::string act = stages_ ? "act" : "'remove'",
                    by = stages_ ? " GROUP BY act, rule, late" : " GROUP BY rule, late";
  for (const TableName& name : roots_) {
    const std::string b = "b" + s_.number_of(name), table = quote_literal(name) + ", ";
    const auto rows = [&](const std::string& what) {
      return table + act + ", '" + what + "', rule, late, pg_catalog.count(*)";
    };
    tell(rows("taken"), b + " k WHERE NOT kept" + taken(name) + by);
    tell(rows("held"), b + " WHERE held" + by);
    tell(rows("kept"), b + " WHERE kept" + by);
  }
}

void CensusWriter::tell_all(const TableName& name, const std::string& act, const std::string& what,
                            const std::string& from) {
  tell(quote_literal(name) + ", '" + act + "', '" + what +
           "', NULL::integer, NULL::boolean, pg_catalog.count(*)",
       from);
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
  if (stages_) {
    stages();
  } else if (!kept_.empty()) {
    s_.prefix_ = "b";
    s_.sets_of({});
  }
  tell_roots();
  if (!stages_) {
    for (const TableName& name : s_.scope_.tables())
      tell_all(name, "remove", "gone", s_.all_of(name));
  }
  return {s_.ctes_ + out_, s_.params_.take()};
}

}  // namespace ccctl::plan
