// What a table, a CSV file and a JSON document make of values that people have written.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "render/grid.h"

namespace ccctl::render {
namespace {

using namespace std::string_literals;

TEST(Escape, NothingMovesTheCursorOrTheTerminal) {
  EXPECT_EQ(escape_for_terminal("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(escape_for_terminal("one\ntwo\tthree\r"), "one\\ntwo\\tthree\\r");
  EXPECT_EQ(escape_for_terminal("\x00x\x7f"s), "\\x00x\\x7f");
  EXPECT_EQ(escape_for_terminal("\xc2\x9b"
                                "31m"),
            "\\x9b31m");  // the one-character form of ESC [
}

TEST(Escape, NothingReordersTheLine) {
  EXPECT_EQ(escape_for_terminal("abc\u202egnp.exe"), "abc\\u202egnp.exe");
  EXPECT_EQ(escape_for_terminal("\u2066x\u2069"), "\\u2066x\\u2069");
  EXPECT_EQ(escape_for_terminal("a\u2028b"), "a\\u2028b");
}

TEST(Escape, LeavesEveryScriptAlone) {
  const std::string names = "山田太郎 Müller Ζωή محمد 🙂";
  EXPECT_EQ(escape_for_terminal(names), names);
}

TEST(Escape, BytesThatAreNotUtf8AreShown) {
  EXPECT_EQ(escape_for_terminal("\xff"), "\\xff");
  EXPECT_EQ(escape_for_terminal("\xc0\xaf"), "\\xc0\\xaf");           // an overlong slash
  EXPECT_EQ(escape_for_terminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a surrogate pair
  EXPECT_EQ(escape_for_terminal("\xe5\xb1"), "\\xe5\\xb1");           // cut off
  EXPECT_EQ(escape_for_terminal("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80");
}

TEST(Escape, WhateverComesInNoControlByteComesOut) {
  rc::check([](const std::string& any) {
    for (char c : escape_for_terminal(any)) {
      RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }
  });
}

// P-28 and others take CSV into spreadsheets, where a text may be run as a formula.
TEST(Csv, FormulasAreTexts) {
  for (const char* start : {"=", "+", "-", "@", "\t", "\r"}) {
    EXPECT_EQ(guard_formula(start + "1+1"s), "'"s + start + "1+1") << start;
  }
  EXPECT_EQ(guard_formula("1=1"), "1=1");
  EXPECT_EQ(guard_formula(""), "");
}

// Reads one record back, as RFC 4180 says.
std::string read_back(const std::string& field) {
  if (field.empty() || field[0] != '"') return field;
  std::string text;
  for (std::size_t i = 1; i + 1 < field.size(); ++i) {
    if (field[i] == '"') ++i;
    text += field[i];
  }
  return text;
}

TEST(Csv, FieldsComeBackAsTheyWere) {
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field("plain"), "plain");
  rc::check([](const std::string& any) { RC_ASSERT(read_back(csv_field(any)) == any); });
}

TEST(Cell, ValuesInOneLine) {
  EXPECT_EQ(cell_text(nullptr), "");
  EXPECT_EQ(cell_text("x"), "x");
  EXPECT_EQ(cell_text(-5), "-5");
  EXPECT_EQ(cell_text(true), "true");
  EXPECT_EQ(cell_text(Json::array({"a", 2})), "a, 2");
  EXPECT_EQ(cell_text(Json::array()), "");
  EXPECT_EQ(cell_text({{"k", "v"}}), R"({"k":"v"})");
}

TEST(JsonText, BytesThatAreNotUtf8DoNotStopTheResult) {
  EXPECT_EQ(json_text("a\xff", false), "\"a\ufffd\"");
}

}  // namespace
}  // namespace ccctl::render
