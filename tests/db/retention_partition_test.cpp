// Which partitions may be replaced, what a replacement must not miss, and what it leaves behind.
#include <gtest/gtest.h>

#include "run/partition.h"
#include "support/database.h"
#include "support/errors.h"

namespace ccctl::testing {
namespace {

using run::Leaf;
using run::Replacement;
using store::Mode;
using store::Tx;

constexpr const char* kSchema[] = {
    "CREATE TABLE public.other (id integer PRIMARY KEY)",
    "CREATE TABLE public.calls (id integer, at timestamptz, other integer REFERENCES public.other, "
    "note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
    "CREATE TABLE public.calls_1 PARTITION OF public.calls FOR VALUES FROM "
    "('2025-01-01T00:00:00Z') TO ('2025-02-01T00:00:00Z')",
    "CREATE TABLE public.calls_2 PARTITION OF public.calls FOR VALUES FROM "
    "('2025-02-01T00:00:00Z') TO ('2025-03-01T00:00:00Z')",
    "CREATE TABLE public.calls_rest PARTITION OF public.calls DEFAULT",
    "CREATE INDEX ON public.calls (at)",
    "INSERT INTO public.calls SELECT n, timestamptz '2025-01-05T00:00:00Z' + n * interval '1 day' "
    "FROM generate_series(1, 40) n"};

class RetentionPartition : public ::testing::Test {
 protected:
  RetentionPartition() {
    for (const char* sql : kSchema) run(sql);
  }

  void run(const std::string& sql) {
    session.transact(Mode::read_committed, [&](Tx& tx) { tx.script(sql); });
  }
  std::string text(const std::string& sql) {
    Tx tx = session.begin(Mode::read_only_snapshot);
    return std::string(tx.exec(store::Sql(sql)).text(0, 0));
  }
  std::vector<Leaf> leaves(const std::string& user = "postgres", const std::string& by = "at") {
    const auto root =
        static_cast<std::uint32_t>(std::stoul(text("SELECT 'public.calls'::regclass::oid")));
    store::Session other = database.session(user);
    Tx tx = other.begin(Mode::read_committed);
    return run::replaceable(tx, root, by);
  }
  std::string names() {
    std::string all;
    for (const Leaf& leaf : leaves()) all += leaf.name + " ";
    return all;
  }
  // Replaces the first partition by its rows up to this id.
  void replace(const std::function<void()>& meanwhile, int kept = 3) {
    Replacement replacement(session, "public.calls", leaves().front(), "acme");
    replacement.prepare();
    run("INSERT INTO " + replacement.kept() +
        " SELECT * FROM calls_1 WHERE id <= " + std::to_string(kept));
    meanwhile();
    replacement.wait_for_readers({});
    Tx tx = session.begin(Mode::read_committed);
    replacement.swap(tx, kept > 0);
    ASSERT_EQ(tx.commit(), store::Outcome::committed);
    replacement.done();
  }
  std::string left() {
    return text(
        "SELECT (SELECT count(*) FROM pg_class WHERE relname ~ '^ccctl_(kept|watch)_') + (SELECT "
        "count(*) FROM pg_trigger WHERE tgname = 'ccctl_watch')");
  }

  Database database = Database::empty();
  store::Session session = database.session();
};

TEST_F(RetentionPartition, OnlyThoseThatACopyCanTakeThePlaceOf) {
  EXPECT_EQ(names(), "calls_1 calls_2 ");
  EXPECT_TRUE(leaves("postgres", "id").empty()) << "of another column";
  EXPECT_TRUE(leaves("admin").empty()) << "of another owner";
  const struct {
    const char *done, *undone;
    const char* still;  // may be replaced
  } all[] = {
      {"CREATE TABLE public.z (id integer, at timestamptz, FOREIGN KEY (id, at) REFERENCES calls)",
       "DROP TABLE public.z", ""},
      {"CREATE TABLE public.z (id integer, at timestamptz, FOREIGN KEY (id, at) REFERENCES "
       "calls_1)",
       "DROP TABLE public.z", "calls_2 "},
      {"ALTER TABLE calls_1 ADD CONSTRAINT own FOREIGN KEY (id) REFERENCES other NOT VALID",
       "ALTER TABLE calls_1 DROP CONSTRAINT own", "calls_2 "},
      {"CREATE TRIGGER t BEFORE UPDATE ON calls_1 FOR EACH ROW EXECUTE FUNCTION "
       "suppress_redundant_updates_trigger()",
       "DROP TRIGGER t ON calls_1", "calls_2 "},
      {"CREATE TRIGGER t BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION "
       "suppress_redundant_updates_trigger()",
       "DROP TRIGGER t ON calls", ""},
      {"CREATE PUBLICATION p FOR TABLE calls", "DROP PUBLICATION p", ""},
      {"CREATE PUBLICATION p FOR ALL TABLES", "DROP PUBLICATION p", ""},
      {"CREATE PUBLICATION p FOR TABLES IN SCHEMA public", "DROP PUBLICATION p", ""},
      {"CREATE VIEW public.v AS SELECT id FROM calls_2", "DROP VIEW public.v", "calls_1 "},
      {"CREATE RULE r AS ON DELETE TO calls_2 DO ALSO NOTHING", "DROP RULE r ON calls_2",
       "calls_1 "},
      {"CREATE POLICY p ON calls_2 USING (true)", "DROP POLICY p ON calls_2", "calls_1 "},
      {"CREATE SEQUENCE public.s OWNED BY calls_2.id", "DROP SEQUENCE public.s", "calls_1 "},
      {"ALTER TABLE calls_1 OWNER TO officer", "ALTER TABLE calls_1 OWNER TO postgres",
       "calls_1 calls_2 "},  // a superuser may, where the owner might have made it
  };
  for (const auto& each : all) {
    SCOPED_TRACE(each.done);
    if (std::string(each.done).find("OWNER TO") != std::string::npos)
      run("GRANT CREATE ON SCHEMA public TO officer");
    run(each.done);
    EXPECT_EQ(names(), each.still);
    run(each.undone);
  }
  EXPECT_EQ(names(), "calls_1 calls_2 ");
}

TEST_F(RetentionPartition, IsReplacedByWhatIsKept) {
  replace([] {});
  EXPECT_EQ(text("SELECT string_agg(id::text, ',' ORDER BY id) FROM calls_1"), "1,2,3");
  EXPECT_EQ(text("SELECT count(*) FROM calls"), "17");
  EXPECT_EQ(names(), "calls_2 calls_1 ");  // as good as new
  EXPECT_EQ(left(), "0");
  EXPECT_THROW(run("INSERT INTO calls VALUES (7, '2025-01-07', 99)"), store::StatementError);
  run("INSERT INTO calls VALUES (7, '2025-01-07')");
  EXPECT_EQ(text("SELECT count(*) FROM calls_1"), "4");
}

TEST_F(RetentionPartition, WithNothingToKeepItIsGone) {
  replace([] {}, 0);
  EXPECT_EQ(text("SELECT to_regclass('calls_1') IS NULL"), "t");
  EXPECT_EQ(text("SELECT count(*) FROM calls"), "14");
  EXPECT_EQ(left(), "0");
}

TEST_F(RetentionPartition, WhateverIsWrittenMeanwhileStopsIt) {
  store::Session site = database.session();
  const auto write = [&](const std::string& sql) {
    site.transact(Mode::read_committed, [&](Tx& tx) { tx.script(sql); });
  };
  for (const std::string sql :
       {"INSERT INTO calls VALUES (99, '2025-01-09')", "UPDATE calls SET note = 'x' WHERE id = 9",
        "DELETE FROM calls WHERE id = 10", "UPDATE calls SET at = '2025-02-09' WHERE id = 8",
        "SET LOCAL session_replication_role = 'replica'; DELETE FROM calls WHERE id = 7",
        "TRUNCATE calls_1", "COPY calls FROM PROGRAM 'echo 98,2025-01-09,,' (FORMAT csv)",
        "ALTER TABLE calls_1 DISABLE TRIGGER ALL; DELETE FROM calls_1 WHERE id = 99",
        "ALTER TABLE calls DETACH PARTITION calls_1; CREATE TABLE public.calls_3 PARTITION OF "
        "calls FOR "
        "VALUES FROM ('2025-01-01T00:00:00Z') TO ('2025-02-01T00:00:00Z')"}) {
    SCOPED_TRACE(sql);
    EXPECT_THROW(replace([&] { write(sql); }, static_cast<int>(sql.size() % 2) * 3), run::Changed);
    EXPECT_EQ(left(), "0");
    if (HasFailure()) return;
  }
}

TEST_F(RetentionPartition, AWriterThatHasNotEndedIsWaitedForOrStopsIt) {
  store::Session site = database.session();
  std::optional<Tx> writer;
  const auto write = [&] {
    writer.emplace(site.begin(Mode::read_committed));
    writer->exec("DELETE FROM calls WHERE id = 9");
  };
  // It has a lock, and may have a snapshot.
  EXPECT_THROW(replace(write), std::exception);
  writer.reset();
  Replacement::clean(session, "acme");
  EXPECT_EQ(text("SELECT count(*) FROM calls_1"), "26");
  EXPECT_EQ(left(), "0");
}

TEST_F(RetentionPartition, AChangeOfItsFormStopsIt) {
  store::Session site = database.session();
  for (const std::string sql :
       {"GRANT SELECT ON calls_1 TO officer", "CREATE INDEX ON calls_1 (note)",
        "ALTER TABLE calls_1 SET (fillfactor = 50)", "COMMENT ON COLUMN calls_1.note IS 'x'",
        "ALTER TABLE calls_1 ENABLE ROW LEVEL SECURITY"}) {
    SCOPED_TRACE(sql);
    const auto change = [&] {
      site.transact(Mode::read_committed, [&](Tx& tx) { tx.script(sql); });
    };
    EXPECT_THROW(replace(change), run::Declined);
    EXPECT_EQ(text("SELECT count(*) FROM calls"), "40");
  }
  replace([] {});  // with all of that
  EXPECT_EQ(text("SELECT has_table_privilege('officer', 'calls_1', 'SELECT') AND relrowsecurity "
                 "FROM pg_class WHERE oid = 'calls_1'::regclass"),
            "t");
}

TEST_F(RetentionPartition, WhatCannotBeCopiedIsDeclined) {
  for (const std::string sql :
       {"CREATE STATISTICS public.s ON id, note FROM calls_1", "CLUSTER calls_1 USING calls_1_pkey",
        "ALTER TABLE calls_1 ALTER COLUMN note SET (n_distinct = 5)",
        "ALTER TABLE calls_1 REPLICA IDENTITY USING INDEX calls_1_pkey"}) {
    SCOPED_TRACE(sql);
    run(sql);
    Replacement replacement(session, "public.calls", leaves().front(), "acme");
    EXPECT_THROW(replacement.prepare(), run::Declined);
    run("DROP STATISTICS IF EXISTS public.s; ALTER TABLE calls_1 SET WITHOUT CLUSTER; ALTER TABLE "
        "calls_1 "
        "ALTER COLUMN note RESET (n_distinct); ALTER TABLE calls_1 REPLICA IDENTITY DEFAULT");
    EXPECT_EQ(left(), "0");
  }
}

TEST_F(RetentionPartition, OnlyItsOwnTenantsSweepCleansUp) {
  store::Session killed = database.session();
  auto* replacement = new Replacement(killed, "public.calls", leaves().front(), "acme");
  replacement->prepare();  // and nobody ends it: as a process that was killed
  EXPECT_NE(left(), "0");
  EXPECT_EQ(names(), "calls_2 ");
  EXPECT_EQ(Replacement::clean(session, "zeta"), 0U);
  EXPECT_NE(left(), "0");
  EXPECT_EQ(Replacement::clean(session, "acme"), 0U);
  EXPECT_EQ(left(), "0");
  EXPECT_EQ(names(), "calls_1 calls_2 ");
  replacement->done();
  delete replacement;
}

}  // namespace
}  // namespace ccctl::testing
