// ccctl datamap show: the data map as it was read.
#include <nlohmann/json.hpp>

#include "cmd/app.h"
#include "datamap/map.h"
#include "doc/suggest.h"

namespace ccctl::cmd {
namespace {

using datamap::Map;
using datamap::Table;

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

Json summary(const Table& table, const Map& map) {
  std::vector<std::string> identifiers, links;
  for (const datamap::Column& column : table.columns) {
    if (!column.is.empty()) identifiers.push_back(column.site.text() + " (" + column.is + ")");
  }
  for (const datamap::Link& link : table.links) {
    links.push_back(link.name + " -> " + (link.to.empty() ? "none" : link.to));
  }
  const Json erase = datamap::to_json(table, map).at("erase");
  return {{"table", table.name},
          {"key", joined(table.key)},
          {"category", table.category},
          {"erase", erase.is_string() ? erase.get<std::string>() : "retain " + table.retain_basis},
          {"identifiers", joined(identifiers)},
          {"links", joined(links)}};
}

// One line for each thing that the map says of a table's sites.
std::vector<Json> details(const Table& table, const Map& map) {
  const Json whole = datamap::to_json(table, map);
  std::vector<Json> rows;
  const auto add = [&](const char* part, const std::string& name, const Json& says) {
    rows.push_back({{"part", part},
                    {"name", name},
                    {"says", says.is_string() ? says.get<std::string>() : says.dump()}});
  };
  for (const auto& [key, value] : whole.items()) {
    if (key != "columns" && key != "links" && key != "objects" && key != "anchors")
      add("table", key, value);
  }
  for (const char* part : {"columns", "links", "objects", "anchors"}) {
    if (!whole.contains(part)) continue;
    for (const auto& [name, says] : whole.at(part).items()) add(part, name, says);
  }
  return rows;
}

const Table& wanted(const Map& map, const std::string& name) {
  if (const Table* table = map.table(name)) return *table;
  std::vector<std::string_view> names;
  for (const Table& table : map.tables) names.push_back(table.name);
  throw Error(ErrorKind::not_found, "the data map has no table \"" + name + "\"",
              doc::suggestion_hint(name, names));
}

int run_show(App& app, const Args& args) {
  const Map& map = app.map();
  if (const auto name = args.find("TABLE")) {
    const Table& table = wanted(map, *name);
    const Json envelope = {
        {"kind", "DataMapTable"}, {"name", table.name}, {"dataMapDigest", map.digest}};
    if (app.json_output()) {
      Json document = envelope;
      document["table"] = datamap::to_json(table, map);
      app.print(document);
    } else {
      app.print_rows({"part", "name", "says"}, details(table, map), envelope);
    }
    return 0;
  }
  if (app.json_output()) {
    app.print(datamap::to_json(map));
    return 0;
  }
  std::vector<Json> rows;
  for (const Table& table : map.tables) rows.push_back(summary(table, map));
  app.print_rows({"table", "key", "category", "erase", "identifiers", "links"}, rows,
                 {{"kind", "DataMapTableList"}, {"dataMapDigest", map.digest}});
  return 0;
}

}  // namespace

extern const Spec datamap_show;
const Spec datamap_show{
    .noun = "datamap",
    .verb = "show",
    .summary = "show the data map",
    .description =
        "Shows what the data map says: a summary of its tables, or everything about one TABLE. "
        "With "
        "-o json it is the whole map in its own grammar, without defaults, which can be read "
        "again. "
        "No datastore is asked.",
    .options = {{.name = "TABLE",
                 .value = "TABLE",
                 .help = "only this table, by its name in the map",
                 .positional = true}},
    .exits = {0, 6},
    .examples = {{"ccctl datamap show", "a line for each table"},
                 {"ccctl datamap show people", "what the map says of one table"},
                 {"ccctl datamap show -o json", "the whole map, for programs"}},
    .run = run_show,
};

}  // namespace ccctl::cmd
