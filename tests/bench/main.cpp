// Erases the same data subjects twice, by ccctl and by hand, and prints how long both took.
//
// bench erase SOCKET SOURCE SEAL-KEY OBJECTS SUBJECTS ROUNDS: SOCKET is the folder of a sandbox
// that `tests/bench/run` made for this alone; its database is cloned for each side and round. bench
// bare SOCKET SOURCE DATABASE SUBJECT…: subjects by hand, and what that took. bench audit SOCKET
// ROWS: what events cost.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>

#include "bench/audit.h"
#include "bench/erase.h"
#include "store/sql.h"

namespace ccctl::bench {

double cpu_ms(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/schedstat");
  double nanoseconds = 0;
  in >> nanoseconds;
  return nanoseconds / 1e6;
}

double own_cpu_ms() {
  return static_cast<double>(std::clock()) * 1000 / CLOCKS_PER_SEC;
}

void Timing::measure(const std::vector<int>& backends, const std::function<void()>& erase) {
  const auto served = [&] {
    double sum = 0;
    for (const int pid : backends) sum += cpu_ms(pid);
    return sum;
  };
  const double before = served(), own = own_cpu_ms();
  const Clock::time_point start = Clock::now();
  erase();
  wall += Clock::now() - start;
  server_cpu_ms += served() - before;
  client_cpu_ms += own_cpu_ms() - own;
}

namespace {

namespace fs = std::filesystem;

store::Target target(const std::string& socket, const std::string& database,
                     const std::string& user) {
  store::Target target;
  target.dsn = "host='" + socket + "' port=5432 dbname='" + database + "'";
  target.user = user;
  return target;
}

void plain(const std::string& socket, const std::string& sql) {
  store::Session::open(target(socket, "postgres", "postgres")).exec_plain(sql);
}

store::Rows ask(const std::string& socket, const std::string& database, const std::string& sql) {
  store::Session session = store::Session::open(target(socket, database, "postgres"));
  store::Tx tx = session.begin(store::Mode::read_only_snapshot);
  return tx.exec(sql);
}

// How often the log was made durable, in the whole cluster; backends report when they end.
std::int64_t syncs(const std::string& socket) {
  usleep(1'200'000);
  return ask(socket, "postgres", "SELECT wal_sync FROM pg_catalog.pg_stat_wal").integer(0, 0);
}

// Canonical entries, spread evenly over the address book.
std::vector<std::string> choose(const std::string& socket, std::size_t wanted) {
  const store::Rows rows = ask(
      socket, "ccctl",
      "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS all_ "
      "FROM public.external_contacts WHERE tenant_id = 'acme' AND canonical_id IS NULL) c "
      "WHERE n % greatest(all_ / " +
          std::to_string(wanted) + ", 1) = 0 ORDER BY id LIMIT " + std::to_string(wanted));
  std::vector<std::string> ids;
  for (std::size_t r = 0; r < rows.size(); ++r) ids.emplace_back(rows.text(r, 0));
  return ids;
}

// Everything that is left, as one digest per table of the reference schema.
std::map<std::string, std::string> state(const std::string& socket, const std::string& database) {
  std::map<std::string, std::string> found;
  const store::Rows tables = ask(socket, database,
                                 "SELECT relname FROM pg_catalog.pg_class WHERE relkind IN ('r', "
                                 "'p') AND NOT relispartition AND relnamespace = "
                                 "'public'::pg_catalog.regnamespace ORDER BY 1");
  for (std::size_t r = 0; r < tables.size(); ++r) {
    const std::string table(tables.text(r, 0));
    const store::Rows digest =
        ask(socket, database,
            "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0))::text, '') FROM "
            "public." +
                store::quote_name(table) + " t");
    found[table] = digest.text(0, 0);
  }
  return found;
}

struct Round {
  Timing ours, by_hand;
  double commits = 0;
  bool same = true;
};

// Both sides work on clones; what the sandbox has stays as it is.
struct Clones {
  Clones(const std::string& socket, const fs::path& objects) : socket_(socket), objects_(objects) {
    for (const char* side : {"bench_ccctl", "bench_by_hand"}) {
      plain(socket, std::string("DROP DATABASE IF EXISTS ") + side);
      plain(socket, std::string("CREATE DATABASE ") + side + " TEMPLATE ccctl");
      fs::remove_all(objects_of(side));
      fs::copy(objects, objects_of(side), fs::copy_options::recursive);
    }
    plain(socket, "CHECKPOINT");
  }
  fs::path objects_of(const std::string& side) const { return objects_.string() + "." + side; }
  ByCcctl ours(const fs::path& source, const fs::path& seal_key) const {
    return {target(socket_, "bench_ccctl", "officer"), target(socket_, "bench_ccctl", "sealer"),
            source, seal_key, objects_of("bench_ccctl")};
  }
  ByHand by_hand(const fs::path& source, double commits) const {
    return {target(socket_, "bench_by_hand", "officer"), source / "tests" / "bench" / "by_hand.sql",
            objects_of("bench_by_hand"), commits};
  }

 private:
  std::string socket_;
  fs::path objects_;
};

// How often ccctl makes the log durable for a subject.
double commits_of(const std::string& socket, const fs::path& source, const fs::path& seal_key,
                  const fs::path& objects, const Block& subjects) {
  const Clones clones(socket, objects);
  const std::int64_t before = syncs(socket);
  clones.ours(source, seal_key).erase(subjects);
  return static_cast<double>(syncs(socket) - before) / static_cast<double>(subjects.size());
}

// In turns, a block each: the machine is not always equally fast.
Round run_round(const std::string& socket, const fs::path& source, const fs::path& seal_key,
                const fs::path& objects, const std::vector<std::string>& subjects, double commits) {
  const Clones clones(socket, objects);
  ByCcctl ours = clones.ours(source, seal_key);
  ByHand by_hand = clones.by_hand(source, commits);
  for (std::size_t from = 0; from < subjects.size(); from += kSealEvery) {
    const std::size_t end = std::min(from + kSealEvery, subjects.size());
    const Block block(subjects.begin() + static_cast<std::ptrdiff_t>(from),
                      subjects.begin() + static_cast<std::ptrdiff_t>(end));
    ours.erase(block);
    by_hand.erase(block);
  }
  Round round{ours.timing(), by_hand.timing(), commits};
  const auto left = state(socket, "bench_ccctl"), theirs = state(socket, "bench_by_hand");
  for (const auto& [table, digest] : left) {
    if (theirs.at(table) == digest) continue;
    round.same = false;
    std::cout << "  differs: " << table << ": " << digest << " / " << theirs.at(table) << "\n";
  }
  return round;
}

void print(const Round& round) {
  const auto n = static_cast<double>(round.ours.subjects);
  const auto line = [&](const char* what, double ours, double hand) {
    std::printf("  %-34s %9.2f %9.2f %7.2f\n", what, ours, hand, hand > 0 ? ours / hand : 0);
  };
  std::printf("  %-34s %9s %9s %7s\n", "ms per subject", "ccctl", "by hand", "ratio");
  line("all", round.ours.wall.count() / n, round.by_hand.wall.count() / n);
  line("without the preview", (round.ours.wall - round.ours.preview).count() / n,
       round.by_hand.wall.count() / n);
  line("processor time of the server", round.ours.server_cpu_ms / n,
       round.by_hand.server_cpu_ms / n);
  line("processor time of the client", round.ours.client_cpu_ms / n,
       round.by_hand.client_cpu_ms / n);
  std::printf("  preview %.2f, confirm and advance %.2f, seal %.2f; %.1f durable commits\n",
              round.ours.preview.count() / n, round.ours.work.count() / n,
              round.ours.seal.count() / n, round.commits);
  std::printf("  both databases end %s\n", round.same ? "alike" : "DIFFERENT");
}

int erase(const std::vector<std::string>& args) {
  const std::string& socket = args.at(0);
  const std::vector<std::string> subjects = choose(socket, std::stoul(args.at(4)));
  const Block some(subjects.begin(), subjects.begin() + static_cast<std::ptrdiff_t>(
                                                            std::min(kSealEvery, subjects.size())));
  const double commits = commits_of(socket, args.at(1), args.at(2), args.at(3), some);
  bool same = true;
  for (int i = 1; i <= std::stoi(args.at(5)); ++i) {
    std::printf("round %d: %zu subjects one after the other\n", i, subjects.size());
    const Round round = run_round(socket, args.at(1), args.at(2), args.at(3), subjects, commits);
    print(round);
    std::fflush(stdout);
    same = same && round.same;
  }
  return same ? 0 : 1;
}

int bare(const std::vector<std::string>& args) {
  ByHand script(target(args.at(0), args.at(2), "officer"),
                fs::path(args.at(1)) / "tests" / "bench" / "by_hand.sql", "", 1);
  script.erase({args.begin() + 3, args.end()});
  std::printf("%.2f\n", script.timing().wall.count());
  return 0;
}

}  // namespace
}  // namespace ccctl::bench

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + std::min(argc, 2), argv + argc);
  const std::string mode = argc > 1 ? argv[1] : "";
  try {
    if (mode == "erase" && args.size() == 6) return ccctl::bench::erase(args);
    if (mode == "bare" && args.size() >= 4) return ccctl::bench::bare(args);
    if (mode == "audit" && args.size() == 2) {
      ccctl::bench::audit_costs(ccctl::bench::target(args[0], "ccctl", "officer"),
                                ccctl::bench::target(args[0], "ccctl", "postgres"),
                                std::stoi(args[1]));
      return 0;
    }
    std::cerr << "bench: see tests/bench/run\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << "\n";
    return 1;
  }
}
