// Writes the rows of one table as JSON, NDJSON or CSV, one after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plan/read.h"
#include "request/export_package.h"

namespace ccctl::request {

enum class ExportFormat { json, ndjson, csv };

// A value as people read it: an instant without what says nothing ("2026-01-01 09:00:00 UTC").
std::string readable_instant(std::string_view postgres);

class TableWriter {
 public:
  // Creates STEM.json and the like in the package.
  TableWriter(Package& package, const std::string& stem, const plan::Portion& portion,
              ExportFormat format);

  // `files` has, for each field that is an object, the name of its copy in the package; empty:
  // there is none.
  void row(const plan::Row& row, const std::vector<std::string>& files);
  FileInfo close();
  std::uint64_t rows() const { return rows_; }

 private:
  void json_row(const plan::Row& row, const std::vector<std::string>& files);
  void csv_row(const plan::Row& row, const std::vector<std::string>& files);

  const plan::Portion& portion_;
  ExportFormat format_;
  std::unique_ptr<PackageFile> file_;
  std::vector<std::string> names_;  // of the fields, as JSON
  std::string line_;
  std::uint64_t rows_ = 0;
};

}  // namespace ccctl::request
