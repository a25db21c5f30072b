#include "crypto/digest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>

#include "crypto/pseudonym.h"

namespace ccctl::crypto {
namespace {

TEST(Sha256, MatchesFips180) {
  EXPECT_EQ(to_hex(view(sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(view(sha256(""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

RC_GTEST_PROP(Sha256, HashesPiecesAsTheWhole, (const std::vector<std::string>& pieces)) {
  Sha256 hash;
  std::string whole;
  for (const std::string& piece : pieces) {
    hash.update(piece);
    whole += piece;
  }
  RC_ASSERT(hash.finish() == sha256(whole));
}

TEST(Hmac, MatchesRfc4231) {
  EXPECT_EQ(to_hex(view(hmac_sha256(std::string(20, '\x0b'), "Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(view(hmac_sha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(view(hmac_sha256(std::string(131, '\xaa'),
                                    "Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Base64, MatchesRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, HasOneTextPerValue) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Zg==Zg==", "Zm 9", "Zm9v\n",
        "Zm9v\nZm9v", "Zm9-", "Zm9_", "Z=g=", "\xff\xff\xff\xff"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Hex, IsLowerCaseAndEven) {
  EXPECT_EQ(from_hex("00ff7f"), std::string("\0\xff\x7f", 3));
  for (const char* text : {"0", "0g", "FF", " 0", "0x", "00 "})
    EXPECT_FALSE(from_hex(text)) << text;
}

RC_GTEST_PROP(Encodings, ReadBackWhatTheyWrite, (const std::string& bytes)) {
  RC_ASSERT(from_base64(to_base64(bytes)) == bytes);
  RC_ASSERT(from_hex(to_hex(bytes)) == bytes);
}

RC_GTEST_PROP(Encodings, AcceptOnlyWhatTheyWrite, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::element('A', 'b', '9', '+', '/', '=', '-'));
  if (const auto bytes = from_base64(text)) RC_ASSERT(to_base64(*bytes) == text);
  if (const auto bytes = from_hex(text)) RC_ASSERT(to_hex(*bytes) == text);
}

TEST(LengthPrefix, IsBigEndianAndBounded) {
  EXPECT_EQ(lp("ab"), std::string("\0\2ab", 4));
  EXPECT_EQ(lp(std::string(0x1234, 'x')).substr(0, 3), "\x12\x34x");
  EXPECT_EQ(lp(std::string(65'535, 'x')).size(), 65'537U);
  EXPECT_THROW(lp(std::string(65'536, 'x')), std::length_error);
}

// A reference is the keyed hash over fields with their lengths, and means nothing without the key.
TEST(Pseudonym, IsTheHmacOfFormats5) {
  const std::string r(32, '\x07');
  const Pseudonymiser names{Secret(std::string(r))};
  const Personal<std::string> id(std::string("+81312345678"));
  const std::string message(
      "\0\x0d"
      "ccctl/subj/v1"
      "\0\5"
      "phone"
      "\0\x0c"
      "+81312345678",
      36);
  EXPECT_EQ(names.subject("phone", id), to_hex(view(hmac_sha256(r, message))));
  const Pseudonymiser others{Secret(std::string(32, '\x08'))};
  EXPECT_NE(others.subject("phone", id), names.subject("phone", id));
}

RC_GTEST_PROP(Pseudonym, KeepsFieldsApart, (const std::string& type, const std::string& id)) {
  RC_PRE(!id.empty());
  const Pseudonymiser names{Secret(std::string(32, 'r'))};
  const Personal<std::string> whole(id);
  const Personal<std::string> rest(id.substr(1));
  RC_ASSERT(names.subject(type, whole) != names.subject(type + id[0], rest));
}

}  // namespace
}  // namespace ccctl::crypto
