#include "text/identifier.h"

#include <unicode/locid.h>

#include "text/icu.h"
#include "text/phone.h"
#include "text/unicode.h"

namespace ccctl::text {
namespace {

bool is_kind(std::string_view kind, std::string_view wanted) {
  return kind == wanted ||
         (kind.size() > wanted.size() && kind.starts_with(wanted) && kind[wanted.size()] == '.');
}

std::optional<std::string> unless_empty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

std::optional<std::string> email(std::string_view value) {
  icu::UnicodeString text = to_icu(nfkc(value));
  text.toLower(icu::Locale::getRoot());  // never by the host's locale: Turkish has another i
  const std::string lower = nfkc(from_icu(text));
  const std::string_view address = trimmed(lower);
  const std::size_t at = address.rfind('@');
  const bool has_space = single_spaced(address).find(' ') != std::string::npos;
  if (at == address.npos || at == 0 || at + 1 == address.size() || has_space) return std::nullopt;
  return std::string(address);
}

}  // namespace

std::optional<std::string> normalise(std::string_view kind, std::string_view value,
                                     std::string_view region) {
  require_text(value);
  if (is_kind(kind, "phone")) return e164(value, region);
  if (is_kind(kind, "email")) return email(value);
  if (is_kind(kind, "name") || is_kind(kind, "address")) return unless_empty(folded(value));
  return unless_empty(std::string(trimmed(nfc(value))));
}

bool is_strong(std::string_view kind) {
  return !is_kind(kind, "name");
}

}  // namespace ccctl::text
