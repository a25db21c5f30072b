#include "request/policy.h"

#include "base/error.h"

namespace ccctl::request {
namespace {

enum class IdentityCheck { required, waived };
const doc::Choices<IdentityCheck> kChecks{{"required", IdentityCheck::required},
                                          {"waived", IdentityCheck::waived}};

}  // namespace

static void describe(Exclusion& exclusion, doc::Fields& f) {
  f.required("what", exclusion.what, "what is left out of every request");
  f.required("reason", exclusion.reason, "why, in words for the data subject");
  f.optional("requirements", exclusion.requirements, "where the exclusion comes from");
}

void describe(RequestPolicy& policy, doc::Fields& f) {
  IdentityCheck check =
      policy.identity_check_waived ? IdentityCheck::waived : IdentityCheck::required;
  f.required("zone", policy.zone, "IANA time zone in which periods are reckoned");
  f.required("due", policy.due, "from receipt of a request to its completion");
  f.optional("settling", policy.settling, "between the erasing pass and the settling pass");
  f.optional("identity_check", check, kChecks,
             "whether a request needs a record of how identity was checked");
  f.optional("excluded", policy.excluded, "what no request covers");
  policy.identity_check_waived = check == IdentityCheck::waived;
  if (f.decoding() && !known_zone(policy.zone)) {
    f.fail("zone", "unknown time zone \"" + policy.zone + "\"",
           "write an IANA name such as Asia/Tokyo");
  }
}

std::string requests_schema() {
  return doc::schema<RequestPolicy>("Requests", "deadlines and rules for data subjects' requests");
}

PackRules rules_of(const policy::Pack& pack) {
  std::vector<RequestPolicy> found = pack.read_all<RequestPolicy>("Requests");
  if (found.size() != 1) {
    throw Error(ErrorKind::policy_invalid,
                "pack \"" + pack.name + "\" has " + std::to_string(found.size()) +
                    " documents of kind Requests",
                "a pack needs exactly one");
  }
  return {std::move(found.front()), pack.read_all<rule::Retention>("Retention"), pack.digest};
}

}  // namespace ccctl::request
