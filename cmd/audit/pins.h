// Where the settings say that checkpoints are kept.
#pragma once

#include <string>
#include <vector>

#include "cmd/app.h"
#include "queue/pin.h"

namespace ccctl::cmd {

// One after the other, as `audit verify --pin` reads them.
std::string joined(const std::vector<audit::Sealed>& newest);

// Those of the settings `pins.NAME`. Throws config_invalid for a URL of no known scheme.
std::vector<queue::Destination> pin_destinations(App& app);

// The newest checkpoint of every log that the session may read.
std::vector<audit::Sealed> newest(App& app);

// What could not be kept, in words; empty when everything was.
std::string failures(const std::vector<queue::Sent>& all);

}  // namespace ccctl::cmd
