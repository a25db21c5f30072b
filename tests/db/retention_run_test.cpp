// Nothing more of a sweep is committed once another has taken its lease over.
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/sweeping.h"

namespace ccctl::testing {
namespace {

// Counts the transactions that write; in the one whose number stands in watch.plan, at its commit,
// another takes the lease over. What is written later stands in watch.later.
constexpr const char* kTakesOver = R"(
CREATE SCHEMA watch;
CREATE TABLE watch.plan (n integer);
CREATE TABLE watch.commits (xid xid8 PRIMARY KEY);
CREATE TABLE watch.later (what text);
CREATE VIEW watch.site AS SELECT
  (SELECT count(*) + count(name) FROM public.people) + (SELECT count(*) + count(body) FROM public.items) +
  (SELECT count(*) + count(body) FROM public.notes) + (SELECT count(*) + count(body) FROM public.logs) AS n;
CREATE TABLE watch.site_then (n bigint);
CREATE FUNCTION watch.seen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE commits bigint; n bigint;
BEGIN
  SELECT p.n INTO n FROM watch.plan p;
  SELECT count(*) INTO commits FROM watch.commits;
  IF NOT EXISTS (SELECT FROM watch.commits c WHERE c.xid = pg_current_xact_id()) THEN
    IF commits >= n THEN
      INSERT INTO watch.later VALUES (TG_OP || ' ' || TG_TABLE_NAME);
      RETURN NULL;
    END IF;
    INSERT INTO watch.commits VALUES (pg_current_xact_id());
    IF commits + 1 = n THEN
      UPDATE ccctl.lease SET fence = fence + 1, holder = 'another', backend = 0,
        expires_at = '2099-01-01';
      INSERT INTO watch.site_then SELECT s.n FROM watch.site s;
    END IF;
  END IF;
  RETURN NULL;
END $$;
DO $$
DECLARE t regclass;
BEGIN
  FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relname <> 'lease'
    AND relnamespace = 'ccctl'::regnamespace LOOP
    EXECUTE format('CREATE CONSTRAINT TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON %s
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION watch.seen()', t);
  END LOOP;
END $$;
)";

// Whatever it has just committed: the run's beginning, that of a pass, a window, the last one.
TEST(SweepFence, AWorkerCommitsNothingAfterItsLeaseWasTakenOver) {
  int number = 1;
  for (bool ended = false; !ended && number < 100; ++number) {
    SCOPED_TRACE("taken over after commit " + std::to_string(number));
    Sweeping sweeping({.seed = setting("CCCTL_TEST_SEED", 11), .down = "follow", .window = 30});
    const std::set<std::string> expected = sweeping.predicted(), before = sweeping.left();
    sweeping.approve();
    store::Session other = sweeping.connect();
    other.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      tx.script(kTakesOver);
      tx.exec({"INSERT INTO watch.plan VALUES ($1::integer)", {std::to_string(number)}});
    });
    try {
      sweeping.sweep();
      ended = sweeping.text(
                  "SELECT (count(*) < (SELECT n FROM watch.plan))::text FROM "
                  "watch.commits") == "true";
      // Of its last commit nothing followed.
      EXPECT_TRUE(ended || sweeping.text("SELECT count(*)::text FROM ccctl.destruction WHERE "
                                         "closed_at IS NULL") == "0");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::busy) << error.what();
      EXPECT_EQ(error.exit_code(), 7);
    }
    EXPECT_EQ(
        sweeping.text("SELECT COALESCE(string_agg(DISTINCT what, ', '), '') FROM watch.later"), "");
    if (!ended) {
      EXPECT_EQ(sweeping.text("SELECT (expires_at = '2099-01-01')::text FROM ccctl.lease"), "true");
      EXPECT_EQ(sweeping.text("SELECT s.n::text FROM watch.site s"),
                sweeping.text("SELECT t.n::text FROM watch.site_then t"));
    }
    other.exec_plain("DROP SCHEMA watch CASCADE");
    // Whoever has the lease then carries on.
    if (!ended) sweeping.sweep();
    EXPECT_EQ(sweeping.left(), expected);
    std::size_t rows = 0;
    for (const std::string& line : before) rows += expected.contains(line) ? 0 : 1;
    EXPECT_GT(rows, 0U);
    EXPECT_TRUE(sweeping.told().ends_with(" rows, 0 without a leaf, 0 open")) << sweeping.told();
    if (HasFailure()) return;
  }
  EXPECT_GE(number, 8);
}

}  // namespace
}  // namespace ccctl::testing
