// What the evidence costs: appending events beside a bare INSERT of the same lines, the write-ahead
// log of one event, and a proof beside one indexed query.
#include "bench/audit.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "audit/event.h"
#include "audit/prove.h"
#include "audit/sealer.h"
#include "bench/erase.h"
#include "crypto/tree.h"

namespace ccctl::bench {
namespace {

constexpr int kPerTransaction = 100;

audit::Event event(int number) {
  audit::Event made;
  made.tenant = kTenant;
  made.action = "subject.erased";
  made.actor = "officer";
  made.request_id = "8021a876-722a-4cd9-beb5-4a25f6d828ef";
  made.body = {{"pass", number},
               {"reference", std::string(64, 'a')},
               {"confirmation", std::string(64, 'b') + ":1"},
               {"actions", Json::array({{{"table", "messages"}, {"rows", number % 7}}})}};
  return made;
}

double timed(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Rows per second of whole transactions. The bare INSERT has its lines and hashes ready.
double append(store::Session& session, int rows, bool bare, Instant at) {
  std::vector<store::Sql> ready;
  for (int i = 0; bare && i < rows; ++i) {
    const std::string line = audit::leaf_line(event(i), at);
    ready.push_back(
        {"INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) VALUES ($1, 'evidence', "
         "pg_catalog.decode($2, 'hex'), pg_catalog.decode($3, 'hex'))",
         {kTenant, crypto::to_hex(line), crypto::to_hex(crypto::view(crypto::leaf_hash(line)))}});
  }
  return rows / timed([&] {
           for (int done = 0; done < rows; done += kPerTransaction) {
             session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
               for (int i = done; i < done + kPerTransaction; ++i) {
                 if (bare) {
                   tx.defer(ready[static_cast<std::size_t>(i)]);
                 } else {
                   audit::append(tx, event(i), at);
                 }
               }
             });
           }
         });
}

std::int64_t wal_of(store::Session& session, store::Session& watcher,
                    const std::function<void(store::Tx&)>& work) {
  const auto position = [&] {
    store::Tx tx = watcher.begin(store::Mode::read_committed);
    return tx.exec("SELECT pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_lsn").integer(0, 0);
  };
  const std::int64_t before = position();
  session.transact(store::Mode::read_committed, work);
  return position() - before;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// What a proof reads, in one indexed query by whoever knows beforehand where it all stands: the
// leaf, its shard, the newest checkpoint, and the hashes of the subtrees beside it.
constexpr const char* kSameRows =
    "SELECT l.line, s.origin, s.size, s.public_key, c.note, (SELECT pg_catalog.string_agg("
    "pg_catalog.encode(CASE w.level WHEN 0 THEN (SELECT b.leaf_hash FROM ccctl.leaf b WHERE "
    "b.tenant_id = $1 AND b.log = 'evidence' AND b.period = $2 AND b.leaf_index = w.node_index) "
    "ELSE (SELECT n.hash FROM ccctl.node n WHERE n.tenant_id = $1 AND n.log = 'evidence' AND "
    "n.period = $2 AND n.level = w.level AND n.node_index = w.node_index) END, 'hex'), ' ') FROM "
    "ROWS FROM (pg_catalog.unnest($4::smallint[]), pg_catalog.unnest($5::bigint[])) AS w(level, "
    "node_index)) FROM ccctl.leaf l JOIN ccctl.shard s ON s.tenant_id = l.tenant_id AND s.log = "
    "l.log AND s.period = l.period JOIN ccctl.checkpoint c ON c.tenant_id = l.tenant_id AND c.log "
    "= l.log AND c.period = l.period AND c.size = s.size WHERE l.tenant_id = $1 AND l.log = "
    "'evidence' AND l.period = $2 AND l.leaf_index = $3::bigint";

std::vector<store::Value> same_rows(const std::string& tenant, const std::string& period,
                                    std::uint64_t index, std::uint64_t size) {
  std::vector<std::string> levels, indexes;
  crypto::inclusion_proof(index, size, [&](crypto::NodeId id) {
    levels.push_back(std::to_string(id.level));
    indexes.push_back(std::to_string(id.index));
    return crypto::Digest{};
  });
  return {tenant, period, std::to_string(index), store::array_literal(levels),
          store::array_literal(indexes)};
}

// Microseconds of a proof, of one indexed query for the leaf alone, and of one for the same rows.
void proofs(store::Session& session, int rounds) {
  store::Tx tx = session.begin(store::Mode::read_only_snapshot);
  const auto largest = tx.exec(
      "SELECT origin, size, tenant_id FROM ccctl.shard WHERE log = 'evidence' ORDER BY size DESC "
      "LIMIT 1");
  const auto size = static_cast<std::uint64_t>(largest.integer(0, 1));
  const std::string origin(largest.text(0, 0)), tenant(largest.text(0, 2));
  const std::string period = origin.substr(origin.rfind('/') + 1);
  std::mt19937_64 random(7);
  std::vector<double> proof, leaf, same;
  for (int i = 0; i < rounds; ++i) {
    const std::uint64_t index = random() % size;
    const std::vector<store::Value> where = same_rows(tenant, period, index, size);
    leaf.push_back(1e6 * timed([&] {
                     tx.exec(
                         {"SELECT pg_catalog.encode(l.leaf_hash, 'hex'), l.line FROM "
                          "ccctl.leaf l WHERE l.tenant_id = $1 AND l.log = 'evidence' AND "
                          "l.period = $2 AND l.leaf_index = $3::bigint",
                          {tenant, period, std::to_string(index)}});
                   }));
    // In turns, so that neither always finds the rows read by the other.
    const auto query = [&] { same.push_back(1e6 * timed([&] { tx.exec({kSameRows, where}); })); };
    if (i % 2 == 0) query();
    proof.push_back(1e6 * timed([&] { audit::prove_at(tx, tenant, origin, index); }));
    if (i % 2 == 1) query();
  }
  std::printf("  %-44s %8.0f us\n  %-44s %8.0f us\n  %-44s %8.0f us, %.2f and %.2f times\n",
              "one indexed query, the leaf alone", median(leaf), "one that reads the same rows",
              median(same), "a proof (with its own check)", median(proof),
              median(proof) / median(leaf), median(proof) / median(same));
}

}  // namespace

void audit_costs(const store::Target& officer, const store::Target& watcher, int rows) {
  store::Session session = store::Session::open(officer);
  store::Session other = store::Session::open(watcher);
  const Instant at = *parse_instant("2026-11-21T12:00:00Z");
  std::vector<double> ours, bare;
  for (int round = 0; round < 5; ++round) {
    bare.push_back(append(session, rows, true, at));
    ours.push_back(append(session, rows, false, at));
  }
  std::printf("  %-44s %8.0f rows/s\n  %-44s %8.0f rows/s, %.0f %%\n",
              "bare INSERT of the same lines", median(bare), "append of events", median(ours),
              100 * median(ours) / median(bare));
  std::vector<double> without, with;
  const auto nothing = [](store::Tx& tx) {
    tx.exec(
        {"INSERT INTO ccctl.journal_due (tenant_id, leaf_hash) VALUES ('acme', "
         "pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid())))"});
  };
  for (int i = 0; i < 101; ++i) {
    without.push_back(static_cast<double>(wal_of(session, other, nothing)));
    with.push_back(static_cast<double>(wal_of(session, other, [&](store::Tx& tx) {
      nothing(tx);
      audit::append(tx, event(i), at);
    })));
  }
  std::printf("  %-44s %8.0f bytes\n", "write-ahead log of one event",
              median(with) - median(without));
  proofs(session, 2000);
}

}  // namespace ccctl::bench
