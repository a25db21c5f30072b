#include "doc/scalar.h"

#include <algorithm>
#include <array>
#include <string>

namespace ccctl::doc {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

bool all(std::string_view text, bool (*accept)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), accept);
}

template <std::size_t N>
bool any_case(std::string_view text, const std::array<std::string_view, N>& words) {
  for (std::string_view word : words) {
    std::string title(word), upper(word);
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
    if (text == word || text == title || text == upper) return true;
  }
  return false;
}

// [0-9]* with an optional fraction and exponent, after the sign.
bool is_float(std::string_view text) {
  std::size_t i = 0, digits = 0;
  while (i < text.size() && digit(text[i])) ++i, ++digits;
  if (i < text.size() && text[i] == '.') {
    ++i;
    while (i < text.size() && digit(text[i])) ++i, ++digits;
  }
  if (digits == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    return all(text.substr(i), digit);
  }
  return i == text.size();
}

bool prefixed(std::string_view text) {  // 0x1f, 0o17, and YAML 1.1's 0b101
  if (text.size() < 3 || text[0] != '0') return false;
  return (text[1] == 'x' || text[1] == 'o' || text[1] == 'b') && all(text.substr(2), [](char c) {
           return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

}  // namespace

Plain classify(std::string_view plain) {
  if (plain.empty() || plain == "~" || any_case<1>(plain, {"null"})) return Plain::null;
  if (any_case<2>(plain, {"true", "false"})) return Plain::boolean;
  if (any_case<4>(plain, {"yes", "no", "on", "off"})) return Plain::trap;
  std::string_view body = plain;
  if (body[0] == '-' || body[0] == '+') body.remove_prefix(1);
  if (body.empty()) return Plain::text;
  if (all(body, digit)) {
    if (body.size() > 1 && body[0] == '0') return Plain::trap;
    return plain[0] == '+' ? Plain::number : Plain::integer;
  }
  const bool special = body == ".inf" || body == ".Inf" || body == ".INF" || plain == ".nan" ||
                       plain == ".NaN" || plain == ".NAN";
  if (is_float(body) || prefixed(body) || special) return Plain::number;
  // YAML 1.1 reads 1_000 as an integer and 12:30 as one to the base of sixty.
  const bool old_number = all(body, [](char c) { return digit(c) || c == '_' || c == ':'; });
  if (old_number && digit(body.front()) && body.back() != ':') return Plain::trap;
  return Plain::text;
}

}  // namespace ccctl::doc
