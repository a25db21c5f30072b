// Tables and columns that the map names and the datastore lacks, and the other way round.
#include <algorithm>
#include <set>

#include "datamap/check_parts.h"

namespace ccctl::datamap {
namespace {

void add_where(std::vector<Mention>& out, const Where& where, const std::string& part) {
  for (const Condition& condition : where) out.push_back({condition.column, part});
}

void add_site(std::vector<Mention>& out, const std::optional<Site>& site, const std::string& part) {
  if (site) out.push_back({site->column, part});
}

void add_anchor(std::vector<Mention>& out, const Anchor& anchor, const std::string& part) {
  if (anchor.source == Anchor::Source::column) out.push_back({anchor.column, part});
  for (const Anchor& inner : anchor.parts) add_anchor(out, inner, part);
}

void add_columns(std::vector<Mention>& out, const Table& table) {
  for (const Column& column : table.columns) {
    const std::string part = "columns";
    out.push_back({column.site.column, part});
    for (const Site& site : column.with) out.push_back({site.column, "with"});
    if (!column.search.empty()) out.push_back({column.search, "search"});
    if (!column.blind.empty()) out.push_back({column.blind, "blind"});
  }
}

void add_links(std::vector<Mention>& out, const Table& table) {
  for (const Link& link : table.links) {
    const std::string part = "link " + in_quotes(link.name);
    for (const Site& site : link.from) out.push_back({site.column, part});
    add_where(out, link.when, part);
    add_where(out, link.count, part);
  }
  for (const Object& object : table.objects) {
    out.push_back({object.pointer.column, "object " + in_quotes(object.name)});
  }
}

void add_subjects(std::vector<Mention>& out, const Map& map, const Table& table) {
  for (const SubjectType& subject : map.subjects) {
    const std::string part = "subject " + in_quotes(subject.kind);
    if (subject.merge && subject.merge->table == table.name) {
      for (const std::string& column : subject.merge->member) out.push_back({column, part});
      for (const std::string& column : subject.merge->canonical_columns)
        out.push_back({column, part});
    }
    if (subject.table != table.name) continue;
    add_where(out, subject.where, part);
    add_where(out, subject.current, part);
    add_site(out, subject.label, part);
    if (subject.merge && subject.merge->table.empty())
      out.push_back({subject.merge->canonical, part});
  }
}

void add_tenants(std::vector<Mention>& out, const Map& map, const Table& table) {
  if (!map.tenants || map.tenants->table != table.name) return;
  const Tenants& tenants = *map.tenants;
  out.push_back({tenants.key, "tenants"});
  for (const auto& site : {tenants.region, tenants.pack, tenants.status, tenants.zone}) {
    add_site(out, site, "tenants");
  }
  for (const auto& [name, anchor] : tenants.anchors) add_anchor(out, anchor, "tenants");
}

void check_table(const Map& map, const Table& table, const CatalogTable& there, Report& report) {
  std::set<std::string> named, missing;
  for (const Mention& mention : mentions(map, table)) {
    named.insert(mention.column);
    if (!there.column(mention.column) && missing.insert(mention.column).second) {
      report.refuse("missing_column", table.name, mention.column,
                    mention.where + " names a column that does not exist", "correct the map");
    }
  }
  for (const CatalogColumn& column : there.columns) {
    if (!column.refuses_value.empty()) {
      report.refuse("condition_value", table.name, column.name,
                    "a condition compares it with " + in_quotes(column.refuses_value) + ", which " +
                        column.type + " cannot hold",
                    "correct the value in the map");
    }
    if (named.contains(column.name)) continue;
    report.refuse("unmapped_column", table.name, column.name,
                  "the map does not say what this column means",
                  "add it to `columns`, or to `clean` when it never holds personal data");
  }
}

void check_key(const Table& table, const CatalogTable& there, Report& report) {
  if (table.key.empty()) return;
  std::vector<std::vector<std::string>> unique = there.unique_not_null;
  if (!there.primary_key.empty()) unique.push_back(there.primary_key);
  const bool identifies = std::any_of(unique.begin(), unique.end(), [&](const auto& columns) {
    return std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
      return std::find(table.key.begin(), table.key.end(), column) != table.key.end();
    });
  });
  if (identifies) return;
  if (there.partitioned) {
    // PostgreSQL wants the partition column in every unique key, which the site's own key lacks.
    report.find("key_not_unique", table.name, "",
                "no unique index of the partitioned table proves the key",
                "see that the site's application never repeats it");
    return;
  }
  report.refuse("key_not_unique", table.name, "",
                "no primary key or unique index without nulls covers the key",
                "name the columns of one, or create one");
}

}  // namespace

std::vector<const Where*> conditions(const Map& map, const Table& table) {
  std::vector<const Where*> out;
  for (const DataType& type : table.data) out.push_back(&type.when);
  for (const Outside& outside : table.outside) out.push_back(&outside.unlinked);
  for (const Link& link : table.links) {
    out.push_back(&link.when);
    out.push_back(&link.count);
  }
  for (const SubjectType& subject : map.subjects) {
    if (subject.table != table.name) continue;
    out.push_back(&subject.where);
    out.push_back(&subject.current);
  }
  return out;
}

std::vector<Mention> mentions(const Map& map, const Table& table) {
  std::vector<Mention> out;
  for (const std::string& column : table.key) out.push_back({column, "key"});
  for (const std::string& column : table.clean) out.push_back({column, "clean"});
  if (table.tenant.how == Tenant::How::column) out.push_back({table.tenant.value, "tenant"});
  add_columns(out, table);
  add_links(out, table);
  for (const DataType& type : table.data) add_where(out, type.when, "data");
  for (const Outside& outside : table.outside) add_where(out, outside.unlinked, "outside");
  add_site(out, table.retention_label, "retention_label");
  for (const auto& [name, anchor] : table.anchors)
    add_anchor(out, anchor, "anchor " + in_quotes(name));
  if (table.hidden && !table.hidden->column.empty())
    out.push_back({table.hidden->column, "hidden"});
  add_subjects(out, map, table);
  add_tenants(out, map, table);
  return out;
}

bool ignored(const Map& map, std::string_view name) {
  const std::function<bool(std::string_view, std::string_view)> matches =
      [&](std::string_view pattern, std::string_view text) {
        std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
        while (t < text.size()) {
          if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) &&
              pattern[p] != '*') {
            ++p, ++t;
          } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
          } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
          } else {
            return false;
          }
        }
        return pattern.find_first_not_of('*', p) == std::string_view::npos;
      };
  return std::any_of(map.ignore.begin(), map.ignore.end(), [&](const std::string& pattern) {
    // A pattern of tables is none of what hangs on them: tmp_* does not excuse people:tmp_copy.
    const bool both =
        (pattern.find(':') == std::string::npos) == (name.find(':') == std::string_view::npos);
    return both && matches(pattern, name);
  });
}

void check_tables(const Map& map, const Catalog& catalog, Report& report) {
  for (const Table& table : map.tables) {
    const CatalogTable* there = catalog.table(table.name);
    if (!there) {
      report.refuse("missing_table", table.name, "", "the map names a table that does not exist",
                    "correct the map; for a partitioned table name the root");
      continue;
    }
    check_table(map, table, *there, report);
    check_key(table, *there, report);
    if (table.hidden) {
      for (const TableName& other : {table.hidden->move, table.hidden->tombstones}) {
        if (other.empty() || catalog.table(other)) continue;
        report.refuse("missing_table", table.name, other,
                      "`hidden` names a table that does not exist");
      }
    }
  }
  for (const auto& [name, there] : catalog.tables) {
    if (map.table(name) || ignored(map, name)) continue;
    report.refuse("unmapped_table", name, "", "the map does not say what this table means",
                  "add it to `tables`, or to `ignore` when it never holds personal data");
  }
  if (map.tenants && !map.table(map.tenants->table) && !catalog.table(map.tenants->table)) {
    report.refuse("missing_table", map.tenants->table, "",
                  "`tenants` names a table that does not exist");
  }
}

}  // namespace ccctl::datamap
