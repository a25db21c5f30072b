// Packs: folders of documents, what they extend, and their digest.
#include "policy/pack.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "support/committed_schema.h"

namespace ccctl::policy {
namespace {

namespace fs = std::filesystem;

class Packs : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ccctl-packs.XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& pack, const std::string& file, const std::string& text) {
    fs::create_directories(root_ / pack);
    std::ofstream(root_ / pack / file) << text;
  }
  void head(const std::string& pack, const std::string& extends = "") {
    write(pack, "pack.yaml",
          "apiVersion: ccctl/v1\nkind: Pack\nname: " + pack + "\nabout: a test\n" +
              (extends.empty() ? "" : "extends: [" + extends + "]\n"));
  }
  void other(const std::string& pack, const std::string& file, const std::string& kind) {
    write(pack, file, "apiVersion: ccctl/v1\nkind: " + kind + "\nzone: UTC\n");
  }
  std::string message(const std::string& pack) {
    try {
      load_pack(root_ / pack);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::policy_invalid);
      return error.what();
    }
    return "";
  }

  fs::path root_;
};

TEST_F(Packs, ExtendedPacksComeFirstAndOnce) {
  head("base");
  other("base", "one.yaml", "Retention");
  head("left", "base");
  head("right", "base");
  head("top", "left, right");
  other("top", "two.yaml", "TenantSettings");
  const Pack pack = load_pack(root_ / "top");
  ASSERT_EQ(pack.documents.size(), 2U);
  EXPECT_EQ(pack.documents[0].kind(), "Retention");
  EXPECT_EQ(pack.documents[1].kind(), "TenantSettings");
  EXPECT_EQ(pack.owners, (std::vector<std::string>{"base", "top"}));
  EXPECT_EQ(pack.bases.at("top"), (std::set<std::string>{"base", "left", "right"}));
  EXPECT_EQ(pack.name, "top");
}

TEST_F(Packs, AnyChangedDocumentChangesTheDigest) {  // P-05
  head("base");
  other("base", "one.yaml", "Retention");
  head("top", "base");
  const std::string before = load_pack(root_ / "top").digest;
  EXPECT_EQ(load_pack(root_ / "top").digest, before);
  other("base", "one.yaml", "TenantSettings");
  EXPECT_NE(load_pack(root_ / "top").digest, before);
}

TEST_F(Packs, ADataMapBesideThePackIsNoPartOfIt) {
  head("top");
  const std::string before = load_pack(root_ / "top").digest;
  other("top", "datamap.yaml", "DataMap");
  EXPECT_EQ(load_pack(root_ / "top").digest, before);
}

TEST_F(Packs, RefusesWhatIsNoPack) {
  EXPECT_NE(message("nowhere").find("cannot read the pack folder"), std::string::npos);
  other("headless", "one.yaml", "Retention");
  EXPECT_NE(message("headless").find("no document of kind Pack"), std::string::npos);
  head("a", "b");
  head("b", "a");
  EXPECT_NE(message("a").find("extends itself"), std::string::npos);
}

TEST_F(Packs, RefusesAKindThatNobodyReads) {  // its rules would silently not hold
  head("top");
  other("top", "one.yaml", "Retension");
  EXPECT_NE(message("top").find("no documents of kind \"Retension\""), std::string::npos);
}

TEST_F(Packs, APacksOwnRequestsReplaceTheExtendedOnes) {
  head("base");
  other("base", "requests.yaml", "Requests");
  head("top", "base");
  EXPECT_EQ(load_pack(root_ / "top").owners, std::vector<std::string>{"base"});
  other("top", "requests.yaml", "Requests");
  EXPECT_EQ(load_pack(root_ / "top").owners, std::vector<std::string>{"top"});
}

TEST_F(Packs, FixturesAreThePacksOwnAndNoPolicy) {
  head("base");
  other("base", "policytest.yaml", "PolicyTest");
  head("top", "base");
  const std::string before = load_pack(root_ / "top").digest;
  EXPECT_TRUE(load_pack(root_ / "top").documents.empty());
  other("top", "policytest.yaml", "PolicyTest");
  EXPECT_EQ(load_pack(root_ / "top").documents.size(), 1U);
  EXPECT_EQ(load_pack(root_ / "top").digest, before);
}

TEST(PackSchema, IsTheCommittedOne) {
  testing::expect_committed("pack", pack_schema());
}

}  // namespace
}  // namespace ccctl::policy
