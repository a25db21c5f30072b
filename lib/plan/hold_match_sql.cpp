// What a hold on a person covers where a value is the link: rows of `match` tables that hold an
// identifier of a held subject, or of whoever was merged with one since. Also where somebody else
// has the same identifier: such a row may be the held person's.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.h"
#include "plan/hold_sql.h"
#include "subject/finder.h"
#include "text/identifier.h"

namespace ccctl::plan {

using datamap::Column;
using datamap::Table;

namespace {

bool matches(const Column& column) {
  return !column.is.empty() && text::is_strong(column.is) &&
         !(column.normalise.empty() && column.search.empty());
}

// The kinds of identifiers by which rows of match tables are found.
std::set<std::string> matched_kinds(const datamap::Map& map) {
  std::set<std::string> kinds;
  for (const Table& table : map.tables) {
    for (const Column& column : table.columns) {
      if (table.match && table.in_scope && matches(column)) kinds.insert(column.is);
    }
  }
  return kinds;
}

}  // namespace

std::vector<HeldValue> HoldWriter::read_values(store::Tx& tx, const std::string& tenant) {
  const std::set<std::string> kinds = matched_kinds(s_.map_);
  std::vector<const Column*> columns;
  std::string body;
  for (const std::string& kind : held_kinds()) {
    const Table& table = s_.table(s_.map_.subject(kind)->table);
    const std::size_t before = held_.size();
    for (const Column& column : table.columns) {
      if (!kinds.contains(column.is) || column.suggest) continue;
      if (held_.size() == before) held_keys(kind);
      body += (body.empty() ? "\n" : "\n UNION ALL ") + std::string("SELECT DISTINCT ") +
              std::to_string(columns.size()) + ", held.hold_id, " + lists_sql(column, "t") +
              " FROM " + s_.from(table.name, "t") + join_held(held_.back(), "t") + " WHERE " +
              s_.tenant_of(table, "t");
      columns.push_back(&column);
    }
  }
  if (columns.empty()) return {};
  s_.counts_ = body;
  const subject::Finder finder(tx, s_.map_, s_.catalog_, tenant);
  std::set<HeldValue> found;
  tx.each(s_.finish().sql, [&](const store::Rows& rows, std::size_t r) {
    const Column& column = *columns.at(static_cast<std::size_t>(rows.integer(r, 0)));
    for (std::string& value : finder.values_of(column, column.is, Json::parse(rows.text(r, 2))))
      found.insert({std::string(rows.text(r, 1)), column.is, Personal(std::move(value))});
  });
  return {found.begin(), found.end()};
}

// One expression for each kind of identifier: values, with the holds on those who are known by
// them.
void HoldWriter::held_values() {
  std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>> lists;
  for (const HeldValue& held : protection_.values) {
    // The holds that a preview leaves out are none here.
    if (std::none_of(protection_.holds.begin(), protection_.holds.end(),
                     [&](const rule::Hold& hold) { return hold.id == held.hold; }))
      continue;
    lists[held.kind].first.push_back(held.value.reveal());  // to the datastore, as a parameter
    lists[held.kind].second.push_back(held.hold);
  }
  std::map<std::string, std::string> names;
  for (const auto& [kind, list] : lists) {
    names[kind] = "hv" + std::to_string(names.size());
    s_.add(names[kind], "SELECT * FROM unnest(" +
                            s_.params_.bind(store::array_literal(list.first)) + "::text[], " +
                            s_.params_.bind(store::array_literal(list.second)) +
                            "::text[]) AS v(value, hold_id)");
  }
  for (const Table& table : s_.map_.tables) {
    for (const Column& column : table.columns) {
      if (!table.match || !table.in_scope || !matches(column) || !names.contains(column.is))
        continue;
      const std::string& stands = column.search.empty() ? column.site.column : column.search;
      held_.push_back({&table, names.at(column.is), {{stands, "value"}}});
    }
  }
}

}  // namespace ccctl::plan
