// What object stores answer with: read as it is meant, or not at all.
#include "object/xml.h"

#include <gtest/gtest.h>

namespace ccctl::object {
namespace {

TEST(Xml, ReadsElementsAndTheirText) {
  const auto list = read_xml(
      "<?xml version='1.0' encoding=\"UTF-8\"?>\n<!-- a > b -->\n"
      "<List xmlns=\"http://s3.example/>\"><IsTruncated>false</IsTruncated>"
      "<Version><Key>a&amp;b&#x4e2d;&#252;</Key><Empty /></Version><Version/></List>\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->name, "List");
  EXPECT_EQ(list->value("IsTruncated"), "false");
  EXPECT_EQ(list->children.size(), 3U);
  EXPECT_EQ(list->children[1].value("Key"), "a&b中ü");
  EXPECT_EQ(list->children[1].value("Empty"), "");
  EXPECT_FALSE(list->value("Key"));
}

TEST(Xml, RefusesWhatIsNotWhole) {
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "<a>";
  for (int i = 0; i < 20; ++i) deep += "</a>";
  for (const std::string& text :
       {std::string(), std::string("text"), std::string("<a>"), std::string("<a></b>"),
        std::string("<a></a >"), std::string("<a><b></a></b>"), std::string("<a/><b/>"),
        std::string("<a>&lol;</a>"), std::string("<a>&#0;</a>"), std::string("<a>&#xd800;</a>"),
        std::string("<a>& </a>"), std::string("<!DOCTYPE a><a/>"),
        std::string("<a><![CDATA[x]]></a>"), std::string("<a b='"), std::string("<a></a>x"),
        deep}) {
    EXPECT_FALSE(read_xml(text)) << text;
  }
}

TEST(Xml, DecodesKeys) {
  EXPECT_EQ(url_decoded("a%2Fb%20c+d%c3%bc"), "a/b c dü");
  EXPECT_FALSE(url_decoded("a%2"));
  EXPECT_FALSE(url_decoded("%zz"));
  EXPECT_FALSE(url_decoded("%"));
}

}  // namespace
}  // namespace ccctl::object
