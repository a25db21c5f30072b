// By which way the datastore reaches a scope's rows: by the indexes of the links, where there are.
//
// A scope's sets are small and the planner does not know it: it takes a common table expression for
// dozens of rows in every partition, and reads whole tables to join them. Where every link of the
// scope has its index, joins that read whole tables are switched off for the transaction.
#pragma once

#include "datamap/catalog.h"
#include "plan/scope.h"
#include "store/session.h"

namespace ccctl::plan {

// Whether an index of the child begins with the link's columns, in whatever order.
bool is_indexed(const datamap::CatalogTable& child, const datamap::Link& link);
// Whether an index begins with the columns of each link that leads to a table of the scope, in
// whatever order. A link from inside JSON has none.
bool links_are_indexed(const datamap::Map& map, const datamap::Catalog& catalog,
                       const Scope& scope);

// For the rest of the transaction, if links_are_indexed().
void prefer_indexes(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                    const Scope& scope);

}  // namespace ccctl::plan
