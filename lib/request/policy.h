// What a pack says of data subjects' requests (kind Requests).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "doc/reader.h"
#include "policy/pack.h"
#include "request/request.h"
#include "rule/retention.h"

namespace ccctl::request {

// Something that no request covers, for everybody (formats.md 3, excluded[]).
struct Exclusion {
  std::string what;
  std::string reason;
  std::vector<std::string> requirements;
};

// One period for each type of request; a document writes them under `export`, `update`, `delete`.
struct PerType {
  std::array<std::optional<Duration>, kTypes.size()> of;

  const std::optional<Duration>& operator[](Type type) const {
    return of.at(static_cast<std::size_t>(type));
  }
};

// At most so many in a minute, for each tenant (G-11); nothing: no limit.
struct Rate {
  std::optional<int> subjects, requests;
};

// A document of kind SubProcessors lists them: who holds the same data on behalf of the tenant.
struct SubProcessor {
  std::string id, name;
  Duration respond{0, 30, 0};  // from the request to the acknowledgement
  std::string from, until;     // civil days; empty: always, for ever
};
struct SubProcessors {
  std::vector<SubProcessor> processors;
};
void describe(SubProcessors& document, doc::Fields& f);
std::string sub_processors_schema();

struct RequestPolicy {
  Duration settling{0, 0, 86400};  // between the erasing pass and the settling pass
  Duration evidence{60, 0, 0};     // how long a tombstone answers who was erased
  bool identity_check_waived = false;
  PerType due;                            // from receipt to completion; all three
  PerType target;                         // a warning earlier than that
  std::optional<Duration> extension;      // by which a request may be put off, once; nothing: never
  std::optional<Duration> export_window;  // after the contract's end; nothing: no limit
  std::vector<std::string> requesters{"subject", "customer", "partner"};  // who may ask directly
  bool bulk = false;  // requests may be imported many at a time
  Rate rate;
  std::string zone = "UTC";
  std::vector<Exclusion> excluded;
};

void describe(RequestPolicy& policy, doc::Fields& f);
std::string requests_schema();
// The roles that a requester may have.
const std::vector<std::string>& requester_roles();

// When a request that came in then must be answered; `extension` is added to the period before
// anything is reckoned, never to the date.
Instant due_date(const RequestPolicy& policy, Type type, Instant received,
                 const std::optional<Duration>& extension = std::nullopt);

// The pack as a request uses it. Throws policy_invalid when it holds no Requests document, or two.
struct PackRules {
  RequestPolicy requests;
  std::vector<rule::Retention> retention;
  std::vector<SubProcessor> sub_processors;
  std::string digest;
};
PackRules rules_of(const policy::Pack& pack);

}  // namespace ccctl::request
