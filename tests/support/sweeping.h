// A small datastore with a map and random retention policies, swept and compared with a slow and
// obvious model: rule::decide() for each row, closures walked row by row in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "datamap/map.h"
#include "policy/pack.h"
#include "retention/sweep.h"
#include "rule/ruleset.h"
#include "support/database.h"

namespace ccctl::testing {

// One row as the model knows it.
struct SweptRow {
  std::string table, id;
  std::string kind, label;                                    // items only
  std::map<std::string, std::optional<std::string>> anchors;  // PostgreSQL's texts
  std::optional<std::string> owner, parent, item;             // ids
};

struct SweepCase {
  std::uint64_t seed = 1;
  std::string down = "follow";  // of an item's parent
  std::uint64_t window = 0;     // rows; 0: as the sweep likes
  bool holds = false;
  bool partitioned =
      false;              // notes and logs, by `created`, which is known then; also rows of others
  int percent = 100;      // the pack's limit
  bool reversed = false;  // its rules, in the file; the rows are the same
};

class Sweeping {
 public:
  explicit Sweeping(const SweepCase& wanted);
  ~Sweeping();
  Sweeping(const Sweeping&) = delete;
  Sweeping& operator=(const Sweeping&) = delete;

  // What must be left, row by row: "items 12 body parent=-".
  std::set<std::string> predicted() const;
  std::set<std::string> left();
  retention::SweepReport sweep();
  void approve();  // the pack; sweep() does it, too
  retention::Survey survey();
  // Rows by table and state as rule::decide() tells them, holds and closures left aside.
  std::map<std::string, std::uint64_t> states() const;
  // Receipts against rows: what they tell must be what is gone, and each leaf must be there.
  std::string told();
  std::string others();  // rows of another tenant's, as a digest
  std::string text(const std::string& sql);
  std::string pack_text() const { return pack_yaml_; }  // to look at where a test fails

  store::Session connect() const { return database_.session(); }

  retention::SweepOptions options;
  std::function<bool()> interrupted;  // of the sweep

 private:
  using Random = std::mt19937_64;

  void choose_pack(Random& random);
  void write_pack();
  std::string random_rule(Random& random, int number);
  void make_partitions(Random& random);
  void fill(Random& random);
  std::optional<std::string> anchor(Random& random, const std::string& name) const;
  void add_holds(Random& random);
  rule::Facts facts(const SweptRow& row) const;
  bool kept_by_minimum(const SweptRow& row) const;
  bool held(const SweptRow& row) const;
  std::vector<const SweptRow*> closure(const SweptRow& row) const;
  const SweptRow* find(const std::string& table, const std::optional<std::string>& id) const;
  bool chained(const SweptRow& row, const std::string& person, bool first) const;

  SweepCase case_;
  std::filesystem::path folder_;
  Database database_;
  store::Session session_;
  datamap::Map map_;
  std::string pack_head_, pack_yaml_;
  std::vector<std::string> pack_rules_;
  policy::Pack pack_;
  rule::Ruleset rules_;
  std::optional<retention::Ground> ground_;
  std::vector<SweptRow> rows_;
  std::string zone_, end_;
  std::set<std::string> held_people_;
  std::optional<std::string> held_category_, held_data_;
  std::optional<std::pair<Instant, Instant>> held_range_;
  Instant as_of_{};
};

}  // namespace ccctl::testing
