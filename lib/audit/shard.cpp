#include "audit/shard.h"

#include <algorithm>

#include "audit/event.h"
#include "base/error.h"

namespace ccctl::audit {

std::string escape_id(std::string_view id) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      text += c;
    } else {
      text += '%';
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text;
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

Hashes read_hashes(store::Tx& tx, const ShardKey& shard, const std::vector<crypto::NodeId>& ids) {
  std::vector<std::string> levels, indexes;
  for (const crypto::NodeId& id : ids) {
    levels.push_back(std::to_string(id.level));
    indexes.push_back(std::to_string(id.index));
  }
  Hashes hashes;
  if (ids.empty()) return hashes;
  std::vector<store::Value> params = shard.params();
  params.emplace_back(store::array_literal(levels));
  params.emplace_back(store::array_literal(indexes));
  // Subqueries, so that each hash is looked up by its key: joined, the planner may walk the shard.
  const store::Rows rows = tx.exec(
      {"SELECT w.level, w.node_index, pg_catalog.encode(CASE w.level WHEN 0 THEN "
       "(SELECT l.leaf_hash FROM ccctl.leaf l WHERE l.tenant_id = $1 AND l.log = $2 "
       "AND l.period = $3 AND l.leaf_index = w.node_index) ELSE "
       "(SELECT n.hash FROM ccctl.node n WHERE n.tenant_id = $1 AND n.log = $2 "
       "AND n.period = $3 AND n.level = w.level AND n.node_index = w.node_index) END, 'hex') "
       "FROM ROWS FROM (pg_catalog.unnest($4::smallint[]), pg_catalog.unnest($5::bigint[])) "
       "AS w(level, node_index)",
       params});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.is_null(i, 2)) continue;
    const crypto::NodeId id{static_cast<unsigned>(rows.integer(i, 0)),
                            static_cast<std::uint64_t>(rows.integer(i, 1))};
    hashes.emplace(id, digest_of_hex(rows.text(i, 2)));
  }
  return hashes;
}

std::optional<std::vector<crypto::Digest>> read_all(store::Tx& tx, const ShardKey& shard,
                                                    const std::vector<crypto::NodeId>& ids) {
  const Hashes hashes = read_hashes(tx, shard, ids);
  std::vector<crypto::Digest> found;
  for (const crypto::NodeId& id : ids) {
    const auto hash = hashes.find(id);
    if (hash == hashes.end()) return std::nullopt;
    found.push_back(hash->second);
  }
  return found;
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
    if (read.verdict == crypto::NoteVerdict::valid) break;
  }
  return opened;
}

}  // namespace ccctl::audit
