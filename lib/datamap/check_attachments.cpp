// What hangs on a mapped table and acts, copies or hides on its own.
#include <algorithm>

#include "datamap/check_parts.h"

namespace ccctl::datamap {
namespace {

struct Attached {
  const char* rule;
  const char* what;
  const char* effect;
  const std::vector<std::string>& names;
};

void check_attached(const Map& map, const CatalogTable& there, Report& report) {
  const Attached kinds[] = {
      {"trigger_unaccounted", "trigger", "may copy or change what an erasure touches",
       there.triggers},
      {"rule_unaccounted", "rule", "may turn a statement into another", there.rules},
      {"materialised_view_unaccounted", "materialised view", "keeps a copy until it is refreshed",
       there.materialised_views},
      {"publication_unaccounted", "publication", "sends the rows to another database",
       there.publications},
      {"inheritance_unaccounted", "inheriting table", "gives rows to statements on this one",
       there.children},
  };
  for (const Attached& kind : kinds) {
    for (const std::string& name : kind.names) {
      if (ignored(map, there.name + ":" + name)) continue;
      report.refuse(
          kind.rule, there.name, name,
          "the " + std::string(kind.what) + " " + in_quotes(name) + " " + kind.effect +
              ", and the map does not account for it",
          "once it is known to be harmless, add \"" + there.name + ":" + name + "\" to `ignore`");
    }
  }
}

void check_row_security(const CatalogTable& there, Report& report) {
  bool foreign = there.policies.empty();
  for (const std::string& policy : there.policies) {
    if (policy.starts_with("ccctl_")) continue;
    foreign = true;
    report.find("foreign_policy", there.name, policy,
                "a row-level security policy that is not one of ccctl's may hide rows",
                "give ccctl's log-ins BYPASSRLS or a policy of their own");
  }
  if (there.row_security_active && foreign) {
    report.refuse("row_security", there.name, "",
                  "row-level security is active for this log-in and may hide rows",
                  "give the log-in BYPASSRLS, or policies named ccctl_*");
  }
}

}  // namespace

void check_attachments(const Map& map, const Catalog& catalog, Report& report) {
  for (const Table& table : map.tables) {
    const CatalogTable* there = catalog.table(table.name);
    if (!there) continue;
    check_attached(map, *there, report);
    check_row_security(*there, report);
  }
}

}  // namespace ccctl::datamap
