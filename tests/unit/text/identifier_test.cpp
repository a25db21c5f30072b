#include "text/identifier.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "text/phone.h"

namespace ccctl::text {
namespace {

std::string number(std::string_view written, std::string_view region) {
  return e164(written, region).value_or("nothing");
}

TEST(E164, IsOneFormOfEveryJapaneseSpelling) {
  for (const char* written :
       {"090-1234-5678", "０９０-１２３４-５６７８", "０９０－１２３４－５６７８", "09012345678",
        "+81 90 1234 5678", "＋８１９０１２３４５６７８", "０９０ー１２３４ー５６７８",
        "090ｰ1234ｰ5678", "(090) 1234 5678", " 090.1234.5678 ", "010 81 90 1234 5678",
        "090\xe2\x88\x92"
        "1234\xe2\x80\x93"
        "5678"}) {
    EXPECT_EQ(number(written, "JP"), "+819012345678") << written;
  }
  EXPECT_EQ(number("０３-1234-5678", "JP"), "+81312345678");
  EXPECT_EQ(number("0120-444-113", "jp"), "+81120444113");
}

TEST(E164, KnowsOtherRegions) {
  EXPECT_EQ(number("030 1234567", "DE"), "+49301234567");
  EXPECT_EQ(number("0049 (0)30 / 1234567", "DE"), "+49301234567");
  EXPECT_EQ(number("(212) 555-0123", "US"), "+12125550123");
  EXPECT_EQ(number("1-212-555-0123", "US"), "+12125550123");
  EXPECT_EQ(number("020 7946 0958", "GB"), "+442079460958");
  EXPECT_EQ(number("tel:+44-20-7946-0958", "US"), "+442079460958");
  // The region is only for numbers without a country code.
  EXPECT_EQ(number("+49 30 1234567", "JP"), "+49301234567");
  EXPECT_EQ(number("+49 30 1234567", ""), "+49301234567");
}

TEST(E164, IsNothingForWhatIsNoNumber) {
  for (const char* written : {"", "taro", "12", "+", "+81", "555-0123", "1234567890123456789012345",
                              "@@@@", "+999 1234 5678"}) {
    EXPECT_EQ(number(written, "US"), "nothing") << written;
  }
  EXPECT_EQ(number("000450", "DE"), "nothing");  // would read back as another number
  EXPECT_EQ(number("03-1234-5678", ""), "nothing");
  EXPECT_EQ(number("03-1234-5678", "XX"), "nothing");
}

RC_GTEST_PROP(E164, IsIdempotent, ()) {
  const auto written = *rc::gen::container<std::string>(rc::gen::element(
      '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '-', '(', ')', ' ', 'x'));
  const auto region = *rc::gen::element("JP", "DE", "US", "GB", "");
  if (const auto once = e164(written, region)) {
    RC_ASSERT(e164(*once, "") == once);
    RC_ASSERT(e164(*once, "JP") == once);
  }
}

TEST(Digits, AreAsciiWhateverTheScript) {
  EXPECT_EQ(digits("０９０-1234-٥٦٧٨"), "09012345678");
  EXPECT_EQ(digits("no"), "");
  EXPECT_EQ(digits("𝟡9"), "99");
}

TEST(Normalise, FollowsTheKind) {
  EXPECT_EQ(normalise("phone", "０３-1234-5678", "JP"), "+81312345678");
  EXPECT_EQ(normalise("email", " Taro.Tanaka@Example.JP ", ""), "taro.tanaka@example.jp");
  EXPECT_EQ(normalise("email", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", ""), "taro@example.jp");
  EXPECT_EQ(normalise("email", "INFO@EXAMPLE.COM", ""), "info@example.com");  // in any locale
  EXPECT_EQ(normalise("email", "Groß@example.de", ""), "groß@example.de");
  EXPECT_EQ(normalise("email", "J\xcc\x8c@example.com", ""), "ǰ@example.com");  // no such capital
  EXPECT_EQ(normalise("name", "　ﾀﾅｶ　 ﾀﾛｳ", ""), "タナカ タロウ");
  EXPECT_EQ(normalise("address", "Hauptstraße  1", ""), "hauptstrasse 1");
  EXPECT_EQ(normalise("social.twitter", " @Taro ", ""), "@Taro");
  EXPECT_EQ(normalise("external", "　Mu\xcc\x88-1 ", ""), "Mü-1");
  EXPECT_EQ(normalise("external.crm", "0042", ""), "0042");
}

TEST(Normalise, IsNothingForWhatCannotBeOne) {
  for (const char* email : {"", "taro", "@example.jp", "taro@", "ta ro@example.jp", "　"}) {
    EXPECT_FALSE(normalise("email", email, "")) << email;
  }
  EXPECT_FALSE(normalise("phone", "taro", "JP"));
  EXPECT_FALSE(normalise("name", " 　\t", ""));
  EXPECT_FALSE(normalise("external", "  ", ""));
}

TEST(Normalise, RefusesWhatIsNoText) {
  for (const char* kind : {"name", "phone", "email", "address", "social.x", "external"}) {
    for (const auto& value : {std::string("a\0@b", 4), std::string("\xff@b")}) {
      try {
        normalise(kind, value, "JP");
        ADD_FAILURE() << kind;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
      }
    }
  }
}

RC_GTEST_PROP(Normalise, IsIdempotent, ()) {
  const auto kind = *rc::gen::element("name", "email", "address", "social.x", "external", "phone");
  const auto parts = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "Z", "@", ".", " ", "　", "ﾀ", "ﾞ", "ß", "İ", "Σ", "ς",
                                    "\xcc\x88", "´", "田", "０", "1", "+"));
  std::string value;
  for (const std::string& part : parts) value += part;
  if (const auto once = normalise(kind, value, "JP"))
    RC_ASSERT(normalise(kind, *once, "JP") == once);
}

TEST(Strong, IsEverythingButAName) {
  for (const char* kind :
       {"phone", "email", "address", "social.twitter", "external", "external.crm"}) {
    EXPECT_TRUE(is_strong(kind)) << kind;
  }
  EXPECT_FALSE(is_strong("name"));
}

}  // namespace
}  // namespace ccctl::text
