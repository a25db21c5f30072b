// SHA-256, HMAC and the text encodings of bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ccctl::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view bytes);

// Hashes what comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  Digest finish();  // once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string_view view(const Digest& digest);
std::string to_hex(std::string_view bytes);
std::string to_base64(std::string_view bytes);                  // RFC 4648, padded
std::optional<std::string> from_hex(std::string_view text);     // lower case
std::optional<std::string> from_base64(std::string_view text);  // one text per value

// Big-endian u16 length, then the bytes (formats.md). Throws std::length_error above 65,535 bytes.
std::string lp(std::string_view bytes);

}  // namespace ccctl::crypto
