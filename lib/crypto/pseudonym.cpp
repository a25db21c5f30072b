#include "crypto/pseudonym.h"

#include "crypto/digest.h"

namespace ccctl::crypto {

std::string Pseudonymiser::subject(std::string_view type,
                                   const Personal<std::string>& normalised_id) const {
  // Each field carries its length, so that no two pairs of type and id make the same message.
  const std::string message = lp("ccctl/subj/v1") + lp(type) + lp(normalised_id.reveal());
  return to_hex(view(hmac_sha256(r_.reveal(), message)));
}

}  // namespace ccctl::crypto
