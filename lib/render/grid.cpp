#include "render/grid.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/unicode.h"

namespace ccctl::render {
namespace {

constexpr std::string_view kApiVersion = "ccctl/v1";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kPlain = "\x1b[0m";

Json stamped(Json object, const std::string& kind) {
  if (!object.is_object()) return object;
  if (!object.contains("apiVersion")) object["apiVersion"] = kApiVersion;
  if (!kind.empty() && !object.contains("kind")) object["kind"] = kind;
  return object;
}

// "HoldList" is a list of "Hold".
std::string element_kind(const Json& envelope) {
  if (!envelope.is_object() || !envelope.contains("kind")) return "";
  std::string kind = envelope["kind"].get<std::string>();
  if (kind.ends_with("List")) kind.resize(kind.size() - 4);
  return kind;
}

const Json& member(const Json& row, const std::string& name) {
  static const Json nothing;
  const auto found = row.find(name);
  return found == row.end() ? nothing : *found;
}

// "createdDate" and "created_date" are both CREATED DATE.
std::string heading(const std::string& column) {
  std::string text;
  bool after_small = false;
  for (const char c : escape_for_terminal(column)) {
    const bool small = c >= 'a' && c <= 'z';
    if (after_small && c >= 'A' && c <= 'Z') text += ' ';
    text += c == '_' ? ' ' : small ? static_cast<char>(c - 'a' + 'A') : c;
    after_small = small;
  }
  return text;
}

std::size_t width(const std::string& text) {
  const int columns = text::display_width(text);
  return columns < 0 ? text.size() : static_cast<std::size_t>(columns);
}

struct Cells {
  std::vector<std::string> heads;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> widths;
  std::vector<bool> numeric;  // right-aligned
};

Cells lay_out(const Grid& grid) {
  Cells cells;
  for (const std::string& column : grid.columns) {
    cells.heads.push_back(heading(column));
    cells.widths.push_back(width(cells.heads.back()));
    cells.numeric.push_back(!grid.rows.empty());
  }
  for (const Json& row : grid.rows) {
    std::vector<std::string> line;
    for (std::size_t i = 0; i < grid.columns.size(); ++i) {
      const Json& value = member(row, grid.columns[i]);
      if (!value.is_number() && !value.is_null()) cells.numeric[i] = false;
      line.push_back(escape_for_terminal(cell_text(value)));
      cells.widths[i] = std::max(cells.widths[i], width(line.back()));
    }
    cells.rows.push_back(std::move(line));
  }
  return cells;
}

std::string table_line(const Cells& cells, const std::vector<std::string>& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string padding(cells.widths[i] - width(line[i]), ' ');
    if (i > 0) out += "  ";
    out += cells.numeric[i] ? padding + line[i] : line[i] + padding;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

void write_table(const Sink& sink, const Grid& grid, const std::string& indent,
                 const Style& style) {
  const Cells cells = lay_out(grid);
  std::string head = table_line(cells, cells.heads);
  if (style.colour) head = std::string(kBold) + head + std::string(kPlain);
  sink(indent + head + "\n");
  for (const auto& row : cells.rows) sink(indent + table_line(cells, row) + "\n");
}

void write_csv(const Sink& sink, const Grid& grid) {
  std::string line;
  const auto end_line = [&] {
    sink(line + "\r\n");
    line.clear();
  };
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    if (i > 0) line += ',';
    line += csv_field(guard_formula(grid.columns[i]));
  }
  end_line();
  for (const Json& row : grid.rows) {
    for (std::size_t i = 0; i < grid.columns.size(); ++i) {
      if (i > 0) line += ',';
      const Json& value = member(row, grid.columns[i]);
      // A number cannot be a formula, and an apostrophe would turn -5 into a text.
      const std::string text = cell_text(value);
      line += csv_field(value.is_number() ? text : guard_formula(text));
    }
    end_line();
  }
}

// All members of a list's objects, in the order in which they are first met.
Grid grid_of(const Json& list) {
  Grid grid;
  for (const Json& row : list) {
    for (const auto& [name, value] : row.items()) {
      if (std::find(grid.columns.begin(), grid.columns.end(), name) == grid.columns.end()) {
        grid.columns.push_back(name);
      }
    }
    grid.rows.push_back(row);
  }
  return grid;
}

bool is_list_of_objects(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& e) { return e.is_object(); });
}

void write_members(const Sink& sink, const Json& object, const std::string& indent,
                   const Style& style) {
  const auto hidden = [&](const std::string& name) {
    return indent.empty() && (name == "apiVersion" || name == "kind");
  };
  std::size_t name_width = 0;
  for (const auto& [name, value] : object.items()) {
    const bool nested = is_list_of_objects(value) || (value.is_object() && !value.empty());
    if (!nested && !hidden(name))
      name_width = std::max(name_width, width(escape_for_terminal(name)));
  }
  for (const auto& [name, value] : object.items()) {
    if (hidden(name)) continue;
    const std::string shown = escape_for_terminal(name);
    if (is_list_of_objects(value)) {
      sink(indent + shown + ":\n");
      write_table(sink, grid_of(value), indent + "  ", style);
    } else if (value.is_object() && !value.empty()) {
      sink(indent + shown + ":\n");
      write_members(sink, value, indent + "  ", style);
    } else {
      const std::string text = escape_for_terminal(cell_text(value));
      std::string line = indent + shown + ":";
      if (!text.empty()) line += std::string(name_width - width(shown) + 1, ' ') + text;
      sink(line + "\n");
    }
  }
}

}  // namespace

std::optional<Format> parse_format(std::string_view name) {
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  if (name == "ndjson") return Format::ndjson;
  if (name == "csv") return Format::csv;
  return std::nullopt;
}

void write_grid(const Sink& sink, const Grid& grid, const Json& envelope, Format format,
                const Style& style) {
  switch (format) {
    case Format::table:
      return write_table(sink, grid, "", style);
    case Format::csv:
      return write_csv(sink, grid);
    case Format::ndjson:
      for (const Json& row : grid.rows) {
        sink(json_text(stamped(row, element_kind(envelope)), false) + "\n");
      }
      return;
    case Format::json: {
      Json rows = Json::array();
      for (const Json& row : grid.rows) rows.push_back(row);
      if (envelope.is_null()) return sink(json_text(rows, true) + "\n");
      Json whole = stamped(envelope, "");
      if (!whole.contains("total")) whole["total"] = grid.rows.size();
      if (!whole.contains("entities")) whole["entities"] = std::move(rows);
      return sink(json_text(whole, true) + "\n");
    }
  }
}

void write_document(const Sink& sink, const Json& document, Format format, const Style& style) {
  switch (format) {
    case Format::table:
      return write_members(sink, document, "", style);
    case Format::csv: {
      Json row = document;
      if (row.is_object()) {
        row.erase("apiVersion");
        row.erase("kind");
      }
      return write_csv(sink, grid_of(Json::array({row})));
    }
    case Format::ndjson:
    case Format::json:
      return sink(json_text(stamped(document, ""), format == Format::json) + "\n");
  }
}

}  // namespace ccctl::render
