// Which rows of the scope are kept, and which ancestors their foreign keys need.
#include <algorithm>
#include <map>

#include "datamap/check_parts.h"
#include "datamap/sql.h"
#include "plan/circles.h"
#include "plan/hold_sql.h"
#include "plan/ring_sql.h"
#include "plan/statement.h"
#include "subject/key_sql.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;

// Whether the row has outlived the minimum. An anchor of minus infinity is no date to go by; an
// unknown one keeps the row unless the rule says otherwise.
std::string Statement::outlived_sql(const Table& table, const TableMinimum& minimum) {
  std::string unknown, passed = minimum.kept_by_tenant ? "false" : "";
  for (const TableMinimum::Part& part : minimum.parts) {
    const std::string anchor = datamap::anchor_sql(map_, catalog_, table, "t", *part.anchor);
    unknown += (unknown.empty() ? "" : " OR ") + anchor + " IS NULL";
    passed += (passed.empty() ? "(" : " AND (") + in_ranges_sql(anchor, part) + ")";
  }
  if (unknown.empty()) return passed;
  return "(CASE WHEN " + unknown + " THEN " +
         (minimum.rule.pending == rule::Pending::ignore ? "true" : "false") + " ELSE " + passed +
         " END)";
}

std::string Statement::in_ranges_sql(const std::string& anchor, const TableMinimum::Part& part) {
  std::string any;
  const auto piece = [&](const std::optional<std::string>& from, const std::string& to,
                         const std::string& type) {
    any += any.empty() ? "" : " OR ";
    any += from ? "(" + anchor + " >= " + params_.bind(*from) + "::" + type + " AND "
                : "(" + anchor + " > '-infinity' AND ";
    any += anchor + " < " + params_.bind(to) + "::" + type + ")";
  };
  const auto day_text = [](Day day) { return ccctl::to_text(Instant(day)).substr(0, 10); };
  for (const AnchorRange<Instant>& range : part.ranges) {
    piece(range.from ? std::optional(ccctl::to_text(*range.from)) : std::nullopt,
          ccctl::to_text(range.to), "timestamptz");
  }
  for (const AnchorRange<Day>& range : part.day_ranges) {
    piece(range.from ? std::optional(day_text(*range.from)) : std::nullopt, day_text(range.to),
          "date");
  }
  return any.empty() ? "false" : any;
}

void Statement::law(const Protection& protection, Names& own) {
  for (const auto& [name, minima] : protection.minima) {
    const Table& table = this->table(name);
    for (std::size_t i = 0; i < minima.size(); ++i) {
      const TableMinimum& minimum = minima[i];
      const std::string cte = "l" + number_of(name) + "_" + std::to_string(i);
      std::string anchors, latest;
      for (std::size_t n = 0; n < minimum.parts.size(); ++n) {
        const std::string at = "at" + std::to_string(n);
        anchors += ", " +
                   datamap::anchor_sql(map_, catalog_, table, "t", *minimum.parts[n].anchor) +
                   " AS " + at;
        latest += (n == 0 ? "" : ", ") + ("pg_catalog.max(" + at + ")");
      }
      std::string which = datamap::where_sql("t", minimum.when);
      if (!minimum.data.empty() && !(table.data.size() == 1 && table.data.front().when.empty()))
        which += " AND " + datamap::data_type_sql(table, "t") + " = " +
                 store::quote_literal(minimum.data);
      add(cte, "SELECT " + key_list_sql(table, "t") + anchors + " FROM " + all_of(name) +
                   " p JOIN " + from(name, "t") + " ON " + same_key_sql(table, "t", "p") +
                   " WHERE " + which +
                   (minimum.parts.empty() ? "" : " AND NOT " + outlived_sql(table, minimum)));
      Kept kept{name, 0,    minimum.rule.id, minimum.rule.basis, minimum.rule.reason, minimum.until,
                {},   false};
      count({{}, std::move(kept), &minimum},
            "(SELECT pg_catalog.jsonb_build_object('rows', pg_catalog.count(*), 'last', "
            "pg_catalog.jsonb_build_array(" +
                latest + ")) FROM " + cte + ")::text");
      own[name].push_back(cte);
    }
  }
}

namespace {

// Whether a row that the law keeps loses what the foreign key leads to, as the map says, instead of
// needing it.
bool may_be_cut(const datamap::Map& map, const datamap::ForeignKey& key) {
  const Table& table = *map.table(key.from);
  bool cut = false;
  for (const datamap::Link& link : table.links) {
    if (!datamap::stands_behind(key, table, link, map)) continue;
    if (link.down != datamap::Down::cut) return false;
    cut = true;
  }
  return cut;
}

}  // namespace

// A row that a hold keeps is left untouched, so what its cut links lead to stays; and what would go
// with it as its last child would, waits for it.
std::vector<Statement::Need> Statement::pointed_to(const Table& table) const {
  std::vector<Need> needs;
  for (const datamap::Link& link : table.links) {
    if ((link.down != datamap::Down::cut && !link.up_last) || !scope_.holds(link.to)) continue;
    needs.push_back(
        {table.name, link.to, datamap::link_sql(map_, catalog_, table, "c", link, "t")});
  }
  return needs;
}

// The canonical row goes last, and only when no member remains, whatever says that it is one.
std::optional<Statement::Need> Statement::canonical() {
  if (!canonical_) return std::nullopt;
  const Table& table = this->table(scope_.sets.front().table);
  return Need{table.name, table.name,
              subject::key_in_sql(map_, catalog_, table, "c", members_, params_) + " AND " +
                  subject::key_in_sql(map_, catalog_, table, "t", {*canonical_}, params_)};
}

// What kept rows need: the rows of the scope that their foreign keys lead to.
std::vector<Statement::Need> Statement::needs(bool by_hold) {
  std::vector<Need> needs;
  for (const datamap::ForeignKey& key : catalog_.foreign_keys) {
    if (!scope_.holds(key.from) || !scope_.holds(key.to)) continue;
    if (key.from == key.to && !by_hold && may_be_cut(map_, key)) continue;
    std::string join;
    for (std::size_t i = 0; i < key.from_columns.size(); ++i) {
      join += (i == 0 ? "" : " AND ") + datamap::column_sql("t", key.to_columns[i]) + " = " +
              datamap::column_sql("c", key.from_columns[i]);
    }
    needs.push_back({key.from, key.to, std::move(join)});
  }
  if (!by_hold) return needs;
  for (const TableName& name : scope_.tables()) {
    const std::vector<Need> more = pointed_to(table(name));
    needs.insert(needs.end(), more.begin(), more.end());
  }
  if (auto last = canonical()) needs.push_back(std::move(*last));
  return needs;
}

// `p` is a FROM item with the keys of kept rows.
std::string Statement::needed_sql(const Need& need, const std::string& p) const {
  const Table& to = table(need.to);
  return "SELECT DISTINCT " + key_list_sql(to, "t") + " FROM " + p + " JOIN " +
         from(need.from, "c") + " ON " + same_key_sql(table(need.from), "c", "p") + " JOIN " +
         from(need.to, "t") + " ON " + need.join + " JOIN " + all_of(need.to) + " s ON " +
         same_key_sql(to, "t", "s");
}

// From each kept row to the rows of the scope that it needs, tables of children before those of
// their parents, and tables that need each other together.
void Statement::climb(const std::string& prefix, const Names& own,
                      std::map<TableName, std::string>& kept) {
  const bool by_hold = &kept == &by_hold_;
  if (own.empty() && !(by_hold && kept_members_)) return;
  const TableName& people = scope_.sets.front().table;
  const std::vector<Need> needs = this->needs(by_hold);
  const auto needy = [&](const TableName& name) {
    std::vector<TableName> found;
    for (const Need& need : needs) {
      if (need.to == name) found.push_back(need.from);
    }
    return found;
  };
  for (const std::vector<TableName>& group : circles<TableName>(scope_.tables(), needy)) {
    const auto inside = [&](const TableName& name) {
      return std::find(group.begin(), group.end(), name) != group.end();
    };
    RingWriter ring(*this, prefix + "r" + number_of(group.front()), group);
    bool circle = false, any = false;
    std::string body;
    const auto seed = [&](const TableName& name, const std::string& sql) {
      ring.seed(name, sql);
      body += (body.empty() ? "" : "\n UNION ") + sql;
      any = true;
    };
    for (const TableName& name : group) {
      if (const auto mine = own.find(name); mine != own.end()) {
        for (const std::string& cte : mine->second)
          seed(name, "SELECT " + key_list_sql(table(name), "k") + " FROM " + cte + " k");
      }
      if (by_hold && kept_members_ && name == people)
        seed(name, "SELECT " + key_list_sql(table(name), "k") + " FROM kept_members k");
    }
    for (const Need& need : needs) {
      if (!inside(need.to)) continue;
      if (inside(need.from)) {
        circle = true;
        ring.arm({need.from, need.to, [this, &need](const std::string& p, const std::string&) {
                    return needed_sql(need, p);
                  }});
      } else if (kept.contains(need.from)) {
        seed(need.to, needed_sql(need, kept.at(need.from) + " p"));
      }
    }
    if (!any) continue;
    if (circle) ring.write();
    for (const TableName& name : group) {
      kept[name] = prefix + number_of(name);
      add(kept[name], circle ? ring.rows(name) : body);
    }
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

// Of these rows those in the scope.
std::string Statement::narrowed(const TableName& name, const std::string& rows) {
  add(rows + "o", "SELECT k.* FROM " + rows + " k WHERE EXISTS (SELECT 1 FROM " + all_of(name) +
                      " y WHERE " + same_key_sql(table(name), "k", "y") + ")");
  return rows + "o";
}

// What holds keep is looked for in the scope of the whole merge set: no member's transaction takes
// what another one's rows need.
void Statement::hold(const Protection& protection, const Drivers& drivers, Names& own) {
  const auto mine = all_;
  const bool whole = !drivers.whole.empty() && !protection.holds.empty();
  if (whole) {
    Drivers set = drivers.whole.front();
    set.refs.insert(set.refs.end(), drivers.refs.begin(), drivers.refs.end());
    for (const auto& [kind, values] : drivers.exclusive) {
      std::vector<std::string>& all = set.exclusive[kind];
      all.insert(all.end(), values.begin(), values.end());
    }
    prefix_ = "w";
    sets_of(set);
    prefix_.clear();
    canonical_ = set.canonical;
    members_ = set.refs;
  }
  HoldWriter(*this, protection).write(own);
  climb("kh", own, by_hold_);
  if (!whole) return;
  all_ = mine;
  for (auto& [name, rows] : own) {
    for (std::string& each : rows) each = narrowed(name, each);
  }
  for (auto& [name, rows] : by_hold_) rows = narrowed(name, rows);
}

void Statement::protect(const Protection& protection, const Drivers& drivers) {
  Names hold, law_rows;
  staged_ = protection.staged;
  this->hold(protection, drivers, hold);
  law(protection, law_rows);
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
