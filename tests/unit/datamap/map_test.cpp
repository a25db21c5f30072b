// The data map's grammar: what is read, what is refused and where.
#include "datamap/map.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"

namespace {

using namespace ccctl;
using namespace ccctl::datamap;

std::string file_text(const std::string& path) {
  std::ifstream in(std::string(CCCTL_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::string& example() {
  static const std::string text = file_text("tests/unit/datamap/example.yaml");
  return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string refusal(const std::string& yaml) {
  try {
    read_map(yaml, "m");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::map_invalid);
    return std::string(error.what()) + " | " + std::string(error.hint());
  }
  return "accepted";
}

// The example with one text replaced by another is refused with these words.
void expect_refused(const std::string& from, const std::string& to, const std::string& words) {
  const std::string got = refusal(replaced(example(), from, to));
  EXPECT_NE(got.find(words), std::string::npos) << to << "\n  " << got;
}

TEST(Map, ReadsTheExample) {
  const Map map = read_map(example(), "example.yaml");
  EXPECT_EQ(map.tables.size(), 5u);
  EXPECT_EQ(map.zone, "Asia/Tokyo");
  EXPECT_EQ(map.ignore, (std::vector<std::string>{"schema_migrations", "tmp_*"}));

  const SubjectType& user = *map.subject("user");
  EXPECT_EQ(user.where.at(0).values, (std::vector<std::string>{"agent"}));
  EXPECT_EQ(user.current.at(0).op, Condition::Op::is_null);
  EXPECT_EQ(map.subject("external_contact")->merge->canonical, "canonical_id");

  const Table& people = *map.table("people");
  EXPECT_EQ(map.id_columns(people), (std::vector<std::string>{"id"}));
  EXPECT_EQ(people.data.at(1).is, "account");
  EXPECT_EQ(people.columns.at(1).sealed->as, "CC01");
  EXPECT_EQ(people.columns.at(2).with.at(0).text(), "country_code");
  EXPECT_EQ(people.columns.at(3).site.text(), "attrs$.phones[*].number");
  EXPECT_TRUE(people.columns.at(3).suggest);

  const Table& participants = *map.table("participants");
  EXPECT_EQ(participants.links.at(0).name, "customer");  // the document's order
  EXPECT_TRUE(participants.link("conversation")->up_last);
  EXPECT_EQ(participants.link("conversation")->count.at(0).column, "role");
  EXPECT_EQ(participants.link("agent")->down, Down::cut);

  EXPECT_EQ(map.table("attachments")->link("bot")->to, "");
  EXPECT_EQ(map.table("attachments")->objects.at(0).store, "media");
  EXPECT_EQ(map.table("conversations")->columns.at(2).erase.effect, ColumnErase::Effect::drop);
  EXPECT_EQ(map.table("call_records")->erase, Erase::anonymise);
  EXPECT_EQ(map.table("call_records")->columns.at(0).erase.count, 4);
  EXPECT_EQ(map.table("call_records")->at.line, 53);
}

TEST(Map, DigestIsOfTheMeaning) {
  const std::string digest = read_map(example(), "m").digest;
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_EQ(
      read_map("# a remark\n" + replaced(example(), "{type: contact}", "{\"type\":   'contact'}"),
               "n")
          .digest,
      digest);
  EXPECT_NE(read_map(replaced(example(), "truncate: 4", "truncate: 5"), "m").digest, digest);
}

// What is shown can be read again: nothing is lost on the way.
TEST(Map, ShowsItselfInItsOwnGrammar) {
  for (const std::string& yaml : {example(), file_text("tests/unit/datamap/everything.yaml")}) {
    const Map map = read_map(yaml, "m");
    const Map again = read_map(to_json(map).dump(), "m.json");
    EXPECT_EQ(again.digest, map.digest);
    EXPECT_EQ(to_json(again), to_json(map));
  }
}

TEST(Map, ReadsEveryForm) {
  const Map map = read_map(file_text("tests/unit/datamap/everything.yaml"), "m");
  EXPECT_EQ(map.tenants->region->text(), "place$.region");
  const Table& logs = *map.table("crm.Logs");
  EXPECT_EQ(logs.tenant.how, Tenant::How::link);
  EXPECT_EQ(logs.retain_basis, "legal_obligation");
  EXPECT_EQ(logs.anchors.at("last").parts.at(1).source, Anchor::Source::tenant);
  EXPECT_EQ(logs.anchors.at("made").zone, "Europe/Berlin");
  EXPECT_EQ(logs.data.at(0).is, "log");
  EXPECT_FALSE(logs.in_scope);
  EXPECT_EQ(map.subjects.at(0).merge->member, (std::vector<std::string>{"member_id"}));
  EXPECT_EQ(map.subjects.at(0).where.at(1).op, Condition::Op::not_null);
  EXPECT_EQ(map.subjects.at(0).where.at(2).values, (std::vector<std::string>{"1", "true"}));
  EXPECT_EQ(map.table("persons")->columns.at(0).erase.effect, ColumnErase::Effect::set_null);
}

TEST(Map, RefusesWithPlaceAndSuggestion) {
  expect_refused("    columns:\n", "    colums:\n",
                 "m:16:5: unknown key \"colums\" | did you mean \"columns\"?");
  expect_refused("down: cut", "down: cutt", "unknown value \"cutt\" | did you mean \"cut\"?");
  expect_refused("category: registration", "category: registraion",
                 "did you mean \"registration\"?");
  expect_refused("to: people, down: stay", "to: poeple, down: stay", "did you mean \"people\"?");
  expect_refused("to: people, down: stay", "to: poeple, down: stay",
                 "m:31:15: link \"caller\" names");
  expect_refused("key: [account_id, id]", "key: [account_id, id, id]", "\"id\" twice");
  expect_refused("from: [account_id, canonical_id]", "from: [canonical_id]",
                 "has 1 columns, the key of \"people\" has 2");
  expect_refused("zone: Asia/Tokyo", "zone: Asia/Tokio", "this is not an IANA time zone");
  expect_refused("{truncate: 4}", "{truncate: 4, set: x}", "give only one of");
  expect_refused("{truncate: 4}", "{truncat: 4}", "did you mean \"truncate\"?");
  expect_refused("{truncate: 4}", "{truncate: -1}", "out of range");
  expect_refused("{truncate: 4}", "dropp", "did you mean \"drop\"?");
  expect_refused("{type: contact}", "{type: no}", "in quotes");
  expect_refused("{type: contact}", "{}", "condition without columns");
  expect_refused("{type: contact}", "{type: []}", "at least 1");
  expect_refused(
      "attrs$.phones[*].number:", "attrs$.phones[0].number:", "is not a column, column[*]");
  expect_refused("  people:\n", "  public.people:\n", "not a table's name");
  expect_refused("  call_records:\n", "  people:\n", "duplicate key \"people\"");
  expect_refused("normalise: e164/JP", "normalise: e164", "this is not e164/REGION");
}

TEST(Map, RefusesWhatContradictsItself) {
  expect_refused("clean: [type, left_at, created_at]", "clean: [type, full_name]",
                 "both clean and personal");
  expect_refused("to: none, when: {owner_type: Bot}, down: stay",
                 "to: none, when: {owner_type: Bot}, down: cut", "only down: stay fits");
  expect_refused("down: follow, up: last", "down: cut, up: last", "up: last, which only fits");
  expect_refused("up: last, count", "count", "\"count\" without \"up\"");
  expect_refused("table: people, where: {type: contact}", "table: persons, where: {type: contact}",
                 "subject \"external_contact\" names the unknown table");
  expect_refused("canonical_id], to: people, down: cut", "id], to: people, down: cut",
                 "is part of the key");
  expect_refused("anchors: {created: created_at, ended: ended_at}",
                 "anchors: {created: {link: caler, anchor: x}}", "unknown link \"caler\"");
  expect_refused("anchors: {created: created_at, ended: ended_at}",
                 "anchors: {created: {tenant: end}}", "unknown tenant anchor \"end\"");
  expect_refused("anchors: {created: started_at}",
                 "anchors: {a: {link: conversation, anchor: created}, b: {link: self, anchor: b}}",
                 "unknown link \"self\"");
  expect_refused("clean: [role]", "clean: [role]\n    tenant: {link: account}",
                 "by the link \"account\"");
  expect_refused("{canonical: canonical_id}", "{table: people, member: [a, b], canonical: [c]}",
                 "do not match its key");
}

// What no erasure could do as the map says (datamap.md, meaning 1 and 2).
TEST(Map, RefusesLinksThatCannotBeErased) {
  expect_refused("from: [account_id, attrs$.caller.id], to: people, down: stay",
                 "from: [account_id, \"attrs$.callers[*].id\"], to: people, down: cut",
                 "starts in a list");
  expect_refused("from: [account_id, attrs$.caller.id], to: people, down: stay",
                 "from: [\"attrs$.a[*].id\", \"attrs$.b[*].id\"], to: people, down: stay",
                 "two lists");
  expect_refused("clean: [role]", "clean: [role]\n    tenant: {link: agent}",
                 "this one would be nobody's");
  expect_refused("clean: [created_at, ended_at]",
                 "clean: [created_at, ended_at]\n    tenant: {link: caller}",
                 "this one would be nobody's");
  expect_refused("clean: [started_at, seconds]",
                 "clean: [started_at, seconds]\n    tenant: {link: self}",
                 "by the link \"self\", which it does not have");
  expect_refused(
      "links: {conversation: {from: [account_id, conversation_id], to: conversations, "
      "down: cut}}",
      "links: {conversation: {from: [account_id, conversation_id], to: conversations, "
      "down: follow, up: last}}",
      "who is erased first");
}

TEST(Site, ReadsAndWritesItself) {
  for (const char* text : {"name", "Mixed Case", "tags[*]", "a$.b", "a$.b.c[*]", "a$[*]", "a$[*].b",
                           "a$.x-y", "cost$x"}) {
    const auto site = Site::parse(text);
    ASSERT_TRUE(site) << text;
    EXPECT_EQ(site->text(), text);
  }
  EXPECT_TRUE(Site::parse("tags[*]")->path.at(0).member.empty());
  EXPECT_FALSE(Site::parse("tags[*]")->json);
  EXPECT_TRUE(Site::parse("a$.b")->json);
  EXPECT_TRUE(Site::parse("name")->plain());
  for (const char* text :
       {"", "a$", "a$.", "a$..b", "a$.b.", "a[0]", "a[*][*]", "a$.b[1]", "$.a", "a]", "a$b$"}) {
    EXPECT_FALSE(Site::parse(text)) << text;
  }
}

// The committed schema is the reader's. CCCTL_WRITE=1 writes it anew.
TEST(Schema, IsTheCommittedOne) {
  const std::string path = std::string(CCCTL_SOURCE_DIR) + "/schemas/json/datamap.schema.json";
  if (std::getenv("CCCTL_WRITE")) std::ofstream(path) << datamap_schema();
  EXPECT_EQ(file_text("schemas/json/datamap.schema.json"), datamap_schema());
}

// A damaged map is read or refused as invalid, never worse; what is read shows itself again.
RC_GTEST_PROP(Map, SurvivesMutation, ()) {
  std::string yaml = *rc::gen::element(example(), file_text("tests/unit/datamap/everything.yaml"));
  static const std::vector<std::string> pieces{"\n",          " ",
                                               ":",           "-",
                                               "[",           "]",
                                               "{",           "}",
                                               "'",           "\"",
                                               "*",           "$",
                                               ".",           ",",
                                               "[*]",         "null",
                                               "~",           "no",
                                               "012",         "&a ",
                                               "*a",          "people",
                                               "link: ",      "from: ",
                                               "{column: x}", "latest_of: [",
                                               "\t",          "\xc3\xa9",
                                               "\xff"};
  const auto edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits; ++i) {
    const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(yaml.size())));
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        yaml.insert(at, *rc::gen::elementOf(pieces));
        break;
      case 1:
        yaml.erase(at, static_cast<std::size_t>(*rc::gen::inRange(1, 20)));
        break;
      default:
        yaml.replace(at, 1, *rc::gen::elementOf(pieces));
        break;
    }
    if (yaml.empty()) break;
  }
  try {
    const Map map = read_map(yaml, "m");
    RC_ASSERT(read_map(to_json(map).dump(), "m").digest == map.digest);
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::map_invalid);
  }
}

}  // namespace
