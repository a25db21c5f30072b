// Requests that could not be carried out here, and that people complete outside: by a statement of
// work, with a file that shows it, and a second person's signature (G-45).
//
// The outcome is then `manual`, and the receipt names both people and the file's hash. It tells of
// nothing erased or handed out by ccctl but what the receipts of its own windows tell, and leaves
// no tombstone.
#pragma once

#include <string>

#include "base/context.h"
#include "policy/approval.h"
#include "record/record.h"
#include "request/deadline.h"
#include "request/request.h"
#include "store/session.h"

namespace ccctl::request {

// Its target is the request's id. Signing it completes the request, in the signing transaction.
extern const policy::ApprovalKind kManualApproval;

// Asks for the approval; `decision.reason` is the statement of work's reference. Refused for a
// request that has come to its end, whose sub-processors have not all answered, of which objects
// wait to be deleted, or that an approval with another reference or file waits for; held while a
// hold covers the person.
policy::Approval ask_manual(store::Tx& tx, const Context& context, const Decision& decision,
                            const record::Evidence& evidence);

// From unsealed to completed, once a checkpoint covers the request's leaf.
void note_sealed(store::Tx& tx, Request& request);
// The same for a request that another process may be moving on.
void note_sealed(store::Tx& tx, const std::string& tenant, const std::string& request_id);

}  // namespace ccctl::request
