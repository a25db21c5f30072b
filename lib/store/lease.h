// A lease with fencing: one holder at a time, and what an earlier one still does is refused.
//
// A holder renews it in each of its transactions (in_force_sql); the renewal locks the row, so that
// nobody takes it over before that transaction has ended, and finds nothing where somebody has. It
// ends when it is given up, when it was not renewed for its time, or when the holder's backend is
// gone: a process that was killed blocks nobody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/session.h"
#include "store/sql.h"

namespace ccctl::store {

class Lease {
 public:
  // Nothing when another holder has it. Commits.
  static std::optional<Lease> take(Session& session, const std::string& tenant,
                                   const std::string& name, const std::string& holder);

  // An expression that goes behind WITH: `lease` has one row while this holder has it, renewed.
  std::string in_force_sql(Params& params) const;
  // Gives it up. What goes wrong does not matter: it ends by itself.
  void give_up(Session& session) const noexcept;

 private:
  Lease(std::string tenant, std::string name, std::int64_t fence)
      : tenant_(std::move(tenant)), name_(std::move(name)), fence_(fence) {}
  std::string tenant_, name_;
  std::int64_t fence_;
};

}  // namespace ccctl::store
