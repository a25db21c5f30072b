// Which rows of the scope are kept, and which ancestors their foreign keys need.
#include <algorithm>
#include <functional>
#include <map>

#include "base/error.h"
#include "datamap/sql.h"
#include "plan/hold_sql.h"
#include "plan/statement.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;

// Whether the row has outlived the minimum. An anchor of minus infinity is no date to go by; an
// unknown one keeps the row unless the rule says otherwise.
std::string Statement::outlived_sql(const Table& table, const TableMinimum& minimum) {
  const std::string anchor = datamap::anchor_sql(map_, catalog_, table, "t", *minimum.anchor);
  std::string any;
  const auto piece = [&](const std::optional<std::string>& from, const std::string& to,
                         const std::string& type) {
    any += any.empty() ? "" : " OR ";
    any += from ? "(" + anchor + " >= " + params_.bind(*from) + "::" + type + " AND "
                : "(" + anchor + " > '-infinity' AND ";
    any += anchor + " < " + params_.bind(to) + "::" + type + ")";
  };
  const auto day_text = [](Day day) { return ccctl::to_text(Instant(day)).substr(0, 10); };
  for (const AnchorRange<Instant>& range : minimum.ranges) {
    piece(range.from ? std::optional(ccctl::to_text(*range.from)) : std::nullopt,
          ccctl::to_text(range.to), "timestamptz");
  }
  for (const AnchorRange<Day>& range : minimum.day_ranges) {
    piece(range.from ? std::optional(day_text(*range.from)) : std::nullopt, day_text(range.to),
          "date");
  }
  if (any.empty()) any = "false";
  return "COALESCE(" + any + ", " +
         (minimum.rule.pending == rule::Pending::ignore ? "true" : "false") + ")";
}

void Statement::law(const Protection& protection, Names& own) {
  for (const auto& [name, minima] : protection.minima) {
    const Table& table = this->table(name);
    for (std::size_t i = 0; i < minima.size(); ++i) {
      const TableMinimum& minimum = minima[i];
      const std::string cte = "l" + number_of(name) + "_" + std::to_string(i);
      const std::string anchor =
          minimum.anchor == nullptr
              ? std::string("NULL::timestamptz")
              : datamap::anchor_sql(map_, catalog_, table, "t", *minimum.anchor);
      add(cte, "SELECT " + key_list_sql(table, "t") + ", " + anchor + " AS at FROM " +
                   all_of(name) + " p JOIN " + from(name, "t") + " ON " +
                   same_key_sql(table, "t", "p") + " WHERE " +
                   datamap::where_sql("t", minimum.when) +
                   (minimum.anchor == nullptr ? "" : " AND NOT " + outlived_sql(table, minimum)));
      Kept kept{name, 0,    minimum.rule.id, minimum.rule.basis, minimum.rule.reason, minimum.until,
                {},   false};
      count({{}, std::move(kept), &minimum},
            "(SELECT pg_catalog.jsonb_build_object('rows', pg_catalog.count(*), 'last', "
            "pg_catalog.max(at)) FROM " +
                cte + ")::text");
      own[name].push_back(cte);
    }
  }
}

// Children before parents along the foreign keys between tables of the scope.
std::vector<TableName> Statement::children_first() const {
  std::vector<TableName> order;
  std::map<TableName, int> state;
  const std::function<void(const TableName&)> visit = [&](const TableName& name) {
    int& mine = state[name];
    if (mine == 2) return;
    if (mine == 1) {
      throw Error(ErrorKind::map_invalid,
                  "the foreign keys of table \"" + name +
                      "\" form a circle, through which a kept row cannot be traced");
    }
    mine = 1;
    for (const datamap::ForeignKey& key : catalog_.foreign_keys) {
      if (key.to == name && key.from != name && scope_.holds(key.from)) visit(key.from);
    }
    state[name] = 2;
    order.push_back(name);
  };
  for (const TableName& name : scope_.tables()) visit(name);
  return order;
}

// A merge set's canonical row goes last, and only when no member remains: a member that a hold
// keeps is left untouched, so what it points to stays. Empty when no cut link leads back to the
// table.
std::string Statement::canonical_sql(const Table& table, const std::string& kept) const {
  std::string sql;
  for (const datamap::Link& link : table.links) {
    if (link.to != table.name || link.down != datamap::Down::cut) continue;
    sql += (sql.empty() ? "" : " UNION ") + std::string("SELECT ") + key_list_sql(table, "t") +
           " FROM " + kept + " k JOIN " + from(table.name, "c") + " ON " +
           same_key_sql(table, "c", "k") + " JOIN " + from(table.name, "t") + " ON " +
           datamap::link_sql(map_, catalog_, table, "c", link, "t") + " JOIN " +
           all_of(table.name) + " p ON " + same_key_sql(table, "t", "p");
  }
  return sql;
}

// From each kept row to the rows of the scope that its foreign keys need.
void Statement::climb(const std::string& prefix, const Names& own,
                      std::map<TableName, std::string>& kept) {
  const bool by_hold = &kept == &by_hold_;
  if (own.empty() && !(by_hold && kept_members_)) return;
  for (const TableName& name : children_first()) {
    const Table& table = this->table(name);
    std::string body;
    const auto also = [&](const std::string& sql) {
      body += (body.empty() ? "" : "\n UNION ") + sql;
    };
    if (const auto mine = own.find(name); mine != own.end()) {
      for (const std::string& cte : mine->second)
        also("SELECT " + key_list_sql(table, "k") + " FROM " + cte + " k");
    }
    for (const datamap::ForeignKey& key : catalog_.foreign_keys) {
      if (key.to != name || key.from == name || !kept.contains(key.from)) continue;
      std::string join;
      for (std::size_t i = 0; i < key.from_columns.size(); ++i) {
        join += (i == 0 ? "" : " AND ") + datamap::column_sql("t", key.to_columns[i]) + " = " +
                datamap::column_sql("c", key.from_columns[i]);
      }
      also("SELECT DISTINCT " + key_list_sql(table, "t") + " FROM " + kept.at(key.from) +
           " k JOIN " + from(key.from, "c") + " ON " +
           same_key_sql(this->table(key.from), "c", "k") + " JOIN " + from(name, "t") + " ON " +
           join + " JOIN " + all_of(name) + " p ON " + same_key_sql(table, "t", "p"));
    }
    const bool canonical = by_hold && !canonical_sql(table, "").empty();
    if (canonical && kept_members_ && name == scope_.sets.front().table)
      also(canonical_sql(table, "kept_members"));
    if (body.empty()) continue;
    if (canonical) {
      add(prefix + "c" + number_of(name), body);
      also(canonical_sql(table, prefix + "c" + number_of(name)));
    }
    kept[name] = prefix + number_of(name);
    add(kept[name], body);
  }
}

void Statement::count_kept(const TableName& name, const Names& hold, const Names& law) {
  const Table& table = this->table(name);
  const std::string keys = key_list_sql(table, "k");
  const auto minus = [&](const Names& names) {
    std::string sql;
    if (const auto mine = names.find(name); mine != names.end()) {
      for (const std::string& cte : mine->second)
        sql += " EXCEPT SELECT " + keys + " FROM " + cte + " k";
    }
    return sql;
  };
  if (const auto mine = hold.find(name); mine != hold.end()) {
    std::string rows;
    for (const std::string& cte : mine->second) {
      rows += (rows.empty() ? "" : " UNION ") + std::string("SELECT ") + keys + ", hold_id FROM " +
              cte + " k";
    }
    count({{}, Kept{name, 0, "hold", "legal_hold", "", std::nullopt, {}, false}, nullptr},
          "(SELECT pg_catalog.jsonb_build_object('rows', pg_catalog.count(DISTINCT (" + keys +
              ")), 'holds', pg_catalog.jsonb_agg(DISTINCT hold_id)) FROM (" + rows + ") k)::text");
  }
  if (const auto all = by_hold_.find(name); all != by_hold_.end()) {
    count({{}, Kept{name, 0, "hold", "legal_hold", "", std::nullopt, {}, true}, nullptr},
          "(SELECT pg_catalog.jsonb_build_object('rows', pg_catalog.count(*)) FROM (SELECT " +
              keys + " FROM " + all->second + " k" + minus(hold) + ") x)::text");
  }
  if (const auto all = by_law_.find(name); all != by_law_.end()) {
    std::string body = "SELECT " + keys + " FROM " + all->second + " k" + minus(law);
    if (by_hold_.contains(name))
      body += " EXCEPT SELECT " + keys + " FROM " + by_hold_.at(name) + " k";
    strip_[name] = "z" + number_of(name);
    add(strip_[name], body);
    count(
        {{}, Kept{name, 0, "foreign_key", "legal_obligation", "", std::nullopt, {}, true}, nullptr},
        "(SELECT pg_catalog.jsonb_build_object('rows', pg_catalog.count(*)) FROM " + strip_[name] +
            ")::text");
  }
}

void Statement::protect(const Protection& protection) {
  Names hold, law_rows;
  HoldWriter(*this, protection).write(hold);
  law(protection, law_rows);
  climb("kh", hold, by_hold_);
  climb("kl", law_rows, by_law_);
  for (const TableName& name : scope_.tables()) {
    count_kept(name, hold, law_rows);
    if (!by_hold_.contains(name) && !by_law_.contains(name)) {
      acting_[name] = all_of(name);
      continue;
    }
    const std::string keys = key_list_sql(table(name), "k");
    std::string body = "SELECT " + keys + " FROM " + all_of(name) + " k";
    for (const auto* kept : {&by_hold_, &by_law_}) {
      if (kept->contains(name)) body += " EXCEPT SELECT " + keys + " FROM " + kept->at(name) + " k";
    }
    acting_[name] = "d" + number_of(name);
    add(acting_[name], body);
  }
}

}  // namespace ccctl::plan
