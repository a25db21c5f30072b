// The tables of a random datastore, as both its SQL and its data map are written from them.
#pragma once

#include <string>
#include <vector>

namespace ccctl::testing::random {

enum class Tenancy { in_keys, beside_keys, constant };

struct Column {
  std::string name, type;
};

struct Link {
  std::string name;
  std::size_t to = 0;
  std::vector<std::string> from;  // columns, or places in the document, in the order of the key
  std::string down, when;         // when: the role
  bool json = false, list = false, last = false, counted = false, real = false, required = false;
  std::string on_delete;
};

struct Table {
  std::string schema, name;
  std::vector<Column> key;  // without the tenant
  bool keyless = false, subject = false, match = false, by_link = false, pairs = false,
       unit = false;
  std::string erase = "delete", data;
  std::vector<Link> links;
  bool mail = false, tags = false, people = false, required_text = false, cut_text = false;
  std::size_t rows = 0;
};

struct Tables {
  Tenancy tenancy = Tenancy::constant;
  std::vector<Table> all;  // the first holds the people
  bool merged_by_column = false, merged_by_table = false;

  // The columns of the key, the tenant's first where it is part of it.
  std::vector<std::string> key_of(const Table& table) const;
  std::string map() const;  // YAML

 private:
  std::string map_of(const Table& table) const;
};

}  // namespace ccctl::testing::random
