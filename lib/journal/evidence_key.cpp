#include "journal/evidence_key.h"

#include "crypto/digest.h"

namespace ccctl::journal {

using crypto::lp;

std::string EvidenceKey::keyed(std::string_view purpose, std::string_view kind,
                               const Personal<std::string>& value) const {
  if (before_) before_(purpose);
  ++uses_[std::string(purpose)];
  const std::string message = lp("ccctl/tombstone/v1") + lp(kind) + lp(value.reveal());
  return crypto::to_hex(crypto::view(crypto::hmac_sha256(key_.reveal(), message)));
}

std::string EvidenceKey::check() const {
  const crypto::Digest digest = crypto::hmac_sha256(key_.reveal(), lp("ccctl/evidence-key/v1"));
  return crypto::to_hex(crypto::view(digest)).substr(0, 16);
}

}  // namespace ccctl::journal
