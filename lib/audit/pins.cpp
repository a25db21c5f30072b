#include "audit/pins.h"

#include <algorithm>

#include "base/error.h"

namespace ccctl::audit {

namespace {

// The checkpoint inside a receipt or tlog proof; other text is taken as a checkpoint itself.
std::string checkpoint_of(const std::string& text) {
  constexpr std::string_view kProof = "c2sp.org/tlog-proof@v1\n";
  const std::size_t at = text.find(kProof);
  if (at == std::string::npos) return text;
  const std::size_t blank = text.find("\n\n", at);
  return blank == std::string::npos ? std::string() : text.substr(blank + 2);
}

}  // namespace

std::vector<Pin> read_pins(const std::vector<std::string>& texts,
                           const std::vector<crypto::VerifierKey>& keys,
                           const std::vector<std::string>& prefixes) {
  std::vector<Pin> pins;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const OpenedCheckpoint opened = open_checkpoint(checkpoint_of(texts[i]), keys);
    const std::string which = "pin " + std::to_string(i + 1);
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
    pins.push_back({said.origin, said.size, said.root, opened.verdict});
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
