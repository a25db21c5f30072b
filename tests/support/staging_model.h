// A slow and obvious model of a sweep by rules with stages: plain loops over rows in memory, which
// know of room rule only what decides about one row by itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "rule/hold.h"
#include "rule/precedence.h"

namespace ccctl::testing {

enum class HiddenBy { nothing, stamp, flag, tombstone };

struct StagedLink {
  std::string column, to;
  bool follow = true;  // otherwise cut
};

// A table besides that of the tenants. All have the same columns, but for those of their links.
struct StagedTable {
  std::string name, category;
  std::vector<std::pair<std::string, std::string>> data;  // by kind; "" for every kind
  std::vector<StagedLink> links;
  HiddenBy hidden = HiddenBy::nothing;
  bool unit = false, keyless = false;
  int rows = 0;  // to begin with
};

using Cells = std::map<std::string, std::optional<std::string>>;
using StagedKey = std::pair<std::string, std::string>;  // table and id
using StagedKeys = std::set<StagedKey>;

struct StageOfRow {
  std::string stage, rule;
  bool marked = false;
  Instant acted_at{}, next_at{};
};

// One tenant's rows, with the tenant's own as ("tenants", name).
struct StagedState {
  std::map<StagedKey, Cells> rows;
  std::map<StagedKey, std::string> marks;  // of hidden rows: by whom, where that can be told
  std::map<StagedKey, StageOfRow> stages;  // also of rows that are no more
  std::set<std::string> lines() const;
};

struct StagedEnd {
  StagedState state;
  std::uint64_t rows = 0, staged = 0, restored = 0, purged = 0;
};

class StagingModel {
 public:
  StagingModel(const std::vector<StagedTable>& tables, const std::vector<rule::RuleInForce>& rules,
               const std::vector<rule::Hold>& holds, std::string tenant, Instant as_of,
               StagedState state);

  StagedEnd sweep();
  // Of one row as it is now.
  rule::Facts facts(const StagedKey& key) const;
  bool held(const StagedKey& key) const { return held_.contains(key); }
  bool kept(const StagedKey& key) const { return held(key) || by_law_.contains(key); }
  bool swept(const std::string& table) const;
  StagedKeys closure(const StagedKey& key) const;

 private:
  // The maximum by which a row is due.
  struct Due {
    const rule::RuleInForce* rule = nullptr;
    bool condemned = false;  // by any maximum that makes it go, at once or in stages
  };

  const StagedTable* table(const std::string& name) const;
  std::optional<std::string> cell(const StagedKey& key, const std::string& column) const;
  std::optional<StagedKey> parent(const StagedKey& key, const StagedLink& link) const;
  std::vector<std::string> children_first() const;
  const rule::RuleInForce* due_by(const rule::Decision& decision) const;
  void decide();
  bool outlived(const StagedKey& key) const;
  bool covers(const rule::Hold& hold, const StagedKey& key) const;
  StagedKeys units(const StagedKey& key) const;
  StagedKeys of_subject(const rule::Hold& hold) const;
  void hold_back();
  std::string zone_of(const rule::RuleInForce& rule) const;
  std::vector<const rule::RuleInForce*> staging_rules() const;
  bool ripe(const StagedKey& key) const;
  bool free(const StagedKeys& keys) const;
  void remove(const StagedKey& key);
  void stage(const StagedKey& key, const rule::RuleInForce& rule);
  void anonymise();
  void remove_at_once(const std::string& table);
  void hide(const std::string& table, const rule::RuleInForce& rule);
  void purge(const std::string& table, const rule::RuleInForce& rule);
  void restore(const std::string& table);
  void unmark(const StagedKey& key);

  const std::vector<StagedTable>& tables_;
  const std::vector<rule::RuleInForce>& rules_;
  const std::vector<rule::Hold>& holds_;
  std::string tenant_, zone_;
  std::optional<std::string> end_;
  Instant as_of_;
  StagedState state_;
  std::map<StagedKey, Due> due_;
  StagedKeys held_, by_law_;
  StagedEnd end_of_;
};

}  // namespace ccctl::testing
