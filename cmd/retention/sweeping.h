// What sweeps, off-boardings and applied plans share.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cmd/retention/reporter.h"
#include "cmd/retention/wiring.h"
#include "retention/sweep.h"

namespace ccctl::cmd {

// A period without months; usage for another. `option` names where it was given.
std::chrono::seconds elapsing(const std::string& period, const std::string& option);

// What every answer about a sweep begins with.
Json sweep_envelope(const Retentions& retentions, const retention::Situation& situation);
// A table was not covered.
bool skips_tables(const retention::Survey& survey);

// The sweep of the App's tenant, with everything that is asked before, up to its seal. Whoever
// calls it watches the signals. Messages go to `say`, how far it is to the reporter.
struct Swept {
  Json document;
  std::string paused;  // why, where it is
  int exit_code = 0;
};
Swept sweep_tenant(App& app, const Args& args, const Retentions& retentions,
                   const std::string& kind, const Say& say, Reporter& reporter);

// Sweeps as of an instant that a sweep had before, after a restore: nothing is asked, rules and
// clock have been accepted then.
retention::SweepReport sweep_again(App& app, const Retentions& retentions, Instant as_of);

// Sweeps every tenant for which the log-in may, --workers at the same time: one summary, one exit
// code.
int sweep_tenants(App& app, const Args& args, const Spec& spec);

// Sweeps, with everything that is asked before; `kind` is that of the destruction record. Gives the
// exit code.
int sweep_and_print(App& app, const Args& args, const Retentions& retentions,
                    const std::string& kind);

// The options of a command that does so, behind its own; `whole`: at an instant of its choice.
std::vector<Option> sweep_options(std::vector<Option> own, bool whole = true);

}  // namespace ccctl::cmd
