// Mappings: how an event of the audit log looks in somebody else's format, as data.
//
// A mapping (kind Mapping, policies/templates/mapping.NAME.yaml) lists the members of a row and
// where each comes from; the first class whose pattern fits the event's action adds its own, and
// the first of that class's activities too. There is one engine and no code per format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "doc/reader.h"

namespace ccctl::report {

enum class As { same, milliseconds, text };

// A member's value: a constant, or the first of the paths that the event has ("body.reason").
// Beside the event's own members there are leaf.origin, leaf.index and leaf.hash (hex). Nothing is
// written where no path leads anywhere.
struct Cell {
  std::variant<std::string, std::int64_t, std::vector<std::string>> value;
  As as = As::same;
};
using Cells = std::vector<doc::Named<Cell>>;  // "actor.user.name": nested objects

struct Activity {
  std::vector<std::string> actions;  // "hold.added", "request.*", "*.refused"
  Cells members;
};

struct Class {
  std::vector<std::string> actions;
  Cells members;
  std::vector<Activity> activities;
};

enum class RowForm { ndjson, csv };

struct Mapping {
  std::string name;
  std::string about;
  std::string file;  // "events.csv"
  RowForm form = RowForm::ndjson;
  Cells members;
  std::vector<Class> classes;

  // What comes before the first row: a heading, or nothing.
  std::string head() const;
  // One row with its newline. `line` is an event's leaf, its place in the log beside it. Throws
  // findings for a line that is no event.
  std::string row(std::string_view line, const std::string& origin, std::uint64_t index) const;
};

void describe(Mapping& mapping, doc::Fields& f);
Mapping read_mapping(const std::string& yaml, const std::string& file);
std::string mapping_schema();

}  // namespace ccctl::report
