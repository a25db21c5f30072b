#include "crypto/note_text.h"

#include <charconv>

namespace ccctl::crypto {
namespace {

// The next code point, removed from `rest`; nothing where it is not well-formed UTF-8. Written out
// here because the room `text`, which has ICU, is not below this one.
std::optional<char32_t> take_code_point(std::string_view& rest) {
  const auto lead = static_cast<unsigned char>(rest.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || rest.size() < length) return std::nullopt;
  constexpr unsigned char kLeadBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t code = lead & kLeadBits[length];
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    if ((byte & 0xc0) != 0x80) return std::nullopt;
    code = code << 6 | (byte & 0x3f);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return std::nullopt;
  rest.remove_prefix(length);
  return code;
}

// The property White_Space of Unicode 15.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

template <class Allowed>
bool all(std::string_view text, Allowed allowed) {
  while (!text.empty()) {
    const auto code = take_code_point(text);
    if (!code || !allowed(*code)) return false;
  }
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  return all(text, [](char32_t) { return true; });
}

bool is_note_text(std::string_view text) {
  return all(text, [](char32_t c) { return c >= 0x20 || c == '\n'; });
}

bool is_key_name(std::string_view name) {
  return !name.empty() &&
         all(name, [](char32_t c) { return c > 0x20 && c != '+' && !is_space(c); });
}

std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == rest.npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace ccctl::crypto
