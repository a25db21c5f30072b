// Erasures on random datastores, each with a random data map, compared with the model row by row
// (datamap.md, meaning 1, 2, 8, 9).
#include <gtest/gtest.h>

#include "support/random_place.h"

namespace ccctl::testing {
namespace {

using subject::SubjectRef;

TEST_F(OnRandomSchemas, AnErasureDoesWhatTheModelSays) {
  each(1, 100, [&](Place& place, std::uint64_t seed) {
    std::size_t erased = 0;
    for (const SubjectRef& ref : place.people(seed)) {
      if (erasing_.model().merge_set(ref).empty()) continue;  // went with somebody else
      SCOPED_TRACE(ref.text());
      if (erased++ == 3 || !erasing_.check(ref)) break;
    }
  });
}

// Erases two people while somebody else is held, or a data type.
void erase_beside_a_hold(Erasing& erasing, Place& place, std::uint64_t seed) {
  const std::vector<SubjectRef> people = place.people(seed);
  if (people.size() < 3) return;
  rule::Hold hold;
  if (seed % 3 == 0) {
    hold.data = "chat";
  } else {
    hold.subjects = erasing.model().merge_set(people[0]);
  }
  erasing.hold(hold);
  for (std::size_t i = 1; i < 3; ++i) {
    if (erasing.model().merge_set(people[i]).empty()) continue;
    SCOPED_TRACE(people[i].text() + " beside " + people[0].text());
    if (!erasing.check(people[i])) break;
  }
  erasing.lift_holds();
}

// A hold on somebody keeps what is theirs, and the units in which they have a row, for everybody;
// one by data type keeps its rows. What they need stays with them.
TEST_F(OnRandomSchemas, AHoldKeepsItsRowsAndWhatTheyNeed) {
  each(2001, 60,
       [&](Place& place, std::uint64_t seed) { erase_beside_a_hold(erasing_, place, seed); });
  // Where rows that a held person's identifiers match were lost, or what a kept row points to, also
  // across the members of a merge set.
  if (std::getenv("CCCTL_TEST_SEED") != nullptr || std::getenv("CCCTL_TEST_SCHEMAS") != nullptr)
    return;
  for (std::uint64_t seed : {2084, 2194, 2246, 2276, 2305, 2551}) {
    each(seed, 1, [&](Place& place, std::uint64_t) { erase_beside_a_hold(erasing_, place, seed); });
  }
}

// What a hold kept of an erasure goes with a sweep when that is over: the rows that remain are
// those that an erasure without the hold leaves.
TEST_F(OnRandomSchemas, WhatAHoldKeptGoesAfterIt) {
  std::uint64_t taken = 0;
  each(3001, 60, [&](Place& place, std::uint64_t seed) {
    const std::vector<SubjectRef> people = place.people(seed);
    // Rows without a key cannot be named, and stay where a hold has kept them.
    const auto& tables = erasing_.map.tables;
    const bool nameless = std::any_of(tables.begin(), tables.end(), [](const auto& table) {
      return table.key.empty() && !table.data.empty() && table.data.front().is == "chat";
    });
    if (people.empty() || nameless) return;
    SCOPED_TRACE(people[0].text());
    Model expected = erasing_.model();
    expected.erase(expected.merge_set(people[0]), std::nullopt, {}, erasing_.now());
    rule::Hold hold;
    hold.data = "chat";
    erasing_.hold(hold);
    erasing_.erase(erasing_.preview(people[0]));
    erasing_.lift_holds();
    taken += erasing_.sweep();
    EXPECT_EQ(expected.differences(erasing_.model()), std::vector<std::string>{});
    EXPECT_EQ(erasing_.text({"SELECT count(*) FROM ccctl.restricted"}), "0");
  });
  EXPECT_GT(taken, 0U);
}

// Whoever is erased first, the rows that remain are the same; unless one goes with the other, whose
// request knows only its own subject's identifiers.
TEST_F(OnRandomSchemas, ErasuresCommute) {
  each(1001, 60, [&](Place& place, std::uint64_t seed) {
    const std::vector<SubjectRef> people = place.people(seed);
    if (people.size() < 2) return;
    bool apart = true;
    const auto order = [&](std::size_t first, std::size_t second) {
      Model model = erasing_.model();
      const auto members = model.merge_set(people[second]);
      model.erase(model.merge_set(people[first]), std::nullopt, {}, erasing_.now());
      apart = apart && model.merge_set(people[second]) == members;
      if (apart) model.erase(members, std::nullopt, {}, erasing_.now());
      return model;
    };
    const Model one = order(0, 1), other = order(1, 0);
    if (!apart) return;
    EXPECT_EQ(one.differences(other), std::vector<std::string>{});
    // The program, in the second order, ends up where the model does in the first.
    for (const std::size_t i : {1U, 0U}) erasing_.erase(erasing_.preview(people[i]));
    EXPECT_EQ(one.differences(erasing_.model()), std::vector<std::string>{});
  });
}

}  // namespace
}  // namespace ccctl::testing
