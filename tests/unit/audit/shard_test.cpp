// Origins, periods and pins: what names a tree, and which foreign checkpoint is believed.
#include "audit/shard.h"

#include <gtest/gtest.h>

#include "audit/pins.h"
#include "base/error.h"

namespace ccctl::audit {
namespace {

using crypto::NoteVerdict;

crypto::Signer signer_of(char seed) {
  return crypto::Signer(Secret(std::string(32, seed)));
}

std::string note(const crypto::Signer& signer, const std::string& origin, std::uint64_t size) {
  return signer.sign_note(origin, crypto::Checkpoint{origin, size, crypto::sha256("r")}.body());
}

TEST(AuditShard, EncodesIdsInOrigins) {
  EXPECT_EQ(tenant_prefix("ccctl.example", "acme"), "ccctl.example/tenant/acme/");
  EXPECT_EQ(escape_id("a/b c+d%\u00fc\n~"), "a%2Fb%20c%2Bd%25%C3%BC%0A~");
}

TEST(AuditShard, PeriodsAreUtc) {
  const Instant new_year = *parse_instant("2027-01-01T08:00:00+09:00");
  EXPECT_EQ(period_of("evidence", new_year), "2026");
  EXPECT_EQ(period_of("security", new_year), "2026-12");
}

TEST(AuditShard, OpensOnlyCheckpointsOfTrustedKeys) {
  const auto signer = signer_of('a');
  const std::string origin = "ccctl.example/tenant/acme/evidence/2026";
  const std::string text = note(signer, origin, 7);
  // The key is trusted under any name: one key signs for many origins.
  const auto trusted = crypto::VerifierKey::of("elsewhere", signer.public_key());
  const auto other = crypto::VerifierKey::of(origin, signer_of('b').public_key());
  EXPECT_EQ(open_checkpoint(text, {other, trusted}).verdict, NoteVerdict::valid);
  EXPECT_EQ(open_checkpoint(text, {other, trusted}).checkpoint.size, 7U);
  EXPECT_EQ(open_checkpoint(text, {other}).verdict, NoteVerdict::unknown_key);
  EXPECT_EQ(open_checkpoint("no checkpoint", {trusted}).verdict, NoteVerdict::malformed);
  std::string forged = text;
  forged.replace(forged.find("\n7\n"), 3, "\n8\n");
  EXPECT_EQ(open_checkpoint(forged, {trusted}).verdict, NoteVerdict::bad_signature);
}

TEST(AuditShard, TakesPinsFromCheckpointsProofsAndReceipts) {
  const auto signer = signer_of('a');
  const std::string prefix = "ccctl.example/tenant/acme/";
  const std::string checkpoint = note(signer, prefix + "evidence/2026", 7);
  const std::string proof = crypto::tlog_proof(3, {crypto::sha256("p")}, checkpoint);
  const std::vector<crypto::VerifierKey> keys{crypto::VerifierKey::of("k", signer.public_key())};
  const auto pins = read_pins({checkpoint, proof, "{\"v\":1}\n\n" + proof}, keys, {prefix});
  ASSERT_EQ(pins.size(), 3U);
  for (const Pin& pin : pins) {
    EXPECT_EQ(pin.size, 7U);
    EXPECT_EQ(pin.verdict, NoteVerdict::valid);
  }
}

TEST(AuditShard, RefusesPinsThatSayNothingAboutTheTenant) {
  const auto signer = signer_of('a');
  const std::string foreign = note(signer, "ccctl.example/tenant/acme2/evidence/2026", 7);
  for (const std::string& text : {std::string("nonsense"), foreign}) {
    try {
      read_pins({text}, {}, {"ccctl.example/tenant/acme/"});
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
    }
  }
}

}  // namespace
}  // namespace ccctl::audit
