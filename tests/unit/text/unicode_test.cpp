#include "text/unicode.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "text/phone.h"

namespace ccctl::text {
namespace {

// Code points from the blocks that contact centres meet, and from everywhere.
std::string a_text() {
  const auto points = *rc::gen::container<std::vector<int>>(rc::gen::oneOf(
      rc::gen::inRange(1, 0x80), rc::gen::inRange(0x80, 0x370), rc::gen::inRange(0x3000, 0x3100),
      rc::gen::inRange(0xff00, 0xfff0), rc::gen::inRange(0x300, 0x370), rc::gen::inRange(1, 0xd800),
      rc::gen::inRange(0xe000, 0x110000)));
  std::string text;
  for (const int point : points) {
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else if (point < 0x800) {
      text += static_cast<char>(0xc0 | point >> 6);
    } else if (point < 0x10000) {
      text += static_cast<char>(0xe0 | point >> 12);
      tail(6);
    } else {
      text += static_cast<char>(0xf0 | point >> 18);
      tail(12);
      tail(6);
    }
    if (point >= 0x80) tail(0);
  }
  return text;
}

const std::string kNfdMueller = "Mu\xcc\x88ller";

TEST(Folded, BringsSpellingsOfANameTogether) {
  EXPECT_EQ(folded("ﾀﾅｶ"), "タナカ");
  EXPECT_EQ(folded("ﾔﾏﾀﾞ　ﾊﾅｺ"), "ヤマダ ハナコ");
  EXPECT_EQ(folded("ﾊﾟﾙｺ"), "パルコ");
  EXPECT_EQ(folded("　田中　 太郎\t"), "田中 太郎");
  EXPECT_EQ(folded("Ｔａｒｏ　Ｔａｎａｋａ"), "taro tanaka");
  EXPECT_EQ(folded("１丁目２－３"), "1丁目2-3");
  EXPECT_EQ(folded("Jürgen GROß"), "jürgen gross");
  EXPECT_EQ(folded("STRASSE"), folded("Straße"));
  EXPECT_EQ(folded(kNfdMueller), folded("MÜLLER"));
  EXPECT_EQ(folded("  O'Brien \n  Mary\xc2\xa0\xe3\x80\x80X "), "o'brien mary x");
  EXPECT_EQ(folded(" \t "), "");
}

TEST(Folded, KeepsDifferentPeopleApart) {
  EXPECT_NE(folded("髙橋"), folded("高橋"));
  EXPECT_NE(folded("たなか"), folded("タナカ"));
  EXPECT_NE(folded("Müller"), folded("Muller"));
  EXPECT_NE(folded("anna lee"), folded("annalee"));
}

RC_GTEST_PROP(Folded, IsIdempotent, ()) {
  const std::string once = folded(a_text());
  RC_ASSERT(valid_utf8(once));
  RC_ASSERT(folded(once) == once);
}

// ASCII takes a short way that must come out where ICU does.
RC_GTEST_PROP(Folded, TreatsAsciiLikeTheRest, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::map(rc::gen::inRange(1, 128), [](int c) { return static_cast<char>(c); }));
  RC_ASSERT(folded(text + " 田") == (folded(text).empty() ? "田" : folded(text) + " 田"));
  RC_ASSERT(nfc(text) == text);
}

TEST(Nfc, Composes) {
  EXPECT_EQ(nfc(kNfdMueller), "Müller");
  EXPECT_EQ(nfc("か\xe3\x82\x99"), "が");
  EXPECT_EQ(nfc("ﾀﾅｶ　Ａ"), "ﾀﾅｶ　Ａ");  // compatibility forms stay
  EXPECT_EQ(nfc(""), "");
}

RC_GTEST_PROP(Nfc, IsIdempotent, ()) {
  const std::string once = nfc(a_text());
  RC_ASSERT(nfc(once) == once);
}

TEST(Text, IsRefusedWithoutBeingNamed) {
  const std::string bad[] = {"caf\xe9",  "\xc0\xaf", "\xed\xa0\x80",        "\xf4\x90\x80\x80",
                             "\xe3\x81", "\xff",     std::string("a\0b", 3)};
  for (const std::string& text : bad) {
    for (const auto& call :
         {+[](const std::string& t) { nfc(t); }, +[](const std::string& t) { folded(t); },
          +[](const std::string& t) { e164(t, "JP"); }, +[](const std::string& t) { digits(t); }}) {
      try {
        call(text);
        ADD_FAILURE() << "accepted";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_EQ(std::string(error.what()).find("caf"), std::string::npos);
      }
    }
  }
  EXPECT_TRUE(valid_utf8("é漢😀"));
  EXPECT_FALSE(valid_utf8("caf\xe9"));
}

TEST(DisplayWidth, CountsTerminalColumns) {
  EXPECT_EQ(display_width("Tanaka"), 6);
  EXPECT_EQ(display_width("田中太郎"), 8);
  EXPECT_EQ(display_width("ﾀﾅｶ"), 3);
  EXPECT_EQ(display_width("タナカ"), 6);
  EXPECT_EQ(display_width("０９０"), 6);
  EXPECT_EQ(display_width("Müller"), 6);
  EXPECT_EQ(display_width(kNfdMueller), 6);
  EXPECT_EQ(display_width("😀"), 2);
  EXPECT_EQ(display_width("a\xe2\x80\x8b"
                          "b"),
            2);  // zero width space
  EXPECT_EQ(display_width("각"), 2);
  EXPECT_EQ(display_width("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8"), 2);  // the same in its parts
  EXPECT_EQ(display_width("a\xff"
                          "b"),
            3);
  EXPECT_EQ(display_width(""), 0);
}

RC_GTEST_PROP(Text, SurvivesGarbage, (const std::string& bytes)) {
  RC_ASSERT(display_width(bytes) >= 0);
  try {
    RC_ASSERT(valid_utf8(folded(bytes)));
    nfc(bytes);
    e164(bytes, "DE");
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::usage);
  }
}

}  // namespace
}  // namespace ccctl::text
