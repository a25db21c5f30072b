// The organisation's log: what became of every shard, for whoever has rights for the organisation.
#include <algorithm>

#include "base/json.h"
#include "db/audit_fixture.h"

namespace ccctl::testing {
namespace {

class Organisation : public Audit {
 protected:
  // "action origin-without-domain" of each leaf, in order.
  std::vector<std::string> leaves() {
    store::Tx tx = root.begin(store::Mode::read_committed);
    const auto rows = tx.exec(
        "SELECT convert_from(line, 'UTF8') FROM ccctl.leaf WHERE tenant_id = '*' "
        "ORDER BY period, leaf_index");
    std::vector<std::string> all;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Json line = Json::parse(rows.text(i, 0));
      EXPECT_EQ(line["actor"], "sealer");
      EXPECT_EQ(line["log"], "organisation");
      const std::string origin = line["body"]["origin"];
      all.push_back(line["action"].get<std::string>() + " " +
                    origin.substr(std::string("ccctl.example/").size()));
      bodies.push_back(line["body"]);
    }
    return all;
  }
  std::string year() { return ask("SELECT extract(year FROM now() AT TIME ZONE 'UTC')::text"); }
  std::vector<audit::Verification> verify_as(const std::string& login,
                                             const std::vector<std::string>& pins = {}) {
    store::Session session = database.session(login);
    store::Tx tx = session.begin(store::Mode::read_only_snapshot);
    return audit::verify(tx, "acme", audit::published_keys(tx, "acme"), pins);
  }
  void admit(const std::string& login) {
    run({"INSERT INTO ccctl.principal (tenant_id, login, role) VALUES ('*', $1, 'auditor')",
         {login}});
  }

  std::vector<Json> bodies;
};

TEST_F(Organisation, TellsOfEveryShard) {
  append_some(2);
  const auto first = seal();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[1].origin, "ccctl.example/organisation/" + year());
  const std::string evidence = "tenant/acme/evidence/" + year();
  const std::string own = "organisation/" + year();
  EXPECT_EQ(leaves(),
            (std::vector<std::string>{"shard.opened " + evidence, "shard.checkpoint " + evidence,
                                      "shard.opened " + own}));
  EXPECT_EQ(bodies[1]["checkpoint"], first[0].checkpoint);
  EXPECT_EQ(bodies[1]["size"], 2);
  append_some(1);
  EXPECT_EQ(seal().size(), 1U) << "one checkpoint a day";
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.pending"), "0");
}

TEST_F(Organisation, GetsEachShardsDailyCheckpoint) {
  append_some(1);
  seal();
  run("UPDATE ccctl.shard SET recorded_at = recorded_at - interval '1 day'");
  run("UPDATE ccctl.shard SET sealed_at = sealed_at - interval '1 day'");
  const auto second = seal();
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].added, 1U) << "audit.idle";
  EXPECT_EQ(second[1].added, 1U);
  EXPECT_EQ(leaves().back(), "shard.checkpoint tenant/acme/evidence/" + year());
  EXPECT_EQ(bodies.back()["checkpoint"], second[0].checkpoint);
  EXPECT_TRUE(seal().empty());
}

TEST_F(Organisation, TellsOfAnotherKey) {
  append_some(2);
  seal();
  const std::string last = checkpoint();
  append_some(1);
  signer = signer_of('t');
  const auto second = seal();
  ASSERT_EQ(second.size(), 2U);
  const std::string evidence = "tenant/acme/evidence/" + year();
  const std::string own = "organisation/" + year();
  const auto all = leaves();
  const std::vector<std::string> wanted{"shard.closed " + evidence,
                                        "shard.opened " + evidence + ".2",
                                        "key.changed " + evidence + ".2",
                                        "shard.checkpoint " + evidence + ".2",
                                        "shard.closed " + own,
                                        "shard.opened " + own + ".2",
                                        "key.changed " + own + ".2"};
  ASSERT_EQ(all.size(), 3U + wanted.size());
  EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), all.begin() + 3));
  EXPECT_EQ(bodies[3]["checkpoint"], last);
  EXPECT_EQ(bodies[5]["key"],
            crypto::VerifierKey::of(bodies[5]["origin"], signer.public_key()).to_text());
}

TEST_F(Organisation, IsReadByWhoeverHasRightsForIt) {
  append_some(2);
  seal();
  EXPECT_EQ(verify_as("auditor").size(), 1U);
  EXPECT_EQ(verify_as("sealer").size(), 2U) << "the sealing account owns the logs";
  admit("auditor");
  const auto results = verify_as("auditor");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[1].origin, "ccctl.example/organisation/" + year());
  EXPECT_EQ(results[1].verdict, audit::Verdict::unpinned);
  const std::string pin =
      ask("SELECT note FROM ccctl.checkpoint WHERE tenant_id = '*' ORDER BY size DESC LIMIT 1");
  EXPECT_EQ(verify_as("auditor", {pin})[1].verdict, audit::Verdict::verified);
  run("UPDATE ccctl.leaf SET line = set_bit(line, 100, 1 - get_bit(line, 100)) "
      "WHERE tenant_id = '*' AND leaf_index = 1");
  EXPECT_EQ(verify_as("auditor", {pin})[1].verdict, audit::Verdict::altered);
}

TEST_F(Organisation, ItsPinVouchesForWhatItRecorded) {
  append_some(2);
  audit::Event security = event();
  security.log = audit::LogName::security;
  append(root, security);
  const std::string pin = seal().at(2).checkpoint;
  append_some(1);
  seal();
  admit("auditor");
  for (const auto& result : verify_as("auditor", {pin})) {
    EXPECT_EQ(result.verdict, audit::Verdict::verified) << result.origin;
  }
  for (const auto& result : verify_as("auditor")) {
    EXPECT_EQ(result.verdict, audit::Verdict::unpinned) << result.origin;
  }
  // The sealing account itself rewrites a log: the organisation's remembers.
  run("DELETE FROM ccctl.leaf WHERE tenant_id = 'acme' AND log = 'evidence'");
  run("DELETE FROM ccctl.node WHERE tenant_id = 'acme' AND log = 'evidence'");
  run("DELETE FROM ccctl.checkpoint WHERE tenant_id = 'acme' AND log = 'evidence'");
  run("UPDATE ccctl.shard SET size = 0 WHERE tenant_id = 'acme' AND log = 'evidence'");
  append_some(3);
  seal();
  const auto rewritten = verify_as("auditor", {pin});
  EXPECT_EQ(rewritten.at(0).verdict, audit::Verdict::equivocation);
  EXPECT_EQ(rewritten.at(1).verdict, audit::Verdict::verified);
}

TEST_F(Organisation, APinOfItTellsThoseNothingWhoMayNotReadIt) {
  append_some(1);
  const std::string pin = seal().at(1).checkpoint;
  EXPECT_EQ(error_of([&] { verify_as("auditor", {pin}); }).kind(), ErrorKind::usage);
}

TEST_F(Organisation, NobodyAppendsToItButTheSealingAccount) {
  admit("auditor");
  store::Session session = database.session("auditor");
  audit::Event forged = event("auditor");
  forged.log = audit::LogName::organisation;
  forged.action = "shard.pruned";
  forged.tenant = audit::kOrganisation;
  EXPECT_EQ(error_of([&] { append(session, forged); }).kind(), ErrorKind::denied);
}

TEST_F(Organisation, GoesOnInANewYear) {
  append_some(1);
  seal();
  // The datastore's clock is the measure, so last year is made by renaming.
  for (const char* table : {"shard", "leaf", "node", "checkpoint"}) {
    run(std::string("UPDATE ccctl.") + table + " SET period = '2019' WHERE tenant_id = '*'");
  }
  run("UPDATE ccctl.shard SET recorded_at = '-infinity' WHERE tenant_id <> '*'");
  EXPECT_EQ(seal().back().origin, "ccctl.example/organisation/" + year());
  EXPECT_EQ(ask("SELECT period FROM ccctl.shard WHERE closed_at IS NOT NULL"), "2019");
}

}  // namespace
}  // namespace ccctl::testing
