// What the evidence costs: appending events beside a bare INSERT of the same lines, the write-ahead
// log and round trips of one event, and a proof beside one indexed query.
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
  made.body = {{"n", number},
               {"reference", std::string(64, 'a')},
               {"policy", std::string(64, 'b')},
               {"actions", Json::array({{{"table", "messages"}, {"rows", number % 7}}})}};
  return made;
}

double timed(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Rows per second of whole transactions.
double append(store::Session& session, int rows, bool bare, Instant at) {
  return rows / timed([&] {
           for (int done = 0; done < rows; done += kPerTransaction) {
             session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
               for (int i = done; i < done + kPerTransaction; ++i) {
                 if (!bare) {
                   audit::append(tx, event(i), at);
                   continue;
                 }
                 const std::string line = audit::leaf_line(event(i), at);
                 tx.exec(
                     {"INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) VALUES ($1, "
                      "'evidence', pg_catalog.decode($2, 'hex'), pg_catalog.decode($3, 'hex'))",
                      {kTenant, crypto::to_hex(line),
                       crypto::to_hex(crypto::view(crypto::leaf_hash(line)))}});
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

// Microseconds of a proof and of the indexed query for the same leaf.
void proofs(store::Session& session, int rounds) {
  store::Tx tx = session.begin(store::Mode::read_only_snapshot);
  const auto largest = tx.exec(
      "SELECT origin, size FROM ccctl.shard WHERE log = 'evidence' ORDER BY size DESC LIMIT 1");
  const auto size = static_cast<std::uint64_t>(largest.integer(0, 1));
  const std::string origin(largest.text(0, 0));
  const std::string tenant(
      tx.exec({"SELECT tenant_id FROM ccctl.shard WHERE origin = $1", {origin}}).text(0, 0));
  std::mt19937_64 random(7);
  std::vector<double> proof, query;
  for (int i = 0; i < rounds; ++i) {
    const std::uint64_t index = random() % size;
    std::string hash;
    query.push_back(
        1e6 * timed([&] {
          hash =
              tx.exec(
                    {"SELECT pg_catalog.encode(l.leaf_hash, 'hex'), l.line FROM ccctl.leaf l WHERE "
                     "l.tenant_id = $1 AND l.log = 'evidence' AND l.period = $2 AND l.leaf_index = "
                     "$3::bigint",
                     {tenant, origin.substr(origin.rfind('/') + 1), std::to_string(index)}})
                  .text(0, 0);
        }));
    crypto::Digest leaf{};
    const std::string bytes = crypto::from_hex(hash).value_or("");
    std::ranges::copy(bytes, leaf.begin());
    proof.push_back(1e6 * timed([&] { audit::prove(tx, tenant, leaf); }));
  }
  std::printf("  %-44s %8.0f us\n  %-44s %8.0f us, ratio %.2f\n", "one indexed query",
              median(query), "a proof (with its own check)", median(proof),
              median(proof) / median(query));
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
  std::printf("  %-44s %8.0f bytes, one round trip\n", "write-ahead log of one event",
              median(with) - median(without));
  proofs(session, 2000);
}

}  // namespace ccctl::bench
