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

// alias's id columns equal one of the refs' keys. Written as equalities, not as a join with an
// array: the planner takes an array for a hundred rows and then prefers reading whole tables. The
// text depends on how many refs there are, so this is for merge sets and not for long lists.
std::string key_in_sql(const datamap::Map& map, const datamap::Catalog& catalog,
                       const datamap::Table& table, std::string_view alias,
                       const std::vector<SubjectRef>& refs, store::Params& params);
// alias.id1::text, alias.id2::text …
std::string id_list_sql(const datamap::Map& map, const datamap::Table& table,
                        std::string_view alias);

}  // namespace ccctl::subject
