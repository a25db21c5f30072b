#include "text/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "text/icu.h"

namespace ccctl::text {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// U8_NEXT does its arithmetic on bytes in int, which -Wconversion takes for a loss.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

// The next code point from `at` on, negative where the bytes are not UTF-8.
UChar32 next_code_point(std::string_view bytes, std::size_t& at) {
  const char* data = bytes.data();
  const auto length = static_cast<std::int64_t>(bytes.size());
  auto i = static_cast<std::int64_t>(at);
  UChar32 code = 0;
  U8_NEXT(data, i, length, code);
  at = static_cast<std::size_t>(i);
  return code;
}

#pragma GCC diagnostic pop

const icu::Normalizer2& loaded(const icu::Normalizer2* normalizer, UErrorCode status) {
  if (U_FAILURE(status) != 0 || normalizer == nullptr) {
    throw Error(ErrorKind::unexpected, "ICU has no normalisation data");
  }
  return *normalizer;
}

std::string normalised(const icu::Normalizer2& normalizer, std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString result = normalizer.normalize(to_icu(text), status);
  if (U_FAILURE(status) != 0) throw Error(ErrorKind::unexpected, "ICU did not normalise a text");
  return from_icu(result);
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_space(UChar32 code) {
  return u_isUWhiteSpace(code) != 0;
}

}  // namespace

icu::UnicodeString to_icu(std::string_view text) {
  require_text(text);
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

std::string from_icu(const icu::UnicodeString& text) {
  std::string bytes;
  text.toUTF8String(bytes);
  return bytes;
}

void require_text(std::string_view text) {
  if (text.size() > 0x3fffffff) throw Error(ErrorKind::usage, "a text is longer than 1 GiB");
  if (text.find('\0') != text.npos) throw Error(ErrorKind::usage, "a text holds a NUL character");
  if (!valid_utf8(text)) throw Error(ErrorKind::usage, "a text is not valid UTF-8");
}

bool valid_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    if (next_code_point(bytes, i) < 0) return false;
  }
  return true;
}

std::string nfc(std::string_view text) {
  require_text(text);
  if (is_ascii(text)) return std::string(text);
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFCInstance(status);
  return normalised(loaded(normalizer, status), text);
}

std::string nfkc(std::string_view text) {
  require_text(text);
  if (is_ascii(text)) return std::string(text);
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFKCInstance(status);
  return normalised(loaded(normalizer, status), text);
}

std::string folded(std::string_view text) {
  require_text(text);
  if (is_ascii(text)) return single_spaced(lower_ascii(text));
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(status);
  return single_spaced(normalised(loaded(normalizer, status), text));
}

std::string single_spaced(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool pending = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    if (is_space(next_code_point(text, i))) {
      pending = !result.empty();
      continue;
    }
    if (pending) result += ' ';
    pending = false;
    result += text.substr(begin, i - begin);
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  std::size_t begin = text.size();
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    if (is_space(next_code_point(text, i))) continue;
    begin = std::min(begin, at);
    end = i;
  }
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

int display_width(std::string_view text) {
  int width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const UChar32 code = next_code_point(text, i);
    if (code < 0) {
      ++width;  // shown as one replacement character
      continue;
    }
    if (code < 0x7f && code >= 0x20) {
      ++width;
      continue;
    }
    switch (u_charType(code)) {
      case U_NON_SPACING_MARK:
      case U_ENCLOSING_MARK:
      case U_CONTROL_CHAR:
        continue;
      case U_FORMAT_CHAR:
        if (code != 0xad) continue;  // terminals show a soft hyphen
        break;
      default:
        break;
    }
    if (code >= 0x1160 && code <= 0x11ff) continue;  // joins the Hangul syllable before it
    const int east_asian = u_getIntPropertyValue(code, UCHAR_EAST_ASIAN_WIDTH);
    width += east_asian == U_EA_WIDE || east_asian == U_EA_FULLWIDTH ? 2 : 1;
  }
  return width;
}

}  // namespace ccctl::text
