// Pseudonymous references to people, for evidence: HMAC under r, 32 random bytes per subject that
// stand in ccctl.subject_ref and are erased with the subject (formats.md 5).
#pragma once

#include <string>

#include "base/personal.h"
#include "store/session.h"
#include "subject/ref.h"

namespace ccctl::subject {

// The reference; draws r on first use, by the datastore's strong random source.
std::string reference(store::Tx& tx, const std::string& tenant, const SubjectRef& ref);
// r as hex, for the requester's `ID.r`; empty when it was erased.
Secret reference_key(store::Tx& tx, const std::string& tenant, const SubjectRef& ref);
// Erases r: from now on the references in the evidence name nobody.
void forget(store::Tx& tx, const std::string& tenant, const SubjectRef& ref);

}  // namespace ccctl::subject
