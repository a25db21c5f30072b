// The kinds of identifier a person is found by, and the one form in which each is compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ccctl::text {

// `is` of the data map: name, phone, email, address, social.TYPE, external, external.TYPE ….
// Returns the normalised form: phone E.164 (default region as given), e-mail lower case NFKC, name
// and address folded, everything else NFC and trimmed. Nothing when the value cannot be one (a
// phone number without digits, an e-mail address without "@", blanks only). Idempotent. Throws
// ErrorKind::usage for bytes that are not UTF-8 and for NUL.
std::optional<std::string> normalise(std::string_view kind, std::string_view value,
                                     std::string_view region);

// A strong identifier names one person or a very small group; a name does not (formats.md 3).
bool is_strong(std::string_view kind);

}  // namespace ccctl::text
