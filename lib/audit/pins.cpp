#include "audit/pins.h"

#include <algorithm>

#include "base/error.h"
#include "crypto/note_text.h"

namespace ccctl::audit {

namespace {

// Checkpoints one after the other, as `audit pin` writes them: each ends with its signature lines.
std::vector<std::string> notes_of(std::string_view text) {
  std::vector<std::string> notes;
  while (!text.empty()) {
    std::size_t end = text.find("\n\n");
    end = end == std::string_view::npos ? text.size() : end + 2;
    while (text.substr(end).starts_with(crypto::kSignaturePrefix)) {
      const std::size_t line = text.find('\n', end);
      end = line == std::string_view::npos ? text.size() : line + 1;
    }
    notes.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    while (text.starts_with('\n')) text.remove_prefix(1);
  }
  return notes;
}

// The checkpoint inside a receipt or tlog proof; other text is taken as checkpoints themselves.
std::vector<std::string> checkpoints_of(const std::string& text) {
  constexpr std::string_view kProof = "c2sp.org/tlog-proof@v1\n";
  const std::size_t at = text.find(kProof);
  if (at == std::string::npos) return notes_of(text);
  const std::size_t blank = text.find("\n\n", at);
  return {blank == std::string::npos ? std::string() : text.substr(blank + 2)};
}

Pin read_pin(const std::string& note, const std::string& which,
             const std::vector<crypto::VerifierKey>& keys,
             const std::vector<std::string>& prefixes) {
  const OpenedCheckpoint opened = open_checkpoint(note, keys);
  if (opened.verdict == crypto::NoteVerdict::malformed) {
    throw Error(ErrorKind::usage, which + " is not a checkpoint, a proof or a receipt");
  }
  const crypto::Checkpoint& said = opened.checkpoint;
  if (std::none_of(prefixes.begin(), prefixes.end(),
                   [&](const std::string& prefix) { return said.origin.starts_with(prefix); })) {
    throw Error(ErrorKind::usage,
                which + " is of '" + said.origin + "', which is no log of this tenant",
                "choose the tenant with --tenant");
  }
  return {said.origin,    said.size,         said.root,
          opened.verdict, opened.public_key, Pin::Kept::elsewhere};
}

}  // namespace

std::vector<Pin> read_pins(const std::vector<std::string>& texts,
                           const std::vector<crypto::VerifierKey>& keys,
                           const std::vector<std::string>& prefixes) {
  std::vector<Pin> pins;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (const std::string& note : checkpoints_of(texts[i])) {
      pins.push_back(read_pin(note, "pin " + std::to_string(i + 1), keys, prefixes));
    }
  }
  return pins;
}

std::vector<Pin> recorded_pins(store::Tx& tx, const ShardKey& organisation,
                               const std::string& prefix,
                               const std::vector<crypto::VerifierKey>& keys, std::uint64_t pinned) {
  std::vector<store::Value> params = organisation.params();
  params.emplace_back(prefix);
  const store::Rows rows = tx.exec(
      {"SELECT leaf_index, j -> 'body' ->> 'checkpoint' FROM (SELECT leaf_index, "
       "pg_catalog.convert_from(line, 'UTF8')::json AS j FROM ccctl.leaf WHERE tenant_id = $1 AND "
       "log = $2 AND period = $3) l WHERE pg_catalog.starts_with(j -> 'body' ->> 'origin', $4) AND "
       "j -> 'body' ->> 'checkpoint' IS NOT NULL ORDER BY leaf_index",
       params});
  std::vector<Pin> pins;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const OpenedCheckpoint opened = open_checkpoint(rows.text(i, 1), keys);
    const auto index = static_cast<std::uint64_t>(rows.integer(i, 0));
    pins.push_back({opened.checkpoint.origin, opened.checkpoint.size, opened.checkpoint.root,
                    opened.verdict, opened.public_key,
                    index < pinned ? Pin::Kept::with_the_organisations : Pin::Kept::nowhere});
  }
  return pins;
}

Finding pin_fault(const Pin& pin) {
  if (pin.verdict == crypto::NoteVerdict::unknown_key) {
    return {Verdict::unknown_key, "the pinned checkpoint of " + std::to_string(pin.size) +
                                      " leaves is signed by none of the trusted keys"};
  }
  return {Verdict::altered, "the pinned checkpoint of " + std::to_string(pin.size) +
                                " leaves bears a false signature"};
}

}  // namespace ccctl::audit
