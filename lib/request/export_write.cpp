#include "request/export_write.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "render/grid.h"

namespace ccctl::request {
namespace {

std::string_view name_of(ExportFormat format) {
  return format == ExportFormat::json ? "json" : format == ExportFormat::csv ? "csv" : "ndjson";
}

// A table's name as a file's: what a file system or a shell could take for something else goes, and
// the number tells two apart that then look the same.
std::string stem_of(const std::string& table, std::size_t number) {
  std::string stem;
  for (const char c : table) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || (c == '.' && !stem.empty());
    stem += plain ? c : '_';
  }
  return stem == table ? stem : stem + "-" + std::to_string(number);
}

// ".wav" of a pointer, when it is such a thing.
std::string extension_of(std::string_view pointer) {
  const std::size_t dot = pointer.rfind('.');
  if (dot == std::string_view::npos || pointer.size() - dot > 6) return "";
  const std::string_view letters = pointer.substr(dot + 1);
  const bool plain = !letters.empty() && std::all_of(letters.begin(), letters.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  return plain ? std::string(pointer.substr(dot)) : "";
}

Json strings(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::string& name : names) list.push_back(name);
  return list;
}

}  // namespace

bool holds_recordings(const datamap::Table& table) {
  return std::any_of(table.data.begin(), table.data.end(),
                     [](const datamap::DataType& type) { return type.is == "recording"; });
}

ExportWriter::ExportWriter(
    Package& package, const Answer& answer, const Ground& ground, const plan::Reader& reader,
    const ExportOptions& options,
    const std::function<object::ObjectStore&(const std::string& name)>& objects)
    : package_(package),
      ground_(ground),
      reader_(reader),
      options_(options),
      objects_(objects),
      language_(answer.wording.language),
      page_(package, answer, ground.rules, reader.portions(), ground.tenant) {
  for (const plan::Portion& portion : reader.portions()) {
    written_.parts.push_back({&portion, "", 0, 0});
    for (const std::string& name : portion.sealed)
      written_.not_covered.push_back(portion.table->name + "." + name);
  }
}

std::string ExportWriter::head(const Request& request, Instant at) const {
  Json subjects = Json::array();
  for (const Member& member : request.members)
    subjects.push_back({{"kind", member.ref.kind}, {"reference", member.reference}});
  const Json head{{"apiVersion", "ccctl/v1"},
                  {"kind", "Export"},
                  {"schema", "schemas/json/export.schema.json"},
                  {"request", request.id},
                  {"requestType", to_text(request.type)},
                  {"article", article_of(request.type)},
                  {"tenant", request.tenant},
                  {"asOf", to_text(at)},
                  {"format", name_of(options_.format)},
                  {"language", language_},
                  {"policyDigest", ground_.rules.digest},
                  {"dataMapDigest", ground_.map.digest},
                  {"subjects", subjects}};
  std::string text = render::json_text(head, true);
  text.resize(text.size() - 2);  // "\n}": the object goes on
  return text + ",\n  \"files\": [";
}

std::string ExportWriter::tail() const {
  Json tables = Json::array();
  for (const Written::Part& part : written_.parts) {
    Json table{{"table", part.portion->table->name}, {"rows", part.rows}};
    if (!part.file.empty()) table["file"] = part.file;
    if (part.masked > 0) table["maskedRows"] = part.masked;
    if (!part.portion->withheld.empty()) table["withheld"] = strings(part.portion->withheld);
    tables.push_back(std::move(table));
  }
  const Json tail{{"tables", tables},
                  {"notCovered", strings(written_.not_covered)},
                  {"excluded", excluded_json(ground_.rules.requests)}};
  return "\n  ],\n" + render::json_text(tail, true).substr(2) + "\n";
}

void ExportWriter::begin(const Request& request, Instant at) {
  manifest_ = package_.create("manifest.json");
  manifest_->write(head(request, at));
  page_.begin(request.id, at);
}

void ExportWriter::note(const FileInfo& file) {
  const Json entry{{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}};
  manifest_->write((written_.files == 0 ? "\n    " : ",\n    ") + render::json_text(entry, false));
  ++written_.files;
  written_.bytes += file.bytes;
}

void ExportWriter::open_table(std::size_t portion) {
  const plan::Portion& read = reader_.portions()[portion];
  open_ = portion;
  stem_ = stem_of(read.table->name, portion);
  copied_ = 0;
  files_.assign(read.fields.size(), "");
  table_ = std::make_unique<TableWriter>(package_, "data/" + stem_, read, options_.format);
}

void ExportWriter::close_table() {
  if (!table_) return;
  Written::Part& part = written_.parts[open_];
  part.rows = table_->rows();
  written_.rows += part.rows;
  const FileInfo file = table_->close();
  part.file = file.name;
  note(file);
  page_.end_table(part.rows);
  table_.reset();
}

// An object that its store does not have is told, not passed over.
std::string ExportWriter::copy_object(const plan::Row& row, std::size_t field) {
  const plan::Portion& portion = row.portion();
  const datamap::Object& object = *portion.fields[field].object;
  const std::string_view pointer = row.text(field);
  std::string extension = extension_of(pointer);
  // Where the store's key has none, the file's own name in the row may.
  for (std::size_t i = 0; i < portion.fields.size() && extension.empty(); ++i) {
    if (portion.fields[i].form == plan::Field::Form::text && row.text(i).size() < 256)
      extension = extension_of(row.text(i));
  }
  std::unique_ptr<PackageFile> copy;
  std::string name = "attachments/" + stem_ + "/" + stem_of(object.name, 0) + "-" +
                     std::to_string(++copied_) + extension;
  try {
    objects_(object.store).read(pointer, [&](std::string_view piece) {
      if (!copy) copy = package_.create(name);
      copy->write(piece);
    });
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    if (written_.missing++ == 0) written_.not_covered.push_back(portion.table->name + " objects");
    return "";
  }
  if (!copy) copy = package_.create(name);  // an object of no bytes
  if (holds_recordings(*portion.table))
    written_.recordings.push_back({portion.table->name, std::string(pointer)});
  note(copy->close());
  return name;
}

void ExportWriter::row(std::size_t portion, const plan::Row& row) {
  if (!table_ || open_ != portion) {
    close_table();
    open_table(portion);
  }
  if (options_.stopped()) {
    throw Error(ErrorKind::paused, "the export was interrupted",
                "nothing was left behind; run the command again");
  }
  const plan::Portion& read = reader_.portions()[portion];
  for (std::size_t i = 0; i < read.fields.size(); ++i) {
    if (read.fields[i].object == nullptr) continue;
    files_[i] = row.is_null(i) ? "" : copy_object(row, i);
  }
  if (!row.masked().empty()) ++written_.parts[portion].masked;
  table_->row(row, files_);
  page_.row(row, files_);
}

Written ExportWriter::close() {
  close_table();
  std::vector<const plan::Portion*> empty;
  for (const Written::Part& part : written_.parts) {
    if (part.rows == 0) empty.push_back(part.portion);
  }
  note(page_.close(empty));
  manifest_->write(tail());
  written_.manifest_sha256 = manifest_->close().sha256;
  return std::move(written_);
}

}  // namespace ccctl::request
