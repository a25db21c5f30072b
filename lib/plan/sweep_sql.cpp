#include <algorithm>

#include "datamap/sql.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::column_sql;
using datamap::key_list_sql;
using datamap::key_text_sql;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;
using store::quote_literal;

namespace {

// The ids of the holds that are active now, in one text.
std::string active_holds_sql(const std::string& tenant) {
  return "COALESCE((SELECT pg_catalog.string_agg(h.hold_id, ',' ORDER BY h.hold_id COLLATE \"C\") "
         "FROM ccctl.hold h WHERE h.tenant_id = " +
         tenant +
         "::text AND (h.grace_until IS NULL OR pg_catalog.statement_timestamp() < "
         "h.grace_until)), '')";
}

std::string joined_ids(const std::vector<rule::Hold>& holds) {
  std::vector<std::string> ids;
  for (const rule::Hold& hold : holds) ids.push_back(hold.id);
  std::sort(ids.begin(), ids.end());
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ",") + id;
  return text;
}

std::string digest_sql(const std::string& rows) {
  return "(SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE("
         "pg_catalog.string_agg(k, E'\\n' ORDER BY k COLLATE \"C\"), ''), 'UTF8')), 'hex') FROM " +
         rows + ")";
}

}  // namespace

std::string SweepWriter::position_sql(const std::string& alias) const {
  std::string sql;
  for (const std::string& name : pass_.walk.columns)
    sql += (sql.empty() ? "" : ", ") + column_sql(alias, name);
  return "(" + sql + ")";
}

std::string SweepWriter::bound(const Position& position) {
  std::string sql;
  for (std::size_t i = 0; i < position.size(); ++i)
    sql += (i == 0 ? "" : ", ") + s_.params_.bind(position[i]) + "::" + pass_.walk.types[i];
  return "(" + sql + ")";
}

// What an index or a partition's bounds can tell of the rows that the pass is about.
std::string SweepWriter::span(const std::string& alias) {
  std::string sql = s_.tenant_of(table_, alias);
  if (!pass_.ruled()) return sql;
  if (of_erasure()) return sql + " AND " + left_by_erasures(alias);
  const Part* part = pass_.criteria->maxima[pass_.maximum].column();
  if (part == nullptr) return sql;
  const std::string anchor =
      datamap::anchor_sql(ground_.map, ground_.catalog, table_, alias, *part->anchor);
  const std::string type = part->is_date ? "::date" : "::timestamptz";
  return sql + " AND " + anchor + " >= " + quote_literal(part->believed.from) + type + " AND " +
         anchor + " < " + quote_literal(part->passed.back().to) + type;
}

std::string SweepWriter::stretch(const std::string& alias) {
  std::string sql = span(alias);
  const Stretch& stretch = wish_.stretch;
  if (stretch.after) sql += " AND " + compared(alias, ">", *stretch.after);
  if (stretch.to) sql += " AND " + compared(alias, "<=", *stretch.to);
  return sql;
}

// The first column is compared by itself as well: of two comparisons of whole positions PostgreSQL
// does not see that they enclose a short range, and reads the table.
std::string SweepWriter::compared(const std::string& alias, const std::string& how,
                                  const Position& position) {
  return column_sql(alias, pass_.walk.columns.front()) + (how == ">" ? " >= " : " <= ") +
         s_.params_.bind(position.front()) + "::" + pass_.walk.types.front() + " AND " +
         position_sql(alias) + " " + how + " " + bound(position);
}

std::string SweepWriter::drivers() {
  if (wish_.one) {
    const std::vector<std::string> ids = ground_.map.id_columns(table_);
    std::string sql = s_.tenant_of(table_, "t");
    for (std::size_t i = 0; i < ids.size(); ++i) {
      sql += " AND " + column_sql("t", ids[i]) + " = " +
             datamap::typed_param(s_.params_.bind(wish_.one->at(i)),
                                  datamap::key_type(ground_.catalog, table_, ids[i]));
    }
    return sql;
  }
  std::string sql = stretch("t");
  if (pass_.act != Act::restore) sql += " AND " + criteria(table_.name).taken(pass_.maximum, "t");
  if (of_erasure()) sql += not_needed();
  if (pass_.act == Act::hide) sql += " AND NOT " + staged(table_, "t");
  if (ground_.planned) sql += " AND " + planned(table_, "t");
  if (pass_.act == Act::purge) sql += " AND " + staged(table_, "t", waited(table_, pass_.maximum));
  if (pass_.act == Act::purge && ground_.map.tenants && ground_.map.tenants->table == table_.name)
    sql += " AND NOT " + others_staged();
  if (pass_.act == Act::restore)
    sql += " AND " + staged(table_, "t",
                            "g.acted_at <= " + quote_literal(ccctl::to_text(ground_.as_of)) +
                                "::timestamptz");
  return sql;
}

// The tenant's own row says when everything else is due: it stays until the last of it has gone.
std::string SweepWriter::others_staged() const {
  std::string own;
  for (const TableName& name : pass_.scope.tables())
    own += (own.empty() ? "" : ", ") + quote_literal(name);
  return "EXISTS (SELECT 1 FROM ccctl.stage g WHERE g.tenant_id = " + s_.tenant_param_ +
         "::text AND g.table_name NOT IN (" + own + "))";
}

// The statement was written for these holds, and for this state of the tenant.
std::string KeptWriter::stands_sql() {
  const std::string stand =
      tenant_stand_sql(ground_.map, ground_.catalog, s_.params_, ground_.tenant);
  return "SELECT " + active_holds_sql(s_.tenant_param_) + " = " +
         s_.params_.bind(joined_ids(ground_.holds)) + "::text AND " + stand + " = " +
         s_.params_.bind(ground_.stand) + "::text AS ok";
}

void KeptWriter::stands() {
  s_.add("stands", stands_sql());
}

// Whether some active hold may cover rows of the table by itself: as HoldWriter::covers_sql() has
// it.
bool SweepWriter::may_be_held() const {
  return std::any_of(ground_.holds.begin(), ground_.holds.end(), [&](const rule::Hold& hold) {
    const bool data =
        hold.data.empty() || std::any_of(table_.data.begin(), table_.data.end(),
                                         [&](const auto& type) { return type.is == hold.data; });
    return hold.of_subject() ||
           ((hold.category.empty() || hold.category == table_.category) && data);
  });
}

// Nothing goes along, nothing refers to the rows, and no hold may cover them.
bool SweepWriter::simple() const {
  return alone() && !may_be_held() && !wish_.one;
}

// A row that goes takes nothing along and leaves nothing to be done.
bool SweepWriter::alone() const {
  const bool subject = std::any_of(ground_.map.subjects.begin(), ground_.map.subjects.end(),
                                   [&](const auto& type) { return type.table == table_.name; });
  const bool cut =
      std::any_of(ground_.map.tables.begin(), ground_.map.tables.end(), [&](const Table& child) {
        return std::any_of(child.links.begin(), child.links.end(), [&](const datamap::Link& link) {
          return link.to == table_.name && link.down == datamap::Down::cut;
        });
      });
  return pass_.act == Act::remove && !ground_.planned && !ground_.staged.contains(table_.name) &&
         !subject && !cut && table_.objects.empty() && pass_.scope.sets.size() == 1 &&
         pass_.then() == rule::Then::erase;
}

void SweepWriter::extra(const std::string& scalar) {
  s_.counts_ += s_.counts_.empty() ? "\nSELECT " : ",\n  ";
  s_.counts_ += scalar;
  extra_.push_back(s_.counters_.size() + extra_.size());
}

void SweepWriter::write_simple() {
  const std::string where =
      table_.key.empty() ? "false" : drivers() + " AND (SELECT ok FROM stands)";
  s_.add("n",
         "SELECT pg_catalog.count(*) AS n FROM " + s_.from(table_.name, "t") + " WHERE " + where);
  const std::string rows = "(SELECT n FROM n)";
  s_.count({{table_.name, Effect::erase, "", 0}, std::nullopt, nullptr}, rows);
  extra("(SELECT ok FROM stands)");
  extra(rows);
  extra(rows);
  extra("0");
  extra("0");
  extra("''");
}

// A cast to text would cost more than what it is cast for.
bool SweepWriter::prints_its_text(const std::string& column) const {
  static const std::set<std::string, std::less<>> kTypes{"bigint", "integer", "smallint", "text",
                                                         "uuid"};
  return kTypes.contains(datamap::key_type(ground_.catalog, table_, column));
}

// Nothing goes along: PostgreSQL counts what it deletes, and keeps no list of it.
SweepStatement SweepWriter::write_plain() {
  SweepStatement statement;
  statement.plain = true;
  statement.digests = wish_.digest;
  std::string sql = "DELETE FROM " + s_.from(table_.name, "t") + " WHERE " + drivers();
  sql += " AND (" + stands_sql() + ")";
  if (wish_.digest) {
    const char* comma = " RETURNING ";
    for (const std::string& id : ground_.map.id_columns(table_)) {
      sql += comma + column_sql("t", id) + (prints_its_text(id) ? "" : "::text");
      comma = ", ";
    }
  }
  statement.compiled.sql = {std::move(sql), s_.params_.take()};
  statement.compiled.counters = {{{table_.name, Effect::erase, "", 0}, std::nullopt, nullptr}};
  SweepWriter other(ground_, pass_, wish_);
  std::string stands =
      other.stands_sql() + " WHERE " + other.s_.tenant_param_ + "::text IS NOT NULL";
  statement.stands = {std::move(stands), other.s_.params_.take()};
  return statement;
}

void SweepWriter::protect() {
  Names own;
  holds(own);
  const std::string held = own_rows(own, table_.name);
  law(own);
  unplanned(own);
  climb(own);
  const std::string keys = key_list_sql(table_, "k");
  s_.add("held", held.empty() ? "SELECT " + keys + " FROM s0 k WHERE false"
                              : "SELECT " + keys + " FROM s0 k INTERSECT (" + held + ")");
  std::string rest = "SELECT " + keys + " FROM s0 k";
  if (kept_.contains(table_.name))
    rest += " EXCEPT SELECT " + keys + " FROM " + kept_.at(table_.name) + " k";
  s_.prefix_ = "b";
  if (kept_.empty()) {
    s_.prefix_.clear();
    s_.add("bs0", rest);
    return;
  }
  s_.add("bs0", rest);
  s_.sets_of({}, 1);
}

// Counting leaves out what a pass of its own has taken by then: tables of children come first.
void SweepWriter::erase_rows(const Table& table) {
  const std::string acting = s_.acting_.at(table.name), x = "x" + s_.number_of(table.name);
  const CriteriaSql sql = criteria(table.name);
  const std::string from = s_.from(table.name, "t");
  if (runs()) {
    const bool staged = forgets_stages(table);
    // Asked once more of the row as it is when it is locked.
    s_.add(x,
           "DELETE FROM " + from + " USING " + acting + " k WHERE " +
               same_key_sql(table, "t", "k") + " AND " + sql.outlived("t") + " RETURNING " +
               (staged ? s_.stage_columns(table) : "1"),
           true);
    if (staged) s_.forget_stages(table, x);
  } else {
    const bool driver = table.name == table_.name;
    s_.add(x, "SELECT 1 FROM " + acting + " k JOIN " + from + " ON " +
                  same_key_sql(table, "t", "k") + " WHERE " +
                  (driver ? "(" + key_list_sql(table, "t") + ") IN (SELECT " +
                                key_list_sql(table, "y") + " FROM bs0 y) OR "
                          : std::string()) +
                  "NOT " + sql.deleted("t"));
  }
  s_.count({{table.name, Effect::erase, "", 0}, std::nullopt, nullptr},
           "(SELECT pg_catalog.count(*) FROM " + x + ")");
}

// The bytes that tie a person to the references in the evidence go with the person's row.
void SweepWriter::forget_people(const Table& table) {
  if (!runs()) return;
  for (std::size_t i = 0; i < ground_.map.subjects.size(); ++i) {
    const datamap::SubjectType& type = ground_.map.subjects[i];
    if (type.table != table.name) continue;
    s_.add("rf" + std::to_string(i),
           "DELETE FROM ccctl.subject_ref r USING " + s_.acting_.at(table.name) + " k JOIN " +
               s_.from(table.name, "t") + " ON " + same_key_sql(table, "t", "k") +
               " WHERE r.tenant_id = " + s_.tenant_param_ + "::text AND r.subject_kind = " +
               quote_literal(type.kind) + " AND " + datamap::where_sql("t", type.where) +
               " AND r.subject_key = " + key_text_sql(ground_.map.id_columns(table), "t"),
           true);
  }
}

void SweepWriter::effects() {
  // What an erasure had to leave goes as the map says, and so does what goes along.
  if (of_erasure()) {
    s_.later_ = true;
  } else {
    s_.sweeps_ = pass_.then();
  }
  s_.acting_ = s_.all_;
  for (const TableName& name : pass_.scope.tables()) {
    const Table& table = s_.table(name);
    s_.intents(table, wish_.run);
    if (!s_.erases_rows(table)) continue;
    erase_rows(table);
    forget_people(table);
  }
  for (const Table& each : ground_.map.tables) s_.update_rows(each, runs());
}

void SweepWriter::write_whole() {
  const std::string keys = key_list_sql(table_, "t");
  // Locked as they are found due: an anchor that moves meanwhile is looked at again.
  s_.add("s0", "SELECT " + keys + " FROM " +
                   (pass_.act == Act::remove && !ground_.planned ? s_.from(table_.name, "t")
                                                                 : from_with_stage(table_, "t")) +
                   " WHERE " + drivers() + " AND (SELECT ok FROM stands)" +
                   (runs() ? " FOR UPDATE OF t" : ""));
  s_.sets_of({}, 1);
  protect();
  const bool once = s_.all_.contains(table_.name) && pass_.scope.sets_of(table_.name).size() == 1;
  if (once) s_.all_[table_.name] = "bs0";
  std::string taken = "bs0";
  if (pass_.act == Act::purge) {
    write_purge();
    taken = "cs0";
    if (once) s_.all_[table_.name] = taken;
  }
  if (pass_.act == Act::hide) {
    for (const TableName& name : pass_.scope.tables()) conceal(s_.table(name), s_.all_of(name));
  } else {
    effects();
  }
  extra("(SELECT ok FROM stands)");
  extra("(SELECT pg_catalog.count(*) FROM s0)");
  extra("(SELECT pg_catalog.count(*) FROM " + taken + ")");
  extra("(SELECT pg_catalog.count(*) FROM held)");
  extra("(SELECT pg_catalog.count(*) FROM s0) - (SELECT pg_catalog.count(*) FROM " + taken +
        ") - (SELECT pg_catalog.count(*) FROM held)");
  extra(wish_.digest ? digest_sql("(SELECT " + key_text_sql(ground_.map.id_columns(table_), "k") +
                                  " AS k FROM " + taken + " k) y")
                     : "''");
}

// The position of the n-th of these rows. Only of that row it is written as text: what stands
// beside OFFSET is computed for every row that is skipped.
std::string SweepWriter::nth_sql(const std::string& from, std::uint64_t n) {
  std::string columns, texts, order;
  for (std::size_t i = 0; i < pass_.walk.columns.size(); ++i) {
    const std::string column = column_sql("t", pass_.walk.columns[i]),
                      name = "c" + std::to_string(i);
    const char* comma = i == 0 ? "" : ", ";
    columns += comma + column + " AS " + name;
    texts += comma + ("e." + name) + "::text";
    order += comma + column;
  }
  return "SELECT pg_catalog.json_build_array(" + texts + ")::text FROM (SELECT " + columns + from +
         " ORDER BY " + order + " OFFSET " + s_.params_.bind(std::to_string(n - 1)) +
         "::bigint LIMIT 1) e";
}

// Whether the walk goes on is asked in its order, too: to find any row, PostgreSQL may choose to
// read the table from its beginning, where those are that went before.
store::Sql SweepWriter::ahead(std::uint64_t n) {
  if (!wish_.stretch.to) return "true, NULL::text";
  const std::string beyond = " FROM " + s_.from(table_.name, "t") + " WHERE " + span("t") +
                             " AND " + compared("t", ">", *wish_.stretch.to) + " AND " +
                             s_.tenant_param_ + "::text IS NOT NULL";
  std::string sql = "(" + nth_sql(beyond, 1) + ") IS NULL, (" + nth_sql(beyond, n) + ")";
  return {std::move(sql), s_.params_.take()};
}

SweepStatement SweepWriter::write() {
  if (runs() && simple()) return write_plain();
  stands();
  if (pass_.act == Act::restore) {
    write_restore();
  } else if (simple()) {
    write_simple();
  } else {
    write_whole();
  }
  SweepStatement statement;
  statement.anonymises = pass_.then() == rule::Then::anonymise;
  statement.compiled = s_.finish();
  statement.extra = extra_;
  return statement;
}

// Purges and restorations find nothing where no row is staged, or none has waited long enough.
store::Sql SweepWriter::any() {
  const std::string found =
      "SELECT EXISTS (SELECT 1 FROM ccctl.stage g WHERE g.tenant_id = " + s_.tenant_param_ +
      "::text AND g.table_name = " + quote_literal(table_.name);
  if (pass_.act == Act::purge) return {found + " AND " + ripe() + ")", s_.params_.take()};
  if (pass_.act == Act::restore) return {found + ")", s_.params_.take()};
  return {"SELECT " + s_.tenant_param_ + "::text IS NOT NULL", s_.params_.take()};
}

store::Sql SweepWriter::edge(std::uint64_t n) {
  std::string sql = nth_sql(" FROM " + s_.from(table_.name, "t") + " WHERE " + stretch("t") +
                                " AND " + s_.tenant_param_ + "::text IS NOT NULL",
                            n);
  return {std::move(sql), s_.params_.take()};
}

}  // namespace ccctl::plan
