// Writes one export's files as the rows arrive: tables, objects, index.html, and the manifest last.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "request/export.h"

namespace ccctl::request {

// Each object of such a table that leaves the house is an access to record (W-46).
bool holds_recordings(const datamap::Table& table);

class ExportWriter {
 public:
  ExportWriter(Package& package, const Answer& answer, const Ground& ground,
               const plan::Reader& reader, const ExportOptions& options,
               const std::function<object::ObjectStore&(const std::string& name)>& objects);

  void begin(const Request& request, Instant at);
  void row(std::size_t portion, const plan::Row& row);
  Written close();

 private:
  void open_table(std::size_t portion);
  void close_table();
  std::string copy_object(const plan::Row& row, std::size_t field);
  void note(const FileInfo& file);
  std::string head(const Request& request, Instant at) const;
  std::string tail() const;

  Package& package_;
  const Ground& ground_;
  const plan::Reader& reader_;
  const ExportOptions& options_;
  const std::function<object::ObjectStore&(const std::string& name)>& objects_;
  std::string language_;
  AnswerPage page_;
  std::unique_ptr<PackageFile> manifest_;
  std::unique_ptr<TableWriter> table_;
  std::size_t open_ = 0;  // the portion of table_
  std::string stem_;
  std::uint64_t copied_ = 0;  // objects of this table
  std::vector<std::string> files_;
  Written written_;
};

}  // namespace ccctl::request
