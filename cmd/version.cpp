// ccctl version: needs neither settings nor a datastore.
#include <nlohmann/json.hpp>

#include "base/context.h"
#include "cmd/app.h"

namespace ccctl::cmd {
namespace {

int run_version(App& app, const Args& args) {
  if (args.get("output") == "table") {
    app.write_result("ccctl " + std::string(ccctl::version()) + "\n");
  } else {
    app.print({{"kind", "Version"}, {"version", ccctl::version()}});
  }
  return 0;
}

}  // namespace

extern const Spec version;
const Spec version{
    .noun = "",
    .verb = "version",
    .summary = "show the program's version",
    .description =
        "Shows which version of ccctl this is. Nothing is read and no datastore is asked.",
    .options = {},
    .exits = {0},
    .examples = {{"ccctl version", "for people"}, {"ccctl version -o json", "for programs"}},
    .run = run_version,
};

}  // namespace ccctl::cmd
