// Statements about one partition of a swept table that is to go as a whole (formats.md 2).
//
// Whatever of it must stay is copied beforehand: rows of other tenants, rows that the pass does not
// take, rows that a hold covers. What it holds beyond that is what the pass takes.
#pragma once

#include <string>
#include <vector>

#include "plan/sweep.h"

namespace ccctl::plan {

class PartitionCompiler {
 public:
  // `leaf`: the partition as SQL names it. Keeps references.
  PartitionCompiler(const SweepGround& ground, const Pass& pass, std::string leaf)
      : ground_(ground), pass_(pass), leaf_(std::move(leaf)) {}

  // Whether rows of the pass go by themselves, and nothing but what stands in them and in the holds
  // says that they may.
  static bool fits(const SweepGround& ground, const Pass& pass);
  // The column by which a table must be partitioned.
  static std::string column(const Pass& pass);

  // One row of (boolean): all anchors from `from` to before `to` are due.
  store::Sql all_due(const std::string& from, const std::string& to) const;
  // Each inserts into `kept` the rows that stay for one reason, at most so many; a row may stay for
  // several.
  std::vector<store::Sql> keep(const std::string& kept, const std::vector<std::string>& columns,
                               std::uint64_t most) const;
  // The same, each one row of (rows).
  std::vector<store::Sql> staying(std::uint64_t most) const;
  // One row of (stands, whole): holds and tenant are what the pass was written for; `kept` has
  // every row that a held person's hold covers now.
  store::Sql still(const std::string& kept) const;
  // The texts of the keys of what is not in `kept`, as digests take them: in the order of bytes.
  store::Sql keys(const std::string& kept) const;

 private:
  const SweepGround& ground_;
  const Pass& pass_;
  std::string leaf_;
};

}  // namespace ccctl::plan
