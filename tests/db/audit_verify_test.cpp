// What `audit verify` says of a log that somebody with the owner's rights has worked on.
#include "db/audit_fixture.h"

namespace ccctl::testing {
namespace {

using audit::Verdict;

class Verifying : public Audit {
 protected:
  void SetUp() override {
    Audit::SetUp();
    grow(9, 3);
    pin = checkpoint();
    append_some(4);
    seal();  // 13 leaves under checkpoints of 3, 6, 9, 13
  }
  std::string origin() { return ask("SELECT origin FROM ccctl.shard WHERE tenant_id = 'acme'"); }
  // What the datastore was when it had `size` leaves, as a restored backup is.
  void roll_back(int size) {
    const std::string n = std::to_string(size);
    run("DELETE FROM ccctl.leaf WHERE leaf_index >= " + n);
    run("DELETE FROM ccctl.node WHERE ((node_index + 1) << level) > " + n);
    run("DELETE FROM ccctl.checkpoint WHERE size > " + n);
    run("UPDATE ccctl.shard SET size = " + n);
  }
  std::string note(const crypto::Signer& by, std::uint64_t size, const crypto::Digest& hash) {
    return by.sign_note(origin(), crypto::Checkpoint{origin(), size, hash}.body());
  }
  std::vector<std::string> lines() {
    store::Tx tx = root.begin(store::Mode::read_committed);
    const auto rows = tx.exec("SELECT encode(line, 'hex') FROM ccctl.leaf ORDER BY leaf_index");
    std::vector<std::string> all;
    for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(*crypto::from_hex(rows.text(i, 0)));
    return all;
  }
  std::string pin;  // of 9 leaves
};

TEST_F(Verifying, WantsAPinThatSomebodyKept) {  // W-42
  EXPECT_EQ(verdict(), Verdict::unpinned);
  EXPECT_EQ(audit::to_text(Verdict::unpinned), "consistent-but-unpinned");
  EXPECT_EQ(verdict({pin}), Verdict::verified);
  EXPECT_EQ(verdict({pin, checkpoint()}), Verdict::verified);
  EXPECT_EQ(verify({pin})[0].size, 13U);
}

TEST_F(Verifying, EveryFlippedBitOfALineIsNoticed) {
  for (int leaf = 0; leaf < 13; leaf += 4) {
    for (int bit : {0, 100, 555}) {
      const std::string flip = "UPDATE ccctl.leaf SET line = set_bit(line, " + std::to_string(bit) +
                               ", 1 - get_bit(line, " + std::to_string(bit) +
                               ")) WHERE leaf_index = " + std::to_string(leaf);
      run(flip);
      EXPECT_EQ(verdict({pin}), Verdict::altered);
      EXPECT_NE(last_explanation.find("leaf " + std::to_string(leaf) + " "), std::string::npos);
      run(flip);
    }
  }
  EXPECT_EQ(verdict({pin}), Verdict::verified);
}

TEST_F(Verifying, ARewrittenLeafDoesNotFitItsCheckpoint) {
  // The attacker mends everything that needs no key.
  run("UPDATE ccctl.leaf SET line = '{}', leaf_hash = sha256('\\x007b7d') WHERE leaf_index = 12");
  EXPECT_EQ(verdict(), Verdict::altered);
  EXPECT_NE(last_explanation.find("signs other leaves"), std::string::npos);
}

TEST_F(Verifying, SwappedLeavesAreAltered) {
  run("UPDATE ccctl.leaf a SET line = b.line, leaf_hash = b.leaf_hash FROM ccctl.leaf b "
      "WHERE a.leaf_index IN (4, 5) AND b.leaf_index = 9 - a.leaf_index");
  EXPECT_EQ(verdict(), Verdict::altered);
}

TEST_F(Verifying, RemovedLeavesAreTruncation) {
  run("DELETE FROM ccctl.leaf WHERE leaf_index = 12");
  EXPECT_EQ(verdict(), Verdict::truncated);
  run("UPDATE ccctl.shard SET size = 12");
  EXPECT_EQ(verdict(), Verdict::truncated);
  run("DELETE FROM ccctl.leaf");
  EXPECT_EQ(verdict(), Verdict::truncated);
  EXPECT_EQ(verdict({pin}), Verdict::truncated);
}

TEST_F(Verifying, AGapIsAltered) {
  run("DELETE FROM ccctl.leaf WHERE leaf_index = 5");
  EXPECT_EQ(verdict(), Verdict::altered);
  EXPECT_NE(last_explanation.find("leaf 5 is missing"), std::string::npos);
}

TEST_F(Verifying, AnOlderTreeIsARollback) {
  roll_back(6);
  EXPECT_EQ(verdict(), Verdict::unpinned) << "without a pin nobody can tell";
  EXPECT_EQ(verdict({pin}), Verdict::rollback_of_signed_tree);
}

TEST_F(Verifying, AVanishedLogIsARollback) {
  run("TRUNCATE ccctl.shard, ccctl.leaf, ccctl.node, ccctl.checkpoint");
  EXPECT_EQ(verdict({pin}), Verdict::rollback_of_signed_tree);
  EXPECT_EQ(verdict(), Verdict::unpinned);
}

TEST_F(Verifying, TwoSignedTreesAreEquivocation) {
  roll_back(6);
  append_some(7);
  seal();  // other leaves than the first time
  EXPECT_EQ(verdict(), Verdict::unpinned);
  EXPECT_EQ(verdict({pin}), Verdict::equivocation);
}

TEST_F(Verifying, TwoSignedCheckpointsOfOneSizeAreEquivocation) {
  EXPECT_EQ(verdict({note(signer, 13, crypto::sha256("another tree"))}), Verdict::equivocation);
  EXPECT_EQ(verdict({note(signer, 11, crypto::sha256("another tree"))}), Verdict::equivocation);
}

TEST_F(Verifying, AnOlderCheckpointInANewerOnesPlaceIsAltered) {
  run({"UPDATE ccctl.checkpoint SET note = $1 WHERE size = 13", {pin}});
  EXPECT_EQ(verdict(), Verdict::altered);
  run("DELETE FROM ccctl.checkpoint WHERE size = 13");
  EXPECT_EQ(verdict(), Verdict::altered);
  EXPECT_NE(last_explanation.find("no checkpoint covers the leaves from 9"), std::string::npos);
}

TEST_F(Verifying, AnotherKeyIsUnknown) {
  const crypto::Signer thief = signer_of('t');
  const auto all = lines();
  run({"UPDATE ccctl.checkpoint SET note = $1 WHERE size = 13",
       {note(thief, 13, naive_root(all, 0, all.size()))}});
  EXPECT_EQ(verdict(), Verdict::unknown_key);
  EXPECT_EQ(verdict({pin}), Verdict::unknown_key);
}

// Both keys are trusted, because the datastore publishes both: a log still has one, which opened
// it.
TEST_F(Verifying, AKeyPutBesideTheLogsOwnIsUnknown) {
  const crypto::Signer thief = signer_of('t');
  const auto all = lines();
  run({"UPDATE ccctl.checkpoint SET note = $1 WHERE size = 13",
       {note(thief, 13, naive_root(all, 0, all.size()))}});
  const auto found = [&](const std::vector<std::string>& pins) {
    store::Tx tx = root.begin(store::Mode::read_only_snapshot);
    return audit::verify(tx, "acme",
                         {crypto::VerifierKey::of("acme", signer.public_key()),
                          crypto::VerifierKey::of("acme", thief.public_key())},
                         pins)
        .at(0)
        .verdict;
  };
  EXPECT_EQ(found({}), Verdict::unknown_key);
  EXPECT_EQ(found({pin}), Verdict::unknown_key);
  run({"UPDATE ccctl.shard SET public_key = decode($1, 'hex') WHERE tenant_id = 'acme'",
       {crypto::to_hex(thief.public_key())}});
  EXPECT_EQ(found({pin}), Verdict::unknown_key);
  // The true key does not go on from there as if it had been changed.
  append_some(1);
  EXPECT_EQ(error_of([&] { seal(); }).kind(), ErrorKind::findings);
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.shard WHERE tenant_id = 'acme' AND closed_at IS NULL "
                "AND size = 13"),
            "1");
}

TEST_F(Verifying, ALeafThatIsNoEventAnyMoreIsAltered) {
  run("INSERT INTO ccctl.request_case (tenant_id, case_id, created_at) VALUES ('acme', '1', "
      "now())");
  for (const char* line :
       {"7b22616374696f6e223a22686f6c642eff", "7b22616374696f6e223a22686f6c642e"}) {
    run({"UPDATE ccctl.leaf SET line = decode($1, 'hex') WHERE leaf_index = 4", {line}});
    const auto results = verify({pin});
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].verdict, Verdict::altered);
    EXPECT_NE(results[0].explanation.find("leaf 4 "), std::string::npos);
    EXPECT_EQ(results[1].verdict, Verdict::altered) << "what refers to leaves cannot be compared";
  }
}

TEST_F(Verifying, AForgedSignatureIsAltered) {
  std::string forged = checkpoint();
  forged.replace(forged.find("\n13\n"), 4, "\n12\n");
  run({"UPDATE ccctl.checkpoint SET note = $1 WHERE size = 13", {forged}});
  EXPECT_EQ(verdict(), Verdict::altered);
}

TEST_F(Verifying, APinOfAnotherKeyProvesNothing) {
  EXPECT_EQ(verdict({note(signer_of('t'), 9, crypto::sha256("r"))}), Verdict::unknown_key);
}

TEST_F(Verifying, StoredHashesAreChecked) {
  run("UPDATE ccctl.node SET hash = sha256('x') WHERE level = 1 AND node_index = 2");
  EXPECT_EQ(verdict(), Verdict::altered);
  run("DELETE FROM ccctl.node WHERE level = 1 AND node_index = 2");
  EXPECT_EQ(verdict(), Verdict::altered);
}

TEST_F(Verifying, EveryPageOfALongLogIsChecked) {
  run("INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) SELECT 'acme', 'evidence', l, "
      "sha256('\\x00' || l) FROM (SELECT convert_to(format('{\"action\":"
      "\"retention.swept\",\"actor\":\"x\",\"at\":\"2026-01-01T00:00:00.000000Z\",\"body\":"
      "{\"rows\":%s},\"log\":\"evidence\",\"tenant\":\"acme\",\"v\":1}', n), 'UTF8') AS l FROM "
      "generate_series(1, 40000) n) x");
  seal();
  EXPECT_EQ(verdict({pin}), Verdict::verified);
  const auto spoilt = [&](const std::string& change, const std::string& said) {
    run("CREATE TABLE public.kept AS SELECT * FROM ccctl.node");
    run(change);
    EXPECT_EQ(verdict({pin}), Verdict::altered);
    EXPECT_NE(last_explanation.find(said), std::string::npos) << last_explanation;
    run("DELETE FROM ccctl.node");
    run("INSERT INTO ccctl.node SELECT * FROM public.kept");
    run("DROP TABLE public.kept");
  };
  spoilt("UPDATE ccctl.node SET hash = sha256('x') WHERE level = 2 AND node_index = 5000",
         "over leaf 20000 at level 2 ");
  spoilt("DELETE FROM ccctl.node WHERE level = 15", "over leaf 0 at level 15 ");
  // The same bytes, one behind the other, and yet not the same hashes.
  spoilt(
      "UPDATE ccctl.node SET hash = CASE node_index WHEN 9000 THEN substr(hash, 1, 31) ELSE "
      "(SELECT substr(hash, 32, 1) FROM ccctl.node WHERE level = 1 AND node_index = 9000) || "
      "hash END WHERE level = 1 AND node_index IN (9000, 9001)",
      "hash");
  EXPECT_EQ(verdict({pin}), Verdict::verified);
  run("UPDATE ccctl.leaf SET line = line || '\\x5c'::bytea WHERE leaf_index = 33000");
  EXPECT_EQ(verdict({pin}), Verdict::altered);
  EXPECT_NE(last_explanation.find("bytes of leaf 33000 "), std::string::npos);
}

TEST_F(Verifying, HashesOfNothingAreAltered) {
  run("INSERT INTO ccctl.node SELECT tenant_id, log, period, 4, 0, hash FROM ccctl.node LIMIT 1");
  EXPECT_EQ(verdict(), Verdict::altered);
}

TEST_F(Verifying, TheShardsOwnRowIsChecked) {
  run("UPDATE ccctl.shard SET size = 14");
  EXPECT_EQ(verdict(), Verdict::truncated);
  run("UPDATE ccctl.shard SET size = 12");
  EXPECT_EQ(verdict(), Verdict::altered);
  run("DELETE FROM ccctl.shard");
  EXPECT_EQ(verdict(), Verdict::altered);
}

TEST_F(Verifying, EveryReceiptHasItsLeaf) {
  const auto waiting = append(root, event());
  const auto refer = [&](int ordinal, const crypto::Digest& leaf) {
    run(
        {"INSERT INTO ccctl.receipt (tenant_id, request_id, pass, ordinal, tallies, leaf_hash, at) "
         "VALUES ('acme', 'r', 1, $1::integer, '[]', decode($2, 'hex'), now())",
         {std::to_string(ordinal), crypto::to_hex(crypto::view(leaf))}});
  };
  refer(1, crypto::leaf_hash(lines()[4]));
  refer(2, waiting);
  EXPECT_EQ(verdict({pin}), Verdict::verified) << "a leaf may still wait to be sealed";
  refer(3, crypto::sha256("no leaf"));
  const auto results = verify({pin});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].verdict, Verdict::verified);
  EXPECT_EQ(results[1].verdict, Verdict::truncated);
  EXPECT_EQ(results[1].explanation, "receipts without a leaf in the log: 1");
  run("DELETE FROM ccctl.receipt WHERE ordinal = 3");
  run("DELETE FROM ccctl.pending");
  EXPECT_EQ(verify({pin}).size(), 2U) << "a pending leaf that vanished is missed too";
}

TEST_F(Verifying, APinOfAnotherTenantIsRefused) {
  const std::string foreign = "ccctl.example/tenant/other/evidence/2026";
  const std::string other =
      signer.sign_note(foreign, crypto::Checkpoint{foreign, 1, crypto::sha256("r")}.body());
  EXPECT_EQ(error_of([&] { verify({other}); }).kind(), ErrorKind::usage);
}

}  // namespace
}  // namespace ccctl::testing
