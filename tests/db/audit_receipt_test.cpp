// The outsider's side: cmd/verify-receipt with openssl and coreutils against what prove() gives.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "db/audit_fixture.h"

namespace ccctl::testing {
namespace {

struct Answer {
  int exit_code;
  std::string text;  // stdout and stderr
};

class Receipts : public Audit {
 protected:
  void SetUp() override {
    Audit::SetUp();
    std::string name = (std::filesystem::temp_directory_path() / "receipt-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::filesystem::path write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }
  // What `request receipt` writes.
  std::string receipt(const crypto::Digest& leaf) {
    store::Tx tx = root.begin(store::Mode::read_only_snapshot);
    const auto proof = audit::prove(tx, "acme", leaf);
    if (!proof) return "";
    origin = proof->origin;
    return proof->leaf + "\n\n" + proof->tlog_proof;
  }
  std::string vkey() const {
    return crypto::VerifierKey::of(origin, signer.public_key()).to_text();
  }
  Answer verify_receipt(const std::string& bytes, const std::string& key) {
    const std::string command = std::string("LC_ALL=C.UTF-8 sh '") + CCCTL_SOURCE_DIR +
                                "/cmd/verify-receipt' '" + write("receipt", bytes).string() +
                                "' '" + key + "' 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    Answer answer{-1, ""};
    std::array<char, 512> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) answer.text += buffer.data();
    answer.exit_code = WEXITSTATUS(::pclose(pipe));
    return answer;
  }
  void expect_refused(const std::string& bytes, const std::string& key, const std::string& reason) {
    const Answer answer = verify_receipt(bytes, key);
    EXPECT_EQ(answer.exit_code, 1) << answer.text;
    EXPECT_NE(answer.text.find(reason), std::string::npos) << answer.text;
    EXPECT_EQ(answer.text.find("verified:"), answer.text.find("not verified:") + 4);
  }

  std::filesystem::path folder;
  std::string origin;
};

TEST_F(Receipts, AnOutsiderVerifiesEveryPlaceInTheTree) {
  std::mt19937 random(3);
  std::vector<crypto::Digest> leaves;
  for (std::size_t size = 1; size <= 70; ++size) {
    leaves.push_back(append(root, event()));
    seal();
    std::set<std::size_t> indexes{random() % size};
    if (size <= 9 || size >= 63) indexes.insert({0, size - 1});
    for (const std::size_t index : indexes) {
      const std::string text = receipt(leaves[index]);
      const Answer answer = verify_receipt(text, vkey());
      EXPECT_EQ(answer.exit_code, 0) << answer.text;
      EXPECT_EQ(answer.text, "verified: leaf " + std::to_string(index) + " of " + origin +
                                 ", in the signed tree of " + std::to_string(size) + " leaves\n");
    }
  }
}

TEST_F(Receipts, TheLeafMayHoldAnyText) {
  audit::Event odd = event();
  odd.action = "request.cancelled";
  odd.body = {{"reason",
               "-n \\x41 $(id) `id` 100% \u4e2d\u6587 'quoted' \"double\"  two  spaces \n\t end "}};
  append_some(2);
  const auto leaf = append(root, odd);
  seal();
  const std::string text = receipt(leaf);
  const Answer answer = verify_receipt(text, vkey());
  EXPECT_EQ(answer.exit_code, 0) << answer.text << text;
}

TEST_F(Receipts, NoFlippedBitGoesUnnoticed) {
  const auto leaves = append_some(11);
  seal();
  const std::string good = receipt(leaves[6]);
  ASSERT_EQ(verify_receipt(good, vkey()).exit_code, 0);
  std::mt19937 random(11);
  // Every line's ends, where base64 has spare bits and texts have separators, and a sample between.
  std::set<std::size_t> places{0, good.size() - 1};
  for (std::size_t at = good.find('\n'); at != std::string::npos; at = good.find('\n', at + 1)) {
    places.insert({at, at - 1, at - 2});
  }
  while (places.size() < 90) places.insert(random() % good.size());
  for (const std::size_t at : places) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (random() % 8)));
    const Answer answer = verify_receipt(flipped, vkey());
    EXPECT_EQ(answer.exit_code, 1) << "byte " << at << ": " << answer.text;
  }
}

TEST_F(Receipts, SaysWhatIsWrong) {
  const auto leaves = append_some(5);
  seal();
  const std::string good = receipt(leaves[2]);
  std::string altered = good;
  altered.replace(altered.find("officer"), 7, "0fficer");
  expect_refused(altered, vkey(), "do not lead to the signed root");
  std::string grown = good;
  grown.replace(grown.find("\n5\n"), 3, "\n6\n");
  expect_refused(grown, vkey(), "signature is false");
  std::string moved = good;
  moved.replace(moved.find("index 2"), 7, "index 7");
  expect_refused(moved, vkey(), "outside the tree");
  std::string shorter = good;
  const std::size_t hash = shorter.find("index 2\n") + 8;
  shorter.erase(hash, 45);
  expect_refused(shorter, vkey(), "too short");
  std::string longer = good;
  for (int i = 0; i < 3; ++i) longer.insert(hash, good.substr(hash, 45));
  expect_refused(longer, vkey(), "too long");
  expect_refused(good + "more\n", vkey(), "not part of it");
  expect_refused(good.substr(0, good.size() / 2), vkey(), "cut off");
  EXPECT_EQ(verify_receipt(good, "no key").exit_code, 1);
}

TEST_F(Receipts, OnlyTheRightKeyVerifies) {
  const auto leaf = append_some(3)[1];
  seal();
  const std::string good = receipt(leaf);
  const std::string other = crypto::VerifierKey::of(origin, signer_of('t').public_key()).to_text();
  expect_refused(good, other, "another key");
  const std::string elsewhere =
      crypto::VerifierKey::of("ccctl.example/tenant/other/evidence/2026", signer.public_key())
          .to_text();
  expect_refused(good, elsewhere, "the key is for");
  std::string wrong_id = vkey();
  wrong_id[wrong_id.find('+') + 1] = wrong_id[wrong_id.find('+') + 1] == '0' ? '1' : '0';
  expect_refused(good, wrong_id, "key id does not belong");
}

TEST_F(Receipts, TheKeyMayBeAPemFileOrAKeyFile) {
  const auto leaf = append_some(3)[1];
  seal();
  const std::string good = receipt(leaf);
  const auto pem = [&](const crypto::Signer& of) {
    return "-----BEGIN PUBLIC KEY-----\n" +
           crypto::to_base64(*crypto::from_hex("302a300506032b6570032100") + of.public_key()) +
           "\n-----END PUBLIC KEY-----\n";
  };
  EXPECT_EQ(verify_receipt(good, write("right.pem", pem(signer)).string()).exit_code, 0);
  expect_refused(good, write("wrong.pem", pem(signer_of('t'))).string(), "another key");
  EXPECT_EQ(verify_receipt(good, write("vkey", vkey() + "\n").string()).exit_code, 0);
}

}  // namespace
}  // namespace ccctl::testing
