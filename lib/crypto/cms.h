// Encryption of a stream to the holder of a certificate: CMS (RFC 5652, 5083), AES-256-GCM.
//
// What comes out is DER that `openssl cms -decrypt -inform DER -recip CERT -inkey KEY` reads. Bytes
// pass through as they come; memory does not grow with them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ccctl::crypto {

class CmsEncryptor {
 public:
  using Sink = std::function<void(std::string_view)>;

  // `certificate` is PEM. Throws usage when it is none, when its key cannot take an encryption, or
  // when it has expired at `now` (seconds since 1970).
  CmsEncryptor(const std::string& certificate, std::int64_t now, Sink sink);
  ~CmsEncryptor();
  CmsEncryptor(CmsEncryptor&&) noexcept;
  CmsEncryptor& operator=(CmsEncryptor&&) = delete;
  CmsEncryptor(const CmsEncryptor&) = delete;
  CmsEncryptor& operator=(const CmsEncryptor&) = delete;

  // Both throw what the sink throws.
  void write(std::string_view bytes);
  void finish();  // once; without it nobody can decrypt what was written

  // SHA-256 of the certificate, hex: to whom it went.
  const std::string& recipient() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ccctl::crypto
