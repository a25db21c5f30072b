// App's data map: the one that is named, else the reference one where the datastore is such a one.
#include <algorithm>

#include "base/error.h"
#include "cmd/wire.h"
#include "datamap/catalog.h"
#include "datamap/check.h"

namespace ccctl::cmd {
namespace {

// What stands beside the mapped schemas, where no check looks for people's data. Empty: nothing.
std::string unseen_relation(store::Tx& tx) {
  const store::Rows rows = tx.exec(
      "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c JOIN "
      "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', "
      "'m') AND n.nspname NOT IN ('public', 'ccctl', 'information_schema') AND n.nspname !~ "
      "'^pg_' ORDER BY 1 LIMIT 1");
  return rows.empty() ? "" : std::string(rows.text(0, 0));
}

// Why the reference map must not be taken; empty: it may. A map that only nearly fits could miss a
// copy, so there anything that `datamap check` finds in the catalog counts, not only refusals. Rows
// are not looked at: that takes longer the more there are.
std::string misfit(store::Session session, const datamap::Map& reference) {
  store::Tx tx = session.begin(store::Mode::read_only_snapshot);
  if (const std::string other = unseen_relation(tx); !other.empty())
    return other + ": it stands in a schema that the map does not know";
  std::vector<datamap::Finding> findings =
      datamap::check(reference, datamap::read_catalog(tx, reference));
  // A sweep's own copy of a partition, for a moment, or until the next one has cleaned up.
  std::erase_if(findings, [](const auto& f) { return f.table.starts_with("ccctl_kept_"); });
  if (findings.empty()) return "";
  const datamap::Finding& first = findings.front();
  return first.table + (first.place.empty() ? "" : "." + first.place) + ": " + first.message;
}

}  // namespace

const datamap::Map& App::map() {
  Wiring& wiring = wired(*impl_);
  if (wiring.map) return *wiring.map;
  std::string path = setting("map");
  const bool named = !path.empty();
  if (!named) path = share_folder() + "/policies/sandbox/datamap.yaml";
  datamap::Map map = datamap::read_map(read_file(path, ErrorKind::config_invalid), path);
  if (!named) {
    // A session of its own: a command may ask for its map in a transaction.
    const std::string why = misfit(open_as(""), map);
    if (!why.empty()) {
      throw Error(ErrorKind::config_invalid, "no data map is set",
                  "name it with `map:` in the settings file or with CCCTL_MAP; the reference one "
                  "does not fit: " +
                      why);
    }
    message("the datastore is a reference one: using its data map");
  }
  return wiring.map.emplace(std::move(map));
}

}  // namespace ccctl::cmd
