// The rows of a data subject as that person may see them, streamed from one snapshot.
//
// Same sets and same reach as an erasure (scope.h), so the same rows; besides them the parents that
// a last-child link leads to and that others share (a conversation with another customer). What
// belongs to other people is masked there and in rows of the scope: the identifiers of whoever else
// took part, references to people outside the scope, the text of other customers. Columns that the
// map masks, passwords and tokens never leave, for anybody.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "plan/compiler.h"
#include "plan/scope.h"
#include "store/session.h"

namespace ccctl::plan {

// One value of a row. Texts are PostgreSQL's, UTC; documents and arrays are JSON.
struct Field {
  enum class Form { text, number, boolean, instant, json, object };
  std::string name;  // the column's, or the object's
  Form form = Form::text;
  const datamap::Object* object = nullptr;  // of Form::object: the text is its pointer
  std::vector<datamap::Site> without{};     // places inside a document that never leave
};

// What is read of one table.
struct Portion {
  const datamap::Table* table = nullptr;
  std::vector<Field> fields;
  std::vector<std::string> withheld;  // columns that never leave
  std::vector<std::string> sealed;    // columns and objects that nobody here can open
};

// One row. A masked value is NULL and its name stands in masked().
class Row {
 public:
  Row(const Portion& portion, const store::Rows& rows) : portion_(portion), rows_(rows) {}
  const Portion& portion() const { return portion_; }
  bool is_null(std::size_t field) const { return rows_.is_null(0, field + 1); }
  std::string_view text(std::size_t field) const { return rows_.text(0, field + 1); }
  std::string_view masked() const {  // names with commas between them; mostly empty
    return rows_.text(0, rows_.columns() - 1);
  }

 private:
  const Portion& portion_;
  const store::Rows& rows_;
};

class Reader {
 public:
  // Keeps references: map, catalog and scope outlive it. `deny` names kinds (`is`) and data types
  // (`data`) that the reader's role may not see (W-20).
  Reader(const datamap::Map& map, const datamap::Catalog& catalog, const Scope& scope,
         std::string tenant, const std::set<std::string>& deny = {});

  // One for each table of the scope, and for each table that shared parents stand in, in the
  // map's order.
  const std::vector<Portion>& portions() const { return portions_; }

  // Table after table, each in the order of its key, but where rows are only found by their links,
  // as the datastore finds them. `row` may not use the transaction.
  void read(store::Tx& tx, const Drivers& drivers,
            const std::function<void(std::size_t portion, const Row&)>& row) const;
  // The number of rows of each portion.
  std::vector<std::uint64_t> count(store::Tx& tx, const Drivers& drivers) const;

  store::Sql read_sql(const Drivers& drivers) const;  // for a bench and for EXPLAIN

 private:
  const datamap::Map& map_;
  const datamap::Catalog& catalog_;
  const Scope& scope_;
  std::string tenant_;
  std::vector<Portion> portions_;
};

}  // namespace ccctl::plan
