// Rectification: which values of a scope become which, as the map's `rectify` says per table.
#pragma once

#include <string>
#include <vector>

#include "datamap/map.h"
#include "plan/scope.h"

namespace ccctl::plan {

// One replacement term (formats.md 3): `existing` and `updated` are normalised, `written` is the
// new value as the person wrote it, for columns that keep no normal form.
struct Replacement {
  std::string kind;
  std::string existing, updated, written;
};

// What one column of the scope holds of one replacement. SQL picks candidates; whoever fills this
// in has normalised them and kept those that are the existing value.
struct Standing {
  const datamap::Table* table = nullptr;
  const datamap::Column* column = nullptr;
  const Replacement* replacement = nullptr;
  std::vector<std::string> lists;     // value lists of rows (jsonb text) that hold it
  std::vector<std::string> elements;  // values at the site that are it, as they stand
  // Of a value that several columns keep together, per list what each keeps of the new one, in the
  // order of the list: the column's own is the last. Empty: it keeps nothing.
  std::vector<std::vector<std::string>> parts;
};

// Every identifier column of the scope that a replacement may concern, and every free text of the
// tables that are annotated; in the map's order.
std::vector<Standing> rectified_columns(const datamap::Map& map, const Scope& scope,
                                        const std::vector<Replacement>& replacements);

}  // namespace ccctl::plan
