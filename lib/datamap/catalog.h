// What PostgreSQL's catalog says of the mapped tables, read in one go.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datamap/map.h"
#include "store/session.h"

namespace ccctl::datamap {

std::string base_type(const std::string& type);  // without modifier: "character varying"

struct CatalogColumn {
  // Whether the text is no longer than the type allows: n characters of character varying(n).
  bool has_room(std::string_view text) const;
  // For a cast that cuts nothing off, as one to character varying(n) does.
  std::string unbounded_type() const;

  std::string name;
  std::string type;  // format_type: "timestamp with time zone", "character varying(20)", "text[]"
  bool not_null = false;
  bool generated = false;              // generated always as …
  std::vector<std::string> made_of{};  // generated: the columns that it is made of
  bool identity = false;
  bool defaulted = false;  // has a default
  // What refuses the value that the map's `erase` gives it: "its type", or a CHECK constraint's
  // name; empty: nothing does. Known for set values and nulls, tried out when the catalog is read.
  std::string refuses_erase;
  // A value that a condition of the map compares it with and its type cannot hold; empty: none.
  std::string refuses_value;
};

struct ForeignKey {
  std::string name;
  TableName from;
  std::vector<std::string> from_columns;
  TableName to;
  std::vector<std::string> to_columns;
  char on_delete = 'a';  // a no action, r restrict, c cascade, n set null, d set default
  bool indexed = false;  // an index of `from` begins with its columns
  bool deferrable = false;
};

struct Check {
  std::string name;
  std::vector<std::string> columns;  // that it reads
  std::string expression;            // as PostgreSQL prints it, over the bare column names
};

// A unique index or an exclusion constraint, whatever its shape.
struct Unique {
  std::string name;
  std::vector<std::string> columns;  // of its keys and expressions
  bool partial = false, expression = false;
  bool nulls_distinct = true;
};

struct CatalogTable {
  TableName name;  // as the map writes it; for partitions the root's
  std::uint32_t oid = 0;
  std::string sql_name;  // quoted, with schema: ready for SQL
  bool partitioned = false;
  std::vector<CatalogColumn> columns;
  std::vector<std::string> primary_key;
  std::vector<std::vector<std::string>>
      unique_not_null;                            // other unique keys without nullable columns
  std::vector<std::vector<std::string>> unique;   // all unique keys, sorted
  std::vector<Unique> uniques;                    // and with those that hold for some rows only
  std::vector<std::vector<std::string>> indexes;  // leading columns; expressions end a list
  std::vector<std::string> triggers, rules, policies, publications, materialised_views, children;
  std::vector<Check> checks;
  bool row_security_active = false;  // for this session's user
  double estimated_rows = 0;

  const CatalogColumn* column(std::string_view name) const;
};

struct Catalog {
  std::map<TableName, CatalogTable> tables;  // every table of the mapped schemas, mapped or not
  std::vector<ForeignKey> foreign_keys;

  const CatalogTable* table(std::string_view name) const;
  const CatalogTable& at(std::string_view name) const;  // throws map_drift when it is not there
  // Hex SHA-256 over columns, keys and foreign keys of the given tables (partition roots only):
  // what a plan pins (formats.md 3). It is kept for the next plan: a catalog that has given one is
  // changed no more.
  std::string digest(const std::vector<TableName>& closure) const;

  mutable std::map<std::vector<TableName>, std::string> digests{};  // of closures asked for
};

// The schemas that hold at least one mapped table, sorted; never ccctl's or the system's.
std::vector<std::string> mapped_schemas(const Map& map);
// "people" or "crm.people": a relation's logical name.
TableName logical_name(std::string_view schema, std::string_view relation);

// A handful of catalog queries; no row of a site's table is read. Partitions are folded into their
// root: what hangs on one of them hangs on it.
Catalog read_catalog(store::Tx& tx, const Map& map);

}  // namespace ccctl::datamap
