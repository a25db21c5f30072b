// A seeded and stirred reference datastore with everything an erasure needs: what the tests that
// compare erasures with the model share.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/sealer.h"
#include "base/context.h"
#include "object/store.h"
#include "request/erasure.h"
#include "support/database.h"
#include "support/model.h"

namespace ccctl::testing {

struct ErasingOptions {
  std::uint64_t seed = 1;
  std::uint64_t contacts = 60;
  std::string login = "postgres";  // "officer": with row-level security
  bool stir = true;                // more merge sets, sharing and shared conversations than seeded
};

class Erasing {
 public:
  explicit Erasing(const ErasingOptions& options);
  // Over tables of the test's own, without statutory minima. Where nothing is sealed a request ends
  // at phase unsealed.
  Erasing(Database database, const std::string& tenant, bool seals = false);
  ~Erasing();
  Erasing(const Erasing&) = delete;
  Erasing& operator=(const Erasing&) = delete;

  // Goes on with other tables of the same database.
  void use(datamap::Map other);
  Model model();
  request::Preview preview(const std::optional<subject::SubjectRef>& ref,
                           const std::optional<Term>& term = std::nullopt);
  // Of an update that replaces one value of the subject.
  request::Preview preview_update(const subject::SubjectRef& ref, const Term& existing,
                                  const std::string& written);
  // Confirms and advances as far as it goes.
  request::Request erase(const request::Preview& preview);
  // Runs erase(), compares counts, rows and objects with the model's prediction, closes the request
  // and verifies that nothing is left. False where something differed.
  bool check(const std::optional<subject::SubjectRef>& ref,
             const std::optional<Term>& term = std::nullopt);
  // The plan of an update that replaces one value of the subject, carried out and compared with the
  // model. False where something differed.
  bool check_update(const subject::SubjectRef& ref, const Term& existing,
                    const std::string& written);
  // A search for what is left, by the request's own terms.
  request::Verification verify(const std::string& request_id, bool deep);
  bool proved(const std::string& leaf_hash);
  std::vector<subject::SubjectRef> search(const std::string& kind, const std::string& value);
  // The holds are known to the model, too.
  rule::Hold hold(rule::Hold hold);
  request::World world();  // what an engine of room request works with
  void lift_holds();       // as a release whose grace has passed
  // A sweep without any rule, which takes only what erasures had to leave: how many rows.
  std::uint64_t sweep();
  void run(const store::Sql& sql);  // as the datastore's owner
  Instant now();
  std::string text(const store::Sql& sql);
  const datamap::Catalog& catalog();

  datamap::Map map;
  request::PackRules rules;
  std::vector<rule::Hold> holds;

 private:
  void stir(std::uint64_t seed);
  request::Erasure& erasure();
  bool seal();
  void compare_counts(const request::Preview& preview, const request::Request& request,
                      const Prediction& expected);
  void compare_objects(const Prediction& expected, const std::set<std::string>& before);
  void compare_leftovers(const request::Preview& preview, const request::Request& request);

  std::filesystem::path folder_;
  Database database_;
  store::Session root_, session_, sealer_;
  std::unique_ptr<object::ObjectStore> objects_;
  std::string tenant_ = "acme";
  bool seals_ = true;
  std::optional<datamap::Catalog> catalog_;  // of the map in use
  std::optional<request::Erasure> engine_;
  Context context_ = system_context();
  crypto::Signer signer_;
};

// Objects as the seeder names them, "label" for messages.
std::string describe(const subject::SubjectRef& ref);

}  // namespace ccctl::testing
