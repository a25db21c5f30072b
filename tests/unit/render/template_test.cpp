#include "render/template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "render/archive.h"
#include "support/errors.h"

namespace ccctl::render {
namespace {

TEST(Template, EscapesForHtmlAndNotForText) {
  const Json data{{"who", "<b>O'Neill & \"Co\"</b>"}};
  EXPECT_EQ(fill_html("{{who}}", data), "&lt;b&gt;O&#39;Neill &amp; &quot;Co&quot;&lt;/b&gt;");
  EXPECT_EQ(fill_text("{{who}}", data), "<b>O'Neill & \"Co\"</b>");
}

TEST(Template, FillsListsAndLeavesOutWhatIsNotThere) {
  const Json data{{"rows", Json::array({{{"n", 1}}, {{"n", 2}}})}, {"shown", true}};
  EXPECT_EQ(fill_text("{{#rows}}[{{n}}]{{/rows}}{{#shown}}x{{/shown}}{{nothing}}", data),
            "[1][2]x");
}

// A value is never a template of its own.
TEST(Template, DoesNotFillValues) {
  EXPECT_EQ(fill_html("{{a}}", {{"a", "{{b}}"}, {"b", "no"}}), "{{b}}");
}

TEST(Template, RefusesWhatIsNotWellFormed) {
  EXPECT_EQ(testing::error_of([] { fill_html("{{#a}}", Json::object()); }).kind(),
            ErrorKind::config_invalid);
}

TEST(Archive, ThrowsWhatItsSinkThrows) {
  int pieces = 0;
  const Error error = testing::error_of([&] {
    Archive archive([&](std::string_view) {
      ++pieces;
      throw Error(ErrorKind::io, "full");
    });
    for (int i = 0; i < 100; ++i) {
      archive.begin("file" + std::to_string(i), 1024, 0);
      archive.write(std::string(1024, 'x'));
    }
    archive.finish();
  });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_EQ(pieces, 1);  // nothing more after that
}

}  // namespace
}  // namespace ccctl::render
