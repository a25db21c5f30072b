// What erasing makes of a value: of a column, of an array's elements, of places inside JSON.
#include <functional>

#include "base/error.h"
#include "datamap/sql.h"
#include "plan/statement.h"

namespace ccctl::plan {

using datamap::Column;
using datamap::ColumnErase;
using datamap::Site;
using datamap::Step;
using store::quote_literal;

namespace {

using EraseEffect = ColumnErase::Effect;

[[noreturn]] void cannot(const Column& column, const std::string& why) {
  throw doc::error_at(ErrorKind::map_invalid, column.at,
                      "\"" + column.site.text() + "\" cannot be erased in a row that stays: " + why,
                      "give the column an `erase` that it can hold");
}

bool goes(const ColumnErase& erase) {
  return erase.effect == EraseEffect::none || erase.effect == EraseEffect::set_null ||
         erase.effect == EraseEffect::drop;
}

// The new text of a value that stays; `text` is its present one.
std::string replaced_sql(const Column& column, const ColumnErase& erase, const std::string& text) {
  switch (erase.effect) {
    case EraseEffect::set_value:
      return quote_literal(erase.value);
    case EraseEffect::truncate:
      return "pg_catalog.left(" + text + ", " + std::to_string(erase.count) + ")";
    case EraseEffect::pseudonymise:
      cannot(column, "pseudonyms need the tenant's keys");
    default:
      cannot(column, "only a whole column can be generalised");
  }
}

// Rewrites a jsonb value along a path, the way jsonpath reads it (lax): a member of an array is one
// of its elements', and [*] of what is no array is the value itself. Objects and arrays that the
// path does not fit stay as they are.
class JsonPath {
 public:
  JsonPath(const Column& column, const ColumnErase& erase, const std::vector<Step>& path)
      : column_(column), erase_(erase), path_(path) {}

  // SQL over the jsonb in `value`, from the step on.
  // `in_array`: the value is an element of the array that a member was looked for in.
  std::string from(std::size_t step, const std::string& value, bool in_array = false) {
    if (step == path_.size()) return leaf(value);
    const std::string v = "v" + std::to_string(++aliases_) + ".j";
    const std::string alias = v.substr(0, v.size() - 2);
    std::string changed;
    if (path_[step].member.empty()) {
      changed = "CASE pg_catalog.jsonb_typeof(" + v + ") WHEN 'array' THEN " +
                (last(step) && goes(erase_) ? "'[]'::jsonb" : elements(step + 1, v)) +
                " WHEN 'null' THEN " + v + " ELSE " +
                (last(step) && goes(erase_) ? "'[]'::jsonb" : from(step + 1, v)) + " END";
    } else {
      changed = "CASE pg_catalog.jsonb_typeof(" + v + ") WHEN 'object' THEN " + member(step, v) +
                (in_array ? "" : " WHEN 'array' THEN " + elements(step, v, true)) + " ELSE " + v +
                " END";
    }
    // OFFSET 0: the planner would put the value in the place of each use of its name, again and
    // again.
    return "(SELECT " + changed + " FROM (SELECT " + value + " AS j OFFSET 0) " + alias + ")";
  }

 private:
  bool last(std::size_t step) const { return step + 1 == path_.size(); }

  std::string member(std::size_t step, const std::string& v) {
    const std::string name = quote_literal(path_[step].member);
    if (last(step) && goes(erase_)) return v + " - " + name + "::text";
    return "CASE WHEN " + v + " ? " + name + " THEN pg_catalog.jsonb_set(" + v + ", ARRAY[" + name +
           "], " + from(step + 1, "(" + v + " -> " + name + "::text)") + ") ELSE " + v + " END";
  }

  std::string elements(std::size_t step, const std::string& v, bool in_array = false) {
    const std::string e = "e" + std::to_string(++aliases_);
    return "(SELECT COALESCE(pg_catalog.jsonb_agg(" + from(step, e + ".j", in_array) +
           " ORDER BY " + e + ".place), '[]'::jsonb) FROM pg_catalog.jsonb_array_elements(" + v +
           ") WITH ORDINALITY AS " + e + "(j, place))";
  }

  // A value that stays changed; JSON's null is no value.
  std::string leaf(const std::string& value) {
    return "(CASE pg_catalog.jsonb_typeof(" + value + ") WHEN 'null' THEN " + value +
           " ELSE pg_catalog.to_jsonb((" + replaced_sql(column_, erase_, value + " #>> '{}'") +
           ")::text) END)";
  }

  const Column& column_;
  const ColumnErase& erase_;
  const std::vector<Step>& path_;
  int aliases_ = 0;
};

std::string json_sql(const Column& column, const Site& site, const std::string& present,
                     const std::string& type) {
  const std::string changed =
      JsonPath(column, column.erase, site.path).from(0, "(" + present + ")::jsonb");
  // A column that is NULL stays NULL, whatever the path makes of no value.
  return "(CASE WHEN " + present + " IS NOT NULL THEN " + changed + " END)" +
         (type == "json" ? "::json" : "");
}

std::string array_sql(const Column& column, const std::string& present, const std::string& type) {
  const std::string none = "'{}'::" + type;
  if (goes(column.erase)) return "(CASE WHEN " + present + " IS NOT NULL THEN " + none + " END)";
  return "(CASE WHEN " + present +
         " IS NOT NULL THEN ARRAY(SELECT CASE WHEN e.v IS NOT NULL THEN " +
         replaced_sql(column, column.erase, "e.v::text") + " END FROM pg_catalog.unnest(" +
         present + ") WITH ORDINALITY AS e(v, place) ORDER BY e.place)::" + type + " END)";
}

}  // namespace

std::string erased_sql(const datamap::CatalogTable& table, const Column& column, const Site& site,
                       const std::string& present) {
  const datamap::CatalogColumn* entry = table.column(site.column);
  const std::string type = entry == nullptr ? "text" : entry->type;
  if (site.json) return json_sql(column, site, present, type);
  if (!site.plain()) return array_sql(column, present, type);
  if (goes(column.erase)) {
    if (entry != nullptr && entry->not_null) cannot(column, "it is NOT NULL");
    return "NULL::" + type;
  }
  if (column.erase.effect == EraseEffect::generalise) {
    return "pg_catalog.date_trunc(" + quote_literal(column.erase.value) + ", " + present +
           ")::" + type;
  }
  return replaced_sql(column, column.erase, present + "::text") + "::" + type;
}

}  // namespace ccctl::plan
