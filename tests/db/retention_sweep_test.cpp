// Sweeps against the model: random policies, rows at the edges of what is due, several zones.
// CCCTL_TEST_SEED names the first datastore that a test looks at, CCCTL_TEST_CASES how many.
#include <gtest/gtest.h>

#include "support/errors.h"
#include "support/sweeping.h"

namespace ccctl::testing {
namespace {

std::vector<std::string> only_in(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> lines;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(lines));
  return lines;
}

struct Seeds {
  std::uint64_t first, last;
  Seeds(std::uint64_t from, std::uint64_t count)
      : first(setting("CCCTL_TEST_SEED", from)),
        last(first + setting("CCCTL_TEST_CASES", count) - 1) {}
};

// What is left is what the model leaves, and the receipts tell of what is gone.
void check(Sweeping& sweeping) {
  const std::set<std::string> expected = sweeping.predicted(), before = sweeping.left();
  const retention::Survey survey = sweeping.survey();
  const retention::SweepReport report = sweeping.sweep();
  EXPECT_EQ(report.failed, 0U);
  const std::set<std::string> left = sweeping.left();
  EXPECT_EQ(only_in(expected, left), std::vector<std::string>{}) << "must not have gone";
  EXPECT_EQ(only_in(left, expected), std::vector<std::string>{}) << "must have gone";
  EXPECT_EQ(survey.rows_going(), report.rows) << "the dry run counts what the run deletes";
  EXPECT_EQ(report.planned, report.rows) << "and so does the run, which looks at due rows alone";
  EXPECT_EQ(sweeping.told(), std::to_string(report.rows) + " rows, 0 without a leaf, 0 open");
  // Nothing is left to do.
  sweeping.options.waivers.first_run_ok = false;
  EXPECT_EQ(sweeping.sweep().rows, 0U);
  if (::testing::Test::HasFailure()) ADD_FAILURE() << sweeping.pack_text();
}

TEST(Sweep, LeavesWhatTheModelLeaves) {
  const Seeds seeds(1, 16);
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Sweeping sweeping({.seed = seed, .down = seed % 2 == 0 ? "follow" : "cut"});
    check(sweeping);
    if (HasFailure()) break;
  }
}

// Held rows never go, nor what they need.
TEST(Sweep, LeavesWhatTheModelLeavesUnderHolds) {
  const Seeds seeds(134, 17);
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Sweeping sweeping({.seed = seed, .down = seed % 2 == 0 ? "follow" : "cut", .holds = true});
    check(sweeping);
    if (HasFailure()) break;
  }
}

// However small its windows are, and in whatever order the pack has its rules: of the same rows the
// same are left.
TEST(Sweep, EndsAlikeWithAnyWindowAndAnyOrderOfItsRules) {
  struct Way {
    std::uint64_t window;
    bool reversed;
  };
  const Seeds seeds(200, 3);
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    std::optional<std::set<std::string>> left;
    for (const Way& way : {Way{1, false}, Way{7, true}, Way{0, true}}) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", window " + std::to_string(way.window) +
                   (way.reversed ? ", reversed" : ""));
      Sweeping sweeping({.seed = seed,
                         .down = seed % 2 == 0 ? "follow" : "cut",
                         .window = way.window,
                         .holds = seed % 3 == 0,
                         .reversed = way.reversed});
      check(sweeping);
      if (!left) left = sweeping.left();
      EXPECT_EQ(sweeping.left(), *left);
      if (HasFailure()) return;
    }
  }
}

// Dropped as a whole or row by row: the same is left, and nothing of anybody else's goes.
TEST(Sweep, LeavesWhatTheModelLeavesOfPartitions) {
  std::uint64_t dropped = 0, replaced = 0;
  const Seeds seeds(400, 10);
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Sweeping sweeping({.seed = seed, .holds = seed % 3 != 0, .partitioned = true});
    sweeping.options.digest_keys = seed % 2 == 0;
    const std::string others = sweeping.others();
    const std::string parts =
        "SELECT count(*) FROM pg_inherits WHERE inhparent IN ('notes'::regclass, 'logs'::regclass)";
    const std::uint64_t before = std::stoull(sweeping.text(parts));
    check(sweeping);
    EXPECT_EQ(sweeping.others(), others);
    const std::uint64_t gone = before - std::stoull(sweeping.text(parts));
    dropped += std::stoull(sweeping.text(
        "SELECT count(*) FROM ccctl.receipt WHERE tallies::jsonb #>> '{range,by}' = 'partition'"));
    replaced -= gone;
    EXPECT_EQ(sweeping.text("SELECT count(*) FROM pg_class WHERE relname ~ '^ccctl_(kept|watch)'"),
              "0");
    if (HasFailure()) return;
  }
  replaced += dropped;
  EXPECT_GE(dropped, 4U);
  EXPECT_GE(replaced, 2U);
}

// A hold that comes when what stays has been copied: nothing that it covers goes any more.
TEST(Sweep, LooksAgainForHoldsBeforeItDropsAPartition) {
  Sweeping sweeping({.seed = 402, .holds = true, .partitioned = true});
  store::Session reading = sweeping.connect(), other = sweeping.connect();
  std::optional<store::Tx> reader(reading.begin(store::Mode::read_only_snapshot));
  reader->exec("SELECT 1");
  std::set<std::string> there;
  // Asked while it waits for the reader's snapshot, too.
  sweeping.interrupted = [&] {
    bool copied = false;
    other.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      copied = tx.exec("SELECT EXISTS (SELECT FROM pg_class WHERE relname LIKE 'ccctl_kept_%')")
                   .boolean(0, 0);
    });
    if (!reader || !copied) return false;
    rule::Hold hold;
    hold.id = "00000000-0000-4000-8000-00000000000f";
    hold.matter = hold.reason = hold.custodian = hold.added_by = "test";
    rule::add_hold(other, "acme", hold, *parse_instant("2025-06-01T00:00:00Z"));
    reader.reset();
    return false;
  };
  sweeping.sweep();
  ASSERT_FALSE(reader.has_value()) << "no partition was about to be replaced";
  EXPECT_EQ(sweeping.text("SELECT count(*) FROM ccctl.receipt WHERE tallies::jsonb -> 'seenHolds' "
                          "@> '[\"00000000-0000-4000-8000-00000000000f\"]'"),
            "0");
  EXPECT_EQ(sweeping.text("SELECT count(*) FROM ccctl.receipt WHERE tallies::jsonb #>> "
                          "'{range,by}' = 'partition'"),
            "0");
}

// A hold that comes between two windows: from its answer on nothing that it covers goes.
TEST(Sweep, StopsAtAHoldThatComesBetweenItsWindows) {
  std::size_t stopped = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Sweeping sweeping({.seed = seed, .window = 7});
    store::Session other = sweeping.connect();
    std::set<std::string> there;
    int windows = 0;
    sweeping.interrupted = [&] {
      if (++windows != 3) return false;
      rule::Hold hold;
      hold.id = "00000000-0000-4000-8000-00000000000f";
      hold.matter = hold.reason = hold.custodian = hold.added_by = "test";
      rule::add_hold(other, "acme", hold, *parse_instant("2025-06-01T00:00:00Z"));
      there = sweeping.left();
      return false;
    };
    sweeping.sweep();
    if (there.empty()) continue;
    ++stopped;
    EXPECT_EQ(only_in(there, sweeping.left()), std::vector<std::string>{});
  }
  EXPECT_GE(stopped, 4U);
}

// The sweep counts a table only as far as the limit asks, and is refused where the whole would be.
TEST(Sweep, IsRefusedBeyondTheLimitInPercentAndNotBefore) {
  int refused = 0;
  for (std::uint64_t seed = 400; seed <= 411; ++seed) {
    const int percent = 10 + static_cast<int>(seed % 6) * 15;
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(percent) + " %");
    Sweeping sweeping({.seed = seed, .percent = percent});
    const retention::Survey survey = sweeping.survey();
    bool beyond = false;
    for (const auto& [table, rows] : survey.going) {
      const auto total = survey.total.find(table);
      if (total != survey.total.end())
        beyond = beyond || rows * 100 > total->second * static_cast<std::uint64_t>(percent);
    }
    const std::set<std::string> before = sweeping.left();
    if (beyond) {
      ++refused;
      EXPECT_EQ(error_of([&] { sweeping.sweep(); }).kind(), ErrorKind::refused);
      EXPECT_EQ(sweeping.left(), before);
    } else {
      EXPECT_EQ(sweeping.sweep().rows, survey.rows_going());
    }
  }
  EXPECT_GE(refused, 2);
  EXPECT_LE(refused, 10);
}

// The states of a plan are those of rule::decide(), row by row.
TEST(RetentionSurvey, CountsTheStatesThatDecideTells) {
  const Seeds seeds(300, 16);
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Sweeping sweeping({.seed = seed});
    std::map<std::string, std::uint64_t> found;
    for (const retention::Count& count : sweeping.survey().counts) {
      if (count.state == "taken_along" || count.table == "tenants") continue;
      const bool due = count.state == "due" || count.state == "overdue" ||
                       count.state == "kept_by_child" || count.state == "anonymised";
      found[count.table + " " +
            (due                             ? "due"
             : count.state == "min_over_max" ? "kept"
                                             : count.state)] += count.rows;
    }
    std::map<std::string, std::uint64_t> expected;
    for (const auto& [state, rows] : sweeping.states())
      expected[state.ends_with("overdue") ? state.substr(0, state.size() - 7) + "due" : state] +=
          rows;
    EXPECT_EQ(found, expected);
    if (HasFailure()) {
      ADD_FAILURE() << sweeping.pack_text();
      break;
    }
  }
}

}  // namespace
}  // namespace ccctl::testing
