// What sweeps, off-boardings and applied plans share.
#pragma once

#include <string>
#include <vector>

#include "cmd/retention/wiring.h"
#include "retention/sweep.h"

namespace ccctl::cmd {

// What every answer about a sweep begins with.
Json sweep_envelope(const Retentions& retentions, const retention::Situation& situation);
// A table was not covered.
bool skips_tables(const retention::Survey& survey);

// Sweeps, with everything that is asked before; `kind` is that of the destruction record. Gives the
// exit code.
int sweep_and_print(App& app, const Args& args, const Retentions& retentions,
                    const std::string& kind);

// The options of a command that does so, behind its own; `whole`: at an instant of its choice.
std::vector<Option> sweep_options(std::vector<Option> own, bool whole = true);

}  // namespace ccctl::cmd
