// What the files of this room share: texts as ICU has them, and the checks on the way in.
//
// Internal to lib/text. Every function that takes a text from outside throws ErrorKind::usage for
// bytes that are not UTF-8 and for NUL, which PostgreSQL cannot store and C interfaces cut off.
#pragma once

#include <unicode/unistr.h>

#include <string>
#include <string_view>

namespace ccctl::text {

void require_text(std::string_view text);

icu::UnicodeString to_icu(std::string_view text);
std::string from_icu(const icu::UnicodeString& text);

std::string nfkc(std::string_view text);

// White space as Unicode defines it: each run as one space, none at the ends.
std::string single_spaced(std::string_view text);
// Without white space at the ends; a part of `text`.
std::string_view trimmed(std::string_view text);

}  // namespace ccctl::text
