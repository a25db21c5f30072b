// Rectification as SQL: values of people travel as parameters only.
#include <algorithm>

#include "base/error.h"
#include "datamap/sql.h"
#include "plan/compiler.h"
#include "plan/read_sql.h"
#include "plan/statement.h"
#include "subject/finder.h"

namespace ccctl::plan {

using datamap::Column;
using datamap::key_list_sql;
using datamap::Rectify;
using datamap::same_key_sql;
using datamap::Site;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;
using store::quote_name;

namespace {

// `value` with the element at the end of the path replaced where it is one of `elements`; other
// elements and other shapes stay as they are.
std::string replaced_in_json(const std::string& value, const Site& site, std::size_t step,
                             const std::string& elements, const std::string& made) {
  if (step == site.path.size()) {
    return "CASE WHEN " + value + " #>> '{}' = ANY (" + elements + ") THEN pg_catalog.to_jsonb(" +
           made + ") ELSE " + value + " END";
  }
  const std::string& member = site.path[step].member;
  if (!member.empty()) {
    const std::string name = quote_literal(member);
    const std::string inner = "(" + value + " -> " + name + ")";
    return "CASE WHEN pg_catalog.jsonb_typeof(" + value + ") = 'object' AND " + value + " ? " +
           name + " THEN pg_catalog.jsonb_set(" + value + ", ARRAY[" + name + "], " +
           replaced_in_json(inner, site, step + 1, elements, made) + ") ELSE " + value + " END";
  }
  const std::string each = "x" + std::to_string(step);
  return "CASE WHEN pg_catalog.jsonb_typeof(" + value +
         ") = 'array' THEN (SELECT COALESCE(pg_catalog.jsonb_agg(" +
         replaced_in_json(each + ".v", site, step + 1, elements, made) + " ORDER BY " + each +
         ".i), '[]'::jsonb) FROM pg_catalog.jsonb_array_elements(" + value +
         ") WITH ORDINALITY AS " + each + "(v, i)) ELSE " + value + " END";
}

// The new value as a column keeps it that keeps it alone.
const std::string& written_in(const Standing& standing) {
  return standing.column->normalise.empty() ? standing.replacement->written
                                            : standing.replacement->updated;
}

}  // namespace

std::string lists_sql(const Column& column, const std::string& alias) {
  std::string lists;
  for (const std::string& list : subject::Finder::value_list(column, alias))
    lists += (lists.empty() ? "" : ", ") + list;
  return "pg_catalog.jsonb_build_array(" + lists + ")::text";
}

std::vector<Standing> rectified_columns(const datamap::Map& map, const Scope& scope,
                                        const std::vector<Replacement>& replacements) {
  std::vector<Standing> all;
  for (const Table& table : map.tables) {
    if (!scope.holds(table.name)) continue;
    for (const Column& column : table.columns) {
      for (const Replacement& replacement : replacements) {
        const bool text = column.free && table.rectify == Rectify::annotate;
        if (column.is == replacement.kind || text)
          all.push_back({&table, &column, &replacement, {}, {}, {}});
      }
    }
  }
  return all;
}

// Whether replacing the one value replaces the other, which is generated from it.
bool Statement::makes(const Standing& source, const Standing& made) const {
  if (source.table != made.table || made.table->rectify != Rectify::replace) return false;
  const datamap::CatalogColumn* there =
      catalog_.at(made.table->name).column(made.column->site.column);
  return there != nullptr && !source.column->is.empty() &&
         std::find(there->made_of.begin(), there->made_of.end(), source.column->site.column) !=
             there->made_of.end();
}

// The candidates: number of the column, the row's values. What is generated from another candidate
// is none.
void Statement::standing(const std::vector<Standing>& columns) {
  std::string body;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Table& table = *columns[i].table;
    const Column& column = *columns[i].column;
    if (column.is.empty()) continue;
    if (column.sealed) {
      throw doc::error_at(ErrorKind::map_invalid, column.at,
                          "\"" + column.site.text() + "\" cannot be rectified: it is sealed",
                          "rectify it in the application that holds the tenant's keys");
    }
    const auto stands = [&](const Column& there) {
      bool exact = false;
      return subject::Finder::condition(
          there, "t",
          {columns[i].replacement->kind, Personal<std::string>(columns[i].replacement->existing),
           false, "", ""},
          params_, &exact);
    };
    body += (body.empty() ? "" : "\n UNION ALL ") + std::string("SELECT DISTINCT ") +
            std::to_string(i) + ", " + lists_sql(column, "t") + " FROM " + all_of(table.name) +
            " p JOIN " + from(table.name, "t") + " ON " + same_key_sql(table, "t", "p") +
            " WHERE " + stands(column);
    for (const Standing& source : columns) {
      if (source.replacement == columns[i].replacement && makes(source, columns[i]))
        body += " AND (" + stands(*source.column) + ") IS NOT TRUE";
    }
  }
  counts_ = body.empty() ? "\nSELECT 0, ''::text WHERE false" : "\n" + body;
}

// Whether the row holds the value: as an identifier, or mentioned in a free text.
std::string Statement::stands_sql(const Standing& standing, const std::string& alias) {
  if (standing.column->is.empty()) {
    return subject::Finder::mention(
        *standing.column, alias,
        {standing.replacement->kind, Personal<std::string>(standing.replacement->existing), false,
         "", ""},
        params_);
  }
  if (standing.lists.empty()) return "false";
  return lists_sql(*standing.column, alias) + " = ANY (" +
         params_.bind(store::array_literal(standing.lists)) + "::text[])";
}

// Refuses, before anything is confirmed, what a column cannot keep of the new value.
void Statement::require_room(const Standing& standing) const {
  const Column& column = *standing.column;
  const datamap::CatalogTable& entry = catalog_.at(standing.table->name);
  const auto require = [&](const std::string& name, const std::string& value) {
    const datamap::CatalogColumn* found = entry.column(name);
    if (found == nullptr || found->has_room(value)) return;
    throw Error(ErrorKind::usage,
                "\"" + standing.table->name + "\".\"" + name + "\" is " + found->type +
                    ", the new value of \"" + standing.replacement->kind + "\" is longer",
                "shorten the value, or make the column wider");
  };
  const auto cannot = [&](const std::string& why, const std::string& hint) {
    throw doc::error_at(ErrorKind::map_invalid, column.at,
                        "\"" + column.site.text() + "\" cannot be rectified: " + why, hint);
  };
  const datamap::CatalogColumn* own = entry.column(column.site.column);
  if (own != nullptr && own->generated) {
    cannot("it is generated from columns of which the map does not say that they hold \"" +
               standing.replacement->kind + "\"",
           "put the value right in the application that writes those columns");
  }
  // Whatever refers to it by the old value would refer to nobody.
  const std::vector<std::string>& key = standing.table->key;
  if (std::find(key.begin(), key.end(), column.site.column) != key.end()) {
    cannot("rows are known by it",
           "put the value right in the application that knows all that refers to it");
  }
  for (const std::vector<std::string>& parts : standing.parts) {
    for (std::size_t i = 0; i < column.with.size(); ++i) require(column.with[i].column, parts[i]);
    require(column.site.column, parts.back());
  }
  if (standing.parts.empty() && !column.site.json)
    require(column.site.column, written_in(standing));
  if (!column.search.empty()) require(column.search, standing.replacement->updated);
}

// Columns that change with the value: its own, those it is kept in together with, its search form
// and its blind index, which nothing can compute here.
void Statement::assign(const Standing& standing, std::map<std::string, std::string>& values) {
  const Column& column = *standing.column;
  const datamap::CatalogTable& entry = catalog_.at(standing.table->name);
  const std::string stands = stands_sql(standing, "t");
  const auto set = [&](const std::string& name, auto&& made) {
    const datamap::CatalogColumn* found = entry.column(name);
    if (found == nullptr || found->generated) return;
    const auto it = values.emplace(name, datamap::column_sql("t", name)).first;
    it->second = "CASE WHEN " + stands + " THEN " + made(it->second, *found) + " ELSE " +
                 it->second + " END";
  };
  const auto param = [&](const std::string& value) { return params_.bind(value) + "::text"; };
  const auto made = [&] { return param(written_in(standing)); };
  // Bound where it is used: PostgreSQL cannot tell the type of a parameter that nothing uses.
  const auto elements = [&] {
    return params_.bind(store::array_literal(standing.elements)) + "::text[]";
  };
  const auto part = [&](std::size_t at) {
    std::vector<std::string> all;
    for (const std::vector<std::string>& parts : standing.parts) all.push_back(parts.at(at));
    return "(" + params_.bind(store::array_literal(all)) + "::text[])[pg_catalog.array_position(" +
           params_.bind(store::array_literal(standing.lists)) + "::text[], " +
           lists_sql(column, "t") + ")]";
  };
  set(column.site.column, [&](const std::string& present, const datamap::CatalogColumn& found) {
    const std::string type = "::" + found.unbounded_type();
    if (!standing.parts.empty()) return part(column.with.size()) + type;
    if (column.site.plain()) return made() + type;
    if (!column.site.json) {
      return "(SELECT pg_catalog.array_agg(CASE WHEN e.v::text = ANY (" + elements() + ") THEN " +
             made() + " ELSE e.v::text END ORDER BY e.i) FROM pg_catalog.unnest(" + present +
             ") WITH ORDINALITY AS e(v, i))" + type;
    }
    return "(" + replaced_in_json(present + "::jsonb", column.site, 0, elements(), made()) + ")" +
           type;
  });
  for (std::size_t i = 0; i < column.with.size(); ++i) {
    set(column.with[i].column,
        [&](const std::string& present, const datamap::CatalogColumn& found) {
          return "COALESCE(NULLIF(" + part(i) + ", '')::" + found.unbounded_type() + ", " +
                 present + ")";
        });
  }
  if (!column.search.empty()) {
    const std::string folded = param(standing.replacement->updated);
    set(column.search, [&](const std::string&, const datamap::CatalogColumn& found) {
      return folded + "::" + found.unbounded_type();
    });
  }
  if (!column.blind.empty()) {
    set(column.blind,
        [](const std::string&, const datamap::CatalogColumn&) { return std::string("NULL"); });
  }
}

void Statement::replace_rows(const Table& table, const std::vector<Standing>& columns, bool run) {
  std::map<std::string, std::string> values;
  std::string any;
  for (const Standing& standing : columns) {
    if (standing.lists.empty()) continue;
    require_room(standing);
    if (run) assign(standing, values);
    any += (any.empty() ? "" : " OR ") + stands_sql(standing, "t");
  }
  const std::string name = "rp" + number_of(table.name);
  std::string condition =
      same_key_sql(table, "t", "a") + " AND (" + (any.empty() ? std::string("false") : any) + ")";
  // What another customer has written in the subject's conversation has that one's values.
  const std::string others = ReadWriter(*this, {}).of_others_sql(table);
  if (others != "false") condition += " AND " + others + " IS NOT TRUE";
  if (run && !values.empty()) {
    std::string sets;
    for (const auto& [column, value] : values)
      sets += (sets.empty() ? "" : ", ") + quote_name(column) + " = " + value;
    add(name,
        "UPDATE " + from(table.name, "t") + " SET " + sets + " FROM " + acting_.at(table.name) +
            " a WHERE " + condition + " RETURNING 1",
        true);
  } else {
    add(name, "SELECT 1 FROM " + acting_.at(table.name) + " a JOIN " + from(table.name, "t") +
                  " ON " + condition);
  }
  count({{table.name, Effect::assign, "", 0}, std::nullopt, nullptr},
        "(SELECT pg_catalog.count(*) FROM " + name + ")");
}

// The row stays as it was written; beside it stands which request found it wrong.
void Statement::annotate_rows(const Table& table, const std::vector<Standing>& columns,
                              const std::string& request_id) {
  std::string any;
  for (const Standing& standing : columns)
    any += (any.empty() ? "" : " OR ") + stands_sql(standing, "t");
  std::string key;
  for (const std::string& column : map_.id_columns(table))
    key += (key.empty() ? "" : ", ") + datamap::column_sql("t", column) + "::text";
  key = "pg_catalog.jsonb_build_array(" + key + ")::text";
  const std::string rows = " FROM " + acting_.at(table.name) + " a JOIN " + from(table.name, "t") +
                           " ON " + same_key_sql(table, "t", "a") + " WHERE (" + any + ")";
  const std::string name = "rp" + number_of(table.name);
  if (request_id.empty()) {
    add(name, "SELECT 1" + rows);
  } else {
    add(name,
        "INSERT INTO ccctl.annotation (tenant_id, request_id, source, row_key) SELECT " +
            tenant_param_ + "::text, " + params_.bind(request_id) + "::text, " +
            quote_literal(table.name) + ", " + key + rows +
            " ON CONFLICT (tenant_id, request_id, source, row_key) DO NOTHING RETURNING 1",
        true);
  }
  count({{table.name, Effect::annotate, "", 0}, std::nullopt, nullptr},
        "(SELECT pg_catalog.count(*) FROM " + name + ")");
}

void Statement::keep_rows(const Table& table, const std::vector<Standing>& columns) {
  std::string any;
  for (const Standing& standing : columns)
    any += (any.empty() ? "" : " OR ") + stands_sql(standing, "t");
  const std::string name = "rp" + number_of(table.name);
  add(name, "SELECT 1 FROM " + acting_.at(table.name) + " a JOIN " + from(table.name, "t") +
                " ON " + same_key_sql(table, "t", "a") + " WHERE (" + any + ")");
  count({{},
         Kept{table.name,
              0,
              "rectify.keep",
              "accuracy",
              "a record of what happened stays as it was written",
              std::nullopt,
              {},
              false},
         nullptr},
        "(SELECT pg_catalog.jsonb_build_object('rows', pg_catalog.count(*)) FROM " + name +
            ")::text");
}

void Statement::rectify(const std::vector<Standing>& columns, const std::string& request_id) {
  for (const TableName& name : scope_.tables()) {
    std::vector<Standing> mine;
    std::copy_if(columns.begin(), columns.end(), std::back_inserter(mine),
                 [&](const Standing& standing) { return standing.table->name == name; });
    if (mine.empty()) continue;
    const Table& table = this->table(name);
    switch (table.rectify) {
      case Rectify::replace:
        replace_rows(table, mine, !request_id.empty());
        break;
      case Rectify::annotate:
        annotate_rows(table, mine, request_id);
        break;
      case Rectify::keep:
        keep_rows(table, mine);
        break;
    }
  }
  if (counters_.empty()) count({}, "0");
}

store::Sql Compiler::standing(const Drivers& drivers, const std::vector<Standing>& columns) const {
  Statement statement(map_, catalog_, scope_, tenant_);
  statement.scope_sets(drivers);
  statement.standing(columns);
  return statement.finish().sql;
}

Compiled Compiler::rectify(const Drivers& drivers, const Protection& protection,
                           const std::vector<Standing>& columns,
                           const std::string& request_id) const {
  Statement statement(map_, catalog_, scope_, tenant_);
  statement.scope_sets(drivers);
  statement.protect(protection, drivers);
  statement.rectify(columns, request_id);
  return statement.finish();
}

}  // namespace ccctl::plan
