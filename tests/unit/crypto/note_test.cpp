#include "crypto/note.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>

#include "base/error.h"
#include "crypto/ed25519.h"
#include "crypto/tree.h"

namespace ccctl::crypto {
namespace {

// The vector of formats.md 5.
constexpr std::string_view kKey =
    "ccctl.example/tenant/acme/2026+ee049fc8+Af9vrV2w6PO/aBWFNWq+tLOaT0/bPe0LezbNILJ1QVBk";
constexpr std::string_view kNote =
    "ccctl.example/tenant/acme/2026\n"
    "7\n"
    "gcM5Ofa686usmWOiM1FhylkyLHbHR0R8utktBJ4FaNU=\n"
    "\n"
    "— ccctl.example/tenant/acme/2026 "
    "7gSfyDcHKJQTe9J41hwXqeh6BGanVE90VHyXxNr70cxvdGZg8KVAyQShc9UwLf1wdoGGTuHaRhxvNkvDSdKcry+93gM="
    "\n";

std::string bytes(std::string_view hex) {
  return from_hex(hex).value();
}

Signer a_signer() {
  return Signer(Secret(std::string(32, '\x2a')));
}

NoteVerdict verdict(std::string_view note) {
  return open_note(note, VerifierKey::parse(kKey).value()).verdict;
}

TEST(Checkpoint, MatchesTheVector) {
  const auto key = VerifierKey::parse(kKey);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->id, 0xee049fc8U);
  EXPECT_EQ(key->name, "ccctl.example/tenant/acme/2026");
  EXPECT_EQ(key->to_text(), kKey);

  const OpenedNote opened = open_note(kNote, *key);
  ASSERT_EQ(opened.verdict, NoteVerdict::valid);
  const auto checkpoint = Checkpoint::parse_body(opened.body);
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->origin, key->name);
  EXPECT_EQ(checkpoint->size, 7U);
  EXPECT_EQ(checkpoint->body(), opened.body);

  Appender tree(0, {});
  for (int i = 0; i < 7; ++i) {
    tree.append(leaf_hash(R"({"n":)" + std::to_string(i) + R"(,"op":"subject.delete"})"), nullptr);
  }
  EXPECT_EQ(checkpoint->root, tree.root());
}

TEST(Checkpoint, IsRefusedWithAnyBitFlipped) {
  for (std::size_t i = 0; i < kNote.size() * 8; ++i) {
    std::string note(kNote);
    note[i / 8] = static_cast<char>(note[i / 8] ^ (1 << i % 8));
    EXPECT_NE(verdict(note), NoteVerdict::valid) << "bit " << i;
  }
}

TEST(Note, OpensTheExampleOfTheSpecification) {
  const auto key =
      VerifierKey::parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
  ASSERT_TRUE(key);
  const std::string note =
      "This is an example message.\n\n— example.com/foo "
      "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
      "\n";
  EXPECT_EQ(open_note(note, *key).verdict, NoteVerdict::valid);
  EXPECT_EQ(open_note(note, *key).body, "This is an example message.\n");
}

TEST(Note, TellsWhyItIsNotBelieved) {
  const std::string note(kNote);
  const std::string body = note.substr(0, note.find("\n\n") + 1);
  EXPECT_EQ(verdict(a_signer().sign_note("ccctl.example/tenant/acme/2026", body)),
            NoteVerdict::unknown_key);
  EXPECT_EQ(verdict(a_signer().sign_note("elsewhere.example", body)), NoteVerdict::unknown_key);
  std::string altered = note;
  altered.replace(altered.find("\n7\n"), 3, "\n8\n");
  EXPECT_EQ(verdict(altered), NoteVerdict::bad_signature);
  EXPECT_TRUE(open_note(altered, VerifierKey::parse(kKey).value()).body.empty());
}

TEST(Note, PassesOverSignaturesOfOthers) {
  const std::string note(kNote);
  const std::string other = a_signer().sign_note("witness.example", "x\n");
  const std::string line = other.substr(other.find("\n\n") + 2);
  EXPECT_EQ(verdict(note + line), NoteVerdict::valid);
  // One signature of the key that fails spoils the note, whatever the others say.
  std::string twice = note + note.substr(note.find("\n\n") + 2);
  EXPECT_EQ(verdict(twice), NoteVerdict::valid);
  twice[twice.size() - 6] = twice[twice.size() - 6] == 'A' ? 'B' : 'A';
  EXPECT_EQ(verdict(twice), NoteVerdict::bad_signature);
}

TEST(Note, IsReadStrictly) {
  const std::string note(kNote);
  const std::string line = note.substr(note.find("\n\n") + 2);
  const std::string blob = line.substr(line.rfind(' ') + 1);
  for (const std::string& bad :
       {std::string(), std::string("\n\n"), std::string("a\n\n"), note.substr(0, note.size() - 1),
        note + "\n", note + "x\n", "a\n" + line, "a\n\n- b " + blob, "a\n\n—  " + blob,
        "a\n\n— b+c " + blob, "a\n\n— b\xc2\xa0 " + blob, "a\r\n\n" + line, "a\t\n\n" + line,
        "\xff\n\n" + line, std::string("a\n\n— b AAAA\n"), "a\n\n— b " + blob.substr(0, 21) + "\n",
        std::string("a\0\n\n", 4) + line}) {
    EXPECT_EQ(verdict(bad), NoteVerdict::malformed) << bad;
  }
}

TEST(Note, IsSignedOnlyInGoodForm) {
  const Signer signer = a_signer();
  EXPECT_THROW(signer.sign_note("", "a\n"), std::invalid_argument);
  EXPECT_THROW(signer.sign_note("a b", "a\n"), std::invalid_argument);
  EXPECT_THROW(signer.sign_note("a+b", "a\n"), std::invalid_argument);
  EXPECT_THROW(signer.sign_note("a", "a"), std::invalid_argument);
  EXPECT_THROW(signer.sign_note("a", "a\r\n"), std::invalid_argument);
}

RC_GTEST_PROP(Note, OpensWhatASignerSigned, ()) {
  const auto lines = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '\n', ' '));
  Context context = system_context();
  const Signer signer(Signer::generate(context));
  const std::string note = signer.sign_note("o.example", lines + "\n");
  const auto key = VerifierKey::of("o.example", signer.public_key());
  RC_ASSERT(open_note(note, key).verdict == NoteVerdict::valid);
  RC_ASSERT(open_note(note, key).body == lines + "\n");
  RC_ASSERT(VerifierKey::parse(key.to_text())->public_key == signer.public_key());
}

TEST(VerifierKey, IsReadStrictly) {
  const std::string key(kKey);
  const std::string name = key.substr(0, key.find('+'));
  for (const std::string& bad :
       {std::string(), name, name + "+ee049fc8", key.substr(name.size()), key + "A", key + "\n",
        name + "x" + key.substr(name.size()), name + "+EE049FC8" + key.substr(key.find("+Af")),
        name + "+ee049fc9" + key.substr(key.find("+Af")), name + "+ee049fc8+" + to_base64("x")}) {
    EXPECT_FALSE(VerifierKey::parse(bad)) << bad;
  }
}

TEST(CheckpointBody, IsReadStrictly) {
  const std::string hash = to_base64(std::string(32, 'h')) + "\n";
  EXPECT_TRUE(Checkpoint::parse_body("o\n0\n" + hash));
  EXPECT_EQ(Checkpoint::parse_body("o\n18446744073709551615\n" + hash)->size, UINT64_MAX);
  for (const std::string& bad :
       {std::string(), std::string("o\n"), "o\n1\n" + hash.substr(0, hash.size() - 1),
        "\n1\n" + hash, "o\n01\n" + hash, "o\n-1\n" + hash, "o\n+1\n" + hash, "o\n\n" + hash,
        "o\n1 \n" + hash, "o\n18446744073709551616\n" + hash, "o\n1\n" + to_base64("short") + "\n",
        "o\n1\n" + hash + "extension\n", "o\n1\n" + hash + "\n", "o\t\n1\n" + hash}) {
    EXPECT_FALSE(Checkpoint::parse_body(bad)) << bad;
  }
}

TEST(TlogProof, HasTheFormOfC2sp) {
  const Digest hash = sha256("a");
  const std::string text = tlog_proof(3, {hash, hash}, kNote);
  EXPECT_EQ(text, "c2sp.org/tlog-proof@v1\nindex 3\n" + to_base64(view(hash)) + "\n" +
                      to_base64(view(hash)) + "\n\n" + std::string(kNote));
  const auto proof = parse_tlog_proof(text);
  ASSERT_TRUE(proof);
  EXPECT_EQ(proof->index, 3U);
  EXPECT_EQ(proof->hashes, (std::vector<Digest>{hash, hash}));
  EXPECT_EQ(proof->checkpoint_note, kNote);
  // A tree of one leaf needs no hashes.
  EXPECT_TRUE(parse_tlog_proof(tlog_proof(0, {}, kNote))->hashes.empty());
  EXPECT_TRUE(
      parse_tlog_proof("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\n" + std::string(kNote)));
}

TEST(TlogProof, IsReadStrictly) {
  const std::string note(kNote);
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::string hash = to_base64(std::string(32, 'h')) + "\n";
  std::string many;
  for (int i = 0; i < 65; ++i) many += hash;
  for (const std::string& bad :
       {std::string(), head, head + "index 0\n", head + "index 0\n\n",
        head + "\nindex 0\n\n" + note, "c2sp.org/tlog-proof@v2\nindex 0\n\n" + note,
        head + "index 00\n\n" + note, head + "index  0\n\n" + note, head + "index\n\n" + note,
        head + "index 0\n" + note, head + "index 0\n" + hash + note,
        head + "index 0\nAAAA\n\n" + note, head + "index 0\n" + many + "\n" + note,
        head + "index 0\n\n" + note + "\n", head + "extra !\nindex 0\n\n" + note,
        head + "index 0\nextra AAAA\n\n" + note, head + "index 18446744073709551616\n\n" + note}) {
    EXPECT_FALSE(parse_tlog_proof(bad)) << bad;
  }
}

RC_GTEST_PROP(Parsers, SurviveGarbage, (const std::string& garbage)) {
  const auto key = VerifierKey::parse(kKey).value();
  open_note(garbage, key);
  VerifierKey::parse(garbage);
  Checkpoint::parse_body(garbage);
  parse_tlog_proof(garbage);
  // Also garbage where a parser has come further.
  const std::size_t cut = *rc::gen::inRange<std::size_t>(0, kNote.size());
  const std::string spliced = std::string(kNote.substr(0, cut)) + garbage;
  RC_ASSERT(open_note(spliced, key).verdict != NoteVerdict::valid);
  const std::string proof = tlog_proof(3, {sha256("a")}, kNote);
  parse_tlog_proof(proof.substr(0, cut) + garbage);
}

// RFC 8032, section 7.1, tests 1 to 3.
TEST(Ed25519, MatchesRfc8032) {
  struct Vector {
    std::string_view seed, public_key, message, signature;
  };
  const Vector vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9b4"
       "6bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "11d"
       "8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
       "dc6"
       "594a7c15e9716ed28dc027beceea1ec40a"}};
  for (const Vector& v : vectors) {
    const Secret seed(bytes(v.seed));
    EXPECT_EQ(to_hex(ed25519_public_key(seed)), v.public_key);
    EXPECT_EQ(to_hex(ed25519_sign(seed, bytes(v.message))), v.signature);
    EXPECT_TRUE(ed25519_verify(bytes(v.public_key), bytes(v.message), bytes(v.signature)));
    EXPECT_FALSE(ed25519_verify(bytes(v.public_key), bytes(v.message) + "x", bytes(v.signature)));
  }
  EXPECT_FALSE(ed25519_verify("short", "m", std::string(64, 's')));
  EXPECT_FALSE(ed25519_verify(std::string(32, 'k'), "m", "short"));
}

TEST(Signer, WantsAWholeSeed) {
  try {
    Signer signer(Secret(std::string(31, 'x')));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::key_unavailable);
  }
}

}  // namespace
}  // namespace ccctl::crypto
