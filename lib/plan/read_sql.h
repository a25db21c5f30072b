// Writes the statement that reads a subject's rows: sets, whose row each is, and what is masked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/read.h"
#include "plan/statement.h"

namespace ccctl::plan {

// A row of the scope is the subject's own, or it tells of somebody else who took part: of a worker
// of the contact centre (class 1) or of another customer (class 2). A link to a person's row says
// so at once; where a row has none, the row it was written through does (a message its author).
class ReadWriter {
 public:
  ReadWriter(Statement& statement, const std::vector<Portion>& portions)
      : s_(statement), portions_(portions) {}

  void write(const Drivers& drivers);
  std::string rows() const;    // after write(): the select over all portions
  std::string counts() const;  // likewise
  // Whether a row t of the scope names other customers and not the subject; "false" where no row
  // can.
  std::string of_others_sql(const datamap::Table& table) const;

  // Whether a last-child link of the scope leads to the table: it may hold parents that are shared.
  static bool may_be_shared(const datamap::Map& map, const Scope& scope,
                            const datamap::Table& table);

 private:
  // Rows t of a table that nothing else of the scope hangs on, read where its links find them:
  // nothing where the rows must be known by their keys first.
  std::optional<std::string> direct_sql(const datamap::Table& table) const;
  std::optional<std::vector<const datamap::Link*>> direct_links(const datamap::Table& table) const;
  std::optional<std::string> any_of_sql(const datamap::Table& table,
                                        const std::vector<const datamap::Link*>& links) const;
  std::vector<std::size_t> telling(const datamap::Table& table, const datamap::Table& parent,
                                   const datamap::Link& link) const;
  std::string in_set_sql(const datamap::Table& table, const datamap::Table& parent,
                         const datamap::Link& link, const std::string& set,
                         const std::string& where) const;
  std::string shared_sql(const datamap::Table& parent) const;
  std::string select(std::size_t portion, bool shared) const;
  std::string value_sql(const datamap::Table& table, const Field& field) const;
  std::string mask_sql(const datamap::Table& table, const Field& field, bool shared,
                       bool classed) const;
  // The class of a row t of the scope, or nothing where it can only be the subject's own.
  std::optional<std::string> class_sql(const datamap::Table& table) const;
  std::string through_sql(const datamap::Table& table, const datamap::Table& parent,
                          const datamap::Link& link) const;
  std::string customer_sql(const datamap::Table& table, const datamap::Link& link) const;
  std::string all_in_sql(const datamap::Table& table, const datamap::Table& parent,
                         const datamap::Link& link, const std::string& set,
                         const std::string& where) const;
  // How many values a link from a list has; "" for any other link.
  static std::string count_sql(const datamap::Link& link);
  std::string present_sql(const datamap::Link& link) const;
  bool is_subject(const datamap::TableName& table) const;
  bool is_person(const datamap::Table& table) const;
  std::string unnamed_sql(const datamap::Table& table) const;
  bool carries(const datamap::Table& table) const;
  std::string inside_sql(const datamap::Table& table, const datamap::Link& link) const;
  std::string outside_sql(const datamap::Table& table, const datamap::Link& link) const;

  Statement& s_;
  const std::vector<Portion>& portions_;
};

}  // namespace ccctl::plan
