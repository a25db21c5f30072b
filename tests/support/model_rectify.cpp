// What a rectification must make of every row: member by member, in the rows that those reach whose
// turn has been.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/model.h"

namespace ccctl::testing {

using datamap::Column;
using subject::SubjectRef;

namespace {

// The text at a place in a document, or nothing.
Json* text_at(Json& document, const datamap::Site& site) {
  Json* at = &document;
  for (const datamap::Step& step : site.path) {
    if (!at->is_object() || !at->contains(step.member)) return nullptr;
    at = &(*at)[step.member];
  }
  return at->is_string() ? at : nullptr;
}

}  // namespace

// Whether the row names other customers, and nobody of these rows.
bool Model::of_others(RowId id, const Ids& mine) const {
  const datamap::Table& table = *rows_[id].table;
  const auto subjects = [&](const std::string& name, bool employees) {
    return std::any_of(map_.subjects.begin(), map_.subjects.end(), [&](const auto& type) {
      return type.table == name && (employees || type.current.empty());
    });
  };
  if (table.match || subjects(table.name, true)) return false;
  bool others = false;
  for (const datamap::Link& link : table.links) {
    if (!subjects(link.to, true)) continue;
    for (RowId person : parents(id, link)) {
      if (mine.contains(person)) return false;
      others = others || subjects(link.to, false);
    }
  }
  return others;
}

std::uint64_t Model::rectify(const std::vector<SubjectRef>& members, const Term& existing,
                             const Correction& correction) {
  Ids own, changed;
  std::vector<Term> known{existing};
  for (const SubjectRef& member : members) {
    own.insert(find(member).value());
    for (const Term& term : terms(member)) known.push_back(term);
    const Ids mine = scope(own, exclusive(known, own));
    for (RowId id : mine) {
      const datamap::Table& table = *rows_[id].table;
      if (table.rectify != datamap::Rectify::replace || of_others(id, mine)) continue;
      for (const Column& column : table.columns) {
        if (column.is != existing.first) continue;
        const std::vector<std::string> held = values(id, column);
        if (std::find(held.begin(), held.end(), existing.second) == held.end()) continue;
        replace(rows_[id], column, correction);
        changed.insert(id);
      }
    }
  }
  return changed.size();
}

void Model::replace(Row& row, const Column& column, const Correction& correction) const {
  const std::string& made = column.normalise.empty() ? correction.written : correction.updated;
  Cell& present = row.cells[this->column(*row.table, column.site.column)];
  if (column.site.plain()) {
    present = made;
  } else {
    Json document = Json::parse(present.value());
    *text_at(document, column.site) = made;
    present = document.dump();
  }
  if (!column.search.empty())
    row.cells[this->column(*row.table, column.search)] = correction.updated;
}

}  // namespace ccctl::testing
