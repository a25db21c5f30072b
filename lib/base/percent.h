// The percent-encoding of RFC 3986: of paths, origins, and whatever else an id becomes a part of.
#pragma once

#include <string>
#include <string_view>

namespace ccctl {

// Every byte but ASCII letters, digits and those in `plain` as %XX, in upper case.
std::string percent_encoded(std::string_view text, std::string_view plain = "-._~");

}  // namespace ccctl
