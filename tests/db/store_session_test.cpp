// How sessions are opened, and how the ccctl schema gets into a database.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "store/migration.h"
#include "store/session.h"
#include "support/database.h"
#include "support/errors.h"

namespace ccctl::testing {
namespace {

using store::Mode;
using store::Rows;
using store::Session;
using store::Tx;

// Servers and environments that are set up otherwise than we think.
TEST(StoreSession, HostileSettingsDoNotMatter) {
  Database database = Database::empty();
  database.session().exec_plain(
      "ALTER DATABASE " + store::quote_name(database.name()) + " SET timezone = 'Asia/Kathmandu';" +
      "ALTER DATABASE " + store::quote_name(database.name()) + " SET datestyle = 'SQL, DMY';" +
      "ALTER DATABASE " + store::quote_name(database.name()) + " SET bytea_output = 'escape';" +
      "ALTER DATABASE " + store::quote_name(database.name()) + " SET search_path = 'nowhere'");
  setenv("PGCLIENTENCODING", "EUC_JP", 1);
  setenv("PGTZ", "America/New_York", 1);
  setenv("PGDATESTYLE", "German", 1);
  Session session = database.session();
  for (const char* name : {"PGCLIENTENCODING", "PGTZ", "PGDATESTYLE"}) unsetenv(name);
  Tx tx = session.begin(Mode::read_committed);
  const Rows rows = tx.exec(
      {"SELECT timestamptz '2026-03-04 05:06:07Z', date '2026-03-04', $1::text, length($1::text),"
       " bytea '\\x00ff', interval '1 day 2 hours'",
       {"山田"}});
  EXPECT_EQ(rows.text(0, 0), "2026-03-04 05:06:07+00");
  EXPECT_EQ(rows.text(0, 1), "2026-03-04");
  EXPECT_EQ(rows.text(0, 2), "山田");
  EXPECT_EQ(rows.integer(0, 3), 2);
  EXPECT_EQ(rows.text(0, 4), "\\x00ff");
  EXPECT_EQ(rows.text(0, 5), "P1DT2H");
}

TEST(StoreSession, AnOperatorInPublicTakesNobodysPlace) {
  Database database = Database::empty();
  Session session = database.session();
  session.exec_plain(
      "CREATE FUNCTION public.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';"
      "CREATE OPERATOR public.= (FUNCTION = public.never, LEFTARG = text, RIGHTARG = text)");
  Tx tx = session.begin(Mode::read_committed);
  EXPECT_TRUE(tx.exec("SELECT 'a'::text = 'a'::text").boolean(0, 0));
}

TEST(StoreSession, RefusesADatabaseThatIsNotUtf8) {
  Session session = Session::open(target_of("postgres"));
  session.exec_plain("DROP DATABASE IF EXISTS ccctl_test_euc");
  session.exec_plain(
      "CREATE DATABASE ccctl_test_euc TEMPLATE template0 ENCODING 'EUC_JP' LOCALE 'C'");
  const Error error = error_of([] { Session::open(target_of("ccctl_test_euc")); });
  session.exec_plain("DROP DATABASE ccctl_test_euc");
  EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
  EXPECT_EQ(std::string(error.what()), "the database's encoding is \"EUC_JP\", not UTF8");
}

store::Target dsn(const std::string& text) {
  store::Target target;
  target.dsn = text;
  return target;
}

TEST(StoreSession, RefusesAPasswordInTheConnectionString) {
  for (const std::string text :
       {"host=/tmp password=hunter2", "postgresql://me:hunter2@localhost/x",
        "host=/tmp sslpassword=hunter2", "host=/tmp password='hunter2"}) {
    const Error error = error_of([&] { Session::open(dsn(text)); });
    EXPECT_EQ(error.kind(), ErrorKind::config_invalid) << text;
    EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << text;
    EXPECT_FALSE(error.hint().empty());
  }
}

// W-44 P-18
TEST(StoreSession, RemoteDatastoresMustBeVerified) {
  for (const char* text :
       {"host=db.example.com", "host=db.example.com sslmode=disable",
        "host=db.example.com sslmode=require", "host=db.example.com sslmode=verify-ca",
        "host=localhost hostaddr=192.0.2.1", "host=localhost,192.0.2.1", "hostaddr=192.0.2.1",
        "host=127.0.0.1.example.com", "postgresql://[2001:db8::1]/x?sslmode=prefer"}) {
    EXPECT_EQ(error_of([&] { Session::open(dsn(text)); }).kind(), ErrorKind::refused) << text;
  }
  // Allowed; that nothing answers there is another matter.
  for (const char* text : {"host=127.0.0.1 port=1", "host=::1 port=1", "host=localhost port=1",
                           "host=/nonexistent", "host=127.0.0.1,/nonexistent port=1"}) {
    EXPECT_EQ(error_of([&] { Session::open(dsn(text)); }).kind(), ErrorKind::unreachable) << text;
  }
}

// W-44: what counts is where libpq really goes, by whatever way it was told.
TEST(StoreSession, RemoteDatastoresInAServiceFileMustBeVerifiedToo) {
  const std::filesystem::path file =
      std::filesystem::path(::testing::TempDir()) / ("service_" + std::to_string(getpid()));
  std::ofstream(file) << "[far]\nhost=192.0.2.1\ndbname=x\n";
  setenv("PGSERVICEFILE", file.c_str(), 1);
  EXPECT_EQ(error_of([&] { Session::open(dsn("service=far")); }).kind(), ErrorKind::refused);
  unsetenv("PGSERVICEFILE");
  std::filesystem::remove(file);
  setenv("PGHOST", "192.0.2.1", 1);
  EXPECT_EQ(error_of([&] { Session::open({}); }).kind(), ErrorKind::refused);
  unsetenv("PGHOST");
}

TEST(StoreMigration, AppliesOnceAndNoticesChanges) {
  Database database = Database::empty();
  Session session = database.session();
  const int known = static_cast<int>(store::migrations().size());
  session.transact(Mode::read_committed, [&](Tx& tx) {
    EXPECT_EQ(store::migration_state(tx).applied, 0);
    EXPECT_EQ(store::migrate(tx).applied, known);
    EXPECT_EQ(store::migrate(tx).applied, known);
  });
  {
    Tx tx = session.begin(Mode::read_committed);
    tx.exec("UPDATE ccctl.migration SET sha256 = 'other' WHERE number = 1");
    EXPECT_EQ(store::migration_state(tx).altered, std::vector<int>{1});
    EXPECT_EQ(error_of([&] { store::migrate(tx); }).kind(), ErrorKind::refused);
  }
  Tx tx = session.begin(Mode::read_committed);
  tx.exec({"INSERT INTO ccctl.migration VALUES ($1, 'later', '')", {std::to_string(known + 1)}});
  EXPECT_EQ(error_of([&] { store::migrate(tx); }).kind(), ErrorKind::refused);
}

TEST(StoreMigration, NamesAndDigestsAreThoseOfTheFiles) {
  int number = 0;
  for (const store::Migration& migration : store::migrations()) {
    EXPECT_EQ(migration.number, ++number);
    EXPECT_EQ(migration.sha256.size(), 64U);
    std::string digits = std::to_string(number);
    digits.insert(0, 3 - digits.size(), '0');
    std::ifstream file(std::string(CCCTL_SOURCE_DIR "/schemas/sql/") + digits + "-" +
                       std::string(migration.name) + ".sql");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(migration.sql, text) << digits;
  }
  EXPECT_GT(number, 0);
}

}  // namespace
}  // namespace ccctl::testing
