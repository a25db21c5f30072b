// The data map of a random datastore.
#include "support/random_tables.h"

namespace ccctl::testing::random {
namespace {

std::string yaml_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "\"" : ", \"") + name + "\"";
  return "[" + list + "]";
}

std::string logical(const Table& table) {
  return table.schema + "." + table.name;
}

}  // namespace

std::string Tables::map() const {
  std::string yaml = "apiVersion: ccctl/v1\nkind: DataMap\ntenant: ";
  yaml += tenancy == Tenancy::constant ? "{constant: acme}" : "{column: acct}";
  yaml += "\nsubjects:\n  person: {table: \"" + logical(all[0]) + "\", where: {role: a}";
  if (merged_by_column) yaml += ", merge: {canonical: \"ref canonical\"}";
  if (merged_by_table) {
    const Table& pairs = all.back();
    yaml += ", merge: {table: \"" + logical(pairs) +
            "\", member: " + yaml_list(pairs.links[0].from) +
            ", canonical: " + yaml_list(pairs.links[1].from) + "}";
  }
  yaml += "}\n  agent: {table: \"" + logical(all[0]) + "\", where: {role: b}}\ntables:\n";
  for (const Table& table : all) yaml += map_of(table);
  return yaml;
}

std::string Tables::map_of(const Table& table) const {
  std::string yaml =
      "  \"" + logical(table) +
      "\":\n    key: " + yaml_list(table.keyless ? std::vector<std::string>{} : key_of(table)) +
      "\n    category: generated\n    data: " + (table.data.empty() ? "bill" : table.data) +
      "\n    erase: " + table.erase + "\n    clean: [role, n]\n";
  if (table.match) yaml += "    match: true\n";
  if (table.unit) yaml += "    unit: true\n";
  if (table.by_link) yaml += "    tenant: {link: " + table.links.front().name + "}\n";
  yaml += "    columns:\n      body: {free: true}\n      doc$.note: {free: true, erase: drop}\n";
  if (table.mail) yaml += "      mail: {is: email, normalise: fold, erase: null}\n";
  if (table.tags) yaml += "      \"Tags[*]\": {erase: drop}\n";
  if (table.people)
    yaml += "      \"doc$.people[*].name\": {erase: " +
            std::string(table.tags ? "drop" : "{set: nobody}") + "}\n";
  if (table.required_text) yaml += "      label: {free: true, erase: {set: \"-\"}}\n";
  if (table.cut_text) yaml += "      number: {erase: {truncate: 2}}\n";
  if (!table.links.empty()) yaml += "    links:\n";
  for (const Link& link : table.links) {
    std::vector<std::string> from = link.from;
    if (tenancy == Tenancy::in_keys) from.insert(from.begin(), "acct");
    yaml += "      " + link.name + ": {from: " + yaml_list(from) + ", to: \"" +
            logical(all[link.to]) + "\", down: " + link.down;
    if (!link.when.empty()) yaml += ", when: {role: " + link.when + "}";
    if (link.last) yaml += ", up: last";
    if (link.counted) yaml += ", count: {role: a}";
    yaml += "}\n";
  }
  return yaml;
}

std::vector<std::string> Tables::key_of(const Table& table) const {
  std::vector<std::string> names;
  if (tenancy == Tenancy::in_keys) names.emplace_back("acct");
  for (const Column& column : table.key) names.push_back(column.name);
  return names;
}

}  // namespace ccctl::testing::random
