// What the rest of the program relies on when it talks to PostgreSQL.
#include <gtest/gtest.h>

#include <thread>

#include "store/session.h"
#include "support/database.h"
#include "support/errors.h"

namespace ccctl::testing {
namespace {

using store::Mode;
using store::Outcome;
using store::Rows;
using store::Session;
using store::Tx;
using store::Value;

class Store : public ::testing::Test {
 protected:
  Database database = Database::empty();
  Session session = database.session();
};

TEST_F(Store, TellsNullFromEmpty) {
  Tx tx = session.begin(Mode::read_committed);
  const Rows rows = tx.exec({"SELECT $1::text, $2::text", {std::nullopt, ""}});
  EXPECT_TRUE(rows.is_null(0, 0));
  EXPECT_FALSE(rows.is_null(0, 1));
  EXPECT_EQ(rows.value(0, 0), std::nullopt);
  EXPECT_EQ(rows.value(0, 1), Value(""));
  EXPECT_EQ(rows.text(0, 0), "");
}

TEST_F(Store, ReadsTypedValues) {
  Tx tx = session.begin(Mode::read_committed);
  const Rows rows = tx.exec(
      "SELECT 42 AS n, true, timestamptz '2026-11-21 19:47:53.123456+09', timestamptz 'infinity',"
      " 'x' AS word, NULL::timestamptz");
  EXPECT_EQ(rows.integer(0, 0), 42);
  EXPECT_TRUE(rows.boolean(0, 1));
  EXPECT_EQ(to_text(*rows.instant(0, 2)), "2026-11-21T10:47:53.123456Z");
  EXPECT_EQ(rows.instant(0, 3), std::nullopt);
  EXPECT_EQ(rows.instant(0, 5), std::nullopt);
  EXPECT_EQ(rows.column_name(0), "n");
  EXPECT_EQ(std::string(error_of([&] { rows.integer(0, 4); }).what()),
            "column \"word\" is not an integer");
}

TEST_F(Store, RefusesNulBytesInsteadOfCuttingThem) {
  Tx tx = session.begin(Mode::read_committed);
  const std::string value("ab\0cd", 5);
  EXPECT_EQ(error_of([&] { tx.exec({"SELECT $1::text", {value}}); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([&] { tx.exec(std::string("SELECT 1\0", 9)); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([&] { store::quote_name(value); }).kind(), ErrorKind::usage);
  tx.script("CREATE TABLE public.t (a text)");
  EXPECT_EQ(error_of([&] {
              tx.copy_in("public.t", {"a"}, [&](std::vector<Value>& row) {
                row = {value};
                return true;
              });
            }).kind(),
            ErrorKind::usage);
}

TEST_F(Store, ErrorsNameTheConstraintAndNeverAValue) {
  const std::string address = "hanako.yamada@example.jp";
  session.exec_plain("CREATE TABLE public.people (email text CONSTRAINT one_address UNIQUE)");
  Tx tx = session.begin(Mode::read_committed);
  tx.exec({"INSERT INTO people VALUES ($1)", {address}});
  const Error error = error_of([&] { tx.exec({"INSERT INTO people VALUES ($1)", {address}}); });
  EXPECT_EQ(std::string(error.what()),
            "the datastore refused a statement (SQLSTATE 23505, constraint \"one_address\", "
            "table \"people\")");
  std::string everything = std::string(error.what()) + std::string(error.hint());
  for (const auto& [key, value] : error.context()) everything += key + value;
  EXPECT_EQ(everything.find("hanako"), std::string::npos);
}

TEST_F(Store, ErrorsOfCopyNeverQuoteTheLine) {
  Tx tx = session.begin(Mode::read_committed);
  tx.script("CREATE TABLE public.t (a integer)");
  const Error error = error_of([&] {
    int left = 1;
    tx.copy_in("public.t", {"a"}, [&](std::vector<Value>& row) {
      row = {"secret"};
      return left-- > 0;
    });
  });
  EXPECT_EQ(std::string(error.what()), "the datastore refused a statement (SQLSTATE 22P02)");
}

TEST_F(Store, SaysWhatKindOfTroubleItIs) {
  Session other = database.session();
  session.exec_plain("CREATE TABLE public.t (a integer)");
  session.exec_plain("CREATE ROLE store_nobody LOGIN");
  {
    Session nobody = database.session("store_nobody");
    Tx tx = nobody.begin(Mode::read_committed);
    EXPECT_EQ(error_of([&] { tx.exec("SELECT FROM t"); }).kind(), ErrorKind::denied);
  }
  session.exec_plain("DROP ROLE store_nobody");
  EXPECT_EQ(error_of([&] { database.session("store_stranger"); }).kind(), ErrorKind::denied);
  store::Target target = database.target();
  target.lock_timeout = std::chrono::milliseconds(50);
  Session hasty = Session::open(target);
  Tx holder = other.begin(Mode::read_committed);
  holder.exec("LOCK TABLE t");
  Tx waiter = hasty.begin(Mode::read_committed);
  EXPECT_EQ(error_of([&] { waiter.exec("SELECT FROM t"); }).kind(), ErrorKind::busy);
  target.dsn = "host=/nonexistent dbname=x";
  EXPECT_EQ(error_of([&] { Session::open(target); }).kind(), ErrorKind::unreachable);
}

TEST_F(Store, RollsBackUnlessCommitted) {
  session.exec_plain("CREATE TABLE public.t (a integer)");
  {
    Tx tx = session.begin(Mode::read_committed);
    tx.exec("INSERT INTO t VALUES (1)");
  }
  Tx tx = session.begin(Mode::read_committed);
  EXPECT_EQ(tx.exec("SELECT FROM t").size(), 0U);
  EXPECT_EQ(tx.exec("INSERT INTO t VALUES (1), (2)").affected(), 2U);
  EXPECT_EQ(tx.commit(), Outcome::committed);
  EXPECT_EQ(session.begin(Mode::read_committed).exec("SELECT FROM t").size(), 2U);
}

TEST_F(Store, CommitOfAFailedTransactionIsAnError) {
  Tx tx = session.begin(Mode::read_committed);
  EXPECT_THROW(tx.exec("SELECT 1/0"), store::StatementError);
  EXPECT_EQ(error_of([&] { (void)tx.commit(); }).kind(), ErrorKind::unexpected);
}

// The backend is ended while it works on COMMIT, alone or with what was deferred to it, so nobody
// can know from here what happened.
TEST_F(Store, ConnectionLostDuringCommitIsInDoubt) {
  session.exec_plain(
      "CREATE TABLE public.t (a integer);"
      "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM pg_sleep(20); RETURN NULL; END';"
      "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON public.t DEFERRABLE INITIALLY DEFERRED"
      " FOR EACH ROW EXECUTE FUNCTION public.slow()");
  for (const bool together : {false, true}) {
    session = database.session();
    Tx tx = session.begin(Mode::read_committed);
    together ? tx.defer("INSERT INTO t VALUES (1)") : (void)tx.exec("INSERT INTO t VALUES (1)");
    std::thread killer([&] {
      Session other = database.session();
      const std::string pid = std::to_string(session.backend_pid());
      for (;;) {
        Tx look = other.begin(Mode::read_committed);
        const Rows at =
            look.exec({"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                       " WHERE pid = $1 AND query = 'COMMIT' AND wait_event = 'PgSleep'",
                       {pid}});
        if (!at.empty()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    EXPECT_EQ(tx.commit(), Outcome::in_doubt);
    killer.join();
    EXPECT_EQ(error_of([&] { session.begin(Mode::read_committed).exec("SELECT 1"); }).kind(),
              ErrorKind::unreachable)
        << "a session never reconnects by itself";
  }
}

TEST_F(Store, DeferredStatementsRunInTheirOrderBeforeWhatFollows) {
  session.exec_plain("CREATE TABLE public.t (a integer PRIMARY KEY)");
  const auto add = [](Tx& tx, int a) {
    tx.defer({"INSERT INTO t VALUES ($1::integer)", {std::to_string(a)}});
  };
  const auto all = [](Tx& tx) {
    return std::string(tx.exec("SELECT string_agg(a::text, ' ' ORDER BY a) FROM t").text(0, 0));
  };
  {
    Tx tx = session.begin(Mode::read_committed);
    add(tx, 1);
    add(tx, 2);
    tx.defer("UPDATE t SET a = a + 10 WHERE a = 2");
    EXPECT_EQ(all(tx), "1 12");
    add(tx, 3);
    tx.script("UPDATE t SET a = a + 10 WHERE a = 3");
    add(tx, 4);
    std::size_t rows = 0;
    tx.each("SELECT FROM t", [&](const Rows&, std::size_t) { ++rows; });
    EXPECT_EQ(rows, 4U);
    add(tx, 5);
    tx.stream("SELECT FROM t", [&](const Rows&) { ++rows; });
    EXPECT_EQ(rows, 9U);
    add(tx, 6);
    EXPECT_EQ(tx.commit(), Outcome::committed);
  }
  {
    Tx tx = session.begin(Mode::read_committed);
    add(tx, 7);
    all(tx);
    add(tx, 8);  // never sent
  }
  Tx only = session.begin(Mode::read_committed);
  add(only, 9);
  EXPECT_EQ(only.commit(), Outcome::committed);
  Tx tx = session.begin(Mode::read_committed);
  EXPECT_EQ(all(tx), "1 4 5 6 9 12 13");
}

TEST_F(Store, WhatADeferredStatementMeetsIsThrownBehindItAndNothingIsCommitted) {
  session.exec_plain("CREATE TABLE public.t (a integer CONSTRAINT once PRIMARY KEY)");
  const auto twice = [](Tx& tx) {
    for (int i = 0; i < 2; ++i) tx.defer("INSERT INTO t VALUES (1)");
  };
  for (const bool at_commit : {false, true}) {
    Tx tx = session.begin(Mode::read_committed);
    twice(tx);
    const Error error =
        error_of([&] { at_commit ? (void)tx.commit() : (void)tx.exec("SELECT 1"); });
    EXPECT_NE(std::string(error.what()).find("once"), std::string::npos) << error.what();
    EXPECT_EQ(error_of([&] {
                tx.defer({"SELECT $1", {std::string("a\0b", 3)}});
              }).kind(),
              ErrorKind::usage);
  }
  EXPECT_EQ(session.begin(Mode::read_committed).exec("SELECT FROM t").size(), 0U);
}

TEST_F(Store, ConnectionLostBeforeCommitIsNotInDoubt) {
  Tx tx = session.begin(Mode::read_committed);
  Session other = database.session();
  other.begin(Mode::read_committed)
      .exec({"SELECT pg_terminate_backend($1, 5000)", {std::to_string(session.backend_pid())}});
  EXPECT_EQ(error_of([&] { tx.exec("SELECT 1"); }).kind(), ErrorKind::unreachable);
  EXPECT_EQ(error_of([&] { (void)tx.commit(); }).kind(), ErrorKind::unreachable);
}

TEST_F(Store, ModesAreWhatTheySay) {
  session.exec_plain("ALTER DATABASE " + store::quote_name(database.name()) +
                     " SET default_transaction_isolation = 'serializable'");
  Session strange = database.session();
  const auto level = [&](Mode mode) {
    Tx tx = strange.begin(mode);
    const Rows rows = tx.exec(
        "SELECT current_setting('transaction_isolation') || ' ' ||"
        " current_setting('transaction_read_only')");
    return std::string(rows.text(0, 0));
  };
  EXPECT_EQ(level(Mode::read_committed), "read committed off");
  EXPECT_EQ(level(Mode::repeatable_read), "repeatable read off");
  EXPECT_EQ(level(Mode::read_only_snapshot), "repeatable read on");
}

TEST_F(Store, TransactRepeatsWorkThatMetAConcurrentTransaction) {
  session.exec_plain("CREATE TABLE public.t (a integer); INSERT INTO public.t VALUES (0)");
  Session other = database.session();
  int attempts = 0;
  session.transact(Mode::repeatable_read, [&](Tx& tx) {
    tx.exec("SELECT a FROM t");
    if (++attempts == 1) {
      other.transact(Mode::read_committed, [](Tx& t) { t.exec("UPDATE t SET a = a + 1"); });
    }
    tx.exec("UPDATE t SET a = a + 1");
  });
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(session.begin(Mode::read_committed).exec("SELECT a FROM t").integer(0, 0), 2);
}

TEST_F(Store, PreparesATextThatReturns) {
  const std::string text = "SELECT $1::integer + 1";
  Tx tx = session.begin(Mode::read_committed);
  const auto prepared = [&] {
    return tx.exec({"SELECT count(*) FROM pg_prepared_statements WHERE statement = $1", {text}})
        .integer(0, 0);
  };
  EXPECT_EQ(tx.exec({text, {"1"}}).integer(0, 0), 2);
  EXPECT_EQ(prepared(), 0);
  EXPECT_EQ(tx.exec({text, {"2"}}).integer(0, 0), 3);
  EXPECT_EQ(tx.exec({text, {"3"}}).integer(0, 0), 4);
  EXPECT_EQ(prepared(), 1);
}

TEST_F(Store, ATableAlteredUnderAPreparedStatementCostsOneAttempt) {
  session.exec_plain("CREATE TABLE public.t (a integer); INSERT INTO public.t VALUES (7)");
  const auto read = [](Tx& tx) { return tx.exec("SELECT * FROM t").columns(); };
  for (int i = 0; i < 3; ++i) session.transact(Mode::read_committed, [&](Tx& tx) { read(tx); });
  database.session().exec_plain("ALTER TABLE public.t ADD COLUMN b integer");
  std::size_t columns = 0;
  session.transact(Mode::read_committed, [&](Tx& tx) { columns = read(tx); });
  EXPECT_EQ(columns, 2U);
}

TEST_F(Store, EachReadsInBatches) {
  Tx tx = session.begin(Mode::read_only_snapshot);
  std::int64_t sum = 0;
  std::size_t largest = 0;
  tx.each(
      {"SELECT n FROM generate_series(1, $1::integer) n", {"20001"}},
      [&](const Rows& rows, std::size_t row) {
        sum += rows.integer(row, 0);
        largest = std::max(largest, rows.size());
        if (row == 0) tx.exec("SELECT 1");  // the transaction stays usable
      },
      1000);
  EXPECT_EQ(sum, 20001LL * 20002 / 2);
  EXPECT_EQ(largest, 1000U);
}

TEST_F(Store, CopyInKeepsEveryCharacter) {
  const std::vector<Value> values{"",        "tab\there",  "line\nbreak", "back\\slash",
                                  "\\N",     "\\.",        "return\r\n",  "山田 花子",
                                  "ﾔﾏﾀﾞ 𠮷", "\"quoted\"", std::nullopt,  "e\u0301"};
  Tx tx = session.begin(Mode::read_committed);
  tx.script("CREATE TABLE public.\"Mixed Case\" (\"Key\" integer, \"Value\" text)");
  std::size_t next = 0;
  const std::uint64_t copied =
      tx.copy_in("\"Mixed Case\"", {"Key", "Value"}, [&](std::vector<Value>& row) {
        if (next == values.size()) return false;
        row = {std::to_string(next), values[next]};
        ++next;
        return true;
      });
  EXPECT_EQ(copied, values.size());
  const Rows rows = tx.exec("SELECT \"Value\" FROM \"Mixed Case\" ORDER BY \"Key\"");
  ASSERT_EQ(rows.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(rows.value(i, 0), values[i]) << i;
}

TEST_F(Store, CopyInThatGivesUpLeavesTheSessionUsable) {
  session.exec_plain("CREATE TABLE public.t (a integer)");
  {
    Tx tx = session.begin(Mode::read_committed);
    int row_number = 0;
    EXPECT_THROW(tx.copy_in("t", {"a"},
                            [&](std::vector<Value>& row) {
                              if (++row_number > 50000) throw std::runtime_error("enough");
                              row = {"1"};
                              return true;
                            }),
                 std::runtime_error);
  }
  Tx tx = session.begin(Mode::read_committed);
  EXPECT_EQ(tx.exec("SELECT FROM t").size(), 0U);
}

}  // namespace
}  // namespace ccctl::testing
