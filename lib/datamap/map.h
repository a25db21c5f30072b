// The data map: what a datastore's tables mean (shared grammar: kind DataMap, apiVersion ccctl/v1).
//
// A Map is plain data as read from YAML: names are resolved (every `to:` names a table of the map),
// but nothing has been compared with a datastore yet; that is check.h. Nothing in lib/ names a
// table of a contact centre.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "doc/located.h"

namespace ccctl::datamap {

// A table's logical name as the map writes it: "people", or "crm.people" outside schema public.
// For a partitioned table it is the root's.
using TableName = std::string;

// One step inside JSON: a member, or [*] for each element.
struct Step {
  std::string member;  // empty: [*]
  friend auto operator<=>(const Step&, const Step&) = default;
};

// Where a value stands: a column, an SQL array's elements (column[*]), or a place inside JSON
// (column$.member.member[*].member).
struct Site {
  std::string column;
  std::vector<Step> path;
  bool json = false;  // the path begins with `$`

  bool plain() const { return path.empty(); }
  bool many() const;         // it has [*]
  std::string text() const;  // as the map writes it
  static std::optional<Site> parse(std::string_view text);
  friend auto operator<=>(const Site&, const Site&) = default;
};

// column: value | [values] | null | "*"; several are AND.
struct Condition {
  enum class Op { any_of, is_null, not_null };
  std::string column;
  Op op = Op::any_of;
  std::vector<std::string> values;  // any_of
};
using Where = std::vector<Condition>;  // empty: always

enum class Erase { erase_row, anonymise, retain };  // `delete` is a keyword
enum class Rectify { replace, annotate, keep };
enum class Down { follow, cut, stay };

// What erasing does to one column of a row that stays.
struct ColumnErase {
  enum class Effect { none, set_null, drop, set_value, pseudonymise, truncate, generalise };
  Effect effect = Effect::none;
  std::string value;  // set_value: the value; generalise: the unit
  int count = 0;      // truncate and pseudonymise: characters kept
};

struct Sealed {
  std::string as;   // "CC01" for fields, "stream" for objects
  std::string key;  // unit | tenant
};

struct Column {
  Site site;
  std::string is;          // name, phone, email, address, social.X, external …; empty: none
  std::vector<Site> with;  // other sites of the same identifier, in the order of reading
  std::string data;        // W-05's data type, where it differs from the table's
  std::string normalise;   // "e164/JP", "fold", "exact"; empty: as it comes
  std::string search;      // column that holds the folded form; empty: none
  bool suggest = false;
  bool free = false;  // free text that may mention people
  bool mask = false;
  ColumnErase erase;
  std::optional<Sealed> sealed;
  std::string blind;  // blind index column; empty: none
  doc::Position at;

  // Whether erasing changes it where the row stays.
  bool personal() const { return !is.empty() || free || erase.effect != ColumnErase::Effect::none; }
  // What erasing does to it where the row stays: `erase`; where the map says nothing, an identifier
  // or free text becomes null (a member in JSON or an element goes), and anything else stays.
  ColumnErase effective_erase() const;
};

struct Link {
  std::string name;
  std::vector<Site> from;  // in the order of `to`'s key
  TableName to;            // empty: none
  Where when;
  Down down = Down::stay;
  bool up_last = false;
  Where count;  // with up_last: the children that count
  doc::Position at;

  // Whether one of its sites has many values, so that a row may lead to several.
  bool from_list() const;
};

struct Object {
  std::string name;
  Site pointer;
  std::string store;  // name of an object store in the settings
  std::optional<Sealed> sealed;
};

// Where a rule's time starts.
struct Anchor {
  enum class Source { column, link, tenant, latest_of };
  Source source = Source::column;
  std::string column;         // column
  std::string zone;           // column: for `timestamp without time zone`; empty: the map's
  std::string link;           // link
  std::string anchor;         // link, tenant: the anchor there
  std::vector<Anchor> parts;  // latest_of
};

struct DataType {
  Where when;  // empty: the whole table
  std::string is;
};

struct Hidden {
  std::string column;            // {column: c}
  TableName move;                // {move: table}
  std::string view, tombstones;  // {view: v, tombstones: t}
};

// What of a table no request reaches, told in every result.
struct Outside {
  std::string what, reason;
  // Rows of this kind that lead to no subject, neither by a follow link of their own nor by one of
  // a row that belongs to them; they are counted. Empty: nothing is.
  Where unlinked;
  std::vector<std::string> requirements;
};

// How a row knows its tenant.
struct Tenant {
  enum class How { none, column, constant, link };
  How how = How::none;
  std::string value;  // the column, the constant, or the link's name
};

struct Table {
  TableName name;
  std::vector<std::string> key;  // includes the tenant column where the site's key does
  std::string category;          // registration, host_usage, generated
  std::vector<DataType> data;
  std::optional<Site> retention_label;
  std::vector<std::string> purposes;
  Erase erase = Erase::erase_row;
  std::string retain_basis;  // with Erase::retain
  Rectify rectify = Rectify::replace;
  std::optional<Hidden> hidden;
  std::map<std::string, Anchor> anchors;
  std::vector<std::string> clean;
  std::vector<Column> columns;  // in the map's order
  std::vector<Link> links;      // in the map's order
  std::vector<Object> objects;
  std::vector<Outside> outside;
  Tenant tenant;  // the table's own, or the map's
  bool in_scope = true;
  bool match = false;
  bool requires_subject = false;
  bool unit = false;
  doc::Position at;

  const Link* link(std::string_view name) const;  // nullptr when there is none
  // The sites that become null when the link is cut: its own, without the tenant's column, and
  // without those that another link needs, too (a company's number in the keys of several tables),
  // as long as one remains.
  std::vector<Site> cut_sites(const Link& link) const;
  // What goes when the column's value does: the other sites of the same identifier, its search form
  // and its blind index, except those that are clean or erased in a way of their own.
  std::vector<Site> goes_with(const Column& column) const;
};

struct Merge {
  std::string canonical;  // column form: points to the canonical row's key (without tenant)
  TableName table;        // table form
  std::vector<std::string> member, canonical_columns;
};

struct SubjectType {
  std::string kind;  // external_contact, user, dialer_contact, journey_customer …
  TableName table;
  Where where;
  Where current;  // a current employee; empty: never
  std::optional<Merge> merge;
  std::optional<Site> label;
  doc::Position at;
};

// Where the tenants themselves stand, if they do.
struct Tenants {
  TableName table;
  std::string key;
  std::optional<Site> region, pack, status, zone;
  std::map<std::string, Anchor> anchors;
};

struct Map {
  Tenant tenant;
  std::optional<Tenants> tenants;
  std::string zone;                 // for timestamp without time zone; empty: there is none
  std::vector<std::string> ignore;  // shell patterns over logical names
  std::vector<SubjectType> subjects;
  std::vector<Table> tables;  // in the map's order
  std::string digest;         // hex SHA-256 of the canonical form: layout and comments do not count

  const Table* table(std::string_view name) const;
  const SubjectType* subject(std::string_view kind) const;
  // The key without the tenant column: what a person types as KIND:ID.
  std::vector<std::string> id_columns(const Table& table) const;
};

// Throws map_invalid with file:line:column for everything that can be seen without a datastore:
// unknown keys, wrong types, duplicate names, links to unknown tables, `from` and key of different
// length, a subject on an unknown table …
Map read_map(const std::string& yaml, const std::string& file_name);
// The map in its own grammar, without defaults, for `datamap show` and the digest: read_map() of it
// gives the same digest.
Json to_json(const Map& map);
Json to_json(const Table& table,
             const Map& map);  // one table's part, `tenant` only where it differs
// The JSON Schema of the grammar, as schemas/json/datamap.schema.json keeps it.
std::string datamap_schema();

}  // namespace ccctl::datamap
