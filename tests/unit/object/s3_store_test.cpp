// The S3 store against a real server (tests/support/s3_server.py): the promises of object/store.h.
#include "object/s3_store.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"

extern char** environ;

namespace ccctl::object {
namespace {

namespace fs = std::filesystem;

class S3StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ccctl-s3-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    server_ = spawn({name});
    for (int i = 0; i < 1200 && port_.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      std::ifstream(folder_ / "port") >> port_;
    }
    ASSERT_FALSE(port_.empty());
  }
  void TearDown() override {
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    fs::remove_all(folder_);
  }

  static pid_t spawn(std::vector<std::string> words) {
    words.insert(words.begin(), {"python3", CCCTL_SOURCE_DIR "/tests/support/s3_server.py"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t pid = -1;
    if (::posix_spawn(&pid, "/usr/bin/python3", nullptr, nullptr, argv.data(), environ) != 0) {
      throw std::runtime_error("no Python");
    }
    return pid;
  }

  // What the server has by its own account: KEY VERSION SIZE, line by line.
  std::vector<std::string> listed(const std::string& bucket) const {
    const std::string command =
        "/usr/bin/python3 " CCCTL_SOURCE_DIR "/tests/support/s3_server.py " + folder_.string() +
        " list " + bucket + " >" + (folder_ / "list").string();
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::ifstream list(folder_ / "list");
    std::vector<std::string> lines;
    for (std::string line; std::getline(list, line);) lines.push_back(line);
    return lines;
  }

  std::unique_ptr<ObjectStore> store(const std::string& url) const {
    const fs::path credentials = folder_ / "credentials";
    return open(url, {.endpoint = "http://127.0.0.1:" + port_,
                      .region = "eu-central-1",
                      .key =
                          [credentials] {
                            std::ifstream file(credentials);
                            return net::read_aws_key(
                                std::string(std::istreambuf_iterator(file), {}), "credentials");
                          },
                      .now =
                          [] {
                            return std::chrono::time_point_cast<std::chrono::microseconds>(
                                std::chrono::system_clock::now());
                          }});
  }

  fs::path folder_;
  std::string port_;
  pid_t server_ = -1;
};

ErrorKind s3_kind_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::unexpected;
}

TEST_F(S3StoreTest, KeepsTheStoresPromises) {
  const auto media = store("s3://media/a b/ü");
  const std::string bytes("\0RIFF\xff\n", 7);
  const std::string odd = "acme/7f/one 1+&=%41?#'\"中.wav";
  EXPECT_FALSE(media->exists(odd));
  EXPECT_EQ(s3_kind_of([&] { media->get(odd); }), ErrorKind::not_found);
  media->put(odd, bytes);
  EXPECT_TRUE(media->exists(odd));
  EXPECT_EQ(media->get(odd), bytes);
  EXPECT_EQ(listed("media"), std::vector<std::string>{"a b/ü/" + odd + " null 7"});
  media->put(odd, "");
  EXPECT_TRUE(media->exists(odd));
  EXPECT_EQ(media->get(odd), "");
  media->remove(odd);
  media->remove(odd);
  EXPECT_FALSE(media->exists(odd));
  EXPECT_TRUE(listed("media").empty());
  EXPECT_EQ(s3_kind_of([&] { media->put("../x", ""); }), ErrorKind::usage);
  EXPECT_EQ(s3_kind_of([&] { store("s3://nowhere")->exists("x"); }), ErrorKind::config_invalid);
  EXPECT_EQ(s3_kind_of([&] { store("s3://nowhere")->remove("x"); }), ErrorKind::config_invalid);

  // A large one comes in pieces, and what the taker throws comes out.
  media->put("large", std::string(6 << 20, 'x'));
  std::size_t largest = 0, total = 0;
  media->read("large", [&](std::string_view piece) {
    largest = std::max(largest, piece.size());
    total += piece.size();
  });
  EXPECT_EQ(total, 6U << 20);
  EXPECT_LE(largest, 1U << 20);
  EXPECT_EQ(s3_kind_of([&] {
              media->read("large", [](std::string_view) { throw Error(ErrorKind::refused, "no"); });
            }),
            ErrorKind::refused);
  EXPECT_TRUE(media->exists("large"));
}

TEST_F(S3StoreTest, CreatesAKeyOnce) {
  const auto media = store("s3://media");
  EXPECT_TRUE(media->create("acme/7", "first"));
  EXPECT_FALSE(media->create("acme/7", "second"));
  EXPECT_FALSE(store("s3://media")->create("acme/7", "third"));
  EXPECT_EQ(media->get("acme/7"), "first");
  std::atomic<int> created = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back(
        [&, i] { created += store("s3://media")->create("acme/8", std::to_string(i)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 1);
  // A server that overwrites is found out with the first object.
  EXPECT_EQ(s3_kind_of([&] { store("s3://careless")->create("acme/7", "first"); }),
            ErrorKind::config_invalid);
}

// Three entries are a page of this server's: seven versions and a marker take several.
TEST_F(S3StoreTest, RemovesEveryVersionAndNothingElse) {
  const auto kept = store("s3://kept");
  for (int i = 0; i < 7; ++i) kept->put("acme/a b", std::to_string(i));
  for (const char* other : {"acme/a", "acme/a b c", "acme/a b/d", "acme/a%20b"}) {
    kept->put(other, "stays");
  }
  EXPECT_EQ(listed("kept").size(), 11U);
  kept->remove("acme/a b");
  const std::vector<std::string> left = listed("kept");
  EXPECT_EQ(left.size(), 4U);
  for (const std::string& line : left) EXPECT_FALSE(line.starts_with("acme/a b 1")) << line;
  kept->remove("acme/a b");
  EXPECT_EQ(listed("kept").size(), 4U);
}

}  // namespace
}  // namespace ccctl::object
