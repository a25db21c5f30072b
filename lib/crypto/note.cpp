#include "crypto/note.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "crypto/ed25519.h"
#include "crypto/note_text.h"

namespace ccctl::crypto {
namespace {

constexpr char kEd25519 = '\1';  // the signature type of C2SP signed notes
constexpr std::size_t kIdBytes = 4;
constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1";
constexpr std::size_t kMaxProofHashes = 64;  // a tree of 2^64 leaves
// More would only make a reader work; the specification asks for 16 at least.
constexpr std::size_t kMaxSignatures = 64;

std::string id_bytes(std::uint32_t id) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(id >> shift & 0xff);
  return bytes;
}

std::optional<Digest> parse_digest(std::string_view base64) {
  const auto bytes = from_base64(base64);
  Digest digest{};
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::ranges::transform(*bytes, digest.begin(),
                         [](char c) { return static_cast<std::uint8_t>(c); });
  return digest;
}

struct SignatureLine {
  std::string_view name;
  std::string blob;  // key id, then the signature
};

// "— NAME BASE64", without its newline.
std::optional<SignatureLine> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return std::nullopt;
  line.remove_prefix(kSignaturePrefix.size());
  const std::size_t space = line.find(' ');
  if (space == line.npos) return std::nullopt;
  SignatureLine signature{line.substr(0, space), {}};
  auto blob = from_base64(line.substr(space + 1));
  if (!blob || blob->size() <= kIdBytes || !is_key_name(signature.name)) return std::nullopt;
  signature.blob = std::move(*blob);
  return signature;
}

struct Note {
  std::string_view body;
  std::vector<SignatureLine> signatures;
};

std::optional<Note> parse_note(std::string_view text) {
  const std::size_t blank = text.rfind("\n\n");
  if (blank == text.npos || !text.ends_with('\n') || !is_note_text(text)) return std::nullopt;
  Note note{text.substr(0, blank + 1), {}};
  std::string_view rest = text.substr(blank + 2);
  while (!rest.empty()) {
    auto signature = parse_signature(take_line(rest).value());
    if (!signature || note.signatures.size() == kMaxSignatures) return std::nullopt;
    note.signatures.push_back(std::move(*signature));
  }
  if (note.signatures.empty()) return std::nullopt;
  return note;
}

}  // namespace

VerifierKey VerifierKey::of(std::string name, std::string public_key) {
  const Digest hash = sha256(name + '\n' + kEd25519 + public_key);
  VerifierKey key;
  for (std::size_t i = 0; i < kIdBytes; ++i) key.id = key.id << 8 | hash[i];
  key.name = std::move(name);
  key.public_key = std::move(public_key);
  return key;
}

std::optional<VerifierKey> VerifierKey::parse(std::string_view text) {
  // Names hold no plus, base64 may.
  const std::size_t first = text.find('+');
  if (first == text.npos) return std::nullopt;
  const std::size_t second = text.find('+', first + 1);
  if (second == text.npos) return std::nullopt;
  const auto id = from_hex(text.substr(first + 1, second - first - 1));
  const auto material = from_base64(text.substr(second + 1));
  const std::string_view name = text.substr(0, first);
  if (!id || !material || material->size() != 33 || material->front() != kEd25519 ||
      !is_key_name(name)) {
    return std::nullopt;
  }
  VerifierKey key = of(std::string(name), material->substr(1));
  if (id_bytes(key.id) != *id) return std::nullopt;
  return key;
}

std::string VerifierKey::to_text() const {
  return name + '+' + to_hex(id_bytes(id)) + '+' + to_base64(kEd25519 + public_key);
}

Signer::Signer(Secret seed) : seed_(std::move(seed)) {
  public_key();
}

Secret Signer::generate(const Context& context) {
  std::array<std::byte, 32> bytes{};
  context.random(bytes);
  std::string seed;
  for (const std::byte byte : bytes) seed += std::to_integer<char>(byte);
  Secret secret(std::move(seed));
  std::ranges::fill(bytes, std::byte{0});
  return secret;
}

std::string Signer::public_key() const {
  return ed25519_public_key(seed_);
}

std::string Signer::sign(std::string_view message) const {
  return ed25519_sign(seed_, message);
}

std::string Signer::sign_note(std::string_view name, std::string_view body) const {
  if (!is_key_name(name)) throw std::invalid_argument("a note's key name is malformed");
  if (!body.ends_with('\n') || !is_note_text(body)) {
    throw std::invalid_argument("a note's text is malformed");
  }
  const VerifierKey key = VerifierKey::of(std::string(name), public_key());
  std::string note(body);
  note += '\n';
  note += kSignaturePrefix;
  note += name;
  note += ' ' + to_base64(id_bytes(key.id) + sign(body)) + '\n';
  return note;
}

std::string Checkpoint::body() const {
  return origin + '\n' + std::to_string(size) + '\n' + to_base64(view(root)) + '\n';
}

std::optional<Checkpoint> Checkpoint::parse_body(std::string_view body) {
  const auto origin = take_line(body);
  const auto size = origin ? take_line(body) : std::nullopt;
  const auto hash = size ? take_line(body) : std::nullopt;
  if (!hash || !body.empty() || origin->empty() || !is_note_text(*origin)) return std::nullopt;
  const auto leaves = parse_decimal(*size);
  const auto root = parse_digest(*hash);
  if (!leaves || !root) return std::nullopt;
  return Checkpoint{std::string(*origin), *leaves, *root};
}

OpenedNote open_note(std::string_view text, const VerifierKey& key) {
  const auto note = parse_note(text);
  if (!note) return {NoteVerdict::malformed, {}};
  const std::string id = id_bytes(key.id);
  bool known = false;
  for (const SignatureLine& signature : note->signatures) {
    const std::string_view blob = signature.blob;
    if (signature.name != key.name || blob.substr(0, kIdBytes) != id) continue;
    if (!ed25519_verify(key.public_key, note->body, blob.substr(kIdBytes))) {
      return {NoteVerdict::bad_signature, {}};
    }
    known = true;
  }
  if (!known) return {NoteVerdict::unknown_key, {}};
  return {NoteVerdict::valid, std::string(note->body)};
}

std::string tlog_proof(std::uint64_t index, const std::vector<Digest>& hashes,
                       std::string_view checkpoint_note) {
  std::string text(kProofHeader);
  text += "\nindex " + std::to_string(index) + '\n';
  for (const Digest& hash : hashes) text += to_base64(view(hash)) + '\n';
  text += '\n';
  text += checkpoint_note;
  return text;
}

std::optional<TlogProof> parse_tlog_proof(std::string_view text) {
  if (take_line(text) != kProofHeader) return std::nullopt;
  auto line = take_line(text);
  if (line && line->starts_with("extra ")) {
    // Nothing vouches for extra data; ours has none, but other logs' proofs may.
    if (!from_base64(line->substr(6))) return std::nullopt;
    line = take_line(text);
  }
  if (!line || !line->starts_with("index ")) return std::nullopt;
  const auto index = parse_decimal(line->substr(6));
  if (!index) return std::nullopt;
  TlogProof proof;
  proof.index = *index;
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    const auto hash = parse_digest(*line);
    if (!hash || proof.hashes.size() == kMaxProofHashes) return std::nullopt;
    proof.hashes.push_back(*hash);
  }
  if (!line || !parse_note(text)) return std::nullopt;
  proof.checkpoint_note = text;
  return proof;
}

}  // namespace ccctl::crypto
