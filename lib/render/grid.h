// Rows and documents, and the four forms in which a command shows them.
//
// The room knows no domain: a cell is a JSON value, a column the name of a member of its row. What
// a table shows of a value is safe for a terminal: control characters, escape sequences and
// characters that reorder a line are written out. CSV follows RFC 4180 in UTF-8 without a byte
// order mark, and a text that a spreadsheet would run as a formula gets a leading apostrophe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ccctl::render {

enum class Format { table, json, ndjson, csv };
std::optional<Format> parse_format(std::string_view name);

struct Grid {
  std::vector<std::string> columns;  // members of the rows, in the order of table and CSV
  std::vector<Json> rows;            // objects; they may hold more than the columns show
};

struct Style {
  bool colour = false;  // emphasise headings with ANSI sequences
};

// Takes the next bytes of the result; throws ErrorKind::io when they cannot be written.
using Sink = std::function<void(std::string_view)>;

// table: columns, wide characters counted as two; an empty grid is its heading.
// csv: heading and rows.
// ndjson: a line per row, each with apiVersion and the kind of a single element.
// json: `envelope` with the rows as its `entities` (unless it has that member already) and their
// number as `total`; a null envelope gives the rows as a bare array. No rows are [].
void write_grid(const Sink& sink, const Grid& grid, const Json& envelope, Format format,
                const Style& style = {});

// table: a line per member, nested objects indented, lists of objects as tables; apiVersion and
// kind are not shown. csv: heading and one row. json and ndjson: the document with its apiVersion.
void write_document(const Sink& sink, const Json& document, Format format, const Style& style = {});

// The text with everything written out that would move the cursor, change the terminal or reorder
// the line: "\n", "\x1b", "\u202e"; bytes that are not UTF-8 as "\xff".
std::string escape_for_terminal(std::string_view text);

// One CSV field, quoted where RFC 4180 wants it.
std::string csv_field(std::string_view text);
// The same text so that no spreadsheet takes it for a formula.
std::string guard_formula(std::string_view text);

// A JSON value in one line as a table or a CSV field shows it: texts bare, null empty, lists of
// scalars joined by ", ", anything deeper as compact JSON.
std::string cell_text(const Json& value);

// JSON text; bytes that are not UTF-8 become U+FFFD instead of failing at the end of long work.
std::string json_text(const Json& value, bool pretty);

}  // namespace ccctl::render
