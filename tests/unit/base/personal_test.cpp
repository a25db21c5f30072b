#include "base/personal.h"

#include <gtest/gtest.h>

#include <concepts>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>

#include "base/json.h"

namespace ccctl {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <class T>
concept Textual = std::convertible_to<T, std::string> || std::convertible_to<T, std::string_view> ||
    requires(const T& value) {
  std::to_string(value);
} || requires(const T& value) {
  to_text(value);
};

// Rendering a person's value or a secret by accident does not compile.
static_assert(Streamable<std::string> && Textual<std::string>);
static_assert(!Streamable<Personal<std::string>> && !Textual<Personal<std::string>>);
static_assert(!Streamable<Personal<int>> && !Textual<Personal<int>>);
static_assert(!Streamable<Secret> && !Textual<Secret>);
static_assert(!std::convertible_to<std::string, Personal<std::string>>);
static_assert(!std::convertible_to<std::string, Secret>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::constructible_from<Json, Personal<std::string>>);

TEST(Personal, ShowsItsValueOnlyWhenAsked) {
  const Personal<std::string> name(std::string("花子"));
  EXPECT_EQ(name.reveal(), "花子");
  EXPECT_TRUE(name == Personal<std::string>(std::string("花子")));
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret first(std::string(64, 'k'));
  const Secret second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ(second.reveal(), std::string(64, 'k'));
  Secret third(std::string("other"));
  third = Secret(std::string("new"));
  EXPECT_EQ(third.reveal(), "new");
}

}  // namespace
}  // namespace ccctl
