#include "crypto/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

#include "base/error.h"

namespace ccctl::crypto {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Operation = std::unique_ptr<EVP_MD_CTX, Free>;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

const unsigned char* raw(std::string_view bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): C interface of bytes
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* raw(std::string& bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): C interface of bytes
  return reinterpret_cast<unsigned char*>(bytes.data());
}

Key signing_key(const Secret& seed) {
  if (seed.reveal().size() != kKeyBytes) {
    throw Error(ErrorKind::key_unavailable, "the signing key does not have 32 bytes");
  }
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed.reveal()), kKeyBytes));
  if (!key) throw Error(ErrorKind::key_unavailable, "OpenSSL cannot use the signing key");
  return key;
}

}  // namespace

std::string ed25519_public_key(const Secret& seed) {
  const Key key = signing_key(seed);
  std::string bytes(kKeyBytes, '\0');
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), raw(bytes), &size) != 1 || size != kKeyBytes) {
    throw Error(ErrorKind::unexpected, "OpenSSL gave no public key");
  }
  return bytes;
}

std::string ed25519_sign(const Secret& seed, std::string_view message) {
  const Key key = signing_key(seed);
  const Operation operation(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  if (!operation ||
      EVP_DigestSignInit(operation.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(operation.get(), raw(signature), &size, raw(message), message.size()) != 1 ||
      size != kSignatureBytes) {
    throw Error(ErrorKind::unexpected, "OpenSSL did not sign");
  }
  return signature;
}

bool ed25519_verify(std::string_view public_key, std::string_view message,
                    std::string_view signature) {
  if (public_key.size() != kKeyBytes || signature.size() != kSignatureBytes) return false;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(public_key), kKeyBytes));
  const Operation operation(EVP_MD_CTX_new());
  const bool valid =
      key && operation &&
      EVP_DigestVerifyInit(operation.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(operation.get(), raw(signature), signature.size(), raw(message),
                       message.size()) == 1;
  // A refused signature leaves a record that the next user of OpenSSL would take for its own.
  if (!valid) ERR_clear_error();
  return valid;
}

}  // namespace ccctl::crypto
