#include "request/policy.h"

#include <algorithm>

#include "base/error.h"
#include "rule/ruleset.h"

namespace ccctl::request {
namespace {

enum class IdentityCheck { required, waived };
const doc::Choices<IdentityCheck> kChecks{{"required", IdentityCheck::required},
                                          {"waived", IdentityCheck::waived}};

constexpr const char* kLeastRate = "a rate is at least 1";

void describe_periods(PerType& periods, bool required, doc::Value& value) {
  value.record([&](doc::Fields& f) {
    for (Type type : kTypes) {
      std::optional<Duration>& period = periods.of.at(static_cast<std::size_t>(type));
      f.field(verb_of(type), required, "for requests of this type",
              [&](doc::Value& v) { doc::Reader<std::optional<Duration>>::read(period, v); });
    }
  });
}

}  // namespace

static void describe(Rate& rate, doc::Fields& f) {
  f.optional("subjects", rate.subjects, "searches for people");
  f.optional("requests", rate.requests, "new requests");
  if (f.decoding() && rate.subjects.value_or(1) < 1) f.fail("subjects", kLeastRate);
  if (f.decoding() && rate.requests.value_or(1) < 1) f.fail("requests", kLeastRate);
}

static void describe(SubProcessor& processor, doc::Fields& f) {
  f.required("id", processor.id, "by which it is acknowledged, stable for ever");
  f.required("name", processor.name, "who it is");
  f.optional("respond", processor.respond, "from the request to its acknowledgement");
  f.optional("from", processor.from, "the first day on which it holds data");
  f.optional("until", processor.until, "the last one");
  for (const char* key : {"from", "until"}) {
    const std::string& day = std::string_view(key) == "from" ? processor.from : processor.until;
    if (f.decoding() && !day.empty() && (day.size() != 10 || !parse_instant(day + "T00:00:00Z")))
      f.fail(key, "\"" + day + "\" is no day", "write 2026-11-21");
  }
}

void describe(SubProcessors& document, doc::Fields& f) {
  f.required("processors", document.processors, "each of them");
}

std::string sub_processors_schema() {
  return doc::schema<SubProcessors>("SubProcessors",
                                    "who else holds the data, and must act on a request");
}

static void describe(Exclusion& exclusion, doc::Fields& f) {
  f.required("what", exclusion.what, "what is left out of every request");
  f.required("reason", exclusion.reason, "why, in words for the data subject");
  f.optional("requirements", exclusion.requirements, "where the exclusion comes from");
}

void describe(RequestPolicy& policy, doc::Fields& f) {
  IdentityCheck check =
      policy.identity_check_waived ? IdentityCheck::waived : IdentityCheck::required;
  f.required("zone", policy.zone, "IANA time zone in which periods are reckoned");
  f.field("due", true, "from receipt of a request to its completion",
          [&](doc::Value& value) { describe_periods(policy.due, true, value); });
  f.field("target", false, "the usual time to an answer; later is a warning",
          [&](doc::Value& value) { describe_periods(policy.target, false, value); });
  f.optional("extension", policy.extension, "by how much a request may be put off, once");
  f.optional("export_window", policy.export_window,
             "how long after the contract's end data may be asked for");
  f.optional("requesters", policy.requesters,
             "who may ask directly: subject, customer, partner, user");
  f.optional("bulk", policy.bulk, "whether requests may be imported many at a time");
  f.optional("rate", policy.rate, "at most so many in a minute");
  f.optional("settling", policy.settling, "between the erasing pass and the settling pass");
  f.optional("evidence", policy.evidence,
             "how long `request list` answers which request erased a value");
  f.optional("identity_check", check, kChecks,
             "whether a request needs a record of how identity was checked");
  f.optional("excluded", policy.excluded, "what no request covers");
  policy.identity_check_waived = check == IdentityCheck::waived;
  for (const std::string& role : policy.requesters) {
    const auto& roles = requester_roles();
    if (f.decoding() && std::find(roles.begin(), roles.end(), role) == roles.end())
      f.fail("requesters", "unknown role \"" + role + "\"",
             "one of subject, customer, partner, user");
  }
  if (f.decoding() && !known_zone(policy.zone)) {
    f.fail("zone", "unknown time zone \"" + policy.zone + "\"",
           "write an IANA name such as Asia/Tokyo");
  }
}

const std::vector<std::string>& requester_roles() {
  static const std::vector<std::string> roles{"subject", "customer", "partner", "user"};
  return roles;
}

Instant due_date(const RequestPolicy& policy, Type type, Instant received,
                 const std::optional<Duration>& extension) {
  Duration period = *policy.due[type];
  if (extension) {
    period.months += extension->months;
    period.days += extension->days;
    period.seconds += extension->seconds;
  }
  return add(received, period, policy.zone, Granularity::instant);
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
  PackRules rules{std::move(found.front()), rule::retention_of(pack), {}, pack.digest};
  for (SubProcessors& document : pack.read_all<SubProcessors>("SubProcessors")) {
    for (SubProcessor& processor : document.processors)
      rules.sub_processors.push_back(std::move(processor));
  }
  return rules;
}

}  // namespace ccctl::request
