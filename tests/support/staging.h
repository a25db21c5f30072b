// A small datastore of two tenants with random policies whose rules have stages, swept again and
// again at later instants while rows, holds and policies change in between, and compared after each
// sweep with a slow and obvious model (staging_model.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "datamap/map.h"
#include "policy/pack.h"
#include "retention/sweep.h"
#include "rule/ruleset.h"
#include "support/database.h"
#include "support/staging_model.h"

namespace ccctl::testing {

class Staging {
 public:
  explicit Staging(std::uint64_t seed);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // Sweeps both tenants and compares; then goes on to a later instant, and changes something.
  // `sweep` tells what differed by failing the test that it is called in.
  void sweep();
  void go_on();
  std::string text() const;  // seed, map and policies, to look at where a test fails

  struct Totals {
    std::uint64_t rows = 0, staged = 0, restored = 0, purged = 0, stayed = 0, explained = 0;
  };
  Totals totals;

 private:
  using Random = std::mt19937_64;
  struct Tenant {
    std::string name;
    std::vector<rule::Hold> holds;  // the active ones
    int next_hold = 0;
  };
  struct Swept {
    retention::Survey survey;
    retention::SweepReport report;
    bool interrupted = false;
  };

  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  template <class T>
  const T& pick(const std::vector<T>& list) {
    return list[random_() % list.size()];
  }

  void choose_tables();
  void make_tables();
  std::string map_text() const;
  std::string map_of(const StagedTable& table) const;
  std::string random_rule();
  void write_pack();
  void change_pack();
  std::optional<std::string> anchor(const std::string& column);
  std::string values_of(const StagedTable& table, const std::string& tenant, int id);
  void add_row(std::string& script, const StagedTable& table, const std::string& tenant);
  void fill(const Tenant& tenant);
  void change_rows(const Tenant& tenant);
  void add_hold(Tenant& tenant);
  void lift_hold(Tenant& tenant);
  void run(const std::string& script);
  StagedState read(const std::string& tenant);
  Instant at(const std::string& sql);
  retention::Ground ground(const std::string& tenant) const;
  Swept sweep_one(const std::string& tenant, std::uint64_t window, int stop_after);
  void compare(const Tenant& tenant, const StagedState& before, const StagedEnd& expected,
               const Swept& swept);
  void compare_reasons(const Tenant& tenant, const StagedState& after);

  std::uint64_t seed_;
  Random random_;
  std::filesystem::path folder_;
  Database database_;
  store::Session session_;
  std::vector<StagedTable> tables_;
  std::unique_ptr<datamap::Map> map_;
  std::vector<std::vector<std::string>> documents_;  // rules, by the document that they stand in
  std::vector<std::string> zones_;                   // of the documents
  policy::Pack pack_;
  rule::Ruleset rules_;
  std::vector<Tenant> tenants_;
  std::map<std::string, int> ids_;
  Instant as_of_{};
  std::uint64_t sum_of_receipts_ = 0;
  int rule_number_ = 0;
};

}  // namespace ccctl::testing
