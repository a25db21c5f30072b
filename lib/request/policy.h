// What a pack says of data subjects' requests (kind Requests).
#pragma once

#include <string>
#include <vector>

#include "base/calendar.h"
#include "doc/reader.h"
#include "policy/pack.h"
#include "rule/retention.h"

namespace ccctl::request {

// Something that no request covers, for everybody (formats.md 3, excluded[]).
struct Exclusion {
  std::string what;
  std::string reason;
  std::vector<std::string> requirements;
};

struct RequestPolicy {
  Duration settling{0, 0, 86400};  // between the erasing pass and the settling pass
  bool identity_check_waived = false;
  Duration due{0, 30, 0};  // from receipt to completion
  std::string zone = "UTC";
  std::vector<Exclusion> excluded;
};

void describe(RequestPolicy& policy, doc::Fields& f);
std::string requests_schema();

// The pack as a request uses it. Throws policy_invalid when it holds no Requests document, or two.
struct PackRules {
  RequestPolicy requests;
  std::vector<rule::Retention> retention;
  std::string digest;
};
PackRules rules_of(const policy::Pack& pack);

}  // namespace ccctl::request
