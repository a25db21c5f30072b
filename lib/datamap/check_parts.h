// The parts of check(): each looks at one aspect and adds what it finds.
#pragma once

#include <functional>

#include "datamap/check.h"

namespace ccctl::datamap {

class Report {
 public:
  void refuse(std::string rule, const TableName& table, std::string place, std::string message,
              std::string remedy = "") {
    findings_.push_back(
        {std::move(rule), table, std::move(place), std::move(message), std::move(remedy), true});
  }
  void find(std::string rule, const TableName& table, std::string place, std::string message,
            std::string remedy = "") {
    findings_.push_back(
        {std::move(rule), table, std::move(place), std::move(message), std::move(remedy), false});
  }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
};

// A column that the map names, and in which part.
struct Mention {
  std::string column;
  std::string where;  // "key", "link \"caller\"" …
};
std::vector<Mention> mentions(const Map& map, const Table& table);
// All conditions over a table's columns.
std::vector<const Where*> conditions(const Map& map, const Table& table);

// A shell pattern (* and ?) of `ignore` over a logical name, or over TABLE:NAME for a trigger,
// rule, publication, materialised view or inheritance child that the site has looked at.
bool ignored(const Map& map, std::string_view name);
std::string in_quotes(std::string_view name);

// The foreign key that stands behind a link: each of its pairs is one of the link's.
bool stands_behind(const ForeignKey& key, const Table& table, const Link& link, const Map& map);

// A join of these types loses nothing: equal ones, integers of any width, text and varchar, text
// that holds a UUID. A value out of JSON is text and is cast to the key's type.
bool joinable(const std::string& from, const std::string& to);

// Whether the constraint reads only columns that get one known value in a row that is erased and
// stays: then it has been tried out when the catalog was read.
bool tried_out(const Table& table, const Check& check);

void check_tables(const Map& map, const Catalog& catalog, Report& report);
void check_foreign_keys(const Map& map, const Catalog& catalog, Report& report);
void check_links(const Map& map, const Catalog& catalog, Report& report);
void check_columns(const Map& map, const Catalog& catalog, Report& report);
void check_anchors(const Map& map, const Catalog& catalog, Report& report);
void check_attachments(const Map& map, const Catalog& catalog, Report& report);
void check_subjects(const Map& map, Report& report);

}  // namespace ccctl::datamap
