// The file store: what is put is there, what is removed is gone, and nothing leaves the folder.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "object/store.h"

namespace ccctl::object {
namespace {

namespace fs = std::filesystem;

class FileStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ccctl-object-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    store_ = open("file:" + (folder_ / "objects").string());
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Every regular file below the folder, drafts included.
  std::size_t files() const {
    std::size_t n = 0;
    if (!fs::exists(folder_)) return n;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      n += entry.is_regular_file();
    return n;
  }

  fs::path folder_;
  std::unique_ptr<ObjectStore> store_;
};

ErrorKind kind_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::unexpected;
}

TEST_F(FileStoreTest, KeepsBytesAsTheyAre) {
  const std::string bytes("\0RIFF\xff\n", 7);
  store_->put("acme/recordings/7f/one", bytes);
  EXPECT_EQ(store_->get("acme/recordings/7f/one"), bytes);
  store_->put("acme/recordings/7f/one", "");
  EXPECT_EQ(store_->get("acme/recordings/7f/one"), "");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileStoreTest, CreatesAKeyOnce) {
  EXPECT_TRUE(store_->create("acme/7", "first"));
  EXPECT_FALSE(store_->create("acme/7", "second"));
  EXPECT_EQ(store_->get("acme/7"), "first");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileStoreTest, OfManyThatCreateOneKeyOneSucceeds) {
  std::atomic<int> created = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { created += store_->create("acme/8", std::to_string(i)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileStoreTest, IsForItsOwnerOnly) {
  store_->put("acme/a", "x");
  const auto rights = fs::status(folder_ / "objects/acme/a").permissions();
  EXPECT_EQ(rights & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
}

// Deletion intents are carried out again after a crash.
TEST_F(FileStoreTest, RemovingTwiceIsSuccess) {
  store_->put("acme/a", "x");
  store_->remove("acme/a");
  EXPECT_FALSE(store_->exists("acme/a"));
  store_->remove("acme/a");
  store_->remove("nobody/was/here");
  EXPECT_EQ(kind_of([&] { store_->get("acme/a"); }), ErrorKind::not_found);
  EXPECT_EQ(files(), 0U);
}

TEST_F(FileStoreTest, RefusesKeysThatLeaveTheFolder) {
  std::ofstream(folder_ / "outside") << "secret";
  for (const std::string& key :
       {std::string(), std::string("/etc/passwd"), std::string("../outside"),
        std::string("acme/../../outside"), std::string("acme/.."), std::string("acme//a"),
        std::string("acme/"), std::string("./a"), std::string("a\0b", 3),
        std::string(".put-abc")}) {
    EXPECT_EQ(kind_of([&] { store_->get(key); }), ErrorKind::usage) << key;
    EXPECT_EQ(kind_of([&] { store_->put(key, "x"); }), ErrorKind::usage) << key;
    EXPECT_EQ(kind_of([&] { store_->remove(key); }), ErrorKind::usage) << key;
    EXPECT_EQ(kind_of([&] { store_->exists(key); }), ErrorKind::usage) << key;
  }
  EXPECT_EQ(files(), 1U);
}

// A file system that is full leaves neither a short object nor a draft, and the old one stays.
TEST_F(FileStoreTest, AFailedPutLeavesTheOldObject) {
  store_->put("acme/a", "old");
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const ErrorKind kind = kind_of([&] { store_->put("acme/a", std::string(100000, 'n')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(kind, ErrorKind::io);
  EXPECT_EQ(store_->get("acme/a"), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileStoreTest, ErrorsDoNotShowTheKey) {
  fs::create_directories(folder_ / "objects/acme/taro.tanaka");
  try {
    store_->put("acme/taro.tanaka", "x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_EQ(std::string(error.what()).find("taro"), std::string::npos);
  }
}

TEST(OpenStore, WantsAnAbsoluteFolder) {
  for (const char* url : {"", "objects", "file:objects", "file:", "s3://bucket", "file://host/x"}) {
    EXPECT_EQ(kind_of([&] { open(url); }), ErrorKind::config_invalid) << url;
  }
  EXPECT_NE(open("file:/var/empty"), nullptr);
  EXPECT_NE(open("file:///var/empty"), nullptr);
}

}  // namespace
}  // namespace ccctl::object
