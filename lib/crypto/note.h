// C2SP signed notes and checkpoints with Ed25519 (formats.md 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/personal.h"
#include "crypto/digest.h"

namespace ccctl::crypto {

// Who can check: "NAME+KEYID+BASE64(01 | public key)".
struct VerifierKey {
  std::string name;
  std::uint32_t id = 0;    // first 4 bytes of SHA256(name | 0A | 01 | public key), big-endian
  std::string public_key;  // 32 bytes

  static VerifierKey of(std::string name, std::string public_key);
  static std::optional<VerifierKey> parse(std::string_view text);  // checks the id
  std::string to_text() const;
};

// Signs notes under one key; the name is the log's origin, so one key can sign for many origins.
// Throws Error(key_unavailable) for a seed that is not 32 bytes; sign_note() throws
// std::invalid_argument for a name or body that a note must not have.
class Signer {
 public:
  // 32 bytes of seed (RFC 8032). A new key draws them from the context.
  explicit Signer(Secret seed);
  static Secret generate(const Context& context);

  std::string public_key() const;                    // 32 bytes
  std::string sign(std::string_view message) const;  // 64 bytes
  // body (ending in a newline) + blank line + one signature line.
  std::string sign_note(std::string_view name, std::string_view body) const;

 private:
  Secret seed_;
};

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root{};

  std::string body() const;  // three lines
  // Exactly those three lines: our logs write no extension lines.
  static std::optional<Checkpoint> parse_body(std::string_view body);
};

// A note with several signatures of the key is valid when all of them are; signatures of other keys
// are passed over.
enum class NoteVerdict { valid, malformed, unknown_key, bad_signature };

struct OpenedNote {
  NoteVerdict verdict = NoteVerdict::malformed;
  std::string body;  // only of a valid note: nothing else may be believed
};
OpenedNote open_note(std::string_view note, const VerifierKey& key);

// The text of a C2SP tlog-proof: index, hashes from the leaf's sibling up, checkpoint.
std::string tlog_proof(std::uint64_t index, const std::vector<Digest>& hashes,
                       std::string_view checkpoint_note);
struct TlogProof {
  std::uint64_t index = 0;
  std::vector<Digest> hashes;
  std::string checkpoint_note;
};
// Reads the form only; open_note(), Checkpoint::parse_body() and verify_inclusion() prove it.
std::optional<TlogProof> parse_tlog_proof(std::string_view text);

}  // namespace ccctl::crypto
