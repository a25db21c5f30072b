#include "plan/sweep.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/digest.h"
#include "datamap/sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::Table;

namespace {

// The column of the anchor where an index can be walked by it.
std::string walked_column(const SweepGround& ground, const Table& table, const Criterion& c) {
  if (c.column() == nullptr) return "";
  const datamap::CatalogColumn* column =
      ground.catalog.at(table.name).column(c.column()->anchor->column);
  // One without a time zone is compared as what it is in the map's zone.
  if (column == nullptr || datamap::base_type(column->type) == "timestamp without time zone")
    return "";
  return column->name;
}

std::string tenant_column(const SweepGround& ground, const Table& table) {
  const datamap::Tenant& tenant =
      table.tenant.how == datamap::Tenant::How::none ? ground.map.tenant : table.tenant;
  return tenant.how == datamap::Tenant::How::column ? tenant.value : "";
}

// By the key alone where there is no criterion.
Walk walk_of(const SweepGround& ground, const Table& table, const Criterion* c) {
  Walk walk;
  std::vector<std::string> keys = ground.map.id_columns(table);
  if (keys.empty()) keys = table.key;
  const datamap::CatalogTable& entry = ground.catalog.at(table.name);
  const std::string anchor = c == nullptr ? "" : walked_column(ground, table, *c);
  if (!anchor.empty()) {
    const std::string tenant = tenant_column(ground, table);
    std::vector<std::string> wanted;
    if (!tenant.empty()) wanted.push_back(tenant);
    wanted.push_back(anchor);
    walk.by_anchor =
        std::any_of(entry.indexes.begin(), entry.indexes.end(), [&](const auto& index) {
          return index.size() >= wanted.size() &&
                 std::equal(wanted.begin(), wanted.end(), index.begin());
        });
    if (walk.by_anchor) {
      walk.columns.push_back(anchor);
    } else {
      for (const std::string& key : keys) {
        if (key != anchor) wanted.push_back(key);
      }
      for (const std::string& name : wanted)
        walk.index += (walk.index.empty() ? "" : ", ") + store::quote_name(name);
      walk.index = "CREATE INDEX CONCURRENTLY ON " + entry.sql_name + " (" + walk.index + ")";
      // Of a partitioned table it is made on the partitions.
      if (entry.partitioned) walk.index.replace(0, 25, "CREATE INDEX");
    }
  }
  for (const std::string& key : keys) {
    if (std::find(walk.columns.begin(), walk.columns.end(), key) == walk.columns.end())
      walk.columns.push_back(key);
  }
  for (const std::string& name : walk.columns)
    walk.types.push_back(datamap::key_type(ground.catalog, table, name));
  return walk;
}

}  // namespace

std::string_view to_text(Act act) {
  switch (act) {
    case Act::remove:
      return "remove";
    case Act::hide:
      return "hide";
    case Act::purge:
      return "purge";
    case Act::restore:
      return "restore";
  }
  return "";
}

std::optional<Pass> pass_of(const SweepGround& ground, const Criteria& criteria,
                            std::size_t maximum, Act act) {
  const Criterion& c = criteria.maxima[maximum];
  if (!c.possible() || criteria.table->key.empty()) return std::nullopt;
  Pass pass;
  pass.criteria = &criteria;
  pass.maximum = maximum;
  pass.act = act;
  if (c.rule->rule.then == rule::Then::erase) {
    pass.scope = sweep_scope(ground.map, criteria.table->name);
  } else {
    pass.scope = {"", {{criteria.table->name, {{Source::How::driver, "", "", {}}}}}};
  }
  pass.walk = walk_of(ground, *criteria.table, &c);
  return pass;
}

Pass pass_over_one(const SweepGround& ground, const Criteria& criteria) {
  Pass pass;
  pass.criteria = &criteria;
  pass.maximum = criteria.maxima.size();
  pass.scope = sweep_scope(ground.map, criteria.table->name);
  return pass;
}

std::optional<Pass> pass_to_restore(const SweepGround& ground, const Criteria& criteria) {
  if (criteria.table->key.empty()) return std::nullopt;
  Pass pass = pass_over_one(ground, criteria);
  pass.act = Act::restore;
  pass.walk = walk_of(ground, *criteria.table, nullptr);
  return pass;
}

bool SweepCompiler::plain(const Pass& pass) const {
  const SweepWish wish;
  return SweepWriter(ground_, pass, wish).simple();
}

SweepStatement SweepCompiler::window(const Pass& pass, const SweepWish& wish) const {
  return SweepWriter(ground_, pass, wish).write();
}

store::Sql SweepCompiler::edge(const Pass& pass, const std::optional<Position>& after,
                               std::uint64_t n) const {
  SweepWish wish;
  wish.stretch.after = after;
  return SweepWriter(ground_, pass, wish).edge(n);
}

store::Sql SweepCompiler::ahead(const Pass& pass, const Stretch& stretch, std::uint64_t n) const {
  SweepWish wish;
  wish.stretch = stretch;
  return SweepWriter(ground_, pass, wish).ahead(n);
}

store::Sql SweepCompiler::list(const Pass& pass) const {
  const SweepWish wish;
  return SweepWriter(ground_, pass, wish).list();
}

store::Sql SweepCompiler::any(const Pass& pass) const {
  const SweepWish wish;
  return SweepWriter(ground_, pass, wish).any();
}

store::Sql SweepCompiler::census(const std::vector<datamap::TableName>& roots, bool stages) const {
  const Scope scope = census_scope(ground_.map, roots);
  return CensusWriter(ground_, scope, roots, stages).write();
}

// Counted side by side, which PostgreSQL may share among workers and does without a table of
// groups.
static std::string states_apart_sql(const std::vector<std::pair<std::string, std::string>>& states,
                                    const std::string& from) {
  std::string counts, rows;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const std::string c = "c" + std::to_string(i), comma = i == 0 ? "" : ", ";
    counts += comma + "pg_catalog.count(*) FILTER (WHERE " + states[i].second + ") AS " + c;
    rows += comma + "(" + store::quote_literal(states[i].first) + ", a." + c + ")";
  }
  return "SELECT v.state, 0, v.n FROM (SELECT " + counts + " FROM " + from +
         ") a CROSS JOIN LATERAL (VALUES " + rows + ") v(state, n) WHERE v.n > 0 ORDER BY v.state";
}

store::Sql SweepCompiler::states(const Criteria& criteria, bool due_only) const {
  const Table& table = *criteria.table;
  store::Params params;
  const std::string tenant = params.bind(ground_.tenant);
  const CriteriaSql sql(ground_.map, ground_.catalog, criteria);
  std::string state = sql.state("t"), from = ground_.catalog.at(table.name).sql_name + " t";
  const std::string where =
      " WHERE " + datamap::tenant_sql(ground_.map, ground_.catalog, table, "t", tenant) + " AND " +
      tenant + "::text IS NOT NULL" + (due_only ? " AND " + sql.due("t") : "");
  auto states = sql.states("t");
  if (due_only)
    std::erase_if(states, [](const auto& s) { return s.first != "due" && s.first != "overdue"; });
  if (!states.empty() && !ground_.staged.contains(table.name))
    return {states_apart_sql(states, from + where), params.take()};
  if (ground_.staged.contains(table.name)) {
    state = "COALESCE((SELECT g.stage " + stage_of_sql(table, "t", tenant) + "), " + state + ")";
    from += stage_key_sql(ground_.map, table, "t");
  }
  std::string text = "SELECT state, rule, pg_catalog.count(*) FROM (SELECT " + state +
                     " AS state, " + sql.rule("t") + " AS rule FROM " + from + where +
                     " OFFSET 0) x GROUP BY state, rule ORDER BY state, rule";
  return {std::move(text), params.take()};
}

store::Sql SweepCompiler::size(const Table& table, std::uint64_t most) const {
  store::Params params;
  const std::string tenant = params.bind(ground_.tenant);
  std::string text = "SELECT pg_catalog.count(*) FROM (SELECT FROM " +
                     ground_.catalog.at(table.name).sql_name + " t WHERE " +
                     datamap::tenant_sql(ground_.map, ground_.catalog, table, "t", tenant) +
                     " AND " + tenant + "::text IS NOT NULL LIMIT " +
                     params.bind(std::to_string(most)) + "::bigint) x";
  return {std::move(text), params.take()};
}

namespace {

// The same as key_text_sql() writes.
void append_key_text(std::string& text, const store::Rows& rows, std::size_t row) {
  for (std::size_t c = 0; c < rows.columns(); ++c) {
    const std::string_view value = rows.text(row, c);
    text += c == 0 ? '[' : ',';
    const bool as_it_is = std::all_of(value.begin(), value.end(), [](unsigned char byte) {
      return byte >= ' ' && byte != '"' && byte != '\\';
    });
    if (as_it_is) {
      text.append(1, '"').append(value).append(1, '"');
    } else {
      text += Json(std::string(value)).dump();
    }
  }
  text += ']';
}

// Keys in the order of their bytes, each on a line of its own, without a last line feed. What they
// begin with is compared as one number.
std::string digest_of(const store::Rows& rows) {
  std::string texts;
  std::vector<std::pair<std::uint64_t, std::string_view>> keys(rows.size());
  std::vector<std::size_t> ends;
  ends.reserve(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    append_key_text(texts, rows, r);
    ends.push_back(texts.size());
  }
  std::size_t begin = 0;
  for (std::size_t r = 0; r < rows.size(); begin = ends[r++]) {
    keys[r].second = std::string_view(texts).substr(begin, ends[r] - begin);
    for (std::size_t i = 2; i < 10; ++i)  // each begins with ["
      keys[r].first =
          keys[r].first << 8 |
          (i < keys[r].second.size() ? static_cast<unsigned char>(keys[r].second[i]) : 0U);
  }
  std::sort(keys.begin(), keys.end());
  std::string lines;
  lines.reserve(texts.size() + keys.size());
  for (const auto& [start, key] : keys) lines.append(lines.empty() ? "" : "\n").append(key);
  return crypto::to_hex(crypto::view(crypto::sha256(lines)));
}

SweepOutcome read_plain(const Compiled& compiled, bool digests, const store::Rows& rows) {
  SweepOutcome outcome;
  outcome.due = outcome.taken = rows.affected();
  outcome.rows.tallies.push_back(compiled.counters.front().tally);
  outcome.rows.tallies.back().rows = rows.affected();
  if (digests) outcome.digest = digest_of(rows);
  return outcome;
}

}  // namespace

SweepOutcome SweepStatement::read(const store::Rows& rows) const {
  if (plain) return read_plain(compiled, digests, rows);
  SweepOutcome outcome;
  const auto number = [&](std::size_t which) {
    return static_cast<std::uint64_t>(rows.integer(0, extra[which]));
  };
  outcome.stale = !rows.boolean(0, extra[0]);
  outcome.due = number(1);
  outcome.taken = number(2);
  outcome.held = number(3);
  outcome.by_child = number(4);
  outcome.digest = rows.text(0, extra[5]);
  outcome.rows = compiled.read(rows);
  if (!anonymises) return outcome;
  // A row that was anonymised before stays where it is, and is no news.
  outcome.taken = 0;
  for (const Tally& tally : outcome.rows.tallies)
    outcome.taken += tally.effect == Effect::anonymise ? tally.rows : 0;
  outcome.due = outcome.taken + outcome.held + outcome.by_child;
  return outcome;
}

Position read_position(std::string_view json) {
  return Json::parse(json).get<Position>();
}

Ahead read_ahead(const store::Rows& rows, std::size_t first) {
  Ahead ahead;
  ahead.last = rows.boolean(0, first);
  if (!rows.is_null(0, first + 1)) ahead.next = read_position(rows.text(0, first + 1));
  return ahead;
}

std::string to_json(const Position& position) {
  return Json(position).dump();
}

}  // namespace ccctl::plan
