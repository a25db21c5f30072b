// Ed25519 (RFC 8032): the signature under every checkpoint.
//
// Keys and signatures are raw bytes: seed and public key 32, signature 64.
#pragma once

#include <string>
#include <string_view>

#include "base/personal.h"

namespace ccctl::crypto {

// Throw Error(key_unavailable) when the seed is not 32 bytes.
std::string ed25519_public_key(const Secret& seed);
std::string ed25519_sign(const Secret& seed, std::string_view message);

// False for a wrong signature, and for a key or signature that cannot be one.
bool ed25519_verify(std::string_view public_key, std::string_view message,
                    std::string_view signature);

}  // namespace ccctl::crypto
