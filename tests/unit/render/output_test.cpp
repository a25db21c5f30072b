// A result file appears only when it is complete; whatever goes wrong is said and leaves nothing.
#include "render/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.h"

namespace ccctl::render {
namespace {

namespace fs = std::filesystem;

class OutputTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "ccctl-output-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string content(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_))
      found.push_back(entry.path().filename());
    return found;
  }

  fs::path folder_;
};

TEST_F(OutputTest, AppearsOnlyAtTheEndAndForItsOwnerOnly) {
  Output out = Output::reserve(path("r.json"));
  out.write(std::string(200'000, 'x'));
  EXPECT_FALSE(fs::exists(path("r.json")));
  out.finish();
  EXPECT_EQ(fs::file_size(path("r.json")), 200'000U);
  struct stat file {};
  ASSERT_EQ(::stat(path("r.json").c_str(), &file), 0);
  EXPECT_LE(file.st_blocks, 200'000 / 512 + 16);  // no more than it needs
  EXPECT_EQ(file.st_mode & 07777, 0600U);
  EXPECT_EQ(names(), std::vector<std::string>{"r.json"});
}

TEST_F(OutputTest, AnExistingFileStaysUntilTheNewOneIsComplete) {
  std::ofstream(path("r.json")) << "old";
  {
    Output out = Output::reserve(path("r.json"));
    out.write("new");
    EXPECT_EQ(content("r.json"), "old");
  }
  EXPECT_EQ(content("r.json"), "old");
  Output out = Output::reserve(path("r.json"));
  out.write("new");
  out.finish();
  EXPECT_EQ(content("r.json"), "new");
  EXPECT_EQ(names(), std::vector<std::string>{"r.json"});
}

TEST_F(OutputTest, ALinkIsReplacedAndNotFollowed) {
  std::ofstream(path("target")) << "precious";
  fs::create_symlink("target", path("r.json"));
  Output out = Output::reserve(path("r.json"));
  out.write("new");
  out.finish();
  EXPECT_EQ(content("target"), "precious");
  EXPECT_FALSE(fs::is_symlink(path("r.json")));
}

TEST_F(OutputTest, WhatCannotBeCreatedIsRefusedAtOnce) {
  for (const std::string& name :
       {path("none/r.json"), folder_.string(), path("r/"), std::string("")}) {
    try {
      Output::reserve(name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io) << name;
    }
  }
}

TEST_F(OutputTest, AFullDeviceIsRefusedBeforeAnythingIsDoneAndStaysADevice) {
  EXPECT_THROW(Output::reserve("/dev/full"), Error);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(OutputTest, AFileThatGrowsTooLargeLeavesNothing) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 1000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  ErrorKind kind = ErrorKind::unexpected;
  try {
    Output out = Output::reserve(path("r.json"));
    ADD_FAILURE() << "no room was reserved";
    out.finish();
  } catch (const Error& error) {
    kind = error.kind();
  }
  small.rlim_cur = 300'000;  // room enough at first, but not for this result
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(
      {
        Output out = Output::reserve(path("r.json"));
        out.write(std::string(400'000, 'x'));
        out.finish();
      },
      Error);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(kind, ErrorKind::io);
  EXPECT_TRUE(names().empty());
}

TEST_F(OutputTest, NothingIsLeftWhenTheProgramIsKilled) {
  const int unnamed = ::open(folder_.c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (unnamed < 0) GTEST_SKIP() << "this file system has no files without a name";
  ::close(unnamed);
  EXPECT_EXIT(
      {
        Output out = Output::reserve(path("r.json"));
        out.write(std::string(200'000, 'x'));
        std::raise(SIGKILL);
      },
      testing::KilledBySignal(SIGKILL), "");
  EXPECT_TRUE(names().empty());
}

}  // namespace
}  // namespace ccctl::render
