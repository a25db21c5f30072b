// The journal beside a datastore: nothing committed is lost, nothing is written twice, whoever
// writes at once, and a datastore that lacks a line is told from one that has more.
#include "journal/journal.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include "audit_fixture.h"

namespace ccctl::testing {
namespace {

namespace fs = std::filesystem;

template <class Work>
ErrorKind kind_of(Work work) {
  return error_of(work).kind();
}

class JournalTest : public Audit {
 protected:
  void SetUp() override {
    Audit::SetUp();
    std::string name = (fs::temp_directory_path() / "ccctl-journal-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    store_ = object::open("file:" + folder_.string());
  }
  void TearDown() override { fs::remove_all(folder_); }

  crypto::Digest add(const std::string& action = "hold.added") {
    audit::Event what = event();
    what.action = action;
    return append(root, what);
  }
  journal::Journal journal() { return {*store_, "acme", &key_}; }
  journal::State compare() {
    store::Tx tx = root.begin(store::Mode::read_committed);
    return journal().compare(tx);
  }
  journal::Verified verify_all() {
    store::Tx tx = root.begin(store::Mode::read_committed);
    return journal().verify(tx);
  }
  std::optional<journal::Damage> damage() {
    try {
      verify_all();
    } catch (const journal::Damaged& damaged) {
      return damaged.damage();
    }
    return std::nullopt;
  }

  fs::path folder_;
  std::unique_ptr<object::ObjectStore> store_;
  journal::EvidenceKey key_{Secret(std::string(32, 'k'))};
};

TEST_F(JournalTest, TakesWhatARestoreMustNotUndoAndNothingElse) {
  add("hold.added");
  add("hold.released");
  add("approval.requested");
  add("subject.erased");
  EXPECT_EQ(compare().due, 3U);
  const journal::State state = journal().append(root);
  EXPECT_EQ(state.missing, 0U);
  EXPECT_EQ(compare().due, 0U);
  EXPECT_EQ(verify_all().leaves, 3U);
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.journal_due"), "0");
  EXPECT_EQ(ask("SELECT segment FROM ccctl.journal_head"), "1");
  EXPECT_EQ(journal().append(root).segments, 1U);  // nothing new, no segment
}

// Killed after the commit: what was due is still due. Killed after the journal's line: it is not
// written again.
TEST_F(JournalTest, LosesNothingAndWritesNothingTwiceAfterACrash) {
  add();
  EXPECT_EQ(compare().due, 1U);
  journal().append(root);
  // The commit that takes off what was written, undone.
  run("INSERT INTO ccctl.journal_due SELECT tenant_id, leaf_hash FROM ccctl.pending");
  run("DELETE FROM ccctl.journal_head");
  EXPECT_EQ(compare().due, 0U);
  add();
  journal().append(root);
  EXPECT_EQ(verify_all().leaves, 2U);
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.journal_due"), "0");
  EXPECT_EQ(ask("SELECT segment FROM ccctl.journal_head"), "2");
}

// Sealed leaves stand in another table.
TEST_F(JournalTest, TakesSealedLeavesWithTheirCheckpoint) {
  add();
  seal();
  journal().append(root);
  const journal::Verified verified = verify_all();
  EXPECT_EQ(verified.leaves, 1U);
  ASSERT_EQ(verified.checkpoints.size(), 1U);
  EXPECT_EQ(verified.checkpoints[0], checkpoint());
  EXPECT_EQ(journal().published("evidence")->size, 1U);
  EXPECT_EQ(compare().missing, 0U);
}

TEST_F(JournalTest, HoldsEachLeafOnceWhenManyWriteAtOnce) {
  constexpr int kWriters = 4, kEach = 12;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      store::Session session = database.session();
      const journal::Journal own(*store_, "acme", &key_);
      for (int i = 0; i < kEach; ++i) {
        audit::Event what;
        what.tenant = "acme";
        what.action = "hold.added";
        what.actor = "officer";
        what.request_id =
            std::to_string(10'000'000 + 100 * writer + i) + "-0000-4000-8000-000000000000";
        append(session, what);
        own.append(session);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(verify_all().leaves, static_cast<std::uint64_t>(kWriters * kEach));
  const journal::State state = compare();
  EXPECT_EQ(state.due + state.missing, 0U);
  EXPECT_EQ(state.head, state.segments);
}

TEST_F(JournalTest, TellsADatastoreThatLacksALine) {
  add();
  journal().append(root);
  const std::string backup = ask("SELECT segment FROM ccctl.journal_head");
  const std::string line = ask("SELECT encode(line_hash, 'hex') FROM ccctl.journal_head");
  add();
  add();
  journal().append(root);
  // Back to the first line.
  run("DELETE FROM ccctl.pending WHERE id > (SELECT min(id) FROM ccctl.pending)");
  run({"UPDATE ccctl.journal_head SET segment = $1::bigint, line_hash = decode($2, 'hex')",
       {backup, line}});
  EXPECT_EQ(compare().missing, 2U);
  EXPECT_EQ(kind_of([&] { journal().require_level(root); }), ErrorKind::restored_datastore);
  // A line of the restored datastore does not hide what is missing.
  add();
  EXPECT_EQ(kind_of([&] { journal().require_level(root); }), ErrorKind::restored_datastore);
  EXPECT_EQ(compare().missing, 2U);
  EXPECT_EQ(compare().segments, 3U);
  int told = 0;
  {
    store::Tx tx = root.begin(store::Mode::read_committed);
    journal().each_missing(tx, [&](const journal::Missing& missing) {
      ++told;
      EXPECT_EQ(missing.segment, 2U);
      tx.exec({"INSERT INTO ccctl.replayed VALUES ('acme', decode($1, 'hex'), 'noted', now())",
               {crypto::to_hex(crypto::view(missing.hash))}});
    });
    EXPECT_EQ(tx.commit(), store::Outcome::committed);
  }
  EXPECT_EQ(told, 2);
  journal().require_level(root);
  EXPECT_EQ(ask("SELECT segment FROM ccctl.journal_head"), "3");
}

// A restored datastore goes on in another shard: the old one was signed further than it is now.
TEST_F(JournalTest, LetsSealingGoOnInAnotherShardAfterARestore) {
  add();
  seal();
  add();
  const std::string first = seal()[0].origin;
  journal().append(root);
  run("DELETE FROM ccctl.checkpoint WHERE size = 2 AND tenant_id = 'acme'");
  run("DELETE FROM ccctl.leaf WHERE leaf_index = 1 AND tenant_id = 'acme'");
  run("DELETE FROM ccctl.node WHERE tenant_id = 'acme'");
  run("UPDATE ccctl.shard SET size = 1 WHERE tenant_id = 'acme'");
  add();
  const audit::Elsewhere elsewhere = [&](const std::string&, const std::string& log) {
    return journal().published(log);
  };
  const auto sealed = audit::seal(sealer, signer, context, elsewhere);
  ASSERT_EQ(sealed.size(), 2U);  // the organisation's log says so
  EXPECT_EQ(sealed[0].origin, first + ".2");
  EXPECT_EQ(sealed[0].size, 1U);
  journal().append(root);
  add();
  EXPECT_EQ(audit::seal(sealer, signer, context, elsewhere)[0].origin, first + ".2");
  EXPECT_EQ(ask("SELECT count(*) FROM ccctl.shard WHERE closed_at IS NULL AND tenant_id = 'acme'"),
            "1");
}

TEST_F(JournalTest, TellsWhatWasDoneToIt) {
  for (int i = 0; i < 3; ++i) {
    add();
    journal().append(root);
  }
  EXPECT_EQ(damage(), std::nullopt);
  const std::string bytes = store_->get("acme/000000/000000003");
  store_->put("acme/000000/000000003", bytes.substr(0, bytes.size() - 4));
  EXPECT_EQ(damage(), journal::Damage::torn);
  std::string flipped = bytes;
  flipped[bytes.size() / 2] ^= 1;
  store_->put("acme/000000/000000003", flipped);
  EXPECT_EQ(damage(), journal::Damage::altered);
  EXPECT_EQ(kind_of([&] { journal().require_level(root); }), ErrorKind::findings);
  store_->remove("acme/000000/000000003");
  EXPECT_EQ(damage(), journal::Damage::missing);
  EXPECT_EQ(kind_of([&] { journal().require_level(root); }), ErrorKind::findings);
  store_->put("acme/000000/000000003", bytes);
  EXPECT_EQ(damage(), std::nullopt);
}

TEST_F(JournalTest, RefusesAnotherKeyAndWritesNothingWithoutOne) {
  add();
  EXPECT_EQ(kind_of([&] { journal::Journal(*store_, "acme", nullptr).append(root); }),
            ErrorKind::key_unavailable);
  journal().append(root);
  add();
  const journal::EvidenceKey other(Secret(std::string(32, 'o')));
  EXPECT_EQ(kind_of([&] { journal::Journal(*store_, "acme", &other).append(root); }),
            ErrorKind::key_unavailable);
  EXPECT_EQ(compare().due, 1U);
}

}  // namespace
}  // namespace ccctl::testing
