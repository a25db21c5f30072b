// Tests that look at one random datastore after the other. CCCTL_TEST_SEED names the first seed,
// CCCTL_TEST_SCHEMAS how many datastores each test looks at.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "datamap/check.h"
#include "support/erasing.h"
#include "support/random_schema.h"

namespace ccctl::testing {

// A random datastore in use; gone at the end of its scope.
class Place {
 public:
  Place(Erasing& erasing, std::uint64_t seed)
      : erasing_(erasing), schema_(random_schema(seed, std::to_string(seed))) {
    std::string all;
    for (const std::string& statement : schema_.statements) all += statement + ";\n";
    erasing_.run("DO $body$ BEGIN\n" + all + "END $body$");
    erasing_.use(datamap::read_map(schema_.map, "random.yaml"));
  }
  ~Place() {
    if (::testing::Test::HasFailure() || std::uncaught_exceptions() > 0)
      std::cerr << schema_.text() << "\n";
    for (const std::string& name : schema_.schemas)
      erasing_.run("DROP SCHEMA " + name + " CASCADE");
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  // People who are not gone yet, each merge set once, in random order.
  std::vector<subject::SubjectRef> people(std::uint64_t seed) {
    const Model model = erasing_.model();
    std::vector<subject::SubjectRef> found;
    for (const char* kind : {kPersonKind, kAgentKind}) {
      for (const subject::SubjectRef& ref : model.subjects(kind)) {
        const std::vector<subject::SubjectRef> members = model.merge_set(ref);
        if (members.back() == ref) found.push_back(ref);
      }
    }
    std::shuffle(found.begin(), found.end(), std::mt19937_64(seed));
    return found;
  }

  std::vector<std::string> refusals() {
    std::vector<std::string> lines;
    for (const datamap::Finding& finding : datamap::check(erasing_.map, erasing_.catalog())) {
      if (finding.refusal)
        lines.push_back(finding.rule + " " + finding.table + " " + finding.place + ": " +
                        finding.message);
    }
    return lines;
  }

 private:
  Erasing& erasing_;
  RandomSchema schema_;
};

class OnRandomSchemas : public ::testing::Test {
 protected:
  // Calls with one datastore after the other; stops at the first in which something was wrong.
  void each(std::uint64_t first, std::uint64_t count,
            const std::function<void(Place& place, std::uint64_t seed)>& work) {
    first = setting("CCCTL_TEST_SEED", first);
    count = setting("CCCTL_TEST_SCHEMAS", count);
    for (std::uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
      SCOPED_TRACE("CCCTL_TEST_SEED=" + std::to_string(seed));
      Place place(erasing_, seed);
      ASSERT_EQ(place.refusals(), std::vector<std::string>{});
      work(place, seed);
    }
  }

  Erasing erasing_{Database::fresh(), "acme"};
};

}  // namespace ccctl::testing
