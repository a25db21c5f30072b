// References to people that mean nothing without a key (formats.md 5).
#pragma once

#include <string>
#include <string_view>

#include "base/personal.h"

namespace ccctl::crypto {

// HMAC-SHA256(r, LP("ccctl/subj/v1") LP(type) LP(normalised id)), lower-case hex. `r` is 32 random
// bytes per subject that are erased with the subject; afterwards the reference names nobody.
class Pseudonymiser {
 public:
  explicit Pseudonymiser(Secret r) : r_(std::move(r)) {}
  std::string subject(std::string_view type, const Personal<std::string>& normalised_id) const;

 private:
  Secret r_;
};

}  // namespace ccctl::crypto
