// What a sweep does beside others, window by window: receipts that tell of every row that is gone,
// and of each once (P-10); holds that are answered while it is at work; and nothing more of a
// worker whose lease another has taken over. CCCTL_TEST_SEED names the first datastore,
// CCCTL_TEST_CASES how many there are.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "support/sweeping.h"

namespace ccctl::testing {
namespace {

using Counts = std::map<std::string, std::uint64_t>;  // by table

// Rows and receipts, looked at after each window by a session that is not the sweep's.
class Looks {
 public:
  Looks(Sweeping& sweeping, bool partitioned)
      : other_(sweeping.connect()), partitioned_(partitioned), rows_(read()) {
    for (const auto& [key, row] : rows_) ++before_[key.first];
  }

  // At most one window has ended since the last look.
  void look() {
    const Rows now = read();
    Counts gone, blanked;
    std::vector<const Rows::value_type*> of_window;
    for (const Rows::value_type& row : rows_) {
      const auto found = now.find(row.first);
      const bool is_gone = found == now.end();
      if (is_gone || found->second.blank != row.second.blank) {
        ++(is_gone ? gone : blanked)[row.first.first];
        of_window.push_back(&row);
      }
    }
    const std::vector<Json> fresh = new_receipts();
    ASSERT_LE(fresh.size(), 1U);
    if (fresh.empty()) {
      EXPECT_TRUE(of_window.empty()) << "rows are gone of which no receipt tells";
    } else {
      compare(fresh.front(), gone, blanked, of_window);
    }
    rows_ = now;
  }

  // The sum of the receipts is what there is less.
  void end() {
    look();
    Counts left = told_;
    for (const auto& [key, row] : rows_) ++left[key.first];
    EXPECT_EQ(left, before_);
  }

  std::uint64_t windows() const { return seen_.size(); }
  std::uint64_t digests() const { return digests_; }
  std::uint64_t ranges() const { return ranges_; }

 private:
  struct Row {
    bool blank = false;
    std::string created, key;  // key: as a receipt's digest has it
  };
  using Rows = std::map<std::pair<std::string, std::string>, Row>;

  Rows read() {
    std::string sql;
    for (const std::string table : {"people", "items", "notes", "logs"}) {
      const bool parted = partitioned_ && (table == "notes" || table == "logs");
      sql += std::string(sql.empty() ? "" : " UNION ALL ") + "SELECT '" + table + "', id::text, " +
             (table == "people" ? "name" : "body") +
             " IS NULL, COALESCE(to_char(created AT TIME ZONE 'UTC', "
             "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), ''), '[\"' || id || '\"" +
             (parted ? ",\"' || created || '\"" : "") + "]' FROM public." + table +
             " WHERE tenant_id = 'acme'";
    }
    Rows rows;
    store::Tx tx = other_.begin(store::Mode::read_only_snapshot);
    tx.each(sql, [&](const store::Rows& found, std::size_t r) {
      rows[{std::string(found.text(r, 0)), std::string(found.text(r, 1))}] = {
          found.boolean(r, 2), std::string(found.text(r, 3)), std::string(found.text(r, 4))};
    });
    return rows;
  }

  std::vector<Json> new_receipts() {
    std::vector<Json> fresh;
    store::Tx tx = other_.begin(store::Mode::read_only_snapshot);
    tx.each("SELECT request_id || '/' || pass || '/' || ordinal, tallies FROM ccctl.receipt",
            [&](const store::Rows& rows, std::size_t r) {
              if (seen_.emplace(rows.text(r, 0)).second)
                fresh.push_back(Json::parse(rows.text(r, 1)));
            });
    return fresh;
  }

  std::string sha256(const std::string& text) {
    store::Tx tx = other_.begin(store::Mode::read_only_snapshot);
    return std::string(
        tx.exec({"SELECT encode(sha256(convert_to($1::text, 'UTF8')), 'hex')", {text}}).text(0, 0));
  }

  void compare(const Json& receipt, const Counts& gone, const Counts& blanked,
               const std::vector<const Rows::value_type*>& of_window) {
    SCOPED_TRACE(receipt.dump());
    Counts deleted, anonymised;
    for (const Json& action : receipt.at("actions")) {
      const auto rows = action.at("rows").get<std::uint64_t>();
      if (action.at("action") == "delete") deleted[action.at("table").get<std::string>()] += rows;
      if (action.at("action") == "anonymise")
        anonymised[action.at("table").get<std::string>()] += rows;
    }
    EXPECT_EQ(deleted, gone);
    EXPECT_EQ(anonymised, blanked);
    for (const auto& [table, rows] : deleted) told_[table] += rows;
    const std::string table = receipt.at("table").get<std::string>();
    std::vector<const Rows::value_type*> own;
    for (const auto* row : of_window) {
      if (row->first.first == table) own.push_back(row);
    }
    EXPECT_EQ(receipt.at("taken"), own.size());
    EXPECT_EQ(receipt.at("rows"), of_window.size());
    compare_digest(receipt, own);
    compare_range(receipt, own);
  }

  void compare_digest(const Json& receipt, const std::vector<const Rows::value_type*>& own) {
    if (!receipt.contains("keys")) return;
    ++digests_;
    std::set<std::string> keys;
    for (const auto* row : own) keys.insert(row->second.key);
    std::string lines;
    for (const std::string& key : keys) lines += (lines.empty() ? "" : "\n") + key;
    EXPECT_EQ(receipt.at("keys"), sha256(lines)) << lines;
  }

  // Each row lies in the range of the receipt that tells of it, and the ranges of a pass follow one
  // another.
  void compare_range(const Json& receipt, const std::vector<const Rows::value_type*>& own) {
    const Json& range = receipt.at("range");
    if (range.at("by") == "key") return;
    const std::string from = range.value("from", ""), to = range.value("to", "9999");
    if (range.at("by") == "anchor") {
      std::string& end = ends_[receipt.at("table").get<std::string>() + " " +
                               receipt.at("rule").get<std::string>()];
      EXPECT_LE(end, from);
      end = to;
      ++ranges_;
    }
    for (const auto* row : own) {
      EXPECT_LE(from, row->second.created);
      EXPECT_LE(row->second.created, to);
    }
  }

  store::Session other_;
  bool partitioned_;
  Rows rows_;
  Counts before_, told_;
  std::set<std::string> seen_;
  std::map<std::string, std::string> ends_;  // of the last range of a pass
  std::uint64_t digests_ = 0, ranges_ = 0;
};

// However often the run breaks off between two windows and is carried on.
TEST(SweepReceipts, TellOfEachRowThatIsGoneInOneWindow) {
  struct Broken {};
  std::uint64_t windows = 0, digests = 0, ranges = 0;
  const std::uint64_t first = setting("CCCTL_TEST_SEED", 406);
  const std::uint64_t count = setting("CCCTL_TEST_CASES", 5);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("CCCTL_TEST_SEED=" + std::to_string(seed));
    const bool partitioned = seed % 5 == 0;
    // Nothing that follows in the same table: then all that goes of it is what was taken.
    Sweeping sweeping({.seed = seed,
                       .down = "cut",
                       .window = partitioned ? 31U : 5U,
                       .holds = seed % 3 == 0,
                       .partitioned = partitioned});
    sweeping.options.digest_keys = true;
    const std::set<std::string> expected = sweeping.predicted();
    Looks looks(sweeping, partitioned);
    std::uint64_t stopped_at = 0;
    sweeping.interrupted = [&] {
      looks.look();
      if (looks.windows() < stopped_at + 4) return false;
      stopped_at = looks.windows();
      if (stopped_at % 3 == 0) throw Broken{};
      return true;
    };
    std::string outcome = "paused";
    for (int runs = 0; outcome == "paused" && runs < 100; ++runs) {
      try {
        outcome = sweeping.sweep().outcome;
      } catch (const Broken&) {
      }
    }
    EXPECT_EQ(outcome, "complete");
    looks.end();
    EXPECT_EQ(sweeping.left(), expected);
    windows += looks.windows();
    digests += looks.digests();
    ranges += looks.ranges();
    if (HasFailure()) return;
  }
  EXPECT_EQ(digests, windows);
  EXPECT_GE(windows, 5 * count);
  EXPECT_GE(ranges, count);
}

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

// A sweep of which each window waits before it commits, at a gate that bears the number of those
// committed before it.
class Gated {
 public:
  explicit Gated(Sweeping& sweeping)
      : sweeping_(sweeping), gates_(sweeping.connect()), other_(sweeping.connect()) {
    other_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      tx.script(R"(
CREATE FUNCTION ccctl.gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_advisory_xact_lock_shared(7, (SELECT count(*)::integer FROM ccctl.receipt));
  RETURN NEW;
END $$;
CREATE TRIGGER gate BEFORE INSERT ON ccctl.receipt FOR EACH ROW EXECUTE FUNCTION ccctl.gate();)");
    });
    gates_.exec_plain("SELECT pg_advisory_lock(7, n) FROM generate_series(0, 999) n");
    sweep_ = std::async(std::launch::async, [this] { return sweeping_.sweep(); });
  }
  ~Gated() { end(); }
  Gated(const Gated&) = delete;
  Gated& operator=(const Gated&) = delete;

  retention::SweepReport end() {
    gates_.exec_plain("SELECT pg_advisory_unlock_all()");
    return sweep_.valid() ? sweep_.get() : retention::SweepReport{};
  }
  std::uint64_t windows() { return std::stoull(text("SELECT count(*) FROM ccctl.receipt")); }
  // Lets the window end that has come so far; then the next is on its way.
  void let_through(std::uint64_t number) {
    gates_.exec_plain("SELECT pg_advisory_unlock(7, " + std::to_string(number) + ")");
  }
  // Gives false when the sweep has ended instead.
  bool waits_at(std::uint64_t number) {
    return until(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND classid = 7 AND objid = " +
        std::to_string(number) + ")");
  }
  // Until a session waits for an attempt to end.
  bool hold_waits() {
    return until(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND "
        "wait_event_type = 'Lock' AND query LIKE 'SELECT FROM ccctl.attempt%')");
  }

 private:
  std::string text(const std::string& sql) {
    store::Tx tx = other_.begin(store::Mode::read_committed);
    return std::string(tx.exec(store::Sql(sql)).text(0, 0));
  }
  bool until(const std::string& condition) {
    for (int tries = 0; tries < 2000; ++tries) {
      if (text(condition) == "t") return true;
      if (sweep_.wait_for(std::chrono::milliseconds(10)) == std::future_status::ready) return false;
    }
    return false;
  }

  Sweeping& sweeping_;
  store::Session gates_, other_;
  std::future<retention::SweepReport> sweep_;
};

constexpr auto kFar = std::chrono::seconds(20);  // only of a test that fails

rule::Hold hold_on(const std::string& data, int number) {
  rule::Hold hold;
  hold.id = "00000000-0000-4000-8000-0000000000" + std::to_string(10 + number);
  hold.matter = hold.reason = hold.custodian = hold.added_by = "test " + std::to_string(number);
  hold.added_at = *parse_instant("2025-06-01T00:00:00Z");
  hold.data = data;
  return hold;
}

// The window that was at work when the hold was added ends; while the next one is at work, the
// answer is there.
TEST(SweepHolds, AreAnsweredWhenTheWindowAtWorkHasEnded) {
  Sweeping sweeping({.seed = 4, .window = 3});
  store::Session other = sweeping.connect(), reading = sweeping.connect();
  std::uint64_t answered = 0;
  {
    Gated sweep(sweeping);
    for (std::uint64_t number = 0; answered < 3 && sweep.waits_at(number); ++number) {
      if (number % 3 != 1) {
        sweep.let_through(number);
        continue;
      }
      SCOPED_TRACE(number);
      auto hold = std::async(std::launch::async, [&] {
        rule::add_hold(other, "acme", hold_on("beta", static_cast<int>(number)),
                       *parse_instant("2025-06-01T00:00:00Z"));
      });
      ASSERT_TRUE(sweep.hold_waits());
      EXPECT_EQ(sweep.windows(), number);
      sweep.let_through(number);
      const bool soon = hold.wait_for(kFar) == std::future_status::ready;
      EXPECT_TRUE(soon) << "one window has ended, and the hold waits on";
      EXPECT_LE(sweep.windows(), number + 1);
      if (!soon) {
        sweep.end();  // or nothing would end it
        return hold.get();
      }
      hold.get();
      ++answered;
    }
    EXPECT_EQ(answered, 3U);
  }
}

// The next window may begin between a hold's commit and its look at what is at work: the one after
// that is not waited for.
TEST(SweepHolds, AreAnsweredWithinTwoWindowsWhereTheNextHasBegun) {
  Sweeping sweeping({.seed = 4, .window = 3});
  store::Session other = sweeping.connect();
  Gated sweep(sweeping);
  ASSERT_TRUE(sweep.waits_at(0));
  const rule::Hold hold = hold_on("beta", 1);
  other.transact(store::Mode::read_committed,
                 [&](store::Tx& tx) { rule::restore_hold(tx, "acme", hold); });
  sweep.let_through(0);
  ASSERT_TRUE(sweep.waits_at(1));
  auto waiting =
      std::async(std::launch::async, [&] { rule::wait_for_deletions(other, "acme", hold.id); });
  ASSERT_TRUE(sweep.hold_waits());
  sweep.let_through(1);
  const bool soon = waiting.wait_for(kFar) == std::future_status::ready;
  EXPECT_TRUE(soon) << "two windows have ended, and the hold waits on";
  EXPECT_EQ(sweep.windows(), 2U);
  sweep.end();
  waiting.get();
}

}  // namespace
}  // namespace ccctl::testing
