// A pack's fixtures (kind PolicyTest): rows and instants in, decisions out, without a datastore.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doc/reader.h"
#include "rule/precedence.h"

namespace ccctl::rule {

// What a case expects; only what it names is compared.
struct Expectation {
  State state = State::due;
  std::optional<Instant> not_before, delete_by, due_at, purge_from, backups_gone;
  std::optional<bool> min_over_max;
  std::optional<Then> then;
  std::optional<std::vector<std::string>> rules;  // that decide, in any order
};

struct Case {
  std::string name;
  Facts facts;
  bool own_settings = false;  // `settings` is given: the pack's tenant settings do not count
  Expectation expect;
  std::vector<std::string> requirements;
  doc::Position at;
};

struct PolicyTest {
  std::vector<Case> cases;
};
void describe(PolicyTest& test, doc::Fields& f);
std::string policy_test_schema();

struct Mismatch {
  std::string member;  // of `expect`
  std::string expected, found;
};
struct Outcome {
  Decision decision;
  std::vector<Mismatch> mismatches;  // empty: as expected
};
Outcome run(const Case& each, const Ruleset& rules);

}  // namespace ccctl::rule
