#include "datamap/constant_probe.h"

#include <algorithm>
#include <map>

#include "datamap/check_parts.h"

namespace ccctl::datamap {
namespace {

constexpr std::size_t kTogether = 50;

// An expression that is NULL or true where the value is accepted, false where the constraint
// refuses it, and an error where the type (or the constraint's own code) does.
struct Probe {
  std::string* answer;  // of the column; stays as it is once it says something
  std::string refusal;
  std::string sql;
};

std::string value_sql(const ColumnErase& erase, const std::string& type) {
  const bool none = erase.effect == ColumnErase::Effect::set_null;
  return "CAST(" + (none ? "NULL" : store::quote_literal(erase.value)) + " AS " + type + ")";
}

// The columns that get one known value where a row is erased and stays.
std::map<std::string, ColumnErase> constants(const Table& table) {
  using Effect = ColumnErase::Effect;
  std::map<std::string, ColumnErase> found;
  for (const Column& column : table.columns) {
    if (!column.personal()) continue;
    for (const Site& site : table.goes_with(column)) {
      if (site.plain()) found[site.column].effect = Effect::set_null;
    }
  }
  for (const Column& column : table.columns) {
    const ColumnErase erase = column.effective_erase();
    if (column.site.plain() &&
        (erase.effect == Effect::set_value || erase.effect == Effect::set_null))
      found[column.site.column] = erase;
  }
  return found;
}

CatalogColumn* find(CatalogTable& in, const std::string& name) {
  const auto found = std::find_if(in.columns.begin(), in.columns.end(),
                                  [&](const CatalogColumn& c) { return c.name == name; });
  return found == in.columns.end() ? nullptr : &*found;
}

void collect_erasures(const Table& table, CatalogTable& in, std::vector<Probe>& probes) {
  const std::map<std::string, ColumnErase> erased = constants(table);
  for (const auto& [name, erase] : erased) {
    CatalogColumn* column = find(in, name);
    if (column == nullptr) continue;
    // Of a NULL only a domain may have something to say.
    probes.push_back({&column->refuses_erase, "its type",
                      value_sql(erase, column->type) + " IS NOT DISTINCT FROM " +
                          value_sql(erase, column->type)});
  }
  for (const Check& check : in.checks) {
    if (check.columns.empty() || !tried_out(table, check)) continue;
    std::string values;
    for (const std::string& name : check.columns) {
      const CatalogColumn* column = find(in, name);
      if (column == nullptr) continue;
      values += (values.empty() ? "" : ", ") + value_sql(erased.at(name), column->type) + " AS " +
                store::quote_name(name);
    }
    if (CatalogColumn* first = find(in, check.columns.front())) {
      probes.push_back({&first->refuses_erase, check.name,
                        "(SELECT " + check.expression + " FROM (SELECT " + values + ") one)"});
    }
  }
}

void collect_conditions(const Map& map, const Table& table, CatalogTable& in,
                        std::vector<Probe>& probes) {
  for (const Where* where : conditions(map, table)) {
    for (const Condition& condition : *where) {
      for (CatalogColumn& column : in.columns) {
        if (column.name != condition.column) continue;
        for (const std::string& value : condition.values) {
          probes.push_back(
              {&column.refuses_value, value,
               "CAST(" + store::quote_literal(value) + " AS " + column.type + ") IS NOT NULL"});
        }
      }
    }
  }
}

// Runs the expressions in one statement; nothing when one of them is an error.
std::optional<store::Rows> attempt(store::Tx& tx, const Probe* begin, const Probe* end) {
  std::string sql;
  for (const Probe* probe = begin; probe != end; ++probe)
    sql += (sql.empty() ? "SELECT " : ", ") + probe->sql;
  tx.exec("SAVEPOINT ccctl_probe");
  try {
    store::Rows rows = tx.exec(sql);
    tx.exec("RELEASE SAVEPOINT ccctl_probe");
    return rows;
  } catch (const store::StatementError&) {
    tx.exec("ROLLBACK TO SAVEPOINT ccctl_probe");
    tx.exec("RELEASE SAVEPOINT ccctl_probe");
    return std::nullopt;
  }
}

void run(store::Tx& tx, const Probe* begin, const Probe* end) {
  const auto count = static_cast<std::size_t>(end - begin);
  if (count == 0) return;
  const auto rows = attempt(tx, begin, end);
  if (!rows && count == 1) {
    if (begin->answer->empty()) *begin->answer = begin->refusal;
    return;
  }
  if (!rows) {  // one of them is an error: find out which
    for (const Probe* probe = begin; probe != end; ++probe) run(tx, probe, probe + 1);
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const bool refused = !rows->is_null(0, i) && !rows->boolean(0, i);
    if (refused && begin[i].answer->empty()) *begin[i].answer = begin[i].refusal;
  }
}

}  // namespace

bool tried_out(const Table& table, const Check& check) {
  const std::map<std::string, ColumnErase> erased = constants(table);
  return std::all_of(check.columns.begin(), check.columns.end(),
                     [&](const std::string& name) { return erased.contains(name); });
}

void probe_constants(store::Tx& tx, const Map& map, Catalog& catalog) {
  std::vector<Probe> probes;
  for (const Table& table : map.tables) {
    const auto found = catalog.tables.find(table.name);
    if (found != catalog.tables.end()) {
      collect_erasures(table, found->second, probes);
      collect_conditions(map, table, found->second, probes);
    }
  }
  for (std::size_t at = 0; at < probes.size(); at += kTogether) {
    const std::size_t end = std::min(probes.size(), at + kTogether);
    run(tx, probes.data() + at, probes.data() + end);
  }
}

}  // namespace ccctl::datamap
