// Rows on their way into the reference tables, and objects into their store.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "object/store.h"
#include "store/session.h"

namespace ccctl::sandbox {

// Gathers rows by table and copies them in the order of the foreign keys. One tenant's; the tenant
// column is added here.
class Sink {
 public:
  using Row = std::vector<store::Value>;

  Sink(store::Tx& tx, object::ObjectStore& objects, std::string tenant)
      : tx_(tx), objects_(objects), tenant_(std::move(tenant)) {}

  // `row` holds the table's values in the order of sink.cpp, without the tenant.
  void add(const std::string& table, Row row);
  void flush();
  // Call it where everything that the gathered rows refer to has been gathered too.
  void flush_when_large();

  // Stores an object and returns its key. It is durable before the row that points at it commits.
  std::string put(const std::string& kind, const std::string& id, const std::string& bytes);

  // ANALYZE, so that the first plans are good ones.
  void analyse();

  const std::string& tenant() const { return tenant_; }
  std::uint64_t rows() const { return rows_; }
  std::uint64_t objects() const { return object_count_; }

 private:
  struct Growth {
    std::uint64_t rows = 0, analysed = 0;
  };
  void keep_analysed(const std::string& table, std::uint64_t copied);

  store::Tx& tx_;
  object::ObjectStore& objects_;
  std::string tenant_;
  std::map<std::string, std::vector<Row>> waiting_;
  std::map<std::string, Growth> growth_;
  std::uint64_t waiting_rows_ = 0, rows_ = 0, object_count_ = 0;
};

store::Value at(Instant instant);

}  // namespace ccctl::sandbox
