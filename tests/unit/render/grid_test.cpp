// The four forms of rows and documents.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "render/grid.h"

namespace ccctl::render {
namespace {

std::string grid(const Grid& rows, Format format, const Json& envelope = {{"kind", "CatList"}},
                 const Style& style = {}) {
  std::string out;
  write_grid([&](std::string_view bytes) { out += bytes; }, rows, envelope, format, style);
  return out;
}

std::string document(const Json& value, Format format) {
  std::string out;
  write_document([&](std::string_view bytes) { out += bytes; }, value, format);
  return out;
}

const Grid kCats{{"name", "age"}, {{{"name", "山田"}, {"age", 7}}, {{"name", "Al"}, {"age", 12}}}};

TEST(Table, JapaneseTakesTwoColumnsPerCharacter) {
  EXPECT_EQ(grid(kCats, Format::table),
            "NAME  AGE\n"
            "山田    7\n"
            "Al     12\n");
}

TEST(Table, AnEmptyListIsItsHeading) {
  EXPECT_EQ(grid({{"name", "due_date", "dueDate"}, {}}, Format::table),
            "NAME  DUE DATE  DUE DATE\n");
}

TEST(Table, AValueCannotForgeALine) {
  EXPECT_EQ(grid({{"name"}, {{{"name", "x\nAl 99\x1b[2J"}}}}, Format::table),
            "NAME\nx\\nAl 99\\x1b[2J\n");
}

TEST(Table, ColourOnlyWhereAskedFor) {
  EXPECT_EQ(grid(kCats, Format::table).find('\x1b'), std::string::npos);
  EXPECT_TRUE(grid(kCats, Format::table, {}, {true}).starts_with("\x1b[1mNAME"));
}

TEST(Csv, LinesEndAsRfc4180Says) {
  EXPECT_EQ(grid(kCats, Format::csv), "name,age\r\n山田,7\r\nAl,12\r\n");
}

TEST(Csv, TextsAreGuardedAndNumbersStayNumbers) {
  const Grid rows{{"phone", "delta"}, {{{"phone", "+81312345678"}, {"delta", -5}}}};
  EXPECT_EQ(grid(rows, Format::csv), "phone,delta\r\n'+81312345678,-5\r\n");
}

TEST(Csv, AMissingMemberIsAnEmptyField) {
  EXPECT_EQ(grid({{"a", "b"}, {{{"b", 1}}}}, Format::csv), "a,b\r\n,1\r\n");
}

TEST(JsonForm, RowsAreTheEntitiesOfTheirEnvelope) {
  const Json got = Json::parse(grid(kCats, Format::json, {{"kind", "CatList"}, {"house", "A"}}));
  EXPECT_EQ(got["apiVersion"], "ccctl/v1");
  EXPECT_EQ(got["kind"], "CatList");
  EXPECT_EQ(got["house"], "A");
  EXPECT_EQ(got["total"], 2);
  EXPECT_EQ(got["entities"][0]["name"], "山田");
}

TEST(JsonForm, AnEmptyListIsAnEmptyArray) {
  EXPECT_EQ(Json::parse(grid({{"name"}, {}}, Format::json))["entities"], Json::array());
  EXPECT_EQ(grid({{"name"}, {}}, Format::json, nullptr), "[]\n");
  EXPECT_EQ(grid({{"name"}, {}}, Format::ndjson), "");
}

TEST(JsonForm, TheEnvelopesOwnEntitiesStay) {
  const Json envelope{{"kind", "CatList"}, {"entities", {{{"name", "richer"}}}}, {"total", 9}};
  const Json got = Json::parse(grid(kCats, Format::json, envelope));
  EXPECT_EQ(got["entities"][0]["name"], "richer");
  EXPECT_EQ(got["total"], 9);
}

TEST(Ndjson, EachLineStandsAlone) {
  EXPECT_EQ(grid({{"name"}, {{{"name", "Al"}}}}, Format::ndjson),
            "{\"apiVersion\":\"ccctl/v1\",\"kind\":\"Cat\",\"name\":\"Al\"}\n");
}

TEST(Document, TheTableHidesWhatIsForPrograms) {
  const Json value{{"apiVersion", "ccctl/v1"},
                   {"kind", "Cat"},
                   {"name", "Al"},
                   {"owner", {{"id", 3}}},
                   {"meals", {{{"at", "08:00"}, {"what", "fish"}}}},
                   {"tags", Json::array({"a", "b"})}};
  EXPECT_EQ(document(value, Format::table),
            "meals:\n"
            "  AT     WHAT\n"
            "  08:00  fish\n"
            "name: Al\n"
            "owner:\n"
            "  id: 3\n"
            "tags: a, b\n");
}

TEST(Document, CarriesItsVersionInJson) {
  EXPECT_EQ(document({{"kind", "Cat"}}, Format::ndjson),
            "{\"apiVersion\":\"ccctl/v1\",\"kind\":\"Cat\"}\n");
  EXPECT_EQ(document({{"kind", "Cat"}, {"name", "=Al"}}, Format::csv), "name\r\n'=Al\r\n");
}

}  // namespace
}  // namespace ccctl::render
