// How a request came in: the options that every command which makes one has.
#pragma once

#include <vector>

#include "cmd/app.h"
#include "request/policy.h"
#include "request/request.h"

namespace ccctl::cmd {

// --received-at, --channel, --channel-ref, --requester, --on-behalf-of, --identity-method,
// --identity-by; followed by `more`.
std::vector<Option> with_intake_options(std::vector<Option> more);

// Reads them. Throws usage for a channel without its reference and refused where the pack does not
// take the request in (request/intake.h); a dry run needs no identity check.
request::Intake intake_of(const Args& args, const request::RequestPolicy& policy);

}  // namespace ccctl::cmd
