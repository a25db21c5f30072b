// Walks over every subject and every matched value of a tenant, in batches and constant memory: for
// whoever has only a keyed hash and must find what it was made of.
#pragma once

#include <functional>
#include <string>

#include "datamap/catalog.h"
#include "datamap/map.h"
#include "store/session.h"
#include "subject/finder.h"
#include "subject/ref.h"

namespace ccctl::subject {

void each_subject(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                  const std::string& tenant, const std::function<void(const SubjectRef&)>& tell);

// The normalised identifiers in `match` tables, where a value is the link.
void each_matched_value(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                        const std::string& tenant,
                        const std::function<void(const Identifier&)>& tell);

}  // namespace ccctl::subject
