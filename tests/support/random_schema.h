// A random datastore with its data map: links in circles and chains, last-child links, polymorphic
// and composite references, references inside JSON and lists, several schemas, quoted names, tables
// without a key, tenants by column, link and constant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ccctl::testing {

inline constexpr char kPersonKind[] = "person", kAgentKind[] = "agent";

struct RandomSchema {
  std::vector<std::string> statements;  // make the tables and fill them
  std::string map;                      // YAML
  std::vector<std::string> schemas;     // to drop afterwards, quoted
  std::string text() const;             // all of it, to look at where a test fails
};

// The same seed gives the same datastore. `place` is part of its schemas' names: several may stand
// in one database. Rows are those of tenant "acme" and, where there are several tenants, "other".
RandomSchema random_schema(std::uint64_t seed, const std::string& place);

}  // namespace ccctl::testing
