#include "plan/read.h"

#include <algorithm>

#include "base/error.h"
#include "plan/read_sql.h"

namespace ccctl::plan {

using datamap::Column;
using datamap::Table;

namespace {

// W-20: nobody gets these, in clear or hashed.
const std::set<std::string>& secrets() {
  static const std::set<std::string> types{"auth_token", "password"};
  return types;
}

Field::Form form_of(const std::string& type) {
  static const std::set<std::string> numbers{"smallint", "integer",          "bigint",
                                             "real",     "double precision", "oid"};
  if (numbers.contains(type) || type.starts_with("numeric")) return Field::Form::number;
  if (type == "boolean") return Field::Form::boolean;
  if (type.starts_with("timestamp")) return Field::Form::instant;
  if (type == "json" || type == "jsonb" || type.ends_with("[]")) return Field::Form::json;
  return Field::Form::text;
}

bool has_star(const datamap::Site& site) {
  return std::any_of(site.path.begin(), site.path.end(),
                     [](const datamap::Step& step) { return step.member.empty(); });
}

// What the map says of one column of the catalog.
struct Verdict {
  bool leave_out = false;  // says nothing of its own: the tenant, a folded form, a pointer
  bool withheld = false, sealed = false;
  std::vector<datamap::Site> without;
};

Verdict judge(const datamap::Map& map, const Table& table, const std::string& name,
              const std::set<std::string>& deny) {
  Verdict verdict;
  const datamap::Tenant& tenant =
      table.tenant.how == datamap::Tenant::How::none ? map.tenant : table.tenant;
  verdict.leave_out = tenant.how == datamap::Tenant::How::column && tenant.value == name;
  for (const Column& column : table.columns) {
    if (column.search == name || column.blind == name) verdict.leave_out = true;
    if (column.site.column != name) continue;
    const bool refused = secrets().contains(column.data) || deny.contains(column.data) ||
                         (!column.is.empty() && deny.contains(column.is));
    if (refused || column.mask) {
      // One place inside a document is taken out of it; for many places the document goes.
      if (column.site.plain() || has_star(column.site)) {
        verdict.withheld = true;
      } else {
        verdict.without.push_back(column.site);
      }
    }
    if (column.sealed) verdict.sealed = true;
  }
  for (const datamap::Object& object : table.objects)
    verdict.leave_out = verdict.leave_out || object.pointer.column == name;
  return verdict;
}

Portion portion_of(const datamap::Map& map, const datamap::Catalog& catalog, const Table& table,
                   const std::set<std::string>& deny) {
  Portion portion{&table, {}, {}, {}};
  for (const datamap::CatalogColumn& column : catalog.at(table.name).columns) {
    const Verdict verdict = judge(map, table, column.name, deny);
    if (verdict.withheld) {
      portion.withheld.push_back(column.name);
    } else if (verdict.sealed) {
      portion.sealed.push_back(column.name);
    } else if (!verdict.leave_out) {
      portion.fields.push_back({column.name, form_of(column.type), nullptr, verdict.without});
    }
  }
  for (const datamap::Object& object : table.objects) {
    if (object.sealed) {
      portion.sealed.push_back(object.name);
    } else {
      portion.fields.push_back({object.name, Field::Form::object, &object, {}});
    }
  }
  return portion;
}

}  // namespace

Reader::Reader(const datamap::Map& map, const datamap::Catalog& catalog, const Scope& scope,
               std::string tenant, const std::set<std::string>& deny)
    : map_(map), catalog_(catalog), scope_(scope), tenant_(std::move(tenant)) {
  for (const Table& table : map.tables) {
    if (scope.holds(table.name) || ReadWriter::may_be_shared(map, scope, table))
      portions_.push_back(portion_of(map, catalog, table, deny));
  }
}

store::Sql Reader::read_sql(const Drivers& drivers) const {
  Statement statement(map_, catalog_, scope_, tenant_);
  ReadWriter writer(statement, portions_);
  writer.write(drivers);
  store::Sql sql = statement.finish().sql;
  sql.text += writer.rows();
  return sql;
}

void Reader::read(store::Tx& tx, const Drivers& drivers,
                  const std::function<void(std::size_t, const Row&)>& row) const {
  // Sets and sorts of one person stay in memory. The planner takes a set of keys for a row or two,
  // and would read whole tables once for each. The branches come in their order, which workers of a
  // parallel plan would not keep.
  tx.exec(
      "SELECT pg_catalog.set_config('work_mem', '64MB', true), "
      "pg_catalog.set_config('enable_seqscan', 'off', true), "
      "pg_catalog.set_config('max_parallel_workers_per_gather', '0', true), "
      "pg_catalog.set_config('jit', 'off', true)");
  std::size_t last = 0;
  tx.stream(read_sql(drivers), [&](const store::Rows& rows) {
    const auto number = static_cast<std::size_t>(rows.integer(0, 0));
    if (number < last || number >= portions_.size())
      throw Error(ErrorKind::unexpected, "the datastore gave the tables out of order");
    last = number;
    row(number, Row(portions_[number], rows));
  });
}

std::vector<std::uint64_t> Reader::count(store::Tx& tx, const Drivers& drivers) const {
  Statement statement(map_, catalog_, scope_, tenant_);
  ReadWriter writer(statement, portions_);
  writer.write(drivers);
  store::Sql sql = statement.finish().sql;
  sql.text += writer.counts();
  const store::Rows rows = tx.exec(sql);
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < portions_.size(); ++i)
    counts.push_back(static_cast<std::uint64_t>(rows.integer(0, i)));
  return counts;
}

}  // namespace ccctl::plan
