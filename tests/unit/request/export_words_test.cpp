#include "request/export_words.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "request/export_table.h"
#include "support/committed_schema.h"
#include "support/errors.h"

namespace ccctl::request {
namespace {

Wording wording(const std::string& language) {
  const std::string file = "wording." + language + ".yaml";
  std::ostringstream text;
  text << std::ifstream(std::string(CCCTL_SOURCE_DIR) + "/policies/templates/" + file).rdbuf();
  return doc::read<Wording>(text.str(), file, "Wording", ErrorKind::config_invalid);
}

TEST(ExportSchemas, AreTheCommittedOnes) {
  testing::expect_committed("information", information_schema());
  testing::expect_committed("access", access_schema());
  testing::expect_committed("wording", wording_schema());
}

TEST(Wording, HasTheSameSentencesInEveryLanguage) {
  std::set<std::string> english;
  for (const auto& [key, text] : wording("en").texts) english.insert(key);
  for (const char* language : {"ja", "de"}) {
    const Wording words = wording(language);
    EXPECT_EQ(words.language, language);
    std::set<std::string> keys;
    for (const auto& [key, text] : words.texts) keys.insert(key);
    EXPECT_EQ(keys, english) << language;
  }
}

TEST(Wording, NamesPeriodsAndThings) {
  EXPECT_EQ(wording("en").period({7 * 12, 0, 0}), "7 years");
  EXPECT_EQ(wording("en").period({1, 30, 0}), "1 month and 30 days");
  EXPECT_EQ(wording("ja").period({12, 0, 3600}), "1年と1時間");
  EXPECT_EQ(wording("de").period({0, 1, 0}), "1 Tag");
  EXPECT_EQ(wording("ja").name("address", "participants"), "電話番号");
  EXPECT_EQ(wording("ja").name("address", "external_contacts"), "住所");
  EXPECT_EQ(wording("en").name("some_column", "t"), "some column");
}

TEST(Text, FallsBackToEnglish) {
  const Text text{{{"en", "one"}, {"ja", "一"}}};
  EXPECT_EQ(text.in("ja"), "一");
  EXPECT_EQ(text.in("de"), "one");
  EXPECT_EQ(Text{}.in("de"), "");
}

// W-03: a misspelt role would shut out, or let in, nobody.
TEST(Access, KnowsTheRoles) {
  const Error error = testing::error_of([] {
    doc::read<Access>("apiVersion: ccctl/v1\nkind: Access\nexport: [admins]\n", "access.yaml",
                      "Access", ErrorKind::policy_invalid);
  });
  EXPECT_EQ(std::string(error.what()).find("access.yaml:3:"), 0U) << error.what();
}

TEST(ReadableInstant, DropsFractions) {
  EXPECT_EQ(readable_instant("2026-01-02 03:04:05.678+00"), "2026-01-02 03:04:05 UTC");
  EXPECT_EQ(readable_instant("2026-01-02 03:04:05"), "2026-01-02 03:04:05");
  EXPECT_EQ(readable_instant("infinity"), "infinity");
}

}  // namespace
}  // namespace ccctl::request
