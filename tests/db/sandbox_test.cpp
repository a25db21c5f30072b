// The seeded reference datastore: repeatable, whole, visible to whom it should be.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/error.h"
#include "object/store.h"
#include "sandbox/cluster.h"
#include "sandbox/seeder.h"
#include "support/database.h"

namespace ccctl::sandbox {
namespace {

namespace fs = std::filesystem;
using testing::Database;

class SeededTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ccctl-seed-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<object::ObjectStore> store(const std::string& name) const {
    return object::open("file:" + (folder_ / name).string());
  }

  // A prepared and seeded database of its own.
  Database seeded_database(const std::string& objects, const SeedOptions& options) const {
    Database database = Database::empty();
    store::Session session = database.session();
    prepare(session);
    const auto place = store(objects);
    seed_all(session, *place, options);
    return database;
  }

  fs::path folder_;
};

store::Rows query(store::Session& session, const store::Sql& sql) {
  std::optional<store::Rows> rows;
  session.transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) { rows = tx.exec(sql); });
  return *rows;
}

std::int64_t count(store::Session& session, const std::string& from) {
  return query(session, "SELECT count(*) FROM " + from).integer(0, 0);
}

std::vector<std::string> tables(store::Session& session) {
  const store::Rows rows =
      query(session,
            "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
            "AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i) names.emplace_back(rows.text(i, 0));
  return names;
}

// Every row of every table, in an order of its own.
std::map<std::string, std::string> digests(store::Session& session) {
  std::map<std::string, std::string> found;
  for (const std::string& table : tables(session)) {
    const store::Rows rows =
        query(session,
              "SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"), "
              "'')) FROM public." +
                  store::quote_name(table) + " t");
    found[table] = rows.text(0, 0);
  }
  return found;
}

std::map<std::string, std::string> files(const fs::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path()).rdbuf();
    found[fs::relative(entry.path(), folder).string()] = bytes.str();
  }
  return found;
}

TEST_F(SeededTest, TheSameSeedMakesTheSameDatastore) {
  const SeedOptions options{.seed = 7, .contacts = 200, .tenant = "acme"};
  const Database one = seeded_database("one", options);
  const Database two = seeded_database("two", options);
  const Database other = seeded_database("other", {.seed = 8, .contacts = 200, .tenant = "acme"});
  store::Session first = one.session();
  store::Session second = two.session();
  store::Session third = other.session();
  EXPECT_EQ(digests(first), digests(second));
  EXPECT_EQ(files(folder_ / "one"), files(folder_ / "two"));
  EXPECT_NE(digests(first).at("messages"), digests(third).at("messages"));
  for (const std::string& table : tables(first)) {
    EXPECT_GT(count(first, "public." + table), 0) << table << " has no rows to try a map on";
  }
}

TEST_F(SeededTest, SeedingTwiceIsRefused) {
  const SeedOptions options{.seed = 1, .contacts = 20, .tenant = "acme"};
  const Database database = seeded_database("objects", options);
  store::Session session = database.session();
  const auto before = digests(session);
  const auto place = store("objects");
  try {
    seed_all(session, *place, options);
    FAIL() << "seeded twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
    EXPECT_NE(error.hint().find("sandbox down --erase"), std::string_view::npos);
  }
  EXPECT_EQ(digests(session), before);
  EXPECT_TRUE(seeded(session));
}

// A pointer without its object would be a residue check's false alarm, the reverse an orphan.
TEST_F(SeededTest, PointersAndObjectsBelongTogether) {
  const Database database = Database::reference(folder_ / "objects");
  store::Session session = database.session();
  const store::Rows keys =
      query(session,
            "SELECT storage_key FROM public.attachments WHERE storage_key IS NOT NULL UNION ALL "
            "SELECT storage_key FROM public.recordings WHERE storage_key IS NOT NULL");
  const auto place = store("objects");
  std::size_t found = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) found += place->exists(keys.text(i, 0)) ? 1 : 0;
  EXPECT_GT(found, 0U);
  EXPECT_EQ(found, keys.size());
  EXPECT_EQ(files(folder_ / "objects").size(), keys.size());
}

// P-14, S-53: a person sees the tenants that ccctl.principal gives, an auditor none of the data.
TEST_F(SeededTest, RowsAreSeenByWhomTheyShouldBe) {
  const Database database = Database::reference(folder_ / "objects");
  store::Session everybody = database.session();
  store::Session officer = database.session("officer");
  store::Session auditor = database.session("auditor");
  for (const std::string& table : tables(everybody)) {
    const std::string from = "public." + table;
    EXPECT_EQ(count(officer, from), count(everybody, from + " WHERE tenant_id = 'acme'")) << table;
    EXPECT_THROW(count(auditor, from), Error) << table;
  }
  EXPECT_GT(count(everybody, "public.external_contacts WHERE tenant_id = 'globex'"), 0);
  EXPECT_THROW(count(officer, "public.messages_default"), Error) << "past the root's policy";
  EXPECT_THROW(officer.transact(store::Mode::read_committed,
                                [](store::Tx& tx) {
                                  tx.exec(
                                      "INSERT INTO public.dialer_lists VALUES ('acme', "
                                      "'00000000-0000-4000-8000-0000000000ff', 'x', now())");
                                }),
               Error);
}

TEST_F(SeededTest, TheWellKnownPeopleAreAsDocumented) {
  const Database database = Database::reference(folder_ / "objects");
  store::Session session = database.session();
  const std::string contacts = "public.external_contacts WHERE tenant_id = 'acme' AND ";
  EXPECT_EQ(count(session, contacts + "email = 'taro.tanaka@example.jp'"), 2);
  EXPECT_EQ(count(session, contacts + "(id = '" + well_known::kTanaka + "' OR canonical_id = '" +
                               well_known::kTanaka + "')"),
            3);
  EXPECT_EQ(count(session, contacts + "name_folded = '田中 太郎'"), 3);
  EXPECT_EQ(count(session, contacts + "name_folded = '佐藤 健'"), 2);
  EXPECT_EQ(count(session, contacts + "phone = '+81312345680'"), 1);
  EXPECT_EQ(count(session, "public.conversations WHERE tenant_id = 'acme' AND ended_at IS NULL"),
            1);
  EXPECT_EQ(count(session,
                  "public.users WHERE tenant_id = 'acme' AND terminated_at IS NULL AND "
                  "id = '" +
                      std::string(well_known::kCurrentAgent) + "'"),
            1);
}

// Some rows are older than the seven years that bookkeeping wants, most are not.
TEST_F(SeededTest, UsageIsOlderAndNewerThanSevenYears) {
  const Database database = Database::reference(folder_ / "objects");
  store::Session session = database.session();
  const std::string usage = "public.usage_records WHERE recorded_at ";
  EXPECT_GT(count(session, usage + "< timestamptz '2019-09-30Z'"), 0);
  EXPECT_GT(count(session, usage + ">= timestamptz '2019-09-30Z'"), 0);
}

}  // namespace
}  // namespace ccctl::sandbox
