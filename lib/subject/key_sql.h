// SQL that picks subjects by their keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datamap/catalog.h"
#include "datamap/map.h"
#include "store/sql.h"
#include "subject/ref.h"

namespace ccctl::subject {

// alias's id columns equal one of the refs' keys; one array parameter per column, so that the text
// of the statement does not depend on how many there are.
std::string key_in_sql(const datamap::Map& map, const datamap::Catalog& catalog,
                       const datamap::Table& table, std::string_view alias,
                       const std::vector<SubjectRef>& refs, store::Params& params);
// alias.id1::text, alias.id2::text …
std::string id_list_sql(const datamap::Map& map, const datamap::Table& table,
                        std::string_view alias);

}  // namespace ccctl::subject
