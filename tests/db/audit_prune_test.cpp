// Dropping a shard: what stays proves that every checkpoint that was signed led to the last one.
#include "audit/prune.h"

#include "audit/prove.h"
#include "db/audit_fixture.h"

namespace ccctl::testing {
namespace {

using audit::Verdict;

class PruningShards : public Audit {
 protected:
  // A closed shard of `size` leaves with a checkpoint of each size, and an open one.
  void close_with(int size) {
    grow(size, 1);
    const auto rows = notes();
    pins.assign(rows.begin(), rows.end());
    signer = signer_of('t');
    append_some(1);
    seal();
  }
  std::vector<std::string> notes() {
    store::Tx tx = root.begin(store::Mode::read_committed);
    const auto rows =
        tx.exec("SELECT note FROM ccctl.checkpoint WHERE tenant_id = 'acme' ORDER BY period, size");
    std::vector<std::string> all;
    for (std::size_t i = 0; i < rows.size(); ++i) all.emplace_back(rows.text(i, 0));
    return all;
  }
  audit::ClosedShard closed() {
    store::Tx tx = root.begin(store::Mode::read_only_snapshot);
    return audit::closed_shards(tx, "acme").at(0);
  }
  // As retention/prune.h does it: with a receipt and its leaf.
  void drop() {
    const audit::ClosedShard shard = closed();
    sealer.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      audit::drop_shard(tx, shard, {{"origin", shard.origin}});
      audit::Event told = event("sealer");
      told.action = "audit.pruned";
      told.request_id.clear();
      told.body = {{"origin", shard.origin}};
      const auto leaf = audit::append(tx, told, context.now());
      tx.exec(
          {"INSERT INTO ccctl.receipt (tenant_id, request_id, pass, ordinal, tallies, leaf_hash, "
           "at) VALUES ('acme', $1, 1, 1, '[]', decode($2, 'hex'), now())",
           {"prune/" + shard.origin, crypto::to_hex(crypto::view(leaf))}});
    });
    seal();
  }
  audit::Verification verify_first(const std::vector<std::string>& with = {}) {
    store::Session session = database.session("auditor");
    store::Tx tx = session.begin(store::Mode::read_only_snapshot);
    const auto results = audit::verify(tx, "acme", audit::published_keys(tx, "acme"), with);
    EXPECT_EQ(results.size(), 2U);
    return results.at(0);
  }

  static std::string origin_of(const std::string& note) { return note.substr(0, note.find('\n')); }

  std::vector<std::string> pins;  // of each size of the first shard
};

TEST_F(PruningShards, EveryPinStillVerifies) {  // P-26
  close_with(13);
  drop();
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.leaf WHERE tenant_id = 'acme'"), "2");
  EXPECT_EQ(
      ask("SELECT count(*) FROM ccctl.node n JOIN ccctl.shard s USING (tenant_id, log, period) "
          "WHERE s.pruned_at IS NOT NULL"),
      "0");
  EXPECT_EQ(verify_first().verdict, Verdict::unpinned);
  EXPECT_EQ(verify_first().size, 13U);
  for (const std::string& pin : pins) {
    EXPECT_EQ(verify_first({pin}).verdict, Verdict::verified) << pin;
  }
  EXPECT_EQ(ask("SELECT convert_from(line, 'UTF8')::json ->> 'action' FROM ccctl.leaf WHERE "
                "tenant_id = '*' ORDER BY period DESC, leaf_index DESC LIMIT 1"),
            "shard.pruned");
}

TEST_F(PruningShards, AnotherTreeOfItIsNoticed) {
  close_with(6);
  drop();
  const std::string origin = origin_of(pins[0]);
  const crypto::Signer old = signer_of('s');
  const auto forged = [&](std::uint64_t size) {
    return old.sign_note(origin,
                         crypto::Checkpoint{origin, size, crypto::sha256("another")}.body());
  };
  EXPECT_EQ(verify_first({forged(4)}).verdict, Verdict::equivocation);
  EXPECT_EQ(verify_first({forged(6)}).verdict, Verdict::equivocation);
  EXPECT_EQ(verify_first({forged(7)}).verdict, Verdict::rollback_of_signed_tree);
  run("UPDATE ccctl.checkpoint SET consistency = '\\x00' WHERE size = 3");
  EXPECT_EQ(verify_first().verdict, Verdict::altered);
  run("DELETE FROM ccctl.checkpoint WHERE size = 6");
  EXPECT_EQ(verify_first().verdict, Verdict::truncated);
}

TEST_F(PruningShards, WhatIsNotAsSignedStays) {
  close_with(5);
  run("UPDATE ccctl.leaf SET line = set_bit(line, 100, 1 - get_bit(line, 100)) "
      "WHERE tenant_id = 'acme' AND leaf_index = 2");
  EXPECT_EQ(error_of([&] { drop(); }).kind(), ErrorKind::findings);
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.leaf WHERE tenant_id = 'acme'"), "6");
}

TEST_F(PruningShards, NoLeafGoesThatTheJournalLacks) {
  close_with(3);
  run("INSERT INTO ccctl.journal_due SELECT tenant_id, leaf_hash FROM ccctl.leaf "
      "WHERE tenant_id = 'acme' AND leaf_index = 1");
  EXPECT_EQ(error_of([&] { drop(); }).kind(), ErrorKind::busy);
  run("DELETE FROM ccctl.journal_due");
  drop();
}

TEST_F(PruningShards, LeavesThatVanishWithoutAReceiptWereNotPruned) {
  close_with(4);
  run("DELETE FROM ccctl.leaf WHERE tenant_id = 'acme' AND leaf_index < 4 AND period !~ '[.]'");
  EXPECT_EQ(verify_first().verdict, Verdict::truncated);
  run("UPDATE ccctl.shard SET pruned_at = now() WHERE tenant_id = 'acme' AND period !~ '[.]'");
  EXPECT_EQ(verify_first().verdict, Verdict::altered) << "its checkpoints have no proofs";
}

// Whoever can write all rows and sign nothing: no row is a proof that a log was pruned.
TEST_F(PruningShards, TheRowsOfALogThatWasNotPrunedProveNothing) {
  grow(4, 1);
  const std::string pin = checkpoint();
  run("DELETE FROM ccctl.leaf WHERE tenant_id = 'acme'");
  run("DELETE FROM ccctl.node WHERE tenant_id = 'acme'");
  run("DELETE FROM ccctl.checkpoint WHERE tenant_id = 'acme' AND size < 4");
  run("UPDATE ccctl.shard SET closed_at = now(), pruned_at = now() WHERE tenant_id = 'acme'");
  run("INSERT INTO ccctl.receipt (tenant_id, request_id, pass, ordinal, tallies, leaf_hash, at) "
      "SELECT 'acme', 'prune/' || origin, 1, 1, '[]', sha256(''), '2019-01-01Z' FROM ccctl.shard "
      "WHERE tenant_id = 'acme'");
  EXPECT_EQ(verdict({pin}), Verdict::truncated);
}

TEST_F(PruningShards, WhatToldOfPruningIsPrunedItselfOneDay) {
  close_with(3);
  drop();
  signer = signer_of('u');
  append_some(1);
  seal();
  drop();  // with the leaf that told of the first
  store::Tx tx = root.begin(store::Mode::read_only_snapshot);
  const auto results = audit::verify(tx, "acme", audit::published_keys(tx, "acme"), {pins[1]});
  ASSERT_GE(results.size(), 3U);
  EXPECT_EQ(results[0].verdict, Verdict::verified) << results[0].explanation;
  EXPECT_EQ(results[1].verdict, Verdict::unpinned) << results[1].explanation;
}

TEST_F(PruningShards, WhatLedToTheLastCheckpointIsStillProved) {
  close_with(4);
  drop();
  store::Tx tx = root.begin(store::Mode::read_only_snapshot);
  const auto proof =
      audit::prove_consistency(tx, "acme", pins[1], audit::published_keys(tx, "acme"));
  EXPECT_EQ(proof.old_size, 2U);
  EXPECT_EQ(proof.size, 4U);
}

}  // namespace
}  // namespace ccctl::testing
