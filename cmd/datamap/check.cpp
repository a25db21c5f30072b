// ccctl datamap check: does the data map fit the datastore?
#include "datamap/check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/app.h"

namespace ccctl::cmd {
namespace {

Json row(const datamap::Finding& finding) {
  return {{"rule", finding.rule},       {"table", finding.table},   {"place", finding.place},
          {"message", finding.message}, {"remedy", finding.remedy}, {"refusal", finding.refusal}};
}

int run_check(App& app, const Args&) {
  app.actor();  // it looks into rows
  const datamap::Map& map = app.map();
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const datamap::Catalog catalog = datamap::read_catalog(tx, map);
  std::vector<datamap::Finding> findings = datamap::check(map, catalog);
  const std::vector<datamap::Finding> in_rows = datamap::check_data(map, catalog, tx);
  findings.insert(findings.end(), in_rows.begin(), in_rows.end());
  std::stable_sort(findings.begin(), findings.end(),
                   [](const auto& a, const auto& b) { return a.refusal && !b.refusal; });

  std::vector<Json> rows;
  for (const datamap::Finding& finding : findings) rows.push_back(row(finding));
  app.print_rows({"rule", "table", "place", "message", "remedy", "refusal"}, rows,
                 {{"kind", "DataMapFindingList"}, {"dataMapDigest", map.digest}});
  if (findings.empty()) app.message("the data map fits the datastore");
  return findings.empty() ? 0 : info(ErrorKind::findings).exit_code;
}

}  // namespace

extern const Spec datamap_check;
const Spec datamap_check{
    .noun = "datamap",
    .verb = "check",
    .summary = "compare the data map with the datastore",
    .description =
        "Compares the data map with the catalog, the rows and the settings of the datastore. A "
        "refusal stops every command whose plan touches the table named; a finding stops nothing. "
        "Rows are only counted and sampled: no value is printed.",
    .options = {},
    .exits = {0, 3, 5, 11},
    .examples = {{"ccctl datamap check", "list what does not fit, refusals first"},
                 {"ccctl datamap check -o json",
                  "the same for a script; exit 3 when there is any"}},
    .run = run_check,
};

}  // namespace ccctl::cmd
