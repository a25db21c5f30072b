// When a log may go: the minimum holds for each event, to the microsecond (P-26).
#include "retention/prune.h"

#include <gtest/gtest.h>

#include "audit/event.h"
#include "audit/sealer.h"
#include "support/database.h"
#include "support/errors.h"

namespace ccctl::testing {
namespace {

using rule::State;

Instant at(const char* text) {
  return *parse_instant(text);
}

class LogRetention : public ::testing::Test {
 protected:
  void SetUp() override {
    run("INSERT INTO ccctl.organisation (domain) VALUES ('ccctl.example')");
    add("kept", &rule::RetentionRule::min);
    add("gone", nullptr);
  }
  void run(const std::string& sql) {
    root.transact(store::Mode::read_committed, [&](store::Tx& tx) { tx.exec(sql); });
  }
  // P1M of events in UTC, as the least or the most.
  void add(const char* id, std::optional<Duration> rule::RetentionRule::*minimum) {
    rule::RuleInForce made;
    made.rule.id = id;
    made.rule.match.data = "event_log";
    made.rule.anchor = "created";
    made.zone = "UTC";
    if (minimum != nullptr) {
      made.rule.*minimum = Duration{1, 0, 0};
    } else {
      made.rule.after = rule::Period{Duration{1, 0, 0}, ""};
    }
    rules.rules.push_back(made);
  }
  // A closed log with these events.
  void close_with(const std::vector<const char*>& events, audit::LogName log) {
    for (const char* when : events) {
      root.transact(store::Mode::read_committed, [&](store::Tx& tx) {
        audit::append(tx, {log, "acme", "audit.idle", "postgres", "", Json()}, at(when));
      });
    }
    audit::seal(sealer, crypto::Signer(Secret(std::string(32, 'a'))), system_context());
    run("UPDATE ccctl.shard SET closed_at = now() WHERE closed_at IS NULL AND tenant_id = 'acme'");
  }
  retention::LogShard look(const char* as_of) {
    const retention::Ground ground{map, rules, "acme", "test", "digest"};
    const retention::Pruning pruning(ground, Duration{60, 0, 0}, "");
    store::Tx tx = root.begin(store::Mode::read_only_snapshot);
    const auto shards = pruning.look(tx, at(as_of));
    EXPECT_EQ(shards.size(), 1U);
    return shards.at(0);
  }
  void drop(const retention::LogShard& shard) {
    const retention::Ground ground{map, rules, "acme", "test", "digest"};
    const retention::Pruning pruning(ground, Duration{60, 0, 0}, "");
    pruning.drop(
        sealer, [this] { return database.session("sealer"); }, shard);
  }
  void hold(const char* from, const char* to) {
    run(std::string("INSERT INTO ccctl.hold (tenant_id, hold_id, matter, reason, custodian, "
                    "category, created_from, created_to, added_at) VALUES ('acme', 'h', 'm', 'r', "
                    "'c', 'generated', ") +
        from + ", " + to + ", now())");
  }

  Database database = Database::fresh();
  store::Session root = database.session();
  store::Session sealer = database.session("sealer");
  datamap::Map map;
  rule::Ruleset rules;
};

// The 29th at night ends its month after the 31st in the morning has.
TEST_F(LogRetention, EveryEventIsKeptForItsMonth) {  // P-26
  close_with({"2026-01-29T23:00:00Z", "2026-01-31T01:00:00Z", "2025-12-30T00:00:00Z"},
             audit::LogName::security);
  EXPECT_EQ(look("2026-02-28T01:00:00Z").state, State::kept);
  EXPECT_EQ(look("2026-02-28T22:59:59.999999Z").state, State::kept);
  const auto due = look("2026-02-28T23:00:00Z");
  EXPECT_EQ(due.state, State::due);
  EXPECT_EQ(due.due_at, at("2026-02-28T23:00:00Z"));
  EXPECT_EQ(due.span.first, at("2025-12-30T00:00:00Z"));
}

TEST_F(LogRetention, EvidenceOutlivesEveryMaximum) {
  for (rule::RuleInForce& each : rules.rules) each.rule.match.data = "evidence_log";
  close_with({"2020-03-01T00:00:00Z"}, audit::LogName::evidence);
  EXPECT_EQ(look("2025-02-28T23:59:59Z").state, State::kept);
  EXPECT_EQ(look("2025-03-01T00:00:00Z").state, State::due);
}

TEST_F(LogRetention, WithoutAMaximumItStays) {
  rules.rules.pop_back();
  close_with({"2001-01-01T00:00:00Z"}, audit::LogName::security);
  EXPECT_EQ(look("2026-01-01T00:00:00Z").state, State::unmanaged);
}

TEST_F(LogRetention, AHoldKeepsItsTime) {
  close_with({"2025-03-01T00:00:00Z", "2025-03-05T00:00:00Z"}, audit::LogName::security);
  const char* now = "2026-01-01T00:00:00Z";
  hold("'2025-03-05 00:00Z'", "NULL");
  EXPECT_EQ(look(now).state, State::held);
  EXPECT_EQ(look(now).holds, std::vector<std::string>{"h"});
  run("UPDATE ccctl.hold SET created_from = '2025-03-05 00:00:01Z'");
  EXPECT_EQ(look(now).state, State::due);
  run("UPDATE ccctl.hold SET created_from = NULL, created_to = '2025-03-01 00:00Z'");
  EXPECT_EQ(look(now).state, State::due) << "the end is exclusive";
  run("UPDATE ccctl.hold SET created_to = '2025-03-01 00:00:01Z'");
  EXPECT_EQ(look(now).state, State::held);
}

// The hold came between the look and the removal.
TEST_F(LogRetention, AHoldThatCameMeanwhileStopsIt) {
  close_with({"2025-03-01T00:00:00Z"}, audit::LogName::security);
  const auto due = look("2026-01-01T00:00:00Z");
  hold("NULL", "NULL");
  EXPECT_EQ(error_of([&] { drop(due); }).kind(), ErrorKind::refused);
  run("DELETE FROM ccctl.hold");
  drop(due);
  drop(due);  // once, however often
  store::Tx tx = root.begin(store::Mode::read_committed);
  EXPECT_EQ(tx.exec("SELECT (SELECT count(*) FROM ccctl.leaf WHERE tenant_id = 'acme') || ' ' || "
                    "(SELECT count(*) FROM ccctl.receipt) || ' ' || (SELECT count(*) FROM "
                    "ccctl.attempt) || ' ' || (SELECT count(*) FROM ccctl.pending)")
                .text(0, 0),
            "0 1 0 2");
}

}  // namespace
}  // namespace ccctl::testing
