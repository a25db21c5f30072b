#include "audit/shard.h"

#include <algorithm>

#include "audit/event.h"
#include "base/error.h"
#include "base/percent.h"

namespace ccctl::audit {

std::string escape_id(std::string_view id) {
  return percent_encoded(id);
}

std::string organisation_domain(store::Tx& tx) {
  const store::Rows rows = tx.exec("SELECT domain FROM ccctl.organisation");
  if (rows.empty()) {
    throw Error(ErrorKind::config_invalid, "the datastore does not say whose logs these are",
                "set the organisation's domain with `ccctl db init`");
  }
  return std::string(rows.text(0, 0));
}

std::string tenant_prefix(std::string_view domain, std::string_view tenant) {
  if (tenant == kOrganisation) return std::string(domain) + "/";
  return std::string(domain) + "/tenant/" + escape_id(tenant) + "/";
}

std::string organisation_prefix(std::string_view domain) {
  return std::string(domain) + "/organisation/";
}

std::string period_of(std::string_view log, Instant at) {
  return ccctl::to_text(at).substr(0, log == "security" ? 7 : 4);
}

crypto::Digest digest_of_hex(std::string_view hex) {
  const std::optional<std::string> bytes = crypto::from_hex(hex);
  crypto::Digest digest{};
  if (!bytes || bytes->size() != digest.size()) {
    throw Error(ErrorKind::unexpected, "a stored hash does not have 32 bytes");
  }
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

std::vector<crypto::Digest> digests_of_hex(std::string_view hex) {
  constexpr std::size_t kDigits = 2 * crypto::Digest{}.size();
  std::vector<crypto::Digest> digests;
  for (; hex.size() >= kDigits; hex.remove_prefix(kDigits)) {
    digests.push_back(digest_of_hex(hex.substr(0, kDigits)));
  }
  return digests;
}

OpenedCheckpoint open_checkpoint(std::string_view note,
                                 const std::vector<crypto::VerifierKey>& keys) {
  OpenedCheckpoint opened;
  const std::size_t blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return opened;
  const auto claimed = crypto::Checkpoint::parse_body(note.substr(0, blank + 1));
  if (!claimed) return opened;
  opened.checkpoint = *claimed;
  opened.verdict = crypto::NoteVerdict::unknown_key;
  for (const crypto::VerifierKey& key : keys) {
    const auto note_key = crypto::VerifierKey::of(claimed->origin, key.public_key);
    const crypto::OpenedNote read = crypto::open_note(note, note_key);
    if (read.verdict == crypto::NoteVerdict::unknown_key) continue;
    opened.verdict = read.verdict;
    if (read.verdict == crypto::NoteVerdict::valid) {
      opened.public_key = key.public_key;
      break;
    }
  }
  return opened;
}

bool reads_leaves(store::Tx& tx, const std::function<void()>& statements) {
  tx.exec("SAVEPOINT ccctl_leaves");
  try {
    statements();
  } catch (const store::StatementError& error) {
    if (!error.sqlstate().starts_with("22")) throw;  // data exceptions
    tx.exec("ROLLBACK TO SAVEPOINT ccctl_leaves");
    return false;
  }
  tx.exec("RELEASE SAVEPOINT ccctl_leaves");
  return true;
}

}  // namespace ccctl::audit
