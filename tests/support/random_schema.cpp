#include "support/random_schema.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "store/sql.h"
#include "support/random_tables.h"

namespace ccctl::testing {
namespace {

using random::Column;
using random::Link;
using random::Table;
using random::Tables;
using random::Tenancy;
using store::quote_literal;
using store::quote_name;

class Generator {
 public:
  Generator(std::uint64_t seed, std::string place) : dice_(seed), place_(std::move(place)) {}

  RandomSchema run() {
    tables_.tenancy = static_cast<Tenancy>(below(3));
    const std::size_t count = 3 + below(6);
    tables_.all.resize(count);
    for (std::size_t i = 0; i < count; ++i) shape(i);
    for (std::size_t i = 0; i < count; ++i) link_up(i);
    merging();
    RandomSchema schema;
    for (const char* part : {"", "_b"}) schema.schemas.push_back(quote_name("R " + place_ + part));
    for (const std::string& name : schema.schemas)
      schema.statements.push_back("CREATE SCHEMA " + name);
    for (const Table& table : tables_.all) schema.statements.push_back(create(table));
    for (const Table& table : tables_.all) {
      if (std::string rows = insert(table); !rows.empty())
        schema.statements.push_back(std::move(rows));
    }
    for (const Table& table : tables_.all) constraints(table, schema.statements);
    schema.map = tables_.map();
    return schema;
  }

 private:
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(dice_);
  }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }

  // What the table is, before anything refers to it. The first holds the people.
  void shape(std::size_t i) {
    Table& table = tables_.all[i];
    const std::string number = std::to_string(i);
    table.schema = "R " + place_ + (chance(30) ? "_b" : "");
    table.name = chance(30) ? "Mixed Case " + number : "t" + number;
    table.subject = i == 0;
    static const std::vector<std::vector<Column>> kKeys{
        {{"id", "integer"}}, {{"Id", "bigint"}},      {{"id", "uuid"}},
        {{"code", "text"}},  {{"id", "varchar(20)"}}, {{"Part No", "integer"}, {"kind", "text"}}};
    table.key = kKeys[below(kKeys.size())];
    table.keyless = i + 1 == tables_.all.size() && chance(40);
    table.rows = table.subject ? 9 : 4 + below(9);
    table.erase = !table.subject && chance(25) ? "anonymise" : "delete";
    table.match = !table.subject && chance(15);
    table.mail = table.subject || table.match;
    table.tags = chance(30);
    table.people = chance(40);
    table.required_text = chance(30);
    table.cut_text = chance(30);
    table.data = chance(50) ? "chat" : "bill";
    table.unit = !table.subject && chance(15);
  }

  void link_up(std::size_t i) {
    if (tables_.all[i].subject && chance(60)) return;
    const std::size_t count = 1 + below(3);
    for (std::size_t n = 0; n < count; ++n) {
      // Mostly to a table before this one, so that people are reached; else anywhere: circles.
      std::size_t to = i > 0 && chance(65) ? below(i) : below(tables_.all.size());
      if (tables_.all[to].keyless) to = 0;
      const bool polymorphic = i > 0 && chance(20);
      add_link(i, n, to, polymorphic);
    }
  }

  void add_link(std::size_t i, std::size_t n, std::size_t to, bool polymorphic) {
    Table& table = tables_.all[i];
    Link link;
    link.name = "l" + std::to_string(n);
    link.to = to;
    const std::size_t fate = below(100);
    link.down = fate < 60 ? "follow" : fate < 85 ? "cut" : "stay";
    if (table.subject && link.down == "follow" && to == 0) link.down = "cut";
    link.json = chance(20);
    link.list = link.json && link.down == "follow" && tables_.all[to].key.size() == 1 && chance(50);
    // The other half of a polymorphic link must fit the same columns.
    std::optional<std::size_t> other;
    for (std::size_t t = 0; polymorphic && !link.json && t < tables_.all.size(); ++t) {
      if (t != to && !tables_.all[t].keyless && types(t) == types(to)) other = t;
    }
    if (other) link.when = "a";
    link.last = link.down == "follow" && !link.list && !other && to != 0 &&
                table.erase == "delete" && chance(35);
    link.counted = link.last && chance(50);
    link.real = !link.json && !other && link.down != "stay" && chance(60);
    link.required =
        link.real && link.down == "follow" && to < i && table.erase == "delete" && chance(30);
    if (link.real && link.down == "follow" && chance(30)) link.on_delete = " ON DELETE CASCADE";
    if (link.real && link.down == "cut" && tables_.tenancy != Tenancy::in_keys && chance(30))
      link.on_delete = " ON DELETE SET NULL";
    for (std::size_t part = 0; part < tables_.all[to].key.size(); ++part) {
      const std::string place = link.name + "_" + std::to_string(part);
      link.from.push_back(!link.json  ? "ref " + place
                          : link.list ? "doc$.refs" + place + "[*].id"
                                      : "doc$.refs.r" + place);
    }
    const bool first = table.links.empty();
    if (tables_.tenancy == Tenancy::beside_keys && first && link.required && chance(60))
      table.by_link = true;
    table.links.push_back(link);
    if (!other) return;
    Link second = link;
    second.name += "x";
    second.to = *other;
    second.when = "b";
    second.down = chance(60) ? "follow" : "cut";
    table.links.push_back(std::move(second));
  }

  std::vector<std::string> types(std::size_t table) const {
    std::vector<std::string> all;
    for (const Column& column : tables_.all[table].key) all.push_back(column.type);
    return all;
  }

  // How people are known to be one: not at all, by a column, or by a table of pairs.
  void merging() {
    const std::size_t how = below(3);
    if (how == 1 && tables_.all[0].key.size() == 1) {
      Link link;
      link.name = "canonical";
      link.down = "cut";
      link.from = {"ref canonical"};
      link.real = chance(50);
      tables_.all[0].links.push_back(link);
      tables_.merged_by_column = true;
    } else if (how == 2) {
      Table pairs;
      pairs.schema = tables_.all[0].schema;
      pairs.name = "Pairs";
      pairs.pairs = pairs.keyless = true;
      pairs.rows = 3;
      for (const char* end : {"member", "canonical"}) {
        Link link;
        link.name = end;
        link.down = "follow";
        for (std::size_t part = 0; part < tables_.all[0].key.size(); ++part)
          link.from.push_back(std::string(end) + std::to_string(part));
        pairs.links.push_back(std::move(link));
      }
      tables_.all.push_back(std::move(pairs));
      tables_.merged_by_table = true;
    }
  }

  // --- SQL ---

  static std::string sql_name(const Table& table) {
    return quote_name(table.schema) + "." + quote_name(table.name);
  }
  bool has_tenant(const Table& table) const {
    return tables_.tenancy != Tenancy::constant && !table.by_link;
  }

  std::vector<Column> columns(const Table& table) const {
    std::vector<Column> all;
    if (has_tenant(table)) all.push_back({"acct", "text NOT NULL"});
    if (!table.keyless) {
      for (const Column& column : table.key)
        all.push_back({column.name, column.type + " NOT NULL"});
    }
    all.push_back({"role", "text NOT NULL"});
    all.push_back({"n", "integer NOT NULL"});
    all.push_back({"doc", "jsonb"});
    all.push_back({"body", "text"});
    if (table.mail) all.push_back({"mail", "text"});
    if (table.tags) all.push_back({"Tags", "text[]"});
    if (table.required_text) all.push_back({"label", "text NOT NULL"});
    if (table.cut_text) all.push_back({"number", "varchar(12)"});
    for (const Link& link : table.links) {
      if (link.json || link.name.ends_with("x")) continue;
      for (std::size_t part = 0; part < link.from.size(); ++part) {
        all.push_back({link.from[part],
                       tables_.all[link.to].key[part].type + (link.required ? " NOT NULL" : "")});
      }
    }
    return all;
  }

  std::string create(const Table& table) const {
    std::string sql;
    for (const Column& column : columns(table))
      sql += (sql.empty() ? "" : ", ") + quote_name(column.name) + " " + column.type;
    if (!table.keyless) sql += ", PRIMARY KEY (" + list(tables_.key_of(table)) + ")";
    return "CREATE TABLE " + sql_name(table) + " (" + sql + ")";
  }

  static std::string list(const std::vector<std::string>& names) {
    std::string sql;
    for (const std::string& name : names) sql += (sql.empty() ? "" : ", ") + quote_name(name);
    return sql;
  }

  void constraints(const Table& table, std::vector<std::string>& out) const {
    for (const Link& link : table.links) {
      if (!link.real) continue;
      std::vector<std::string> from = link.from;
      if (tables_.tenancy == Tenancy::in_keys) from.insert(from.begin(), "acct");
      const Table& to = tables_.all[link.to];
      out.push_back("ALTER TABLE " + sql_name(table) + " ADD FOREIGN KEY (" + list(from) +
                    ") REFERENCES " + sql_name(to) + " (" + list(tables_.key_of(to)) + ")" +
                    link.on_delete);
      out.push_back("CREATE INDEX ON " + sql_name(table) + " (" + list(from) + ")");
    }
  }

  // The value of a key's part in the n-th row.
  std::string key_value(const Table& table, std::size_t part, std::size_t n) const {
    const std::string& type = table.key[part].type;
    const std::string number = std::to_string(n + 1);
    if (type == "uuid")
      return "abcdef01-aaaa-4aaa-8aaa-" + std::string(12 - number.size(), '0') + number;
    if (type == "integer" && table.key.size() > 1) return std::to_string(n % 2);
    if (type == "integer" || type == "bigint") return number;
    return "k" + number;
  }

  std::string tenant_of(std::size_t n) const { return n % 4 == 3 ? "other" : "acme"; }

  // A row of the other table that belongs to the same tenant.
  std::size_t target(const Link& link, std::size_t n) {
    const std::size_t rows = tables_.all[link.to].rows;
    for (;;) {
      const std::size_t to = below(rows);
      if (tables_.tenancy == Tenancy::constant || tenant_of(to) == tenant_of(n)) return to;
    }
  }

  std::string insert(const Table& table) {
    std::string rows;
    for (std::size_t n = 0; n < table.rows; ++n) {
      const std::string role = chance(table.subject ? 75 : 50) ? "a" : "b";
      std::string doc;
      const auto add = [&](const std::string& member) {
        doc += (doc.empty() ? "" : ", ") + member;
      };
      std::map<std::string, std::string> values;
      refs_.clear();
      for (const Link& link : table.links) lead(table, link, n, role, values, add);
      if (!refs_.empty()) add("\"refs\": {" + refs_ + "}");
      if (chance(60)) add("\"note\": \"note " + std::to_string(n) + "\"");
      if (table.people)
        add(chance(20) ? "\"people\": \"Eve\""
                       : "\"people\": [{\"name\": \"Ann\", \"n\": 1}, {\"n\": 2}, {\"name\": "
                         "null}, \"Bob\"]");
      for (std::size_t part = 0; part < table.key.size(); ++part)
        values[table.key[part].name] = key_value(table, part, n);
      values["acct"] = tenant_of(n);
      values["role"] = role;
      values["n"] = std::to_string(n);
      if (!doc.empty() || chance(50)) values["doc"] = "{" + doc + "}";
      if (chance(80)) values["body"] = "text " + std::to_string(n);
      if (chance(80)) values["mail"] = "m" + std::to_string(below(8)) + "@example.com";
      if (chance(80)) values["Tags"] = chance(30) ? "{}" : "{one,two}";
      values["label"] = "label " + std::to_string(n);
      if (chance(80)) values["number"] = "12345" + std::to_string(n);
      std::string row;
      for (const Column& column : columns(table)) {
        const auto it = values.find(column.name);
        row += (row.empty() ? "" : ", ") +
               (it == values.end() ? std::string("NULL") : quote_literal(it->second));
      }
      rows += (rows.empty() ? "(" : ",\n(") + row + ")";
    }
    return rows.empty() ? "" : "INSERT INTO " + sql_name(table) + " VALUES " + rows;
  }

  template <class Add>
  void lead(const Table& table, const Link& link, std::size_t n, const std::string& role,
            std::map<std::string, std::string>& values, Add add) {
    if (!link.when.empty() && link.when != role) return;
    const bool merge = link.name == "canonical" || link.name == "member";
    if (!link.required && !chance(merge && !table.pairs ? 40 : 75) && !table.pairs) return;
    const Table& to = tables_.all[link.to];
    std::size_t row = target(link, n);
    if (table.pairs) {  // pairs of neighbours, the higher one canonical; of one tenant
      row = 4 * (n % 2) + n / 2 + (link.name == "member" ? 0 : 1);
    } else if (merge && row <= n) {
      return;  // to a later row: no circle, but chains
    }
    if (link.list) {
      std::string elements;
      for (std::size_t i = 0; i < 1 + below(3); ++i) {
        elements += (elements.empty() ? "" : ", ") + ("{\"id\": " + json_value(to, 0, row)) + "}";
        row = target(link, n);
      }
      add("\"refs" + link.name + "_0\": [" + elements + "]");
      return;
    }
    std::string members;
    for (std::size_t part = 0; part < link.from.size(); ++part) {
      if (!link.json) values[link.from[part]] = key_value(to, part, row);
      members += (members.empty() ? "" : ", ") + ("\"r" + link.name + "_" + std::to_string(part)) +
                 "\": " + json_value(to, part, row);
    }
    if (link.json) refs_ += (refs_.empty() ? "" : ", ") + members;
  }

  // Numbers as numbers or as text, UUIDs in either case.
  std::string json_value(const Table& to, std::size_t part, std::size_t row) {
    std::string value = key_value(to, part, row);
    const std::string& type = to.key[part].type;
    if ((type == "integer" || type == "bigint") && chance(50)) return value;
    if (type == "uuid" && chance(50))
      std::transform(value.begin(), value.end(), value.begin(),
                     [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
    return "\"" + value + "\"";
  }

  std::mt19937_64 dice_;
  std::string place_;
  Tables tables_;
  std::string refs_;  // of the row being written
};

}  // namespace

RandomSchema random_schema(std::uint64_t seed, const std::string& place) {
  return Generator(seed, place).run();
}

std::string RandomSchema::text() const {
  std::string all;
  for (const std::string& statement : statements) all += statement + ";\n";
  return all + "\n" + map;
}

}  // namespace ccctl::testing
