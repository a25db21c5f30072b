// Replaces one partition by what is kept of it, or by nothing, under locks that last milliseconds.
//
// The rows to keep are copied beforehand into a table that is the partition's equal, while a
// trigger watches whether anybody writes to it. The deleting transaction locks, sees that nothing
// was written and nothing about the table has changed, drops the partition and attaches the copy
// for the same bounds. Whoever reads meanwhile waits for that; nobody finds kept rows missing,
// because the copy is older than every snapshot by then. What cannot be carried over exactly is
// declined.
//
// Copy and watch are marked with the tenant: only that tenant's next sweep, which its lease makes
// the only one, removes what a killed one has left.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/session.h"

namespace ccctl::run {

struct Leaf {
  std::string oid, schema, name;
  std::string sql_name;
  std::string bounds;    // FOR VALUES FROM ('…') TO ('…')
  std::string from, to;  // of these; the end is exclusive
};

// The partitions of a table by RANGE on this one column that this role may replace: it owns them
// and the root, may create tables beside them, and nothing hangs on them that a copy would not
// have.
std::vector<Leaf> replaceable(store::Tx& tx, std::uint32_t root, const std::string& column);

// Whether some sweep has copied rows and not yet dropped what it copied them from, or was killed in
// between: what is deleted now may still stand there.
bool copies_left(store::Tx& tx);

// It cannot be replaced, or not now; `why` is empty where nothing is wrong.
struct Declined {
  std::string why;
};
// It was written to, or changed its form: what was found out about it no longer holds.
struct Changed {};

class Replacement {
 public:
  Replacement(store::Session& session, std::string root, Leaf leaf, std::string tenant);
  ~Replacement();  // removes copy and watch, when they have not become part of the datastore
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  const Leaf& leaf() const { return leaf_; }
  // From here on a row that is written makes swap() throw Changed. Throws Declined.
  void prepare();
  const std::string& kept() const { return kept_; }                     // the copy, as SQL names it
  const std::vector<std::string>& columns() const { return columns_; }  // that can be inserted

  // Waits until no transaction may still have a snapshot from before now. Throws Declined.
  void wait_for_readers(const std::function<bool()>& interrupted) const;
  // In the deleting transaction. Throws Changed, or a StatementError when it cannot have its locks
  // soon enough (55P03, 57014): then the transaction is rolled back and may be tried again.
  void swap(store::Tx& tx, bool keeps) const;
  void done() { prepared_ = false; }  // it has committed

  // Removes what a killed sweep of the tenant's has left; how much it could not.
  static std::size_t clean(store::Session& session, const std::string& tenant);

 private:
  std::string structure(store::Tx& tx, const std::string& relation, bool attached) const;
  void make_copy(store::Tx& tx);
  void watch(store::Tx& tx);
  std::string swap_sql(bool keeps) const;

  store::Session& session_;
  std::string root_;
  Leaf leaf_;
  std::string tenant_, kept_, watch_, filenode_, comment_;
  std::vector<std::string> columns_;
  std::vector<std::pair<std::string, std::string>> indexes_;  // of the copy, of the partition
  bool prepared_ = false;
};

}  // namespace ccctl::run
