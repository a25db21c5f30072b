// The pack that a `policy` command is about.
#pragma once

#include <string>

#include "cmd/app.h"
#include "policy/pack.h"

namespace ccctl::cmd {

// The positional PACK.
Option pack_option(const std::string& name = "PACK", bool required = false);

// By name in the folder of packs, or by path where it has a slash; without one the tenant's, for
// which the datastore is asked. Throws not_found for a name that is no folder, with a suggestion.
policy::Pack pack_named(App& app, const Args& args, std::string_view option = "PACK");

}  // namespace ccctl::cmd
