#include "base/json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/context.h"

namespace ccctl {
namespace {

TEST(Canonical, SortsKeysAndWritesNoWhiteSpace) {
  EXPECT_EQ(canonical(Json::parse(
                R"({ "op" : "subject.delete", "n" : 6, "a": [1, {"z":null,"b":true}] })")),
            R"({"a":[1,{"b":true,"z":null}],"n":6,"op":"subject.delete"})");
  EXPECT_EQ(canonical(Json::object()), "{}");
  EXPECT_EQ(canonical(Json::array()), "[]");
}

TEST(Canonical, EscapesAsRfc8785) {
  const Json text = "\b\t\n\f\r\"\\/\x01\x1f\x7f äé 漢😀";
  EXPECT_EQ(canonical(text), "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7f äé 漢😀\"");
}

TEST(Canonical, WritesTheWholeRangeOfIntegers) {
  EXPECT_EQ(canonical(Json(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(canonical(Json(std::numeric_limits<std::uint64_t>::max())), "18446744073709551615");
}

TEST(Canonical, RefusesWhatTwoProgramsMayWriteDifferently) {
  EXPECT_THROW(canonical(Json::parse(R"({"a":[1.5]})")), std::logic_error);
  EXPECT_THROW(canonical(Json::parse(R"({"a":{"ä":1}})")), std::logic_error);
  EXPECT_ANY_THROW(canonical(Json(std::string("\xff"))));
}

RC_GTEST_PROP(Canonical, IsAFixedPoint, (const std::map<std::string, std::int64_t>& members)) {
  Json value = Json::object();
  for (const auto& [key, number] : members) {
    std::string ascii;
    for (char c : key) ascii += static_cast<char>(c & 0x7f);
    value[ascii] = {number, Json::object(), nullptr};
  }
  const std::string text = canonical(value);
  RC_ASSERT(canonical(Json::parse(text)) == text);
  RC_ASSERT(text.find('\n') == std::string::npos);
}

TEST(Uuid, IsVersionFour) {
  Context context = system_context();
  context.random = [](std::span<std::byte> out) { std::ranges::fill(out, std::byte{0xff}); };
  EXPECT_EQ(random_uuid(context), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_NE(random_uuid(system_context()), random_uuid(system_context()));
}

}  // namespace
}  // namespace ccctl
