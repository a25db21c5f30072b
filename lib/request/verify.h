// After an erasure: does anything of the subject still stand where it must not?
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "datamap/catalog.h"
#include "datamap/map.h"
#include "plan/scope.h"
#include "store/session.h"
#include "subject/finder.h"

namespace ccctl::request {

enum class Finding { residue, shared, kept, mentioned, not_searched };
std::string_view to_text(Finding finding);

struct Hit {
  Finding finding = Finding::residue;
  datamap::TableName table;
  std::string site;
  std::uint64_t rows = 0;
};

struct Verification {
  std::vector<Hit> hits;
  bool clean() const;  // no residue
  Json json(Finding finding) const;
};

struct Search {
  const datamap::Map& map;
  const datamap::Catalog& catalog;
  const plan::Scope& scope;
  std::string tenant;
  std::vector<subject::Identifier> identifiers;  // strong ones are searched, names are not
  // How many rows of a table the request kept whole. Which they are stands in ccctl.restricted; of
  // a correction, or in a table without a key, as many hits are kept ones.
  std::map<datamap::TableName, std::uint64_t> kept;
  std::string request_id;
  std::vector<subject::SubjectRef> own;  // the subjects erased or corrected
  bool erased = true;                    // their own rows must be gone
  bool deep = false;                     // also free text and columns without an index
};

// A value that another live subject shares is `shared`. A row that the request kept is `kept`. A
// row that still belongs to somebody (one of its follow links leads to a live row) only mentions
// the value; a row that belongs to nobody any more, a row of a match table, and a subject's own row
// are residue; the latter whatever stands in it.
Verification verify(store::Tx& tx, const Search& search);

}  // namespace ccctl::request
