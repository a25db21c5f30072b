#include "request/export_table.h"

#include <algorithm>
#include <array>

#include "render/grid.h"

namespace ccctl::request {
namespace {

using plan::Field;

constexpr std::string_view kMasked = "masked";  // the member that names what is masked in a row

std::string_view extension(ExportFormat format) {
  switch (format) {
    case ExportFormat::json:
      return ".json";
    case ExportFormat::ndjson:
      return ".ndjson";
    case ExportFormat::csv:
      return ".csv";
  }
  return "";
}

void append_json(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  static constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < plain.size(); ++c) plain[c] = c != '"' && c != '\\';
    return plain;
  }();
  std::size_t clean = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kPlain[c]) continue;
    out += text.substr(clean, i - clean);
    clean = i + 1;
    out += '\\';
    if (c == '\n') {
      out += 'n';
    } else if (c < 0x20) {
      out += "u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else {
      out += static_cast<char>(c);
    }
  }
  out += text.substr(clean);
  out += '"';
}

// "2026-01-01 09:00:00.5+00" as RFC 3339; a timestamp without zone stays without.
std::string instant(std::string_view text) {
  std::string out(text);
  const std::size_t space = out.find(' ');
  if (space != std::string::npos && out.find(' ', space + 1) == std::string::npos) {
    out[space] = 'T';
    if (out.ends_with("+00")) out.replace(out.size() - 3, 3, "Z");
  }
  return out;
}

void append_list(std::string& out, std::string_view names) {
  out += '[';
  while (!names.empty()) {
    const std::size_t comma = names.find(',');
    append_json(out, names.substr(0, comma));
    if (comma == std::string_view::npos) break;
    out += ',';
    names.remove_prefix(comma + 1);
  }
  out += ']';
}

bool is_finite(std::string_view number) {
  return !number.empty() && number.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

}  // namespace

std::string readable_instant(std::string_view postgres) {
  std::string out(postgres.substr(0, 19));
  if (postgres.size() > 19 && postgres.ends_with("+00")) out += " UTC";
  return postgres.size() < 19 ? std::string(postgres) : out;
}

TableWriter::TableWriter(Package& package, const std::string& stem, const plan::Portion& portion,
                         ExportFormat format)
    : portion_(portion), format_(format) {
  file_ = package.create(stem + std::string(extension(format)));
  for (const Field& field : portion.fields) {
    std::string name;
    append_json(name, field.name);
    names_.push_back(name + ":");
  }
  if (format == ExportFormat::json) {
    line_ = R"({"apiVersion":"ccctl/v1","kind":"ExportedTable","table":)";
    append_json(line_, portion.table->name);
    line_ += ",\"rows\":[";
  } else if (format == ExportFormat::csv) {
    for (const Field& field : portion.fields)
      line_ += render::csv_field(render::guard_formula(field.name)) + ",";
    line_ += std::string(kMasked) + "\r\n";
  }
  file_->write(line_);
}

void TableWriter::json_row(const plan::Row& row, const std::vector<std::string>& files) {
  if (format_ == ExportFormat::json) line_ += rows_ == 0 ? "\n" : ",\n";
  line_ += '{';
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (i > 0) line_ += ',';
    line_ += names_[i];
    const Field::Form form = portion_.fields[i].form;
    const std::string_view text = form == Field::Form::object ? files[i] : row.text(i);
    if (row.is_null(i) || (form == Field::Form::object && text.empty())) {
      line_ += "null";
    } else if (form == Field::Form::json || form == Field::Form::boolean ||
               (form == Field::Form::number && is_finite(text))) {
      line_ += text;
    } else if (form == Field::Form::instant) {
      append_json(line_, instant(text));
    } else {
      append_json(line_, text);
    }
  }
  if (const std::string_view masked = row.masked(); !masked.empty()) {
    line_ += (names_.empty() ? "\"" : ",\"") + std::string(kMasked) + "\":";
    append_list(line_, masked);
  }
  line_ += '}';
  if (format_ == ExportFormat::ndjson) line_ += '\n';
}

// NULL is an empty field, an empty text a quoted one.
void TableWriter::csv_row(const plan::Row& row, const std::vector<std::string>& files) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const Field::Form form = portion_.fields[i].form;
    if (row.is_null(i)) {
      // nothing between the commas
    } else if (form == Field::Form::object) {
      line_ += render::csv_field(files[i]);
    } else if (form == Field::Form::number) {
      line_ += row.text(i);
    } else if (form == Field::Form::instant) {
      line_ += instant(row.text(i));
    } else {
      line_ += row.text(i).empty() ? "\"\"" : render::csv_field(render::guard_formula(row.text(i)));
    }
    line_ += ',';
  }
  line_ += render::csv_field(row.masked());
  line_ += "\r\n";
}

void TableWriter::row(const plan::Row& row, const std::vector<std::string>& files) {
  line_.clear();
  if (format_ == ExportFormat::csv) {
    csv_row(row, files);
  } else {
    json_row(row, files);
  }
  file_->write(line_);
  ++rows_;
}

FileInfo TableWriter::close() {
  if (format_ == ExportFormat::json) file_->write(rows_ == 0 ? "]}\n" : "\n]}\n");
  return file_->close();
}

}  // namespace ccctl::request
