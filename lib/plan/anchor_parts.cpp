#include "plan/anchor_parts.h"

#include <algorithm>

#include "base/error.h"
#include "datamap/sql.h"

namespace ccctl::plan {
namespace {

using datamap::Anchor;
using AnchorSource = Anchor::Source;

// Whether SQL itself finds the latest: of dates alone, or of instants of the row's own alone.
bool is_alike(const datamap::Map& map, const datamap::Catalog& catalog, const datamap::Table& table,
              const Anchor& anchor) {
  if (anchor.source == AnchorSource::link) {
    const datamap::Link* link = table.link(anchor.link);
    const datamap::Table* parent = link == nullptr ? nullptr : map.table(link->to);
    if (parent == nullptr || !parent->anchors.contains(anchor.anchor)) return true;
    const Anchor& there = parent->anchors.at(anchor.anchor);
    return there.source != AnchorSource::tenant && is_alike(map, catalog, *parent, there);
  }
  if (anchor.source != AnchorSource::latest_of) return true;
  const bool dates = datamap::anchor_is_date(map, catalog, table, anchor);
  return std::all_of(anchor.parts.begin(), anchor.parts.end(), [&](const Anchor& part) {
    return part.source != AnchorSource::tenant && is_alike(map, catalog, table, part) &&
           datamap::anchor_is_date(map, catalog, table, part) == dates;
  });
}

}  // namespace

std::vector<const Anchor*> anchor_parts(const datamap::Map& map, const datamap::Catalog& catalog,
                                        const datamap::Table& table, const Anchor& anchor) {
  if (is_alike(map, catalog, table, anchor)) return {&anchor};
  if (anchor.source == AnchorSource::link) {
    throw Error(ErrorKind::map_invalid,
                "an anchor of table \"" + table.name +
                    "\" is that of another table, which mixes "
                    "dates, instants or what the tenant has",
                "name its parts: latest_of with a link to each");
  }
  std::vector<const Anchor*> all;
  for (const Anchor& part : anchor.parts) {
    const std::vector<const Anchor*> more = anchor_parts(map, catalog, table, part);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace ccctl::plan
