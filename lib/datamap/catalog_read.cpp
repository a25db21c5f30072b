// The catalog queries. Each returns flat rows for all tables at once; the grouping is done here.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.h"
#include "datamap/catalog.h"
#include "datamap/constant_probe.h"

namespace ccctl::datamap {
namespace {

using store::Rows;
using store::Tx;

// A partition's root, or the relation itself.
constexpr std::string_view kRoot = "coalesce(pg_catalog.pg_partition_root($oid)::oid, $oid)";

std::string root_of(const std::string& oid) {
  std::string sql(kRoot);
  for (std::size_t at = 0; (at = sql.find("$oid", at)) != std::string::npos;)
    sql.replace(at, 4, oid);
  return sql;
}

std::string text(const Rows& rows, std::size_t row, std::size_t column) {
  return std::string(rows.text(row, column));
}

class Reading {
 public:
  Reading(Tx& tx, const Map& map) : tx_(tx), map_(map) {}

  Catalog run() {
    tables();
    if (!oids_.empty()) {
      columns();
      generated();
      indexes();
      uniques();
      checks();
      foreign_keys();
      attachments();
      materialised_views();
    }
    for (auto& [oid, table] : by_oid_) catalog_.tables.emplace(table.name, std::move(table));
    mark_indexed();
    probe_constants(tx_, map_, catalog_);
    return std::move(catalog_);
  }

 private:
  std::optional<std::string> oid_list() const { return store::array_literal(oids_); }
  CatalogTable* by_oid(const Rows& rows, std::size_t row) {
    const auto found = by_oid_.find(text(rows, row, 0));
    return found == by_oid_.end() ? nullptr : &found->second;
  }

  void tables() {
    const std::vector<std::string> schemas = mapped_schemas(map_);
    const Rows rows = tx_.exec(
        {"SELECT c.oid, n.nspname, c.relname, c.relkind = 'p',"
         " pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),"
         " pg_catalog.row_security_active(c.oid),"
         " CASE WHEN c.relkind = 'p' THEN (SELECT coalesce(sum(greatest(l.reltuples, 0)), "
         "0)::bigint"
         "   FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class l ON l.oid = "
         "t.relid"
         "   WHERE t.isleaf) ELSE greatest(c.reltuples, 0)::bigint END"
         " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
         " WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'f') AND NOT "
         "c.relispartition"
         " ORDER BY n.nspname, c.relname",
         {store::array_literal(schemas)}});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CatalogTable table;
      table.name = logical_name(rows.text(i, 1), rows.text(i, 2));
      table.oid = static_cast<std::uint32_t>(rows.integer(i, 0));
      table.partitioned = rows.boolean(i, 3);
      table.sql_name = text(rows, i, 4);
      table.row_security_active = rows.boolean(i, 5);
      table.estimated_rows = static_cast<double>(rows.integer(i, 6));
      oids_.push_back(text(rows, i, 0));
      by_oid_.emplace(oids_.back(), std::move(table));
    }
  }

  void columns() {
    const Rows rows =
        tx_.exec({"SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), "
                  "a.attnotnull,"
                  " a.attgenerated <> '', a.attidentity <> '', a.atthasdef"
                  " FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ($1::oid[])"
                  " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum",
                  {oid_list()}});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CatalogColumn column;
      column.name = text(rows, i, 1);
      column.type = text(rows, i, 2);
      column.not_null = rows.boolean(i, 3);
      column.generated = rows.boolean(i, 4);
      column.identity = rows.boolean(i, 5);
      column.defaulted = rows.boolean(i, 6) && !column.generated;
      if (CatalogTable* table = by_oid(rows, i)) table->columns.push_back(std::move(column));
    }
  }

  void generated() {
    const Rows rows = tx_.exec(
        {"SELECT d.adrelid, a.attname, s.attname FROM pg_catalog.pg_attrdef d"
         " JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum"
         "  AND a.attgenerated <> ''"
         " JOIN pg_catalog.pg_depend p ON p.classid = 'pg_catalog.pg_attrdef'::regclass"
         "  AND p.objid = d.oid AND p.refobjid = d.adrelid AND p.refobjsubid NOT IN (0, d.adnum)"
         "  AND p.refclassid = 'pg_catalog.pg_class'::regclass"
         " JOIN pg_catalog.pg_attribute s ON s.attrelid = d.adrelid AND s.attnum = p.refobjsubid"
         " WHERE d.adrelid = ANY ($1::oid[]) ORDER BY 1, 2, s.attnum",
         {oid_list()}});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CatalogTable* table = by_oid(rows, i);
      if (!table) continue;
      for (CatalogColumn& column : table->columns) {
        if (column.name == rows.text(i, 1)) column.made_of.push_back(text(rows, i, 2));
      }
    }
  }

  // Of an expression only the catalog's list of dependencies tells the columns.
  void uniques() {
    const Rows rows =
        tx_.exec({"SELECT i.indrelid, c.relname, i.indpred IS NOT NULL, i.indexprs IS NOT NULL,"
                  // A column of PostgreSQL 15.
                  " coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),"
                  " to_jsonb(ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE "
                  "a.attrelid = i.indrelid"
                  "  AND a.attnum > 0 AND (a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])"
                  "   OR (i.indexprs IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_depend d"
                  "    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid"
                  "    AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum)))))::text"
                  " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
                  " WHERE i.indrelid = ANY ($1::oid[]) AND (i.indisunique OR i.indisexclusion)"
                  " ORDER BY i.indrelid, c.relname",
                  {oid_list()}});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CatalogTable* table = by_oid(rows, i);
      if (!table) continue;
      Unique unique{
          text(rows, i, 1), {}, rows.boolean(i, 2), rows.boolean(i, 3), !rows.boolean(i, 4)};
      unique.columns = Json::parse(rows.text(i, 5)).get<std::vector<std::string>>();
      table->uniques.push_back(std::move(unique));
    }
  }

  struct Index {
    CatalogTable* table = nullptr;
    bool primary = false, unique = false, whole = true;
    std::string predicate;
    std::vector<std::string> columns;
  };

  void indexes() {
    const Rows rows = tx_.exec(
        {"SELECT i.indrelid, i.indexrelid, i.indisprimary, i.indisunique,"
         " coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), ''), coalesce(a.attname, '')"
         " FROM pg_catalog.pg_index i"
         " CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)"
         " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum "
         "AND k.attnum > 0"
         " WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid AND k.place <= i.indnkeyatts"
         " ORDER BY i.indexrelid, k.place",
         {oid_list()}});
    std::map<std::string, Index> found;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Index& index = found[text(rows, i, 1)];
      index.table = by_oid(rows, i);
      index.primary = rows.boolean(i, 2);
      index.unique = rows.boolean(i, 3);
      index.predicate = text(rows, i, 4);
      if (rows.text(i, 5).empty()) index.whole = false;  // an expression
      if (index.whole) index.columns.push_back(text(rows, i, 5));
    }
    for (auto& [oid, index] : found) {
      if (index.table) add(*index.table, index);
    }
  }

  static void add(CatalogTable& table, const Index& index) {
    if (index.primary) table.primary_key = index.columns;
    if (index.unique && index.whole && index.predicate.empty()) {
      table.unique.push_back(index.columns);
      std::sort(table.unique.begin(), table.unique.end());
      const bool not_null =
          std::all_of(index.columns.begin(), index.columns.end(), [&](const std::string& name) {
            const CatalogColumn* column = table.column(name);
            return column && column->not_null;
          });
      if (not_null && !index.primary) table.unique_not_null.push_back(index.columns);
    }
    // A partial index serves a join when all it leaves out is rows where its column is null.
    const bool nulls_only =
        std::any_of(index.columns.begin(), index.columns.end(), [&](const std::string& name) {
          return index.predicate == "(" + name + " IS NOT NULL)" ||
                 index.predicate == "(" + store::quote_name(name) + " IS NOT NULL)";
        });
    if (!index.columns.empty() && (index.predicate.empty() || nulls_only)) {
      table.indexes.push_back(index.columns);
      std::sort(table.indexes.begin(), table.indexes.end());
    }
  }

  void checks() {
    const Rows rows = tx_.exec(
        {"SELECT con.conrelid, con.conname, pg_catalog.pg_get_expr(con.conbin, con.conrelid), "
         "a.attname"
         " FROM pg_catalog.pg_constraint con"
         " CROSS JOIN LATERAL unnest(con.conkey) WITH ORDINALITY AS k(attnum, place)"
         " JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.attnum"
         " WHERE con.contype = 'c' AND con.conrelid = ANY ($1::oid[])"
         " ORDER BY con.conrelid, con.conname, k.place",
         {oid_list()}});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CatalogTable* table = by_oid(rows, i);
      if (!table) continue;
      const std::string name = text(rows, i, 1);
      if (table->checks.empty() || table->checks.back().name != name) {
        table->checks.push_back({name, {}, text(rows, i, 2)});
      }
      table->checks.back().columns.push_back(text(rows, i, 3));
    }
  }

  void foreign_keys() {
    const Rows rows = tx_.exec(
        {"SELECT con.oid, con.conname, fn.nspname, f.relname, fa.attname, tn.nspname, t.relname, "
         "ta.attname,"
         " con.confdeltype, con.condeferrable"
         " FROM pg_catalog.pg_constraint con"
         " JOIN pg_catalog.pg_class f ON f.oid = " +
             root_of("con.conrelid") +
             " JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace"
             " JOIN pg_catalog.pg_class t ON t.oid = " +
             root_of("con.confrelid") +
             " JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
             " CROSS JOIN LATERAL unnest(con.conkey, con.confkey) WITH ORDINALITY AS k(f, t, place)"
             " JOIN pg_catalog.pg_attribute fa ON fa.attrelid = con.conrelid AND fa.attnum = k.f"
             " JOIN pg_catalog.pg_attribute ta ON ta.attrelid = con.confrelid AND ta.attnum = k.t"
             " WHERE con.contype = 'f' AND con.conparentid = 0"
             " AND (f.oid = ANY ($1::oid[]) OR t.oid = ANY ($1::oid[]))"
             " ORDER BY fn.nspname, f.relname, con.conname, con.oid, k.place",
         {oid_list()}});
    std::string last;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (text(rows, i, 0) != last) {
        last = text(rows, i, 0);
        ForeignKey key;
        key.name = text(rows, i, 1);
        key.from = logical_name(rows.text(i, 2), rows.text(i, 3));
        key.to = logical_name(rows.text(i, 5), rows.text(i, 6));
        key.on_delete = rows.text(i, 8).empty() ? 'a' : rows.text(i, 8).front();
        key.deferrable = rows.boolean(i, 9);
        catalog_.foreign_keys.push_back(std::move(key));
      }
      catalog_.foreign_keys.back().from_columns.push_back(text(rows, i, 4));
      catalog_.foreign_keys.back().to_columns.push_back(text(rows, i, 7));
    }
  }

  // Triggers, rules, policies, publications and inheritance children, of partitions too.
  void attachments() {
    const std::string sql =
        "SELECT " + root_of("x.rel") +
        "::oid, x.kind, x.name FROM ("
        " SELECT tgrelid AS rel, 't' AS kind, tgname::text AS name FROM pg_catalog.pg_trigger"
        "  WHERE NOT tgisinternal AND tgparentid = 0 AND tgenabled <> 'D'"
        // A sweep's own, while it replaces a partition (run/partition.h).
        "  AND tgname <> 'ccctl_watch'"
        " UNION ALL SELECT ev_class, 'r', rulename::text FROM pg_catalog.pg_rewrite WHERE rulename "
        "<> '_RETURN'"
        " UNION ALL SELECT polrelid, 'p', polname::text FROM pg_catalog.pg_policy"
        " UNION ALL SELECT c.oid, 'u', pt.pubname::text FROM pg_catalog.pg_publication_tables pt"
        "  JOIN pg_catalog.pg_namespace n ON n.nspname = pt.schemaname"
        "  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = pt.tablename"
        " UNION ALL SELECT i.inhparent, 'c', CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname "
        "|| '.' END || c.relname"
        "  FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND NOT "
        "c.relispartition"
        "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'f')"
        ") x WHERE " +
        root_of("x.rel") + " = ANY ($1::oid[]) ORDER BY 1, 2, 3";
    const Rows rows = tx_.exec({sql, {oid_list()}});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CatalogTable* table = by_oid(rows, i);
      if (!table) continue;
      std::vector<std::string>* list = nullptr;
      switch (rows.text(i, 1).front()) {
        case 't':
          list = &table->triggers;
          break;
        case 'r':
          list = &table->rules;
          break;
        case 'p':
          list = &table->policies;
          break;
        case 'u':
          list = &table->publications;
          break;
        default:
          list = &table->children;
          break;
      }
      if (list->empty() || list->back() != rows.text(i, 2)) list->push_back(text(rows, i, 2));
    }
  }

  // Through plain views too.
  void materialised_views() {
    const Rows rows =
        tx_.exec({"WITH RECURSIVE reads(base, rel, kind) AS ("
                  " SELECT d.refobjid, c.oid, c.relkind FROM pg_catalog.pg_depend d"
                  "  JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid JOIN pg_catalog.pg_class c ON "
                  "c.oid = w.ev_class"
                  "  WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = "
                  "'pg_catalog.pg_class'::regclass"
                  "  AND c.relkind IN ('v', 'm') AND d.refobjid <> c.oid"
                  // Most datastores have none: then nothing is looked through.
                  "  AND EXISTS (SELECT FROM pg_catalog.pg_class WHERE relkind = 'm')"
                  "  AND " +
                      root_of("d.refobjid") +
                      " = ANY ($1::oid[])"
                      " UNION"
                      " SELECT r.base, c.oid, c.relkind FROM reads r"
                      "  JOIN pg_catalog.pg_depend d ON d.refobjid = r.rel AND d.classid = "
                      "'pg_catalog.pg_rewrite'::regclass"
                      "   AND d.refclassid = 'pg_catalog.pg_class'::regclass"
                      "  JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid JOIN pg_catalog.pg_class "
                      "c ON c.oid = w.ev_class"
                      "  WHERE c.relkind IN ('v', 'm') AND c.oid <> r.rel)"
                      "SELECT DISTINCT " +
                      root_of("r.base") +
                      "::oid, n.nspname, c.relname FROM reads r"
                      " JOIN pg_catalog.pg_class c ON c.oid = r.rel JOIN pg_catalog.pg_namespace n "
                      "ON n.oid = c.relnamespace"
                      " WHERE r.kind = 'm' ORDER BY 1, 2, 3",
                  {oid_list()}});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (CatalogTable* table = by_oid(rows, i)) {
        table->materialised_views.push_back(logical_name(rows.text(i, 1), rows.text(i, 2)));
      }
    }
  }

  void mark_indexed() {
    for (ForeignKey& key : catalog_.foreign_keys) {
      const CatalogTable* from = catalog_.table(key.from);
      if (!from) continue;
      const std::set<std::string> wanted(key.from_columns.begin(), key.from_columns.end());
      key.indexed =
          std::any_of(from->indexes.begin(), from->indexes.end(), [&](const auto& columns) {
            if (columns.size() < wanted.size()) return false;
            const auto end = columns.begin() + static_cast<std::ptrdiff_t>(wanted.size());
            return std::set<std::string>(columns.begin(), end) == wanted;
          });
    }
  }

  Tx& tx_;
  const Map& map_;
  Catalog catalog_;
  std::vector<std::string> oids_;
  std::map<std::string, CatalogTable> by_oid_;
};

}  // namespace

Catalog read_catalog(Tx& tx, const Map& map) {
  return Reading(tx, map).run();
}

}  // namespace ccctl::datamap
