#include "datamap/check.h"

#include <algorithm>

#include "datamap/check_parts.h"

namespace ccctl::datamap {
namespace {

// Conditions on one column that no value meets both of.
bool disjoint(const Condition& a, const Condition& b) {
  using Op = Condition::Op;
  if (a.op == Op::is_null || b.op == Op::is_null) return a.op != b.op;
  if (a.op == Op::not_null || b.op == Op::not_null) return false;
  return std::none_of(a.values.begin(), a.values.end(), [&](const std::string& value) {
    return std::find(b.values.begin(), b.values.end(), value) != b.values.end();
  });
}

bool disjoint(const Where& a, const Where& b) {
  for (const Condition& left : a) {
    for (const Condition& right : b) {
      if (left.column == right.column && disjoint(left, right)) return true;
    }
  }
  return false;
}

}  // namespace

std::string in_quotes(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

void check_subjects(const Map& map, Report& report) {
  for (std::size_t i = 0; i < map.subjects.size(); ++i) {
    for (std::size_t j = i + 1; j < map.subjects.size(); ++j) {
      const SubjectType& a = map.subjects[i];
      const SubjectType& b = map.subjects[j];
      if (a.table != b.table || disjoint(a.where, b.where)) continue;
      report.refuse(
          "subject_overlap", a.table, a.kind + ", " + b.kind,
          "a row can be a subject of both types " + in_quotes(a.kind) + " and " + in_quotes(b.kind),
          "give each a `where` on the same column with values of its own");
    }
  }
}

std::vector<Finding> check(const Map& map, const Catalog& catalog) {
  Report report;
  check_tables(map, catalog, report);
  check_subjects(map, report);
  check_foreign_keys(map, catalog, report);
  check_links(map, catalog, report);
  check_columns(map, catalog, report);
  check_anchors(map, catalog, report);
  check_attachments(map, catalog, report);
  return report.take();
}

void require_fit(const std::vector<Finding>& findings, const std::vector<TableName>& closure) {
  for (const Finding& finding : findings) {
    const bool concerns = std::find(closure.begin(), closure.end(), finding.table) != closure.end();
    if (!finding.refusal || !concerns) continue;
    std::string place = finding.table;
    if (!finding.place.empty()) place += "." + finding.place;
    // Rows that this log-in cannot see are a matter of rights, not of the map.
    const bool hidden = finding.rule == "row_security";
    throw Error(hidden ? ErrorKind::denied : ErrorKind::map_drift,
                (hidden ? "" : "the data map does not fit the datastore: ") + place + ": " +
                    finding.message,
                finding.remedy)
        .with("rule", finding.rule)
        .with("table", finding.table);
  }
}

}  // namespace ccctl::datamap
