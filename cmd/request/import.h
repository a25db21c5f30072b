// Requests that come many at a time, from a file, where the pack allows it.
#pragma once

#include "cmd/app.h"

namespace ccctl::cmd {

// --import, --format: of `request plan`, which shows them, and `request run`, which takes them in.
std::vector<Option> import_options();
// One row per request with its subject and plan, and a confirmation for all of them together.
int plan_import(App& app, const Args& args);
// Stores them: erasures queued, requests for access as received, for `request export`. Nothing of
// them unless the confirmation is that of the file as it would be
// carried out now.
void run_import(App& app, const Args& args);

}  // namespace ccctl::cmd
