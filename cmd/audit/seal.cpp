// ccctl audit seal: the sealing account's timer runs it.
#include <map>
#include <nlohmann/json.hpp>

#include "audit/sealer.h"
#include "base/error.h"
#include "cmd/app.h"
#include "cmd/audit/pins.h"

namespace ccctl::cmd {
namespace {

using Sizes = std::map<std::string, std::uint64_t>;

// What could not be kept elsewhere before, and is due again.
void retry_pins(App& app) {
  const std::vector<queue::Destination> destinations = pin_destinations(app);
  if (destinations.empty()) return;
  for (const std::string& tenant : app.actor().tenants) {
    const auto sent = queue::send_pins(app.session(), tenant, destinations, queue::Which::waiting);
    if (const std::string failed = failures(sent); !failed.empty()) app.message(failed);
  }
}

int run_seal(App& app, const Args&) {
  app.actor();  // by whoever is nobody here no log grows
  Sizes before;
  for (const audit::Sealed& shard : newest(app)) before[shard.origin] = shard.size;
  if (!app.seal_if_possible()) {
    if (app.has_sealing_key()) throw Error(ErrorKind::busy, "another sealer is at work");
    throw Error(ErrorKind::key_unavailable, "this session does not have the sealing key",
                "set seal_key and seal_user, or run it as the sealing account");
  }
  retry_pins(app);
  std::vector<Json> rows;
  for (const audit::Sealed& shard : newest(app)) {
    const std::uint64_t added = shard.size - before[shard.origin];
    if (added == 0) continue;
    rows.push_back({{"origin", shard.origin},
                    {"size", shard.size},
                    {"added", added},
                    {"checkpoint", shard.checkpoint}});
  }
  app.print_rows({"origin", "size", "added"}, rows, {{"kind", "AuditSealed"}});
  return 0;
}

}  // namespace

extern const Spec audit_seal;
const Spec audit_seal{
    .noun = "audit",
    .verb = "seal",
    .summary = "sign what waits in the log",
    .description =
        "Gives every pending event its place in the log and signs a checkpoint over it. It needs "
        "the "
        "sealing key and the sealing account; where commands do not have them, a timer runs this. "
        "It can be run at any time and as often as wanted: only one sealer works at once, and one "
        "that was interrupted has either sealed a batch or not.\n\n"
        "Shown are the logs that you may read and that grew; -o json has the signed checkpoints, "
        "which are what `audit verify --pin` wants to see later. Keep them outside the datastore.",
    .options = {},
    .exits = {0, 3, 5, 7, 11, 12, 13},
    .examples = {{"ccctl audit seal --quiet", "in the sealing account's timer"},
                 {"ccctl audit seal -o json", "with the checkpoints"}},
    .run = run_seal,
};

}  // namespace ccctl::cmd
