#include "plan/hold_sql.h"

#include <functional>
#include <set>

#include "datamap/sql.h"
#include "store/sql.h"

namespace ccctl::plan {

using datamap::key_list_sql;
using datamap::Link;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;

namespace {

constexpr std::string_view kActive =
    "(h.grace_until IS NULL OR pg_catalog.statement_timestamp() < h.grace_until)";

}  // namespace

std::string in_span_sql(const datamap::Map& map, const datamap::Catalog& catalog,
                        const Table& table, const std::string& alias,
                        const datamap::Anchor& created, const std::string& from,
                        const std::string& to) {
  const std::string at = datamap::anchor_sql(map, catalog, table, alias, created);
  std::string since = at + " >= " + from, until = at + " < " + to, unknown = at + " IS NULL";
  if (datamap::anchor_is_date(map, catalog, table, created)) {
    const std::string& zone = created.zone.empty() ? map.zone : created.zone;
    const auto midnight = [&](const std::string& day) {
      return "((" + day + ")::timestamp AT TIME ZONE " +
             quote_literal(zone.empty() ? "UTC" : zone) + ")";
    };
    // Where nobody said in which zone, the day may begin and end half a day off.
    const std::string more = zone.empty() ? "2" : "1", less = zone.empty() ? " - 1" : "";
    since = midnight(at + " + " + more) + " > " + from;
    until = midnight(at + less) + " < " + to;
    unknown += " OR NOT pg_catalog.isfinite(" + at + ")";
  }
  return "(" + unknown + " OR ((" + from + " IS NULL OR " + since + ") AND (" + to +
         " IS NULL OR " + until + ")))";
}

void HoldWriter::write(Statement::Names& own) {
  if (protection_.any_wide_hold()) wide(own);
  if (!protection_.held_subjects().empty()) of_subjects(own);
}

void HoldWriter::keep(const TableName& table, const std::string& body, Statement::Names& own) {
  std::vector<std::string>& names = own[table];
  names.push_back("h" + s_.number_of(table) + "_" + std::to_string(names.size()));
  s_.add(names.back(), body);
}

// Whether hold h, which is no subject's, covers the row: category, data type, range of creation. An
// unknown time of creation is held.
std::string HoldWriter::covers_sql(const Table& table, const std::string& alias) const {
  std::string data = "h.data IS NULL";
  for (const datamap::DataType& type : table.data) {
    data += " OR (h.data = " + quote_literal(type.is) + " AND " +
            datamap::where_sql(alias, type.when) + ")";
  }
  std::string sql = "h.tenant_id = " + s_.tenant_param_ + "::text AND h.subject_kind IS NULL AND " +
                    std::string(kActive) +
                    " AND (h.category IS NULL OR h.category = " + quote_literal(table.category) +
                    ") AND (" + data + ")";
  const auto created = table.anchors.find("created");
  if (created != table.anchors.end()) {
    sql += " AND " + in_span_sql(s_.map_, s_.catalog_, table, alias, created->second,
                                 "h.created_from", "h.created_to");
  }
  return sql;
}

// Rows that a hold by category, data or date covers, and the parents that a covered row's cut link
// would otherwise lose.
void HoldWriter::wide(Statement::Names& own) {
  for (const TableName& name : s_.scope_.tables()) {
    const Table& table = s_.table(name);
    keep(name,
         "SELECT " + key_list_sql(table, "t") + ", h.hold_id FROM " + s_.all_of(name) + " p JOIN " +
             s_.from(name, "t") + " ON " + same_key_sql(table, "t", "p") +
             " JOIN ccctl.hold h ON " + covers_sql(table, "t"),
         own);
  }
  each_cut([&](const Table& child, const Link& link) {
    keep(link.to,
         "SELECT " + key_list_sql(s_.table(link.to), "p") + ", h.hold_id FROM " +
             cut_from_scope(child, link) + " JOIN ccctl.hold h ON " + covers_sql(child, "t0"),
         own);
  });
}

void HoldWriter::each_cut(
    const std::function<void(const Table& child, const Link& link)>& work) const {
  for (const Table& child : s_.map_.tables) {
    for (const Link& link : child.links) {
      if (link.down == datamap::Down::cut && s_.scope_.holds(link.to)) work(child, link);
    }
  }
}

std::string HoldWriter::cut_from_scope(const Table& child, const Link& link) const {
  return s_.all_of(link.to) + " p JOIN " + s_.from(child.name, "t0") + " ON " +
         datamap::link_sql(s_.map_, s_.catalog_, child, "t0", link, "p") + " AND " +
         s_.tenant_of(child, "t0");
}

std::vector<std::string> HoldWriter::held_kinds() const {
  std::set<std::string> kinds;
  for (const subject::SubjectRef& ref : protection_.held_subjects()) {
    if (s_.map_.subject(ref.kind) != nullptr) kinds.insert(ref.kind);
  }
  return {kinds.begin(), kinds.end()};
}

// The keys of the held subjects of one kind: as they were when the hold was added, and whoever
// joined their merge sets since.
void HoldWriter::held_keys(const std::string& kind) {
  const datamap::SubjectType& type = *s_.map_.subject(kind);
  const Table& table = s_.table(type.table);
  const std::vector<std::string> ids = s_.map_.id_columns(table);
  std::string columns, join;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const datamap::CatalogColumn* column = s_.catalog_.at(table.name).column(ids[i]);
    columns += ", (s.subject_key::jsonb ->> " + std::to_string(i) +
               ")::" + (column == nullptr ? "text" : column->type) + " AS " +
               store::quote_name(ids[i]);
  }
  const std::string name = "hk" + std::to_string(held_.size());
  Root root{&table, name, {}};
  for (const std::string& id : ids) root.same.emplace_back(id, id);
  std::string lifted;
  for (const std::string& hold : protection_.lifted)
    lifted += " AND h.hold_id <> " + s_.params_.bind(hold) + "::text";
  s_.add(name + "_then", "SELECT h.hold_id" + columns +
                             " FROM ccctl.hold h JOIN ccctl.hold_subject s ON s.tenant_id = "
                             "h.tenant_id AND s.hold_id = h.hold_id AND s.subject_kind = " +
                             quote_literal(kind) + " WHERE h.tenant_id = " + s_.tenant_param_ +
                             "::text AND " + std::string(kActive) + lifted);
  s_.add(name, type.merge ? merged(type, name) : "TABLE " + name + "_then");
  held_.push_back(std::move(root));
}

// Everybody who is connected with a held subject by naming a canonical row or being named as one.
std::string HoldWriter::merged(const datamap::SubjectType& type, const std::string& name) const {
  const Table& table = s_.table(type.table);
  const std::vector<std::string> ids = s_.map_.id_columns(table);
  const auto equal = [](const char* a, const std::vector<std::string>& of_a, const char* b,
                        const std::vector<std::string>& of_b) {
    std::string sql;
    for (std::size_t i = 0; i < of_a.size(); ++i)
      sql += " AND " + datamap::column_sql(a, of_a[i]) + " = " + datamap::column_sql(b, of_b[i]);
    return sql;
  };
  std::vector<std::string> ways;  // from k to t
  if (type.merge->table.empty()) {
    const std::string mine = s_.from(table.name, "t") + " WHERE " + s_.tenant_of(table, "t");
    ways.push_back(mine + equal("t", {type.merge->canonical}, "k", ids));
    ways.push_back(s_.from(table.name, "a") + " JOIN " + s_.from(table.name, "t") + " ON " +
                   s_.tenant_of(table, "t") + " AND (" + datamap::column_sql("t", ids.front()) +
                   " = " + datamap::column_sql("a", type.merge->canonical) + " OR " +
                   datamap::column_sql("t", type.merge->canonical) + " = " +
                   datamap::column_sql("a", type.merge->canonical) + ") WHERE " +
                   s_.tenant_of(table, "a") + equal("a", ids, "k", ids));
  } else {
    const Table& pairs = s_.table(type.merge->table);
    const auto& member = type.merge->member;
    const auto& canonical = type.merge->canonical_columns;
    const std::string from = s_.from(pairs.name, "m") + " JOIN " + s_.from(table.name, "t") +
                             " ON true WHERE " + s_.tenant_of(table, "t") + " AND " +
                             s_.tenant_of(pairs, "m");
    ways.push_back(from + equal("m", member, "t", ids) + equal("m", canonical, "k", ids));
    ways.push_back(from + equal("m", canonical, "t", ids) + equal("m", member, "k", ids));
    ways.push_back(s_.from(pairs.name, "m2") + ", " + from + equal("m", member, "t", ids) +
                   equal("m", canonical, "m2", canonical) + equal("m2", member, "k", ids));
  }
  std::string row, steps;
  for (const std::string& id : ids) row += ", " + datamap::column_sql("t", id);
  for (const std::string& way : ways) {
    steps += (steps.empty() ? "SELECT k.hold_id" : " UNION ALL SELECT k.hold_id") + row + " FROM " +
             way + " AND " + datamap::where_sql("t", type.where);
  }
  // The first part has no row, but the columns' collations, on which both halves must agree.
  return "SELECT k.hold_id" + row + " FROM " + name + "_then k JOIN " + s_.from(table.name, "t") +
         " ON false UNION ALL TABLE " + name + "_then UNION SELECT x.* FROM " + name +
         " k CROSS JOIN LATERAL (" + steps + ") x";
}

std::string HoldWriter::join_held(const Root& root, const std::string& alias) const {
  std::string sql;
  for (const auto& [column, key] : root.same) {
    sql += (sql.empty() ? "" : " AND ") + datamap::column_sql("held", key) + " = " +
           datamap::column_sql(alias, column);
  }
  return " JOIN " + root.keys + " held ON " + sql;
}

std::vector<HoldWriter::Path> HoldWriter::paths(const Table& from, const TableName& target,
                                                bool first_any) const {
  std::vector<Path> found;
  const std::function<void(const Table&, const Path&)> walk = [&](const Table& table,
                                                                  const Path& path) {
    if (table.name == target) {
      found.push_back(path);
      if (!path.empty()) return;  // from itself it may be one cut link away
    }
    if (path.size() > s_.map_.tables.size()) return;
    for (const Link& link : table.links) {
      const bool taken = link.down == datamap::Down::follow ||
                         (first_any && path.empty() && link.down == datamap::Down::cut);
      const bool itself =
          link.to == table.name && !(path.empty() && link.down == datamap::Down::cut);
      if (link.to.empty() || !taken || itself) continue;
      Path longer = path;
      longer.push_back(&link);
      walk(s_.table(link.to), longer);
    }
  };
  walk(from, {});
  return found;
}

std::string HoldWriter::join_path(const Table& from, const Path& path, const std::string& alias,
                                  const std::string& start) const {
  std::string sql;
  const Table* child = &from;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string a = i == 0 && !start.empty() ? start : alias + std::to_string(i),
                      b = alias + std::to_string(i + 1);
    sql += " JOIN " + s_.from(path[i]->to, b) + " ON " +
           datamap::link_sql(s_.map_, s_.catalog_, *child, a, *path[i], b);
    child = &s_.table(path[i]->to);
  }
  return sql;
}

// Rows of the scope that also belong to a held subject, or are one cut link away from one, and the
// parents that such a row's cut link would otherwise lose.
void HoldWriter::of_subjects(Statement::Names& own) {
  for (const std::string& kind : held_kinds()) held_keys(kind);
  held_values();
  if (!held_.empty() && needs_rings()) return of_subjects_by_rings(own);
  for (const TableName& name : s_.scope_.tables()) {
    const Table& table = s_.table(name);
    for (const Root& root : held_) {
      for (const Path& path : paths(table, root.table->name, true)) {
        keep(name,
             "SELECT " + key_list_sql(table, "t0") + ", held.hold_id FROM " + s_.all_of(name) +
                 " p JOIN " + s_.from(name, "t0") + " ON " + same_key_sql(table, "t0", "p") +
                 join_path(table, path, "t") + join_held(root, "t" + std::to_string(path.size())),
             own);
      }
    }
  }
  each_cut([&](const Table& child, const Link& link) {
    for (const Root& root : held_) {
      for (const Path& path : paths(child, root.table->name, true)) {
        keep(link.to,
             "SELECT " + key_list_sql(s_.table(link.to), "p") + ", held.hold_id FROM " +
                 cut_from_scope(child, link) + join_path(child, path, "t") +
                 join_held(root, "t" + std::to_string(path.size())),
             own);
      }
    }
  });
  held_units(own);
}

// Units that rows of the scope belong to, and those of rows that the erasure would cut.
std::string HoldWriter::touched_units(const Table& unit) const {
  std::string touched;
  const auto also = [&](const Table& from, const Path& path, const std::string& rows) {
    touched += (touched.empty() ? "" : "\n UNION ") + std::string("SELECT ") +
               key_list_sql(unit, "t" + std::to_string(path.size())) + " FROM " + rows +
               join_path(from, path, "t");
  };
  for (const TableName& name : s_.scope_.tables()) {
    const Table& table = s_.table(name);
    for (const Path& path : paths(table, unit.name, true)) {
      also(table, path,
           s_.all_of(name) + " p JOIN " + s_.from(name, "t0") + " ON " +
               same_key_sql(table, "t0", "p"));
    }
  }
  each_cut([&](const Table& child, const Link& link) {
    for (const Path& path : paths(child, unit.name, true))
      also(child, path, cut_from_scope(child, link));
  });
  return touched;
}

// Of the touched units those in which a held subject has a row: their own, or one that leads to
// them and to the unit, each by its own ways.
std::string HoldWriter::units_of_held(const Table& unit) const {
  std::string held;
  for (const Table& member : s_.map_.tables) {
    if (s_.catalog_.table(member.name) == nullptr) continue;
    for (const Path& up : paths(member, unit.name, true)) {
      for (const Root& root : held_) {
        for (const Path& person : paths(member, root.table->name, true)) {
          // By the same first step: the row there says it.
          if (!up.empty() && !person.empty() && up.front() == person.front() &&
              !up.front()->from_list())
            continue;
          const std::string end = up.empty() ? "t0" : "u" + std::to_string(up.size());
          held += (held.empty() ? "" : "\n UNION ") + std::string("SELECT ") +
                  key_list_sql(unit, end) + ", held.hold_id FROM " + s_.from(member.name, "t0") +
                  join_path(member, up, "u", "t0") + join_path(member, person, "t") +
                  join_held(root, "t" + std::to_string(person.size())) + " JOIN tu" +
                  s_.number_of(unit.name) + " touched ON " + same_key_sql(unit, end, "touched") +
                  " WHERE " + s_.tenant_of(member, "t0");
        }
      }
    }
  }
  return held;
}

// Every unit (conversation) in which a held subject has a row is held whole: first the units that
// the scope touches, then those of them with a held subject, then the scope's rows in those, and
// the parents that a row in one of those would lose.
void HoldWriter::held_units(Statement::Names& own) {
  for (const Table& unit : s_.map_.tables) {
    if (!unit.unit) continue;
    const std::string touched = touched_units(unit), held = units_of_held(unit);
    if (touched.empty() || held.empty()) continue;
    s_.add("tu" + s_.number_of(unit.name), touched);
    const std::string name = "hu" + s_.number_of(unit.name);
    s_.add(name, held);
    const auto in_unit = [&](const Table& from, const Path& path) {
      return join_path(from, path, "t") + " JOIN " + name + " x ON " +
             same_key_sql(unit, "x", "t" + std::to_string(path.size()));
    };
    for (const TableName& each : s_.scope_.tables()) {
      const Table& table = s_.table(each);
      for (const Path& path : paths(table, unit.name, true)) {
        keep(each,
             "SELECT " + key_list_sql(table, "t0") + ", x.hold_id FROM " + s_.all_of(each) +
                 " p JOIN " + s_.from(each, "t0") + " ON " + same_key_sql(table, "t0", "p") +
                 in_unit(table, path),
             own);
      }
    }
    each_cut([&](const Table& child, const Link& link) {
      for (const Path& path : paths(child, unit.name, true)) {
        keep(link.to,
             "SELECT " + key_list_sql(s_.table(link.to), "p") + ", x.hold_id FROM " +
                 cut_from_scope(child, link) + in_unit(child, path),
             own);
      }
    });
  }
}

}  // namespace ccctl::plan
