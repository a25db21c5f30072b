// index.html: what the data subject is told, and the data as tables or lists; no scripts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plan/read.h"
#include "request/export_package.h"
#include "request/export_words.h"
#include "request/policy.h"

namespace ccctl::request {

// A retention rule as it concerns one kind of data.
struct Period {
  std::string data;    // "chat", or a category
  std::string anchor;  // "created", "contract_end" …
  Duration period{};
  bool least = false;  // a minimum
  std::string basis;
};
// Of the tables that are read, in the pack's order; rules that depend on a tenant's setting have no
// period and are left out.
std::vector<Period> periods_of(const std::vector<rule::Retention>& documents,
                               const std::vector<plan::Portion>& portions,
                               const std::string& tenant);

// What an answer is made with, besides the data map and the rules.
struct Answer {
  Information information;
  Access access;
  Wording wording;
  std::string page;  // the template of index.html
};

// What is told besides the data, in the wording's language, as JSON.
Json answer_json(const Answer& answer, const PackRules& rules,
                 const std::vector<plan::Portion>& portions, const std::string& tenant);

class AnswerPage {
 public:
  AnswerPage(Package& package, const Answer& answer, const PackRules& rules,
             const std::vector<plan::Portion>& portions, const std::string& tenant);

  void begin(const std::string& request_id, Instant at);
  // Rows of one table after the other.
  void row(const plan::Row& row, const std::vector<std::string>& files);
  void end_table(std::uint64_t rows);
  FileInfo close(const std::vector<const plan::Portion*>& empty);

 private:
  void begin_table(const plan::Portion& portion);
  void append_name(const plan::Field& field);
  void append_value(const plan::Row& row, std::size_t field, const std::string& file, bool masked);

  const Answer& answer_;
  const PackRules& rules_;
  const std::vector<plan::Portion>& portions_;
  std::string tenant_;
  std::unique_ptr<PackageFile> file_;
  const plan::Portion* open_ = nullptr;
  bool tabular_ = true;
  std::string line_, tail_;
};

}  // namespace ccctl::request
