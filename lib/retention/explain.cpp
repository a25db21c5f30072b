#include "retention/explain.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "datamap/sql.h"
#include "doc/suggest.h"

namespace ccctl::retention {
namespace {

using datamap::Table;

constexpr std::string_view kOfTenant = "tenant.";

const Table& table_named(const datamap::Map& map, const std::string& name) {
  if (const Table* table = map.table(name)) return *table;
  std::vector<std::string_view> names;
  for (const Table& table : map.tables) names.push_back(table.name);
  throw Error(ErrorKind::usage, "the data map has no table \"" + name + "\"",
              doc::suggestion_hint(name, names));
}

class Explaining {
 public:
  Explaining(store::Tx& tx, const Situation& situation, const Table& table,
             const std::vector<std::string>& key)
      : tx_(tx), situation_(situation), table_(table), key_(key) {
    check_key();
  }

  // What the rules go by.
  rule::Facts facts(const rule::Ruleset& rules) {
    rule::Facts facts;
    facts.tenant = situation_.tenant().tenant;
    facts.tenant_zone = situation_.tenant().zone;
    facts.category = table_.category;
    facts.as_of = situation_.as_of();
    for (const auto& [name, value] : situation_.tenant().anchors)
      facts.anchors[std::string(kOfTenant) + name] = value;
    if (const auto set = rules.settings.find(facts.tenant); set != rules.settings.end())
      facts.settings = set->second;
    read_row(facts);
    return facts;
  }

  const std::string& stage() const { return stage_; }

  // What a deletion would meet: of the row itself, or also of whatever would go along.
  plan::Outcome meets(bool itself) {
    plan::Pass pass =
        plan::pass_over_one(situation_.sweep(), situation_.criteria().at(table_.name));
    if (itself) pass.scope.sets.resize(1);
    plan::SweepWish wish;
    wish.one = key_;
    const plan::SweepStatement statement =
        plan::SweepCompiler(situation_.sweep()).window(pass, wish);
    return statement.read(tx_.exec(statement.compiled.sql)).rows;
  }

 private:
  void check_key() const {
    const std::vector<std::string> columns = situation_.sweep().map.id_columns(table_);
    if (columns.empty()) {
      throw Error(ErrorKind::usage, "table \"" + table_.name + "\" has no key to name a row by");
    }
    std::string names;
    for (const std::string& column : columns) names += (names.empty() ? "" : ", ") + column;
    if (columns.size() != key_.size()) {
      throw Error(ErrorKind::usage,
                  "the key of \"" + table_.name + "\" has " + std::to_string(columns.size()) +
                      " parts: " + names,
                  "write several as a JSON array: [\"…\", \"…\"]");
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!datamap::may_be(key_[i], datamap::key_type(situation_.catalog(), table_, columns[i]))) {
        throw Error(ErrorKind::not_found, "no row of \"" + table_.name + "\" has this key");
      }
    }
  }

  store::Rows one_row(const store::Sql& sql) {
    const Error missing(ErrorKind::not_found, "no row of \"" + table_.name + "\" has this key");
    try {
      store::Rows rows = tx_.exec(sql);
      if (rows.empty()) throw missing;
      return rows;
    } catch (const store::StatementError& error) {
      // A text that its column's type cannot hold.
      if (error.sqlstate().starts_with("22")) throw missing;
      throw;
    }
  }

  void read_row(rule::Facts& facts) {
    const datamap::Map& map = situation_.sweep().map;
    const datamap::Catalog& catalog = situation_.catalog();
    store::Params params;
    const plan::CriteriaSql sql(map, catalog, situation_.criteria().at(table_.name));
    std::string text =
        "SELECT " + sql.data("t") + ", " +
        (table_.retention_label ? datamap::site_text_sql("t", *table_.retention_label)
                                : "NULL::text") +
        ", " + sql.left("t");
    for (const auto& [name, anchor] : table_.anchors)
      text += ", (" + datamap::anchor_sql(map, catalog, table_, "t", anchor) + ")::text";
    text += ", g.stage, GREATEST(g.acted_at, " + by_clock("g.made_at") + "), GREATEST(g.next_at, " +
            by_clock("g.ready_at") + ") FROM " + catalog.at(table_.name).sql_name + " t" +
            plan::with_stage_sql(map, table_, "t", params.bind(facts.tenant)) + " WHERE " +
            datamap::tenant_sql(map, catalog, table_, "t", params.bind(facts.tenant));
    const std::vector<std::string> columns = map.id_columns(table_);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += " AND " + datamap::column_sql("t", columns[i]) + " = " +
              datamap::typed_param(params.bind(key_[i]),
                                   datamap::key_type(catalog, table_, columns[i]));
    }
    const store::Rows rows = one_row({text, params.take()});
    facts.data = rows.text(0, 0);
    facts.label = rows.text(0, 1);
    facts.erasure = rows.boolean(0, 2);
    std::size_t column = 3;
    for (const auto& [name, anchor] : table_.anchors) {
      std::optional<std::string> value;
      if (!rows.is_null(0, column)) value = std::string(rows.text(0, column));
      ++column;
      if (anchor.source == datamap::Anchor::Source::tenant) {
        facts.tenant_anchors.insert(name);
        const auto known = situation_.tenant().anchors.find(anchor.anchor);
        facts.anchors[name] =
            known == situation_.tenant().anchors.end() ? rule::AnchorValue{} : known->second;
      } else {
        facts.anchors[name] =
            plan::parse_anchor(value, datamap::anchor_is_date(map, catalog, table_, anchor));
      }
    }
    if (rows.is_null(0, column)) return;
    stage_ = rows.text(0, column);
    facts.waiting = rule::Waiting{*rows.instant(0, column + 1), *rows.instant(0, column + 2)};
  }

  // What a run that was given no instant goes by, too.
  std::string by_clock(const std::string& column) const {
    return situation_.sweep().real ? column : "NULL";
  }

  store::Tx& tx_;
  const Situation& situation_;
  const Table& table_;
  const std::vector<std::string>& key_;
  std::string stage_;
};

}  // namespace

Explanation explain(store::Tx& tx, const Situation& situation, const datamap::TableName& name,
                    const std::vector<std::string>& key, const rule::Ruleset& rules) {
  const Table& table = table_named(situation.sweep().map, name);
  if (!situation.criteria().contains(name)) {
    throw Error(ErrorKind::map_drift, "the datastore has no table \"" + name + "\"");
  }
  Explaining explaining(tx, situation, table, key);
  Explanation made;
  made.facts = explaining.facts(rules);
  made.stage = explaining.stage();
  std::map<std::string, std::uint64_t> own;
  for (const plan::Kept& kept : explaining.meets(true).kept) {
    own[kept.rule] = kept.rows;
    if (kept.rule == "hold") made.holds = kept.holds;
  }
  // Rows of the same table may go along, too.
  for (const plan::Kept& kept : explaining.meets(false).kept) {
    const std::uint64_t itself = kept.table == name ? own[kept.rule] : 0;
    if (kept.rows > itself)
      made.in_the_way.push_back({kept.table, kept.rule, kept.rows - itself, kept.holds});
  }
  made.facts.holds = made.holds;
  made.decision = rule::decide(made.facts, rules.rules);
  const bool due =
      made.decision.state == rule::State::due || made.decision.state == rule::State::overdue;
  made.kept_by_child = due && made.decision.then == rule::Then::erase && !made.in_the_way.empty();
  return made;
}

}  // namespace ccctl::retention
