// A datastore with a log: what the audit tests share.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "audit/event.h"
#include "audit/sealer.h"
#include "base/error.h"
#include "crypto/tree.h"
#include "store/session.h"
#include "support/database.h"
#include "support/errors.h"

namespace ccctl::testing {

inline crypto::Signer signer_of(char seed) {
  return crypto::Signer(Secret(std::string(32, seed)));
}

// RFC 6962's definition of the root, without any of the program's tree code.
inline crypto::Digest naive_root(const std::vector<std::string>& lines, std::size_t from,
                                 std::size_t to) {
  if (to - from == 1) return crypto::sha256(std::string(1, '\0') + lines[from]);
  std::size_t left = 1;
  while (left * 2 < to - from) left *= 2;
  const crypto::Digest a = naive_root(lines, from, from + left);
  const crypto::Digest b = naive_root(lines, from + left, to);
  return crypto::sha256("\x01" + std::string(crypto::view(a)) + std::string(crypto::view(b)));
}

class Audit : public ::testing::Test {
 protected:
  void SetUp() override {
    run("INSERT INTO ccctl.organisation (domain) VALUES ('ccctl.example') "
        "ON CONFLICT (only_row) DO UPDATE SET domain = excluded.domain");
  }

  void run(const store::Sql& sql) {
    root.transact(store::Mode::read_committed, [&](store::Tx& tx) { tx.exec(sql); });
  }
  std::string ask(const store::Sql& sql) {
    store::Tx tx = root.begin(store::Mode::read_committed);
    return std::string(tx.exec(sql).text(0, 0));
  }

  audit::Event event(const std::string& actor = "officer") {
    audit::Event made;
    made.tenant = "acme";
    made.action = "audit.idle";
    made.actor = actor;
    made.request_id = std::to_string(++number_ + 10'000'000) + "-0000-4000-8000-000000000000";
    return made;
  }
  crypto::Digest append(store::Session& session, const audit::Event& what) {
    crypto::Digest hash{};
    session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      hash = audit::append(tx, what, *parse_instant("2026-11-21T12:00:00Z"));
    });
    return hash;
  }
  std::vector<crypto::Digest> append_some(int count) {
    std::vector<crypto::Digest> hashes;
    for (int i = 0; i < count; ++i) hashes.push_back(append(root, event()));
    return hashes;
  }
  std::vector<audit::Sealed> seal() { return audit::seal(sealer, signer, context); }
  // `count` leaves in shards of size `step`, one checkpoint each.
  void grow(int count, int step) {
    for (int done = 0; done < count; done += step) {
      append_some(std::min(step, count - done));
      seal();
    }
  }
  // The one shard's newest checkpoint.
  std::string checkpoint() {
    return ask(
        "SELECT note FROM ccctl.checkpoint WHERE tenant_id <> '*' ORDER BY signed_at DESC, size "
        "DESC LIMIT 1");
  }
  std::vector<audit::Verification> verify(const std::vector<std::string>& pins = {}) {
    store::Session session = database.session("auditor");
    store::Tx tx = session.begin(store::Mode::read_only_snapshot);
    return audit::verify(tx, "acme", {crypto::VerifierKey::of("acme", signer.public_key())}, pins);
  }
  // Of the only shard.
  audit::Verdict verdict(const std::vector<std::string>& pins = {}) {
    const auto results = verify(pins);
    EXPECT_EQ(results.size(), 1U);
    if (results.empty()) return audit::Verdict::verified;
    EXPECT_FALSE(results[0].explanation.empty());
    last_explanation = results[0].explanation;
    return results[0].verdict;
  }

  Database database = Database::fresh();
  store::Session root = database.session();
  store::Session sealer = database.session("sealer");
  crypto::Signer signer = signer_of('s');
  Context context = system_context();
  std::string last_explanation;

 private:
  int number_ = 0;
};

// gtest prints a verdict by its name.
inline void PrintTo(audit::Verdict verdict, std::ostream* out) {
  *out << audit::to_text(verdict);
}

}  // namespace ccctl::testing
