// A case: the requests that one person's supplied identifiers lead to, and whether they are all
// there (G-27, G-41 to G-44).
//
// Each supplied identifier is a criterion, looked up once. The values stand nowhere: a criterion is
// a pseudonym under a key that is erased when the case is closed.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "request/request.h"
#include "store/session.h"
#include "subject/finder.h"

namespace ccctl::request {

std::string open_case(store::Tx& tx, const Context& context, const std::string& tenant, Instant at);
// Throws not_found, or refused for one that is closed.
void require_open_case(store::Tx& tx, const std::string& tenant, const std::string& case_id);

// Stores the lookup of one identifier: everybody whom it found. `rows`: it finds nobody, but rows
// that go by the value itself, so it wants a request of its own all the same.
void look_up(store::Tx& tx, const std::string& tenant, const std::string& case_id,
             const subject::Identifier& term, const std::vector<subject::SubjectRef>& found,
             bool rows, Instant at);

// The request answers each criterion whose identifier it follows, in the transaction that stores
// the request. What belongs to no case covers nothing.
void cover(store::Tx& tx, const Request& request, const std::vector<subject::Identifier>& followed);
// The same later, by the terms that stand in the datastore.
void cover(store::Tx& tx, const Request& request);

struct Coverage {
  int criteria = 0, covered = 0;
  int people = 0, answered = 0;  // people found, over all criteria
  Instant created_at{};
  bool closed = false;

  bool complete() const { return criteria == covered; }
  Json json() const;
};
Coverage coverage(store::Tx& tx, const std::string& tenant, const std::string& case_id);

// Throws refused while a request of the case, or one related to it, is not finished, and where the
// coverage is incomplete unless that is waived with a reason.
void close_case(store::Tx& tx, const std::string& tenant, const std::string& case_id,
                const std::string& waived, const std::string& actor, Instant at);

}  // namespace ccctl::request
