#include "plan/read_sql.h"

#include <algorithm>

#include "datamap/sql.h"
#include "plan/access.h"

namespace ccctl::plan {

using datamap::Column;
using datamap::column_sql;
using datamap::key_list_sql;
using datamap::Link;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;
using store::quote_name;

namespace {

bool same_type(const datamap::Catalog& catalog, const Table& table, const Table& parent,
               const Link& link, std::size_t part) {
  return link.from[part].plain() && catalog.at(table.name).column(link.from[part].column)->type ==
                                        catalog.at(parent.name).column(parent.key[part])->type;
}

}  // namespace

bool ReadWriter::is_subject(const TableName& table) const {
  return std::any_of(s_.map_.subjects.begin(), s_.map_.subjects.end(),
                     [&](const auto& type) { return type.table == table; });
}

// Subjects, and whoever else has a name of their own: staff, say. A name that the subject's rows
// have beside a link to a subject is of whom the link names.
bool ReadWriter::is_person(const Table& table) const {
  const bool named = std::any_of(table.columns.begin(), table.columns.end(),
                                 [](const Column& column) { return column.is == "name"; });
  const bool of_subject = s_.scope_.holds(table.name) &&
                          std::any_of(table.links.begin(), table.links.end(),
                                      [&](const Link& link) { return is_subject(link.to); });
  return is_subject(table.name) || (named && !of_subject);
}

// A table of the scope whose rows say through a link of their own who took part.
bool ReadWriter::carries(const Table& table) const {
  return s_.scope_.holds(table.name) && !table.unit && !table.match && !is_person(table) &&
         std::any_of(table.links.begin(), table.links.end(), [&](const Link& link) {
           return !link.to.empty() && is_person(s_.table(link.to));
         });
}

bool ReadWriter::may_be_shared(const datamap::Map& map, const Scope& scope, const Table& table) {
  for (const Table& child : map.tables) {
    if (!scope.holds(child.name)) continue;
    for (const Link& link : child.links) {
      if (link.up_last && link.to == table.name) return true;
    }
  }
  return false;
}

std::string ReadWriter::count_sql(const Link& link) {
  for (const datamap::Site& site : link.from) {
    if (site.many())
      return "(SELECT pg_catalog.count(DISTINCT pg_catalog.lower(e.v)) FROM "
             "pg_catalog.jsonb_array_elements_text(" +
             datamap::site_values_sql("t", site) + ") AS e(v))";
  }
  return "";
}

// All columns of the link are there and its condition is met.
std::string ReadWriter::present_sql(const Link& link) const {
  std::string sql = datamap::where_sql("t", link.when);
  for (const datamap::Site& site : link.from) {
    if (site.many()) {
      sql += " AND " + count_sql(link) + " > 0";
      continue;
    }
    sql += " AND " +
           (site.plain() ? column_sql("t", site.column) : datamap::site_text_sql("t", site)) +
           " IS NOT NULL";
  }
  return "(" + sql + ")";
}

std::string ReadWriter::inside_sql(const Table& table, const Link& link) const {
  if (!s_.scope_.holds(link.to)) return "false";
  return "EXISTS (SELECT 1 FROM " + s_.all_of(link.to) + " y WHERE " +
         datamap::link_sql(s_.map_, s_.catalog_, table, "t", link, "y") + ")";
}

// Whether the person whom the link names is a customer: a subject who is never an employee.
std::string ReadWriter::customer_sql(const Table& table, const Link& link) const {
  std::string any;
  bool whole = false;
  for (const datamap::SubjectType& type : s_.map_.subjects) {
    if (type.table != link.to || !type.current.empty()) continue;
    whole = whole || type.where.empty();
    any += (any.empty() ? "(" : " OR (") + datamap::where_sql("u", type.where) + ")";
  }
  if (whole) return "true";
  if (any.empty()) return "false";
  return "EXISTS (SELECT 1 FROM " + s_.from(link.to, "u") + " WHERE " +
         datamap::link_sql(s_.map_, s_.catalog_, table, "t", link, "u") + " AND (" + any + "))";
}

// A row that says in which part somebody took part, and not who: nobody knows them, so they are not
// the subject.
std::string ReadWriter::unnamed_sql(const Table& table) const {
  std::string sql;
  for (const Link& link : table.links) {
    if (link.to.empty() || link.when.empty() || !is_person(s_.table(link.to))) continue;
    const bool employees = std::none_of(
        s_.map_.subjects.begin(), s_.map_.subjects.end(),
        [&](const auto& type) { return type.table == link.to && type.current.empty(); });
    sql += " WHEN " + datamap::where_sql("t", link.when) + " THEN " + (employees ? "1" : "2");
  }
  return sql;
}

std::string ReadWriter::of_others_sql(const Table& table) const {
  if (table.match || is_person(table)) return "false";
  std::string others, own;
  for (const Link& link : table.links) {
    if (link.to.empty() || !is_subject(link.to)) continue;
    const std::string present = present_sql(link), customer = customer_sql(table, link);
    if (customer != "false")
      others +=
          (others.empty() ? "" : " OR ") + std::string("(") + present + " AND " + customer + ")";
    if (s_.scope_.holds(link.to))
      own += (own.empty() ? "" : " OR ") + std::string("(") + present + " AND " +
             inside_sql(table, link) + ")";
  }
  if (others.empty()) return "false";
  return "((" + others + ")" + (own.empty() ? "" : " AND NOT (" + own + ")") + ")";
}

// Which parts of the link tell one parent from another: all rows and sets are one tenant's.
std::vector<std::size_t> ReadWriter::telling(const Table& table, const Table& parent,
                                             const Link& link) const {
  const auto is_tenant = [&](const Table& of, const std::string& column) {
    const datamap::Tenant& tenant =
        of.tenant.how == datamap::Tenant::How::none ? s_.map_.tenant : of.tenant;
    return tenant.how == datamap::Tenant::How::column && tenant.value == column;
  };
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < link.from.size(); ++i) {
    if (!link.from[i].plain() || !is_tenant(table, link.from[i].column) ||
        !is_tenant(parent, parent.key[i]))
      parts.push_back(i);
  }
  if (parts.empty()) parts.push_back(0);
  return parts;
}

// The link of t leads into a set. Written with IN: that is a hash table whatever the planner
// believes of the set's size, where EXISTS or a join may read the set for every row.
std::string ReadWriter::in_set_sql(const Table& table, const Table& parent, const Link& link,
                                   const std::string& set, const std::string& where) const {
  std::string left, right;
  for (const std::size_t i : telling(table, parent, link)) {
    if (!same_type(s_.catalog_, table, parent, link, i)) {
      // The same value may be spelt in several ways.
      return "EXISTS (SELECT 1 FROM " + set + " y WHERE " +
             datamap::link_sql(s_.map_, s_.catalog_, table, "t", link, "y") +
             (where.empty() ? "" : " AND " + where) + ")";
    }
    left += (left.empty() ? "" : ", ") + column_sql("t", link.from[i].column);
    right += (right.empty() ? "" : ", ") + column_sql("y", parent.key[i]);
  }
  return "(" + left + ") IN (SELECT " + right + " FROM " + set + " y" +
         (where.empty() ? "" : " WHERE " + where) + ")";
}

// Wherever the link of t leads is in the set. Of a list in which one value is spelt in several ways
// that is not seen.
std::string ReadWriter::all_in_sql(const Table& table, const Table& parent, const Link& link,
                                   const std::string& set, const std::string& where) const {
  const std::string count = count_sql(link);
  if (count.empty()) return in_set_sql(table, parent, link, set, where);
  return "(SELECT pg_catalog.count(*) FROM " + set + " y WHERE " +
         datamap::link_sql(s_.map_, s_.catalog_, table, "t", link, "y") +
         (where.empty() ? "" : " AND " + where) + ") = " + count;
}

// The class of the row of a carrying table that the link leads to; of one outside the scope nothing
// is known but that it is somebody else's.
std::string ReadWriter::through_sql(const Table& table, const Table& parent,
                                    const Link& link) const {
  const auto in = [&](const char* one_of) {
    return all_in_sql(table, parent, link, "c" + s_.number_of(parent.name),
                      std::string("y.class ") + one_of);
  };
  return "CASE WHEN " + present_sql(link) + " THEN CASE WHEN " + in("= 0") + " THEN 0 WHEN " +
         in("<= 1") + " THEN 1 ELSE 2 END ELSE 0 END";
}

std::optional<std::string> ReadWriter::class_sql(const Table& table) const {
  if (table.match || is_person(table)) return std::nullopt;
  std::string own, customer, worker, through;
  for (const Link& link : table.links) {
    if (link.to.empty()) continue;
    const Table& parent = s_.table(link.to);
    const std::string present = present_sql(link);
    if (is_person(parent)) {
      if (s_.scope_.holds(link.to))
        own += " WHEN " + present + " AND " + inside_sql(table, link) + " THEN 0";
      const std::string is_customer = customer_sql(table, link);
      if (is_customer != "false")
        customer += " WHEN " + present + " AND " + is_customer + " THEN 2";
      worker += " WHEN " + present + " THEN 1";
    } else if (carries(parent) && parent.name != table.name) {
      through += (through.empty() ? "" : ", ") + through_sql(table, parent, link);
    }
  }
  if (worker.empty() && through.empty()) return std::nullopt;
  const std::string rest = through.empty() ? "0" : "GREATEST(" + through + ")";
  if (worker.empty()) return rest;
  return "CASE" + own + customer + worker + unnamed_sql(table) + " ELSE " + rest + " END";
}

// The follow links that reach the table, each from one row; nothing where it is reached otherwise,
// too.
std::optional<std::vector<const Link*>> ReadWriter::direct_links(const Table& table) const {
  if (carries(table)) return std::nullopt;
  std::vector<const Link*> links;
  for (const ScopeSet& set : s_.scope_.sets) {
    for (const Source& source : set.sources) {
      const bool own = set.table == table.name;
      if (own && source.how != Source::How::link) return std::nullopt;
      if (source.how == Source::How::last && source.child == table.name) return std::nullopt;
      if (source.how != Source::How::link) continue;
      const Link* link = s_.table(set.table).link(source.link);
      if (link->to == table.name || (own && !count_sql(*link).empty())) return std::nullopt;
      if (own && std::find(links.begin(), links.end(), link) == links.end()) links.push_back(link);
    }
  }
  return links;
}

// Where each link goes by one column that an index begins with, PostgreSQL reads each page of the
// table once, however many links lead to its rows.
std::optional<std::string> ReadWriter::any_of_sql(const Table& table,
                                                  const std::vector<const Link*>& links) const {
  std::string any;
  for (const Link* link : links) {
    const Table& parent = s_.table(link->to);
    const std::vector<std::size_t> parts = telling(table, parent, *link);
    if (parts.size() != 1 || !same_type(s_.catalog_, table, parent, *link, parts[0]) ||
        !is_indexed(s_.catalog_.at(table.name), *link))
      return std::nullopt;
    any += (any.empty() ? "" : " OR ") + column_sql("t", link->from[parts[0]].column) +
           " = ANY (ARRAY(SELECT " + column_sql("y", parent.key[parts[0]]) + " FROM " +
           s_.all_of(link->to) + " y))";
    if (!link->when.empty()) any += " AND " + datamap::where_sql("t", link->when);
  }
  return "(SELECT t.* FROM " + s_.from(table.name, "t") + " WHERE " + s_.tenant_of(table, "t") +
         " AND (" + any + ")) t";
}

// The scope is closed under follow links, so a table that is reached by them alone has exactly the
// rows with a link into the scope. Reading them there and then spares a person with a hundred
// thousand messages the way over a hundred thousand keys. A row that an earlier link has found is
// left out by the later ones.
std::optional<std::string> ReadWriter::direct_sql(const Table& table) const {
  const std::optional<std::vector<const Link*>> links = direct_links(table);
  if (!links) return std::nullopt;
  if (std::optional<std::string> any = any_of_sql(table, *links)) return any;
  std::string sql, earlier;
  for (const Link* link : *links) {
    const Table& parent = s_.table(link->to);
    sql += (sql.empty() ? "" : " UNION ALL ") + std::string("SELECT t.* FROM ") +
           s_.all_of(link->to) + " p JOIN " + s_.from(table.name, "t") + " ON " +
           datamap::link_sql(s_.map_, s_.catalog_, table, "t", *link, "p") + " WHERE " +
           s_.tenant_of(table, "t") + earlier;
    earlier += " AND NOT (" + present_sql(*link) + " AND " +
               in_set_sql(table, parent, *link, s_.all_of(link->to), "") + ")";
  }
  return "(" + sql + ") t";
}

// Parents that rows of the scope hang on by a last-child link, and that others share.
std::string ReadWriter::shared_sql(const Table& parent) const {
  std::string sql;
  for (const Table& child : s_.map_.tables) {
    if (!s_.scope_.holds(child.name)) continue;
    for (const Link& link : child.links) {
      if (!link.up_last || link.to != parent.name) continue;
      sql += sql.empty() ? "" : " UNION ";
      sql += "SELECT DISTINCT " + key_list_sql(parent, "u") + " FROM " + s_.all_of(child.name) +
             " p JOIN " + s_.from(child.name, "c") + " ON " + same_key_sql(child, "c", "p") +
             " JOIN " + s_.from(parent.name, "u") + " ON " +
             datamap::link_sql(s_.map_, s_.catalog_, child, "c", link, "u") + " AND " +
             datamap::where_sql("c", link.count) + " WHERE " + s_.tenant_of(parent, "u");
      if (s_.scope_.holds(parent.name)) {
        sql += " AND (" + key_list_sql(parent, "u") + ") NOT IN (SELECT " +
               key_list_sql(parent, "y") + " FROM " + s_.all_of(parent.name) + " y)";
      }
    }
  }
  return sql;
}

void ReadWriter::write(const Drivers& drivers) {
  s_.scope_sets(drivers);
  for (const Portion& portion : portions_) {
    const Table& table = *portion.table;
    if (may_be_shared(s_.map_, s_.scope_, table))
      s_.add("w" + s_.number_of(table.name), shared_sql(table));
  }
  for (const Table& table : s_.map_.tables) {
    if (!carries(table)) continue;
    // What a carrying table is reached through carries nothing more: one step is enough.
    std::string own, worker;
    for (const Link& link : table.links) {
      if (link.to.empty() || !is_person(s_.table(link.to))) continue;
      const std::string present = present_sql(link);
      if (s_.scope_.holds(link.to))
        own += " WHEN " + present + " AND " + inside_sql(table, link) + " THEN 0";
      worker += " WHEN " + present + " THEN CASE WHEN " + customer_sql(table, link) +
                " THEN 2 ELSE 1 END";
    }
    s_.add("c" + s_.number_of(table.name),
           "SELECT " + key_list_sql(table, "t") + ", CASE" + own + worker + unnamed_sql(table) +
               " ELSE 0 END AS class FROM " + s_.all_of(table.name) + " k JOIN " +
               s_.from(table.name, "t") + " ON " + same_key_sql(table, "t", "k"));
  }
}

std::string ReadWriter::select(std::size_t number, bool shared) const {
  const Portion& portion = portions_[number];
  const Table& table = *portion.table;
  const std::optional<std::string> whose = shared ? std::nullopt : class_sql(table);
  const std::string set = shared ? "w" + s_.number_of(table.name) : s_.all_of(table.name);
  std::string from =
      set + " k JOIN " + s_.from(table.name, "t") + " ON " + same_key_sql(table, "t", "k");
  const std::optional<std::string> direct = shared ? std::nullopt : direct_sql(table);
  if (direct) from = *direct;
  if (whose) from = "(SELECT t.*, " + *whose + " AS ccctl_class FROM " + from + " OFFSET 0) t";
  std::string sql = "SELECT " + std::to_string(number) + "::text", masked;
  for (const Field& field : portion.fields) {
    const std::string value = value_sql(table, field);
    const std::string mask = mask_sql(table, field, shared, whose.has_value());
    if (mask == "false") {
      sql += ", " + value;
      continue;
    }
    sql += mask == "true" ? ", NULL::text"
                          : ", CASE WHEN " + mask + " THEN NULL ELSE " + value + " END";
    masked += std::string(masked.empty() ? "" : ", ") + "CASE WHEN (" + mask + ") AND " + value +
              " IS NOT NULL THEN " + quote_literal(field.name) + " END";
  }
  std::size_t widest = 0;
  for (const Portion& each : portions_) widest = std::max(widest, each.fields.size());
  for (std::size_t i = portion.fields.size(); i < widest; ++i) sql += ", NULL::text";
  sql += masked.empty() ? ", ''" : ", pg_catalog.concat_ws(',', " + masked + ")";
  return sql + " FROM " + from;
}

// Each portion is a select with an order of its own; one after the other, as Append runs them. What
// is read directly may be very much: nobody waits until it is sorted.
std::string ReadWriter::rows() const {
  std::string sql;
  for (std::size_t i = 0; i < portions_.size(); ++i) {
    const Table& table = *portions_[i].table;
    // All rows are of one tenant, whose text would only make the sort slower.
    std::string order;
    for (const std::string& column : s_.map_.id_columns(table))
      order += (order.empty() ? " ORDER BY " : ", ") + column_sql("t", column);
    std::string part;
    if (s_.scope_.holds(table.name))
      part = "(" + select(i, false) + (direct_links(table) ? "" : order) + ")";
    if (may_be_shared(s_.map_, s_.scope_, table))
      part += (part.empty() ? "(" : "\nUNION ALL (") + select(i, true) + order + ")";
    sql += (sql.empty() ? "\n" : "\nUNION ALL ") + part;
  }
  return sql;
}

std::string ReadWriter::counts() const {
  std::string sql;
  for (const Portion& portion : portions_) {
    const std::string& name = portion.table->name;
    sql += sql.empty() ? "\nSELECT 0" : ", 0";
    if (s_.scope_.holds(name))
      sql += " + (SELECT pg_catalog.count(*) FROM " + s_.all_of(name) + ")";
    if (may_be_shared(s_.map_, s_.scope_, *portion.table))
      sql += " + (SELECT pg_catalog.count(*) FROM w" + s_.number_of(name) + ")";
  }
  return sql;
}

}  // namespace ccctl::plan
