// Which tables a subject's scope reaches and how, from the data map alone.
#include "plan/scope.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.h"
#include "support/errors.h"

namespace ccctl::plan {
namespace {

using testing::error_of;

datamap::Map example() {
  std::ostringstream text;
  text << std::ifstream(std::string(CCCTL_SOURCE_DIR) + "/tests/unit/datamap/example.yaml").rdbuf();
  return datamap::read_map(text.str(), "example.yaml");
}

// A map of small tables: each line is a table's name and what follows its key.
datamap::Map map_of(const std::string& tables) {
  return datamap::read_map(
      "apiVersion: ccctl/v1\nkind: DataMap\ntenant: {column: t}\n"
      "subjects: {person: {table: people}}\ntables:\n"
      "  people: {key: [t, id], category: registration, erase: delete}\n" +
          tables,
      "map.yaml");
}

std::string table(const std::string& name, const std::string& links, const std::string& more = "") {
  return "  " + name + ": {key: [t, id], category: generated, erase: delete" + more + ", links: {" +
         links + "}}\n";
}

std::string link(const std::string& name, const std::string& to, const std::string& more) {
  return name + ": {from: [t, " + name + "_id], to: " + to + ", " + more + "}";
}

using Tables = std::vector<datamap::TableName>;

// G-20: the documented example, for a caller.
TEST(Scope, HoldsWhatFollowsThePersonAndTheConversationsThatWereOnlyTheirs) {
  const Scope scope = scope_of(example(), "external_contact");
  EXPECT_EQ(scope.kind, "external_contact");
  EXPECT_EQ(scope.tables(), (Tables{"people", "participants", "attachments", "conversations"}));
  EXPECT_EQ(scope.reach("people"), (std::vector<std::string>{"subject"}));
  EXPECT_EQ(scope.reach("conversations"), (std::vector<std::string>{"last of participants"}));
  // Own participation at first; the other participants only once the conversation goes.
  EXPECT_EQ(scope.reach("participants"), (std::vector<std::string>{"conversation", "customer"}));
  EXPECT_EQ(scope.reach("attachments"), (std::vector<std::string>{"person", "uploader"}));
  EXPECT_FALSE(scope.holds("call_records")) << "it is only cut";
}

// Every set refers to earlier ones only: each becomes one expression of a statement.
TEST(Scope, RefersToEarlierSetsOnly) {
  const Scope scope = scope_of(example(), "external_contact");
  for (std::size_t i = 0; i < scope.sets.size(); ++i) {
    for (const Source& source : scope.sets[i].sources) {
      for (std::size_t earlier : source.sets) EXPECT_LT(earlier, i);
    }
  }
}

TEST(Scope, ClosureAddsTheTablesThatAreCut) {
  const datamap::Map map = example();
  EXPECT_EQ(closure(map, scope_of(map, "external_contact")),
            (Tables{"attachments", "call_records", "conversations", "participants", "people"}));
}

// A person's letters fill a folder, folders fill a box: the last letter takes both along, and what
// else lies in them.
TEST(Scope, ClimbsLastChildLinksOfTwoLevelsAndComesDownAgain) {
  const datamap::Map map =
      map_of(table("boxes", "") + table("folders", link("box", "boxes", "down: follow, up: last")) +
             table("letters", link("person", "people", "down: follow") + ", " +
                                  link("folder", "folders", "down: follow, up: last")) +
             table("labels", link("box", "boxes", "down: follow")));
  const Scope scope = scope_of(map, "person");
  EXPECT_EQ(scope.reach("folders"), (std::vector<std::string>{"box", "last of letters"}));
  EXPECT_EQ(scope.reach("boxes"), (std::vector<std::string>{"last of folders"}));
  EXPECT_EQ(scope.reach("labels"), (std::vector<std::string>{"box"}));
  EXPECT_EQ(scope.reach("letters"), (std::vector<std::string>{"folder", "person"}));
}

// The chain of two levels when the middle parent is reached by a follow link, too.
TEST(Scope, AsksTheLastChildAgainForChildrenThatCameLater) {
  const datamap::Map map =
      map_of(table("boxes", "") +
             table("folders", link("owner", "people", "down: follow") + ", " +
                                  link("box", "boxes", "down: follow, up: last")) +
             table("letters", link("person", "people", "down: follow") + ", " +
                                  link("folder", "folders", "down: follow, up: last")));
  const Scope scope = scope_of(map, "person");
  // One question for the person's own folders, another when emptied folders have joined.
  std::size_t asked = 0;
  for (const ScopeSet& set : scope.sets) {
    for (const Source& source : set.sources)
      asked += set.table == "boxes" && source.how == Source::How::last ? 1 : 0;
  }
  EXPECT_EQ(asked, 2U);
}

// "table ring source…", a source being the link and the sets it starts from.
std::vector<std::string> sets_of(const Scope& scope) {
  std::vector<std::string> lines;
  for (const ScopeSet& set : scope.sets) {
    std::string line = set.table + " " + std::to_string(set.ring);
    for (const Source& source : set.sources) {
      line += source.how == Source::How::driver  ? " subject"
              : source.how == Source::How::match ? " match"
              : source.how == Source::How::last  ? " last " + source.child
                                                 : " " + source.link;
      for (std::size_t from : source.sets) line += ":" + std::to_string(from);
    }
    lines.push_back(line);
  }
  return lines;
}

using Lines = std::vector<std::string>;

// datamap.md 8: only a circle of links becomes a recursive query.
TEST(Scope, GathersACircleOfLinksInARing) {
  const datamap::Map map = map_of(table("notes", link("person", "people", "down: follow") + ", " +
                                                     link("answer", "answers", "down: follow")) +
                                  table("answers", link("note", "notes", "down: follow")) +
                                  table("marks", link("answer", "answers", "down: follow")));
  EXPECT_EQ(sets_of(scope_of(map, "person")),
            (Lines{"people 0 subject", "notes 1 person:0 answer:2", "answers 1 note:1",
                   "marks 0 answer:2"}));
}

TEST(Scope, MakesARingOfATableThatFollowsItself) {
  const datamap::Map map = map_of(table("notes", link("person", "people", "down: follow") + ", " +
                                                     link("reply", "notes", "down: follow")));
  EXPECT_EQ(sets_of(scope_of(map, "person")),
            (Lines{"people 0 subject", "notes 1 person:0 reply:1"}));
}

// The subject's own row is among its ring's.
TEST(Scope, TakesTheSubjectIntoItsRing) {
  const datamap::Map map =
      map_of("  teams: {key: [t, id], category: generated, erase: delete, links: {" +
             link("lead", "people", "down: follow") + "}}\n" +
             table("seats", link("team", "teams", "down: follow") + ", " +
                                link("person", "people", "down: follow")) +
             table("badges", link("seat", "seats", "down: follow, up: last") + ", " +
                                 link("team", "teams", "down: follow, up: last")));
  // A seat may bring its badges, the last badge its team, and the team more seats.
  EXPECT_EQ(sets_of(scope_of(map, "person")),
            (Lines{"people 0 subject", "teams 1 lead:0 last badges:2", "badges 1 seat:3 team:1",
                   "seats 1 team:1 person:0 last badges:2"}));
}

// What only another kind of person reaches may run in circles: this scope stays as it is.
TEST(Scope, LeavesCirclesAloneThatItDoesNotReach) {
  const datamap::Map map = map_of(table("notes", link("person", "people", "down: follow")) +
                                  table("a", link("b", "b", "down: follow")) +
                                  table("b", link("a", "a", "down: follow")));
  EXPECT_EQ(sets_of(scope_of(map, "person")), (Lines{"people 0 subject", "notes 0 person:0"}));
}

TEST(Scope, LeavesOutWhatTheMapPutsOutOfScope) {
  const datamap::Map map = map_of(
      table("notes", link("person", "people", "down: follow"), ", scope: out") +
      table("answers", link("note", "notes", "down: follow")) + table("boxes", "", ", scope: out") +
      table("letters", link("person", "people", "down: follow") + ", " +
                           link("box", "boxes", "down: follow, up: last")));
  EXPECT_EQ(scope_of(map, "person").tables(), (Tables{"people", "letters"}));
}

TEST(Scope, NeitherFollowsCutsNorReferencesToNothing) {
  const datamap::Map map =
      map_of(table("notes", link("person", "people", "down: cut")) +
             table("files", "person: {from: [t, owner_id], to: none, down: stay}") +
             table("links", link("person", "people", "down: stay")));
  EXPECT_EQ(scope_of(map, "person").tables(), (Tables{"people"}));
}

TEST(Scope, TakesMatchTablesAlong) {
  const datamap::Map map = map_of(
      "  calls: {key: [t, id], category: host_usage, erase: anonymise, match: true, columns: {ani: "
      "{is: phone, normalise: e164/JP, erase: {truncate: 4}}}}\n" +
      table("costs", link("call", "calls", "down: follow")));
  const Scope scope = scope_of(map, "person");
  EXPECT_EQ(scope.reach("calls"), (std::vector<std::string>{"match"}));
  EXPECT_EQ(scope.reach("costs"), (std::vector<std::string>{"call"}));
}

}  // namespace
}  // namespace ccctl::plan
