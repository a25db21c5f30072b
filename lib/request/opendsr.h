// OpenDSR 2.0 and newline-delimited JSON: requests that come many at a time, and the answer to a
// controller's question how far one is.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "request/request.h"

namespace ccctl::request {

// One request as it came in. Values of people: never logged.
struct Incoming {
  Type type = Type::erasing;
  std::string reference;  // subject_request_id
  Instant received_at{};
  std::vector<std::pair<std::string, std::string>> terms;  // kind or "subject", value as written
};

// An OpenDSR 2.0 request (erasure, access, portability). Throws usage, naming the member and never
// a value, for what is none.
Incoming read_opendsr(const Json& document);
// Our own line: {"requestType", "reference", "receivedAt"?, one of the API's names for a subject}.
Incoming read_line(const Json& document);
// Either, for each line of the text; a text that is one document is one line.
std::vector<Incoming> read_incoming(const std::string& text, bool opendsr);

// The status response: pending, in_progress, completed or cancelled. Throws refused for an update.
Json to_opendsr(const Request& request);

}  // namespace ccctl::request
