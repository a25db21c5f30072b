// What the request commands share: the pack's rules, the erasure engine, how a request is printed.
#pragma once

#include <memory>
#include <string>

#include "cmd/app.h"
#include "request/erasure.h"
#include "request/policy.h"
#include "request/preview.h"

namespace ccctl::cmd {

// Owns what an Erasure refers to; as long-lived as the command.
class Requests {
 public:
  explicit Requests(App& app);

  const request::Ground& ground() const { return ground_; }
  const request::PackRules& rules() const { return rules_; }
  // Unguarded only for replay, which is what brings a restored datastore level. `seals`: at the end
  // of each request; a worker seals once for many.
  request::Erasure erasure(bool guarded = true, bool seals = true);

 private:
  App& app_;
  request::PackRules rules_;
  request::Ground ground_;
};

// Prints the request and answers with its exit code: 0, 3 (residue), 4 (partly), as its phase and
// outcome say; tells on stderr what it waits for.
int answer(App& app, const request::Request& request);

}  // namespace ccctl::cmd
