// How text is normalised, folded for search and measured (ICU).
//
// Texts are UTF-8. nfc() and folded() throw ErrorKind::usage, without naming the text, for bytes
// that are not UTF-8 and for NUL; display_width() counts what a terminal would show and never
// throws.
#pragma once

#include <string>
#include <string_view>

namespace ccctl::text {

bool valid_utf8(std::string_view bytes);

// Unicode NFC.
std::string nfc(std::string_view text);

// The form in which names and addresses are searched: NFKC (full-width digits and half-width kana
// become their usual forms), case folded, white space collapsed to one space and trimmed.
// Idempotent. The reference datastore keeps it in the columns that the map names with `search`.
std::string folded(std::string_view text);

// How many columns a terminal needs (East Asian wide = 2, combining = 0).
int display_width(std::string_view text);

}  // namespace ccctl::text
