// The private cluster: from nothing, again, after accidents, and gone.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "sandbox/cluster.h"

namespace ccctl::sandbox {
namespace {

namespace fs = std::filesystem;

class ClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ccctl-cluster-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    ::chmod(name.c_str(), 0755);  // root's server runs as another account
    place_.root = folder_ / "sandbox";
  }
  void TearDown() override {
    down(place_, true);
    fs::remove_all(folder_);
  }

  std::string first_line(const fs::path& file) const {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
  }

  // What the log-in's session_user may do, as the datastore says.
  std::string role_of(const std::string& login) const {
    store::Session session = store::Session::open(target(place_, login));
    std::string role;
    session.transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
      const store::Rows rows = tx.exec(
          "SELECT session_user || ':' || role || ':' || tenant_id FROM ccctl.principal "
          "WHERE login = session_user");
      if (!rows.empty()) role = rows.text(0, 0);
    });
    return role;
  }

  fs::path folder_;
  Place place_;
};

TEST_F(ClusterTest, StartsFromNothingAndAgain) {
  EXPECT_FALSE(status(place_).exists);
  EXPECT_TRUE(up(place_, system_context()).running);
  for (const char* login : {"officer", "officer2"}) {
    EXPECT_EQ(role_of(login), std::string(login) + ":officer:acme");
  }
  EXPECT_EQ(role_of("admin"), "admin:admin:acme");
  EXPECT_EQ(role_of("auditor"), "auditor:auditor:acme");
  EXPECT_EQ(role_of("sealer"), "sealer:owner:acme");
  EXPECT_THROW(role_of("nobody"), Error);
  const std::string key = first_line(place_.seal_key());
  EXPECT_EQ(key.size(), 64U);
  EXPECT_EQ(fs::status(place_.seal_key()).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(place_.root).permissions(), fs::perms::owner_all);

  EXPECT_TRUE(up(place_, system_context()).running);
  down(place_, false);
  EXPECT_TRUE(status(place_).exists);
  EXPECT_FALSE(status(place_).running);
  down(place_, false);
  EXPECT_TRUE(up(place_, system_context()).running);
  EXPECT_EQ(first_line(place_.seal_key()), key) << "a new key would make old checkpoints unknown";
  down(place_, true);
  EXPECT_FALSE(fs::exists(place_.root));
}

TEST_F(ClusterTest, RecoversAfterAccidents) {
  fs::create_directories(place_.root / "data.new");  // initdb was interrupted
  std::ofstream(place_.root / "data.new" / "PG_VERSION") << "15\n";
  EXPECT_TRUE(up(place_, system_context()).running);
  fs::remove(place_.socket() / ".s.PGSQL.5432");  // a cleaner of temporary files
  EXPECT_TRUE(up(place_, system_context()).running);
  down(place_, false);
  // The machine crashed, and the server's number is now this process's.
  std::ofstream(place_.data() / "postmaster.pid")
      << ::getpid() << "\n"
      << place_.data().string() << "\n0\n5432\n\n\n\nready\n";
  EXPECT_TRUE(up(place_, system_context()).running);
}

// The name of a Unix socket has 107 bytes at most.
TEST_F(ClusterTest, ALongFolderHasItsSocketElsewhere) {
  place_.root = folder_ / std::string(60, 'l') / std::string(60, 'o') / "ccctl's sandbox";
  fs::create_directories(place_.root.parent_path());
  EXPECT_TRUE(up(place_, system_context()).running);
  const fs::path socket = place_.socket();
  EXPECT_LT(socket.string().size(), 93U);
  EXPECT_EQ(role_of("officer"), "officer:officer:acme");
  EXPECT_TRUE(up(place_, system_context()).running);
  EXPECT_EQ(place_.socket(), socket);
  down(place_, true);
  EXPECT_FALSE(fs::exists(socket));
}

TEST_F(ClusterTest, AFolderThatAShellWouldReadIsRefused) {
  place_.root = folder_ / "$(touch x)";
  EXPECT_THROW(up(place_, system_context()), Error);
  EXPECT_FALSE(fs::exists(place_.root));
}

// No TCP port, and neither statements nor values in the server's log.
TEST_F(ClusterTest, IsPrivate) {
  up(place_, system_context());
  store::Session session = store::Session::open(target(place_, "postgres"));
  session.transact(store::Mode::read_only_snapshot, [](store::Tx& tx) {
    EXPECT_EQ(tx.exec("SHOW listen_addresses").text(0, 0), "");
    EXPECT_EQ(tx.exec("SHOW server_encoding").text(0, 0), "UTF8");
    EXPECT_EQ(tx.exec("SHOW fsync").text(0, 0), "on");
    EXPECT_EQ(tx.exec("SHOW log_statement").text(0, 0), "none");
  });
  EXPECT_THROW(session.transact(store::Mode::read_committed,
                                [](store::Tx& tx) {
                                  tx.exec(
                                      {"INSERT INTO public.tenants (tenant_id, name, region, "
                                       "status, created_at) VALUES ('x', 'y', 'z', $1, now())",
                                       {"canary-taro@example.jp"}});
                                }),
               Error);
  std::ifstream log(place_.data() / "server.log");
  const std::string text((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
  EXPECT_NE(text.find("ERROR"), std::string::npos);
  EXPECT_EQ(text.find("canary"), std::string::npos);
}

}  // namespace
}  // namespace ccctl::sandbox
