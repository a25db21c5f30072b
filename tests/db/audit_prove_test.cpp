// Proofs from stored shards: every leaf, and from every older checkpoint, for trees of awkward
// sizes.
#include "audit/prove.h"

#include "db/audit_fixture.h"

namespace ccctl::testing {
namespace {

class Proving : public Audit {
 protected:
  // Adds leaves `{"n":…}` up to `size`, by one seal.
  void grow_to(std::uint64_t size) {
    run(
        {"INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) SELECT 'acme', 'evidence', "
         "l, "
         "sha256('\\x00' || l) FROM (SELECT convert_to(format('{\"n\":%s}', n), 'UTF8') AS l "
         "FROM generate_series($1::bigint, $2::bigint - 1) n) s",
         {std::to_string(size_), std::to_string(size)}});
    for (const audit::Sealed& sealed : seal()) {
      if (sealed.origin.find("/tenant/acme/") != std::string::npos) {
        ASSERT_EQ(sealed.size, size);
        origin = sealed.origin;
        checkpoints[size] = sealed.checkpoint;
      }
    }
    size_ = size;
  }
  crypto::Checkpoint signed_tree(const std::string& note) const {
    const auto key = crypto::VerifierKey::of(origin, signer.public_key());
    const auto opened = crypto::open_note(note, key);
    EXPECT_EQ(opened.verdict, crypto::NoteVerdict::valid);
    return crypto::Checkpoint::parse_body(opened.body).value_or(crypto::Checkpoint{});
  }
  std::vector<crypto::VerifierKey> keys() const {
    return {crypto::VerifierKey::of("acme", signer.public_key())};
  }
  void expect_inclusion(store::Tx& tx, std::uint64_t index) {
    const auto proof = audit::prove_at(tx, "acme", origin, index);
    ASSERT_TRUE(proof) << index;
    EXPECT_EQ(proof->leaf, "{\"n\":" + std::to_string(index) + "}");
    const auto parsed = crypto::parse_tlog_proof(proof->tlog_proof);
    ASSERT_TRUE(parsed);
    const crypto::Checkpoint tree = signed_tree(parsed->checkpoint_note);
    EXPECT_EQ(tree.size, size_);
    EXPECT_TRUE(crypto::verify_inclusion(crypto::leaf_hash(proof->leaf), index, tree.size,
                                         parsed->hashes, tree.root));
    EXPECT_EQ(audit::prove(tx, "acme", crypto::leaf_hash(proof->leaf))->tlog_proof,
              proof->tlog_proof);
  }
  void expect_consistency(store::Tx& tx, const std::string& old) {
    const auto proof = audit::prove_consistency(tx, "acme", old, keys());
    const crypto::Checkpoint before = signed_tree(old), after = signed_tree(proof.checkpoint);
    EXPECT_EQ(after.size, size_);
    EXPECT_TRUE(
        crypto::verify_consistency(before.size, after.size, before.root, after.root, proof.hashes))
        << before.size << " to " << after.size;
  }
  std::string note(const crypto::Signer& by, std::uint64_t size, const crypto::Digest& hash) const {
    return by.sign_note(origin, crypto::Checkpoint{origin, size, hash}.body());
  }
  ErrorKind refusal(const std::string& old) {
    store::Tx tx = root.begin(store::Mode::read_only_snapshot);
    return error_of([&] { audit::prove_consistency(tx, "acme", old, keys()); }).kind();
  }

  std::string origin;
  std::map<std::uint64_t, std::string> checkpoints;

 private:
  std::uint64_t size_ = 0;
};

TEST_F(Proving, EveryLeafAndEveryPairUpToSixtyFour) {
  for (std::uint64_t size = 1; size <= 64; ++size) {
    grow_to(size);
    store::Tx tx = root.begin(store::Mode::read_only_snapshot);
    for (const auto& [old, checkpoint] : checkpoints) {
      expect_consistency(tx, checkpoint);
      expect_inclusion(tx, old - 1);
    }
    expect_consistency(tx, note(signer, 0, crypto::empty_root()));
  }
}

TEST_F(Proving, TreesAroundPowersOfTwo) {
  {
    store::Tx tx = root.begin(store::Mode::read_only_snapshot);
    EXPECT_FALSE(audit::prove_at(tx, "acme", "ccctl.example/tenant/acme/evidence/2026", 0));
  }
  for (const std::uint64_t size : {1U, 2U, 255U, 256U, 257U, 65'535U, 65'536U, 70'000U}) {
    grow_to(size);
    store::Tx tx = root.begin(store::Mode::read_only_snapshot);
    for (const auto& [old, checkpoint] : checkpoints) {
      expect_consistency(tx, checkpoint);
      expect_inclusion(tx, old - 1);
      expect_inclusion(tx, old / 2);
    }
    EXPECT_FALSE(audit::prove_at(tx, "acme", origin, size));
  }
}

TEST_F(Proving, OnlyWhatWasSignedIsExtended) {
  grow_to(5);
  const std::string old = checkpoints[5];
  grow_to(9);
  const crypto::Digest other = crypto::sha256("another tree");
  EXPECT_EQ(refusal(note(signer, 5, other)), ErrorKind::findings);
  EXPECT_EQ(refusal(note(signer, 12, other)), ErrorKind::findings);
  EXPECT_EQ(refusal(note(signer_of('t'), 5, signed_tree(old).root)), ErrorKind::findings);
  EXPECT_EQ(refusal("no checkpoint"), ErrorKind::usage);
  std::string renamed = old;
  renamed.replace(renamed.find("/evidence/"), 10, "/security/");
  EXPECT_EQ(refusal(renamed), ErrorKind::not_found);
  run("UPDATE ccctl.node SET hash = sha256('x') WHERE level = 2");
  EXPECT_EQ(refusal(old), ErrorKind::findings);
  run("DELETE FROM ccctl.node");
  EXPECT_EQ(refusal(old), ErrorKind::findings);
}

}  // namespace
}  // namespace ccctl::testing
