#include "text/phone.h"

#include <phonenumbers/phonenumberutil.h>
#include <unicode/uchar.h>

#include <algorithm>

#include "text/icu.h"

namespace ccctl::text {
namespace {

constexpr const char* kUnknownRegion = "ZZ";  // libphonenumber's: only numbers with a leading +

std::optional<std::string> parsed(const std::string& text, const std::string& region) {
  using i18n::phonenumbers::PhoneNumber;
  using i18n::phonenumbers::PhoneNumberUtil;
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (util.Parse(text, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR) return std::nullopt;
  // A number that can only be dialled inside its area names nobody in E.164.
  if (util.IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE) return std::nullopt;
  std::string formatted;
  util.Format(number, PhoneNumberUtil::E164, &formatted);
  return formatted;
}

}  // namespace

std::optional<std::string> e164(std::string_view written, std::string_view region) {
  const std::string text = nfkc(written);
  // Without four digits nothing can be a number, and the metadata need not be loaded to say so.
  if (digits(text).size() < 4) return std::nullopt;
  std::string country(region.empty() ? kUnknownRegion : region);
  std::ranges::transform(country, country.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  auto number = parsed(text, country);
  // Surplus leading zeroes can make a number that reads back as another one; it would be stored
  // under one form and searched under the other.
  if (number && parsed(*number, kUnknownRegion) != number) return std::nullopt;
  return number;
}

std::optional<PhoneParts> phone_parts(std::string_view e164) {
  using i18n::phonenumbers::PhoneNumber;
  using i18n::phonenumbers::PhoneNumberUtil;
  const std::string text(e164);
  if (text::e164(text, "") != text) return std::nullopt;
  PhoneNumber number;
  PhoneNumberUtil::GetInstance()->Parse(text, kUnknownRegion, &number);
  const std::string country = std::to_string(number.country_code());
  return PhoneParts{country, text.substr(1 + country.size())};
}

std::string digits(std::string_view written) {
  const icu::UnicodeString text = to_icu(written);
  std::string result;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const std::int32_t value = u_charDigitValue(text.char32At(i));
    if (value >= 0) result += static_cast<char>('0' + value);
  }
  return result;
}

}  // namespace ccctl::text
