#include "crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

#include "base/error.h"

namespace ccctl::crypto {
namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorKind::unexpected, what);
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// Fetched once: OpenSSL 3 otherwise looks the algorithm up for each digest, which costs more than
// hashing a tree node.
const EVP_MD* sha256_algorithm() {
  static const std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free);
  if (!algorithm) fail("OpenSSL offers no SHA-256");
  return algorithm.get();
}

DigestContext new_context() {
  DigestContext context(EVP_MD_CTX_new());
  if (!context) fail("OpenSSL has no memory for a digest");
  return context;
}

void start(EVP_MD_CTX* context) {
  if (EVP_DigestInit_ex(context, sha256_algorithm(), nullptr) != 1) fail("SHA-256 failed");
}

void feed(EVP_MD_CTX* context, std::string_view bytes) {
  if (EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1) fail("SHA-256 failed");
}

Digest take(EVP_MD_CTX* context) {
  Digest digest{};
  if (EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) fail("SHA-256 failed");
  return digest;
}

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0;
}

}  // namespace

Digest sha256(std::string_view bytes) {
  thread_local const DigestContext context = new_context();
  start(context.get());
  feed(context.get(), bytes);
  return take(context.get());
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest digest{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): C interface of bytes
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (key.size() > 0x7fffffff || HMAC(sha256_algorithm(), key.data(), static_cast<int>(key.size()),
                                      data, bytes.size(), digest.data(), nullptr) == nullptr) {
    fail("HMAC-SHA256 failed");
  }
  return digest;
}

struct Sha256::Impl {
  DigestContext context = new_context();
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  start(impl_->context.get());
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
void Sha256::update(std::string_view bytes) {
  feed(impl_->context.get(), bytes);
}
Digest Sha256::finish() {
  return take(impl_->context.get());
}

std::string_view view(const Digest& digest) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the same bytes, as characters
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string to_hex(std::string_view bytes) {
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    text[2 * i] = kHex[byte >> 4];
    text[2 * i + 1] = kHex[byte & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHex.find(text[i]);
    const std::size_t low = kHex.find(text[i + 1]);
    if (high == kHex.npos || low == kHex.npos) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group =
        byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    for (unsigned position = 0; position < 4; ++position) {
      const bool padding = i + position > bytes.size();
      text += padding ? '=' : kBase64[group >> (18 - 6 * position) & 63];
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const std::size_t value = kBase64.find(c);
    if (value == kBase64.npos) return std::nullopt;
    pending = pending << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(pending >> bits & 0xff);
    }
  }
  // Leftover bits must be zero, or two texts would stand for the same bytes.
  if ((pending & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::string lp(std::string_view bytes) {
  if (bytes.size() > 0xffff) throw std::length_error("a field is longer than 65,535 bytes");
  std::string field;
  field.reserve(bytes.size() + 2);
  field += static_cast<char>(bytes.size() >> 8);
  field += static_cast<char>(bytes.size() & 0xff);
  field += bytes;
  return field;
}

}  // namespace ccctl::crypto
