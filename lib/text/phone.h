// Telephone numbers in E.164 (libphonenumber).
//
// All functions throw ErrorKind::usage for bytes that are not UTF-8 and for NUL. The numbering
// plans are loaded at the first call that meets enough digits, not when the program starts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ccctl::text {

// "+81312345678" of what a person or a system wrote ("０３-1234-5678" in region JP), or nothing
// when it is no possible number. `region` is an ISO country code for numbers without a leading +;
// empty: only international ones are understood.
std::optional<std::string> e164(std::string_view written, std::string_view region);

struct PhoneParts {
  std::string country;   // "81"
  std::string national;  // "312345678"
};
// Of a number in E.164; nothing of anything else.
std::optional<PhoneParts> phone_parts(std::string_view e164);

// The decimal digits of any script as ASCII, everything else dropped.
std::string digits(std::string_view written);

}  // namespace ccctl::text
