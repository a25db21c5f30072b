// Exports of generated people, each compared with a model that knows the data map's meaning and
// nothing of the program's SQL (support/model.h): all rows of the person with all their values, and
// nothing of anybody else.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "crypto/digest.h"
#include "policy/pack.h"
#include "request/export.h"
#include "sandbox/seeder.h"
#include "support/errors.h"
#include "support/exporting.h"

namespace ccctl::testing {
namespace {

namespace fs = std::filesystem;
using request::Export;
using subject::SubjectRef;

class ExportOf : public ::testing::Test {
 protected:
  ExportOf() {
    std::string name = (fs::temp_directory_path() / "ccctl-export-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~ExportOf() override { fs::remove_all(folder_); }

  request::Request make(Erasing& erasing, const std::optional<SubjectRef>& ref,
                        const std::optional<Term>& term = std::nullopt) {
    out_ = folder_ / ("out" + std::to_string(++made_));
    return export_to(out_, erasing, ref, term);
  }

  // The rows of one table's file.
  Json rows(const std::string& table) const { return rows_of(out_, table); }

  void check(Erasing& erasing, const std::optional<SubjectRef>& ref,
             const std::optional<Term>& term = std::nullopt);
  void check_rows(const Model& model, const Visible& seen) const;
  void check_values(const Model& model, RowId id, bool own, const Visible& seen,
                    const Json& row) const;
  void check_manifest() const;

  fs::path folder_, out_;
  int made_ = 0;
};

std::string key_of(const datamap::Map& map, const datamap::Table& table, const Json& row) {
  std::string key;
  for (const std::string& column : map.id_columns(table)) {
    std::string part = row.at(column).get<std::string>();
    if (part.ends_with("Z") && part.size() > 19)
      part = part.substr(0, 10) + " " + part.substr(11, part.size() - 12) + "+00";
    key += part + "|";
  }
  return key;
}

// Why a value of the datastore may be missing in a row that is shown.
bool may_be_masked(const Model& model, RowId id, bool own, const Visible& seen,
                   const std::string& column) {
  static const std::set<std::string> references{
      "user_id",           "external_contact_id", "contact_list_id",  "dialer_contact_id",
      "billed_contact_id", "reporter_contact_id", "reporter_user_id", "staff_id",
      "author_contact_id", "author_user_id",      "author_staff_id",  "uploader_id",
      "owner_id"};
  const std::string& table = model.table(id);
  if (!own) return column == "topic" || column == "attributes";
  if (references.contains(column)) return true;  // to somebody outside; see check_values
  if (table == "participants" && column == "address") {
    const auto agent = model.follow(id, "agent");
    return agent && !seen.own.contains(*agent);
  }
  if (table == "ticket_messages" && column == "body") {
    const auto author = model.follow(id, "author");
    return author && !seen.own.contains(*author);
  }
  return false;
}

void ExportOf::check_values(const Model& model, RowId id, bool own, const Visible& seen,
                            const Json& row) const {
  static const std::set<std::string> never{"tenant_id", "name_folded", "address_folded",
                                           "storage_key"};
  const Json masked = row.value("masked", Json::array());
  for (const auto& [column, cell] : model.values(id)) {
    if (never.contains(column)) {
      EXPECT_FALSE(row.contains(column)) << model.table(id) << "." << column;
      continue;
    }
    ASSERT_TRUE(row.contains(column)) << model.table(id) << "." << column;
    const bool hidden = std::find(masked.begin(), masked.end(), column) != masked.end();
    if (!hidden) {
      EXPECT_TRUE(same(row[column], cell)) << model.table(id) << "." << column;
      continue;
    }
    EXPECT_TRUE(row[column].is_null());
    EXPECT_TRUE(may_be_masked(model, id, own, seen, column)) << model.table(id) << "." << column;
  }
  // References to other people are hidden, those to the person are not.
  for (const auto& [table, link, column] :
       {std::tuple{"participants", "customer", "external_contact_id"},
        std::tuple{"participants", "agent", "user_id"},
        std::tuple{"call_detail_records", "agent", "user_id"},
        std::tuple{"ticket_messages", "author", "author_contact_id"},
        std::tuple{"usage_records", "contact", "billed_contact_id"}}) {
    if (model.table(id) != table) continue;
    const auto person = model.follow(id, link);
    if (!person) continue;
    EXPECT_EQ(row[column].is_null(), !seen.own.contains(*person)) << table << "." << column;
  }
}

void ExportOf::check_rows(const Model& model, const Visible& seen) const {
  const datamap::Map map = datamap::read_map(text_of(kPolicies / "sandbox" / "datamap.yaml"), "m");
  for (const datamap::Table& table : map.tables) {
    std::map<std::string, RowId> expected;
    for (RowId id : model.all(table.name)) {
      if (!seen.own.contains(id) && !seen.shared.contains(id)) continue;
      std::string key;
      const auto values = model.values(id);
      for (const std::string& column : map.id_columns(table))
        key += values.at(column).value() + "|";
      expected[key] = id;
    }
    const Json shown = rows(table.name);
    EXPECT_EQ(shown.size(), expected.size()) << table.name;
    for (const Json& row : shown) {
      const auto it = expected.find(key_of(map, table, row));
      ASSERT_NE(it, expected.end()) << "a row of " << table.name << " that is not the person's";
      check_values(model, it->second, seen.own.contains(it->second), seen, row);
      expected.erase(it);
    }
  }
}

void ExportOf::check_manifest() const {
  const Json manifest = Json::parse(text_of(out_ / "manifest.json"));
  std::set<std::string> listed;
  for (const Json& file : manifest.at("files")) {
    const fs::path path = out_ / file.at("name").get<std::string>();
    const std::string bytes = text_of(path);
    EXPECT_EQ(bytes.size(), file.at("bytes").get<std::size_t>());
    EXPECT_EQ(crypto::to_hex(crypto::view(crypto::sha256(bytes))), file.at("sha256"));
    listed.insert(path.string());
  }
  for (const auto& entry : fs::recursive_directory_iterator(out_)) {
    const auto open = entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all);
    EXPECT_EQ(open, fs::perms::none) << entry.path();
    if (!entry.is_regular_file() || entry.path().filename() == "manifest.json") continue;
    EXPECT_TRUE(listed.contains(entry.path().string())) << entry.path();
  }
}

void ExportOf::check(Erasing& erasing, const std::optional<SubjectRef>& ref,
                     const std::optional<Term>& term) {
  const Model model = erasing.model();
  std::vector<SubjectRef> members;
  if (ref) members = model.merge_set(*ref);
  const Visible seen = model.visible(members, term);
  const request::Request request = make(erasing, ref, term);
  EXPECT_EQ(request.phase, request::Phase::completed);
  check_rows(model, seen);
  check_manifest();
  // Not one word that another customer wrote.
  const std::string messages =
      text_of(out_ / "data" / "messages.json") + text_of(out_ / "index.html");
  for (RowId id : model.all("messages")) {
    const std::string body = model.values(id).at("body").value_or("");
    if (!body.starts_with("message ")) continue;
    EXPECT_EQ(messages.find(body) != std::string::npos, seen.own.contains(id));
  }
  EXPECT_TRUE(model.differences(erasing.model()).empty()) << "the export changed something";
  fs::remove_all(out_);
}

// Bodies that occur once.
void mark_messages(Erasing& erasing) {
  erasing.run("UPDATE public.messages SET body = 'message ' || id || ' '");
}

class ExportOfContacts : public ExportOf, public ::testing::WithParamInterface<int> {};

// G-36, W-24: for a caller whom row-level security filters and for one whom it does not.
TEST_P(ExportOfContacts, HoldsWhatTheModelSays) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  Erasing erasing({seed, 60, seed % 2 == 0 ? "officer" : "postgres"});
  mark_messages(erasing);
  std::size_t exported = 0;
  const Model model = erasing.model();
  for (const SubjectRef& ref : model.subjects("external_contact")) {
    if (model.merge_set(ref).back() != ref || exported == 24) continue;
    SCOPED_TRACE(ref.text());
    check(erasing, ref);
    if (HasFailure()) return;
    ++exported;
  }
  EXPECT_EQ(exported, 24U);
}
INSTANTIATE_TEST_SUITE_P(Seeds, ExportOfContacts, ::testing::Range(1, 3));

TEST_F(ExportOf, UsersDialerContactsAndVisitors) {
  Erasing erasing({.seed = 5, .contacts = 80});
  mark_messages(erasing);
  for (const char* kind : {"user", "dialer_contact", "journey_customer"}) {
    std::size_t exported = 0;
    for (const SubjectRef& ref : erasing.model().subjects(kind)) {
      if (exported++ == 5) break;
      SCOPED_TRACE(ref.text());
      check(erasing, ref);
    }
  }
}

TEST_F(ExportOf, ATermThatOnlyMatchTablesHold) {
  Erasing erasing({.seed = 8, .contacts = 60});
  const Model model = erasing.model();
  for (const Term& term : model.matched_terms()) {
    if (model.shared(term, {})) continue;
    check(erasing, std::nullopt, term);
    return;
  }
  FAIL() << "no such term";
}

// An export that ended before its event is made again under the same request; one that has its
// event is another one.
TEST_F(ExportOf, AnInterruptedOneGoesOn) {
  Erasing erasing({.seed = 3, .contacts = 20, .stir = false});
  const SubjectRef ref{"external_contact", {sandbox::well_known::kTanaka}};
  const request::Answer words = answer();
  Export engine(erasing.world(), {erasing.map, erasing.rules, "acme"}, words,
                {request::ExportFormat::json, {}, [] { return true; }});
  const request::Request first = engine.start(ref, nullptr, {}, {}, true);
  {
    const auto package = request::folder_package((folder_ / "half").string());
    const Error error = error_of([&] { engine.run(first, ref, nullptr, *package); });
    EXPECT_EQ(error.kind(), ErrorKind::paused);
    EXPECT_FALSE(fs::exists(folder_ / "half"));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  EXPECT_EQ(make(erasing, ref).id, first.id);
  EXPECT_NE(make(erasing, ref).id, first.id);
  EXPECT_EQ(erasing.text("SELECT pg_catalog.count(*) FROM ccctl.request"), "2");
}

// What no program could clean up after is removed by the next export to the same place.
TEST_F(ExportOf, AnOldDraftIsRemoved) {
  fs::create_directories(folder_ / ".answer.part" / "data");
  std::ofstream(folder_ / ".answer.part" / "data" / "old.json") << "{}";
  {
    const auto package = request::folder_package((folder_ / "answer").string());
    EXPECT_FALSE(fs::exists(folder_ / ".answer.part" / "data"));
    const Error busy = error_of([&] { request::folder_package((folder_ / "answer").string()); });
    EXPECT_EQ(busy.kind(), ErrorKind::busy);
    package->create("a/b/c.txt")->close();
    // A site's object keys are part of the names.
    for (const char* outside : {"objects/../../x", "/x", "objects/"})
      EXPECT_EQ(error_of([&] { package->create(outside); }).kind(), ErrorKind::io) << outside;
    package->publish();
  }
  EXPECT_TRUE(fs::exists(folder_ / "answer" / "a" / "b" / "c.txt"));
  EXPECT_FALSE(fs::exists(folder_ / ".answer.part"));
  const Error taken = error_of([&] { request::folder_package((folder_ / "answer").string()); });
  EXPECT_EQ(taken.kind(), ErrorKind::usage);
}

}  // namespace
}  // namespace ccctl::testing
