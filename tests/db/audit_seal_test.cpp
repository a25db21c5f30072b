// Sealing: nothing is lost, nothing doubled, and every leaf proves.
#include <atomic>
#include <random>
#include <thread>

#include "db/audit_fixture.h"

namespace ccctl::testing {
namespace {

using audit::Sealed;
using store::Mode;
using store::Session;
using store::Tx;

class Sealing : public Audit {
 protected:
  using Lines = std::vector<std::string>;

  Lines stored(const std::string& tenant, const std::string& log) {
    Tx tx = root.begin(Mode::read_committed);
    const store::Rows rows =
        tx.exec({"SELECT encode(line, 'hex') FROM ccctl.leaf WHERE tenant_id = $1 AND log = $2 "
                 "ORDER BY period, leaf_index",
                 {tenant, log}});
    Lines lines;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      lines.push_back(*crypto::from_hex(rows.text(i, 0)));
    }
    return lines;
  }

  void expect_proof(const std::string& tenant, const Lines& lines, std::size_t index,
                    const std::string& origin) {
    Tx tx = root.begin(Mode::read_only_snapshot);
    const auto leaf = crypto::leaf_hash(lines[index]);
    const auto proof = audit::prove(tx, tenant, leaf);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->leaf, lines[index]);
    EXPECT_EQ(proof->index, index);
    EXPECT_EQ(proof->origin, origin);
    const auto parsed = crypto::parse_tlog_proof(proof->tlog_proof);
    ASSERT_TRUE(parsed);
    const auto key = crypto::VerifierKey::of(origin, signer.public_key());
    const auto note = crypto::open_note(parsed->checkpoint_note, key);
    ASSERT_EQ(note.verdict, crypto::NoteVerdict::valid);
    const auto checkpoint = crypto::Checkpoint::parse_body(note.body);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->size, lines.size());
    EXPECT_EQ(checkpoint->root, naive_root(lines, 0, lines.size()));
    EXPECT_TRUE(
        crypto::verify_inclusion(leaf, index, checkpoint->size, parsed->hashes, checkpoint->root));
  }
};

TEST_F(Sealing, MatchesANaiveTree) {
  std::mt19937 random(7);
  std::map<std::pair<std::string, std::string>, Lines> model;
  const std::string tenants[] = {"acme", "a/\u00fc +"};
  const Instant at = *parse_instant("2026-11-21T12:00:00Z");
  for (int round = 0; round < 8; ++round) {
    root.transact(Mode::read_committed, [&](Tx& tx) {
      for (int i = static_cast<int>(random() % 40); i > 0; --i) {
        audit::Event made = event();
        made.tenant = tenants[random() % 2];
        made.log = random() % 3 == 0 ? audit::LogName::security : audit::LogName::evidence;
        audit::append(tx, made, at);
        model[{made.tenant, std::string(audit::to_text(made.log))}].push_back(
            audit::leaf_line(made, at));
      }
    });
    std::map<std::string, std::uint64_t> sizes;
    for (const Sealed& sealed : seal()) sizes[sealed.origin] = sealed.size;
    EXPECT_EQ(ask("SELECT count(*) FROM ccctl.pending"), "0");
    for (const auto& [log, lines] : model) {
      EXPECT_EQ(stored(log.first, log.second), lines);
      const std::string origin =
          ask({"SELECT origin FROM ccctl.shard WHERE tenant_id = $1 AND log = $2",
               {log.first, log.second}});
      if (sizes.contains(origin)) {
        EXPECT_EQ(sizes[origin], lines.size());
      }
      for (int i = 0; i < 3; ++i) expect_proof(log.first, lines, random() % lines.size(), origin);
    }
  }
  EXPECT_EQ(
      ask("SELECT origin FROM ccctl.shard WHERE tenant_id <> 'acme' AND log = 'evidence'"),
      "ccctl.example/tenant/a%2F%C3%BC%20%2B/evidence/" + ask("SELECT extract(year FROM "
                                                              "now() AT TIME ZONE 'UTC')::text"));
}

TEST_F(Sealing, TakesMoreThanOneBatch) {
  run("INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) SELECT 'acme', 'evidence', l, "
      "sha256('\\x00' || l) FROM (SELECT convert_to(format('{\"action\":\"retention.swept\","
      "\"actor\":\"x\",\"at\":\"2026-01-01T00:00:00.000000Z\",\"body\":{\"rows\":%s},\"log\":"
      "\"evidence\",\"tenant\":\"acme\",\"v\":1}', n), 'UTF8') AS l "
      "FROM generate_series(1, 20011) n) s");
  const auto sealed = seal();
  ASSERT_EQ(sealed.size(), 2U);  // the organisation's log tells of it
  EXPECT_EQ(sealed[0].added, 20'011U);
  EXPECT_EQ(sealed[0].size, 20'011U);
  EXPECT_EQ(sealed[0].checkpoint, checkpoint());
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.checkpoint WHERE tenant_id = 'acme'"), "3");
  EXPECT_EQ(verdict(), audit::Verdict::unpinned);
}

TEST_F(Sealing, SealsLateCommitsNextTime) {
  Session late = database.session();
  Tx first = late.begin(Mode::read_committed);
  const auto at = *parse_instant("2026-11-21T12:00:00Z");
  const auto hash = audit::append(first, event(), at);
  append_some(1);  // takes a larger id and commits before
  EXPECT_EQ(seal().at(0).size, 1U);
  ASSERT_EQ(first.commit(), store::Outcome::committed);
  EXPECT_EQ(seal().at(0).size, 2U);
  EXPECT_TRUE(seal().empty());
  Tx tx = root.begin(Mode::read_only_snapshot);
  EXPECT_EQ(audit::prove(tx, "acme", hash)->index, 1U);
}

TEST_F(Sealing, RunsOnceAtATime) {
  append_some(3);
  Session other = database.session("sealer");
  {
    Tx held = other.begin(Mode::read_committed);
    held.exec("SELECT 1 FROM ccctl.sealer FOR UPDATE");
    EXPECT_EQ(error_of([&] { seal(); }).kind(), ErrorKind::busy);
  }
  EXPECT_EQ(seal().at(0).added, 3U);
}

TEST_F(Sealing, RacingSealersLoseAndDoubleNothing) {
  std::atomic<bool> done = false;
  std::atomic<int> failures = 0;
  const auto race = [&] {
    Session session = database.session("sealer");
    const crypto::Signer own = signer_of('s');
    while (!done) {
      try {
        audit::seal(session, own, context);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::busy) ++failures;
      }
    }
  };
  std::thread one(race), two(race);
  append_some(300);
  done = true;
  one.join();
  two.join();
  seal();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(ask("SELECT count(*) || ' ' || count(DISTINCT leaf_hash) FROM ccctl.leaf "
                "WHERE tenant_id = 'acme'"),
            "300 300");
  EXPECT_EQ(verdict({checkpoint()}), audit::Verdict::verified);
}

TEST_F(Sealing, EqualEventsAreTwoLeaves) {
  const audit::Event same = event();
  append(root, same);
  append(root, same);
  EXPECT_EQ(seal().at(0).size, 2U);
  EXPECT_EQ(verdict({checkpoint()}), audit::Verdict::verified);
}

TEST_F(Sealing, OpensAnotherShardForAnotherKey) {
  append_some(2);
  const std::string origin = seal().at(0).origin;
  append_some(1);
  signer = signer_of('t');
  const auto second = seal();
  EXPECT_EQ(second.at(0).origin, origin + ".2");
  EXPECT_EQ(second.at(0).size, 1U);
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.shard WHERE closed_at IS NULL AND tenant_id = 'acme'"),
            "1");
  Tx tx = root.begin(Mode::read_only_snapshot);
  const auto keys = audit::published_keys(tx, "acme");
  ASSERT_EQ(keys.size(), 4U);  // and the organisation's
  for (const auto& result : audit::verify(tx, "acme", keys, {})) {
    EXPECT_EQ(result.verdict, audit::Verdict::unpinned) << result.origin;
  }
}

// A datastore that was restored must not sign another tree of a size that was signed before.
TEST_F(Sealing, GoesOnInAnotherShardWhereItHadComeFurther) {
  append_some(2);
  const std::string origin = seal().at(0).origin;
  append_some(1);
  const audit::Elsewhere elsewhere = [&](const std::string& tenant, const std::string&) {
    return tenant == "acme" ? std::optional(audit::position_of(origin, 5)) : std::nullopt;
  };
  const auto next = audit::seal(sealer, signer, context, elsewhere);
  EXPECT_EQ(next.at(0).origin, origin + ".2");
  EXPECT_EQ(next.at(0).size, 1U);
  append_some(1);
  EXPECT_EQ(audit::seal(sealer, signer, context, elsewhere).at(0).size, 2U);
}

TEST_F(Sealing, OpensAnotherShardForAnotherPeriod) {
  run(
      {"INSERT INTO ccctl.shard (tenant_id, log, period, origin, public_key, opened_at, sealed_at) "
       "VALUES "
       "('acme', 'evidence', '2019', 'ccctl.example/tenant/acme/evidence/2019', "
       "decode($1, 'hex'), '2019-01-01Z', now())",
       {crypto::to_hex(signer.public_key())}});
  append_some(1);
  EXPECT_EQ(seal().at(0).size, 1U);
  EXPECT_EQ(ask("SELECT period FROM ccctl.shard WHERE closed_at IS NOT NULL"), "2019");
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.shard WHERE tenant_id = 'acme'"), "2");
}

// A clock that was ahead and was put right opens no shard each time.
TEST_F(Sealing, NeverGoesBackToAnEarlierPeriod) {
  run(
      {"INSERT INTO ccctl.shard (tenant_id, log, period, origin, public_key, opened_at, sealed_at) "
       "VALUES ('acme', 'evidence', '2099', 'ccctl.example/tenant/acme/evidence/2099', "
       "decode($1, 'hex'), '2099-01-01Z', now())",
       {crypto::to_hex(signer.public_key())}});
  const audit::Elsewhere ahead = [](const std::string& tenant, const std::string&) {
    return tenant == "acme" ? std::optional(audit::Position{"2099", 1, 1}) : std::nullopt;
  };
  append_some(1);
  EXPECT_EQ(seal().at(0).size, 1U);
  for (std::uint64_t size = 2; size < 4; ++size) {
    append_some(1);
    EXPECT_EQ(audit::seal(sealer, signer, context, ahead).at(0).size, size);
  }
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.shard WHERE tenant_id = 'acme'"), "1");
  // A lost shard of a later period: the next one is beyond it.
  const audit::Elsewhere further = [](const std::string& tenant, const std::string&) {
    return tenant == "acme" ? std::optional(audit::Position{"2100", 1, 7}) : std::nullopt;
  };
  append_some(1);
  EXPECT_EQ(audit::seal(sealer, signer, context, further).at(0).origin,
            "ccctl.example/tenant/acme/evidence/2100.2");
  append_some(1);
  EXPECT_EQ(audit::seal(sealer, signer, context, further).at(0).size, 2U);
}

TEST_F(Sealing, OpensASecurityShardEachMonth) {
  audit::Event made = event();
  made.log = audit::LogName::security;
  append(root, made);
  const std::string month = ask("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM')");
  EXPECT_EQ(seal().at(0).origin, "ccctl.example/tenant/acme/security/" + month);
  for (const char* table : {"shard", "leaf", "node", "checkpoint"}) {
    run(std::string("UPDATE ccctl.") + table + " SET period = '2019-03' WHERE log = 'security'");
  }
  append(root, made);
  const auto next = seal();
  EXPECT_EQ(next.at(0).origin, "ccctl.example/tenant/acme/security/" + month);
  EXPECT_EQ(next.at(0).size, 1U);
  EXPECT_EQ(ask("SELECT period FROM ccctl.shard WHERE closed_at IS NOT NULL"), "2019-03");
}

TEST_F(Sealing, GivesAnIdleShardADailyLeaf) {
  append_some(1);
  seal();
  EXPECT_TRUE(seal().empty());
  run("UPDATE ccctl.shard SET sealed_at = sealed_at - interval '25 hours'");
  EXPECT_EQ(seal().at(0).added, 1U);
  EXPECT_NE(ask("SELECT convert_from(line, 'UTF8') FROM ccctl.leaf WHERE leaf_index = 1 AND "
                "tenant_id = 'acme'")
                .find(R"("action":"audit.idle")"),
            std::string::npos);
  EXPECT_TRUE(seal().empty());
}

TEST_F(Sealing, ExtendsNoTreeThatSomebodyChanged) {
  grow(6, 3);
  run("UPDATE ccctl.node SET hash = sha256('x') WHERE level = 2");
  append_some(1);
  audit::Event elsewhere = event();
  elsewhere.tenant = "other";
  append(root, elsewhere);
  EXPECT_EQ(error_of([&] { seal(); }).kind(), ErrorKind::findings);
  EXPECT_EQ(ask("SELECT string_agg(tenant_id, ',') FROM ccctl.pending"), "acme");
  EXPECT_EQ(ask("SELECT max(size) FROM ccctl.checkpoint WHERE tenant_id = 'acme'"), "6");
}

TEST_F(Sealing, GivesNoReceiptThatWouldNotVerify) {
  const auto leaf = append_some(6)[3];
  seal();
  const auto prove = [&] {
    Tx tx = root.begin(Mode::read_only_snapshot);
    return audit::prove(tx, "acme", leaf);
  };
  ASSERT_TRUE(prove());
  run("UPDATE ccctl.node SET hash = sha256('x') WHERE level = 2");
  EXPECT_TRUE(prove()->tlog_proof.find("index 3") != std::string::npos) << "it is not on the path";
  run("UPDATE ccctl.node SET hash = sha256('x') WHERE level = 1");
  EXPECT_EQ(error_of(prove).kind(), ErrorKind::findings);
  run("DELETE FROM ccctl.node");
  EXPECT_EQ(error_of(prove).kind(), ErrorKind::findings);
}

TEST_F(Sealing, NeedsTheOrganisation) {
  run("DELETE FROM ccctl.organisation");
  append_some(1);
  EXPECT_EQ(error_of([&] { seal(); }).kind(), ErrorKind::config_invalid);
}

TEST_F(Sealing, IsTheOwnersAlone) {
  append_some(1);
  for (const char* login : {"officer", "admin", "auditor"}) {
    Session session = database.session(login);
    EXPECT_EQ(error_of([&] { audit::seal(session, signer, context); }).kind(), ErrorKind::denied);
  }
}

}  // namespace
}  // namespace ccctl::testing
