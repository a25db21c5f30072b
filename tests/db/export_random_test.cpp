// Exports on random datastores, each with a random data map: every row that the model says is the
// person's, with what stands in it, and no other row (W-24, datamap.md, meaning 2).
#include <gtest/gtest.h>

#include "plan/scope.h"
#include "support/exporting.h"
#include "support/random_place.h"

namespace ccctl::testing {
namespace {

using subject::SubjectRef;

class ExportOnRandomSchemas : public OnRandomSchemas {
 protected:
  ExportOnRandomSchemas() {
    std::string name = (std::filesystem::temp_directory_path() / "ccctl-export-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~ExportOnRandomSchemas() override { std::filesystem::remove_all(folder_); }

  void check(const SubjectRef& ref);
  bool is_person(const std::string& table) const {
    return erasing_.map.subject(kPersonKind)->table == table;
  }
  bool carries(const std::string& table) const;
  enum class Words { own, of_nobody, of_others };
  Words by_people(const Model& model, RowId id, const Visible& seen) const;
  bool of_others(const Model& model, RowId id, const Visible& seen) const;
  void check_table(const Model& model, const datamap::Table& table, const Visible& seen) const;

  std::filesystem::path folder_, out_;
  std::string kind_;  // of the person at hand
  std::size_t made_ = 0;
};

// Columns whose text is the same in an export, and no reference to anybody.
bool compares(const datamap::Table& table, const std::string& column) {
  if (column == "acct" || column == "doc" || column == "Tags") return false;
  return std::none_of(table.links.begin(), table.links.end(), [&](const datamap::Link& link) {
    return std::any_of(link.from.begin(), link.from.end(),
                       [&](const datamap::Site& site) { return site.column == column; });
  });
}

std::string key_of(const datamap::Table& table, const std::vector<std::string>& columns,
                   const std::function<std::string(const std::string& column)>& value) {
  std::string key = table.name;
  for (const std::string& column : columns) key += "|" + value(column);
  return key;
}

// Whose words a row has, by the people whom its own links name.
ExportOnRandomSchemas::Words ExportOnRandomSchemas::by_people(const Model& model, RowId id,
                                                              const Visible& seen) const {
  Words words = Words::of_nobody;
  for (const datamap::Link& link : erasing_.map.table(model.table(id))->links) {
    if (!is_person(link.to)) continue;
    for (RowId person : model.parents(id, link)) {
      if (seen.own.contains(person)) return Words::own;
      words = Words::of_others;
    }
  }
  if (words != Words::of_nobody) return words;
  // It says in which part somebody took part, and not who.
  for (const datamap::Link& link : erasing_.map.table(model.table(id))->links) {
    if (is_person(link.to) && !link.when.empty() && model.meets(id, link.when))
      return Words::of_others;
  }
  return words;
}

// Rows of the table say who took part in what hangs on them.
bool ExportOnRandomSchemas::carries(const std::string& name) const {
  const datamap::Table& table = *erasing_.map.table(name);
  return !table.unit && !table.match && !is_person(name) &&
         plan::scope_of(erasing_.map, kind_).holds(name) &&
         std::any_of(table.links.begin(), table.links.end(),
                     [&](const auto& link) { return is_person(link.to); });
}

// Somebody else wrote the row: it names other people and not the subject; or nobody, and what it
// hangs on does so.
bool ExportOnRandomSchemas::of_others(const Model& model, RowId id, const Visible& seen) const {
  const datamap::Table& table = *erasing_.map.table(model.table(id));
  if (table.match || is_person(table.name)) return false;
  const Words words = by_people(model, id, seen);
  if (words != Words::of_nobody) return words == Words::of_others;
  for (const datamap::Link& link : table.links) {
    if (is_person(link.to) || link.to == table.name || !carries(link.to)) continue;
    for (RowId parent : model.parents(id, link)) {
      if (!seen.own.contains(parent) || by_people(model, parent, seen) == Words::of_others)
        return true;
    }
  }
  return false;
}

void ExportOnRandomSchemas::check_table(const Model& model, const datamap::Table& table,
                                        const Visible& seen) const {
  const std::vector<std::string> columns = erasing_.map.id_columns(table);
  const Json shown = rows_of(out_, table.name);
  std::map<std::string, RowId> expected;
  std::size_t count = 0;
  for (RowId id : model.all(table.name)) {
    if (!seen.own.contains(id) && !seen.shared.contains(id)) continue;
    ++count;
    const auto values = model.values(id);
    expected.emplace(key_of(table, columns, [&](const auto& c) { return *values.at(c); }), id);
  }
  EXPECT_EQ(shown.size(), count) << table.name;
  if (table.key.empty()) return;  // nothing says which is which
  for (const Json& row : shown) {
    const auto found = expected.find(key_of(table, columns, [&](const auto& c) {
      return row.at(c).is_string() ? row.at(c).template get<std::string>() : row.at(c).dump();
    }));
    ASSERT_NE(found, expected.end()) << "a row of " << table.name << " that is not the person's";
    const bool own = seen.own.contains(found->second);
    for (const auto& [column, cell] : model.values(found->second)) {
      if (!compares(table, column)) continue;
      ASSERT_TRUE(row.contains(column)) << table.name << "." << column;
      const bool free = column == "body" || column == "label";
      if (free && (!own || of_others(model, found->second, seen))) {
        EXPECT_TRUE(row[column].is_null()) << column << " of others, in " << found->first;
      } else if (own) {
        EXPECT_TRUE(same(row[column], cell)) << column << " of " << found->first;
      }
    }
    expected.erase(found);
  }
}

void ExportOnRandomSchemas::check(const SubjectRef& ref) {
  const Model model = erasing_.model();
  const Visible seen = model.visible(model.merge_set(ref), std::nullopt);
  out_ = folder_ / std::to_string(++made_);
  kind_ = ref.kind;
  EXPECT_EQ(export_to(out_, erasing_, ref).phase, request::Phase::unsealed);
  for (const datamap::Table& table : erasing_.map.tables) check_table(model, table, seen);
  EXPECT_TRUE(model.differences(erasing_.model()).empty()) << "the export changed something";
  std::filesystem::remove_all(out_);
}

TEST_F(ExportOnRandomSchemas, HasWhatTheModelSaysAndNothingElse) {
  each(6001, 60, [&](Place& place, std::uint64_t seed) {
    std::size_t exported = 0;
    for (const SubjectRef& ref : place.people(seed)) {
      SCOPED_TRACE(ref.text());
      check(ref);
      if (++exported == 3 || HasFailure()) break;
    }
  });
  EXPECT_GT(made_, 100U);
}

}  // namespace
}  // namespace ccctl::testing
