// JSON values and their canonical form.
//
// canonical() writes the RFC 8785 subset of formats.md 5: sorted ASCII keys, no white space,
// integers only. It throws std::logic_error for a float or a non-ASCII key, because evidence that
// two programs may write differently is no evidence. Strings must already be NFC (text/unicode.h).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace ccctl {

using Json = nlohmann::json;

std::string canonical(const Json& value);

}  // namespace ccctl
