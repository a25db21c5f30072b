// A journal's segments: every line holds the one before, and what is not what was written is told.
#include "journal/segment.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "journal/evidence_key.h"

namespace ccctl::journal {
namespace {

const crypto::Digest kNothing{};

Segment segment(std::uint64_t number, std::vector<std::string> leaves) {
  Segment segment;
  segment.number = number;
  segment.tenant = "acme";
  segment.key = "0123456789abcdef";
  segment.published = {{"evidence", "x.example/tenant/acme/evidence/2026", 7}};
  segment.leaves = std::move(leaves);
  segment.checkpoints = {"x.example/tenant/acme/evidence/2026\n7\nroot\n\n— signature\n"};
  return segment;
}

std::optional<Damage> damage_of(const std::string& text, std::uint64_t number,
                                const std::optional<crypto::Digest>& before = kNothing) {
  try {
    read(text, "acme", number, before);
  } catch (const Damaged& damaged) {
    return damaged.damage();
  }
  return std::nullopt;
}

TEST(JournalSegment, ReadsWhatWasWritten) {
  Segment written = segment(1, {R"({"action":"hold.added"})", R"({"action":"subject.erased"})"});
  const std::string text = write(written, kNothing);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  const Segment found = read(text, "acme", 1, kNothing);
  EXPECT_EQ(found.leaves, written.leaves);
  EXPECT_EQ(found.checkpoints, written.checkpoints);
  EXPECT_EQ(found.key, written.key);
  EXPECT_EQ(found.last, written.last);
  ASSERT_EQ(found.published.size(), 1U);
  EXPECT_EQ(found.published[0].origin, written.published[0].origin);
  EXPECT_EQ(found.published[0].size, 7U);
}

// The chain as anybody can compute it: HASH is the SHA-256 of the line before.
TEST(JournalSegment, EachLineBeginsWithTheHashOfTheLineBefore) {
  Segment written = segment(1, {R"({"action":"hold.added"})"});
  const std::string text = write(written, kNothing);
  std::string before(64, '0');
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    EXPECT_EQ(line.substr(0, 65), before + " ");
    before = crypto::to_hex(crypto::view(crypto::sha256(line)));
    at = end + 1;
  }
  EXPECT_EQ(before, crypto::to_hex(crypto::view(written.last)));
}

RC_GTEST_PROP(JournalSegment, NoticesAnyFlippedBitWhenTheNextSegmentIsRead, ()) {
  Segment first = segment(1, {R"({"action":"hold.added","n":1})", R"({"action":"hold.released"})"});
  std::string text = write(first, kNothing);
  Segment second = segment(2, {R"({"action":"subject.erased"})"});
  const std::string next = write(second, first.last);
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  const int bit = *rc::gen::inRange(0, 8);
  text[at] = static_cast<char>(text[at] ^ (1 << bit));
  std::optional<Damage> damage;
  try {
    damage = damage_of(next, 2, read(text, "acme", 1, kNothing).last);
  } catch (const Damaged& damaged) {
    damage = damaged.damage();
  }
  RC_ASSERT(damage.has_value());
}

RC_GTEST_PROP(JournalSegment, NoticesAnyTruncation, ()) {
  Segment first = segment(1, {R"({"action":"hold.added","n":1})", R"({"action":"hold.released"})"});
  const std::string text = write(first, kNothing);
  Segment second = segment(2, {});
  const std::string next = write(second, first.last);
  const std::string cut = text.substr(0, *rc::gen::inRange<std::size_t>(0, text.size()));
  std::optional<Damage> damage;
  try {
    damage = damage_of(next, 2, read(cut, "acme", 1, kNothing).last);
  } catch (const Damaged& damaged) {
    damage = damaged.damage();
  }
  RC_ASSERT(damage.has_value());
}

TEST(JournalSegment, TellsATornLineFromAnAlteredOne) {
  Segment written = segment(1, {R"({"action":"hold.added"})"});
  const std::string text = write(written, kNothing);
  EXPECT_EQ(damage_of(text, 1), std::nullopt);
  EXPECT_EQ(damage_of(text.substr(0, text.size() - 3), 1), Damage::torn);
  EXPECT_EQ(damage_of("", 1), Damage::torn);
  EXPECT_EQ(damage_of(text, 2), Damage::altered);
  EXPECT_EQ(damage_of(text, 1, written.last), Damage::altered);
}

TEST(JournalSegment, IsOneTenantsOnly) {
  Segment written = segment(1, {});
  const std::string text = write(written, kNothing);
  EXPECT_THROW(read(text, "globex", 1, kNothing), Damaged);
}

// What stands for a person is keyed, and the kind is part of it.
TEST(EvidenceKey, HashesUnderItsKeyAndKind) {
  const EvidenceKey one(Secret(std::string(32, 'a'))), other(Secret(std::string(32, 'b')));
  const Personal<std::string> value(std::string("+81312345678"));
  EXPECT_EQ(one.keyed("lookup", "phone", value).size(), 64U);
  EXPECT_EQ(one.keyed("lookup", "phone", value), one.keyed("lookup", "phone", value));
  EXPECT_NE(one.keyed("lookup", "phone", value), other.keyed("lookup", "phone", value));
  EXPECT_NE(one.keyed("lookup", "phone", value), one.keyed("lookup", "email", value));
  EXPECT_NE(one.check(), other.check());
}

}  // namespace
}  // namespace ccctl::journal
