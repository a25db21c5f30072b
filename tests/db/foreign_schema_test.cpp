// A datastore that is as unlike the reference datastore as may be (tests/db/foreign): what an
// erasure leaves of it is written down here by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "audit/sealer.h"
#include "crypto/digest.h"
#include "datamap/check.h"
#include "support/erasing.h"
#include "support/errors.h"

namespace ccctl::testing {
namespace {

using Lines = std::vector<std::string>;
using subject::SubjectRef;

std::string file_text(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(std::string(CCCTL_SOURCE_DIR) + "/tests/db/foreign/" + name).rdbuf();
  return text.str();
}

// Two customers who share a ticket, one of them entered twice; two agents, one of whom has left.
constexpr const char* kRows = R"sql(
INSERT INTO "Help Desk"."Person" ("Kind", "First", "Last", "Mail", "DialCode", "Digits", "LeftOn", "Since") VALUES
  ('A', 'Bernd', 'Klein', 'bernd@desk.example', NULL, NULL, NULL, '2019-01-01'),
  ('A', 'Uta', 'Alt', 'uta@desk.example', '+49', '301110001', '2024-06-30', '2019-01-01'),
  ('C', 'Ada', 'Lovelace', 'Ada@Example.com', '+49', '30 1234567', NULL, '2024-03-31 02:30'),
  ('C', 'Ada', 'King', NULL, '0049', '307654321', NULL, '2024-04-01'),
  ('C', 'Carl', 'Gauss', 'carl@example.com', '49', '3055555', NULL, '2024-05-01');
UPDATE "Help Desk"."Person" SET "MergedInto" = 3 WHERE "PersonNo" = 4;
INSERT INTO "Help Desk"."Ticket" ("Subject", "Agent", "LastText", "LastFrom", "Opened", "Closed") VALUES
  ('Refund', 1, 'We are on it', 'Bernd Klein', '2025-01-01', '2025-01-02'),
  ('Wishes', 2, 'Me too: ada@example.com', 'Ada Lovelace', '2025-02-01', '2025-02-02'),
  ('Hello', 1, 'Hello', 'Ada King', '2025-03-01', '2025-03-02'),
  ('Bug', 2, 'It broke', 'Carl Gauss', '2025-04-01', '2025-04-02');
INSERT INTO "Help Desk"."Entry" VALUES
  (10, 1, 3, 'C', NULL, 'I want my money', '2025-01-01'),
  (11, 1, 1, 'A', 10, 'We are on it', '2025-01-01'),
  (20, 2, 5, 'C', NULL, 'Dark mode, please', '2025-02-01'),
  (21, 2, 3, 'C', 20, 'Me too: ada@example.com', '2025-02-01'),
  (22, 2, 2, 'A', 21, 'Noted', '2025-02-02'),
  (30, 3, 4, 'C', NULL, 'Hello', '2025-03-01'),
  (40, 4, 5, 'C', NULL, 'It broke', '2025-04-01');
INSERT INTO "Help Desk"."Upload" VALUES
  ('entry', 10, 'passport.pdf'), ('entry', 11, 'form.pdf'), ('entry', 21, 'screen.png'),
  ('entry', 20, 'carl.png'), ('person', 3, 'portrait.jpg'), ('person', 5, 'me.jpg'),
  ('logo', 3, 'logo.svg'), ('entry', 10, 'passport.pdf');
INSERT INTO "Help Desk"."Visit" VALUES
  ('00000000-0000-0000-0000-000000000001', '2025-01-01', '{"who": {"person": 3}, "agent": "x"}'),
  ('00000000-0000-0000-0000-000000000002', '2025-01-01', '{"who": {"person": " 04"}}'),
  ('00000000-0000-0000-0000-000000000003', '2025-01-01', '{"who": {"person": 5}}'),
  ('00000000-0000-0000-0000-000000000004', '2025-01-01', '{"who": {"person": "nobody"}}'),
  ('00000000-0000-0000-0000-000000000005', '2025-01-01', '{"who": ["person", 3]}');
INSERT INTO "Help Desk"."CallLog" VALUES
  (1, '+49301234567', 60), (2, '+493055555', 30), (3, '+49301234567', 5), (4, NULL, 1);
INSERT INTO billing.bill VALUES
  ('A', 1, 3, 'Ada Lovelace', 'ada@example.com', 'ref-1',
   '{"items": [{"for": "Ada", "cents": 3}, {"cents": 2}], "note": 1}',
   '{ada@example.com,boss@example.com}', 500, '2025-01-31'),
  ('A', 2, 4, 'Ada King', NULL, NULL, '{"items": []}', NULL, 700, '2025-03-31'),
  ('B', 1, 5, 'Carl Gauss', 'carl@example.com', 'ref-1b', '{"items": [{"for": "Carl"}]}', '{}', 900,
   '2025-04-30'))sql";

class OnAForeignSchema : public ::testing::Test {
 protected:
  OnAForeignSchema() {
    for (const std::string& script : {file_text("schema.sql"), std::string(kRows)}) run(script);
    erasing_.use(datamap::read_map(file_text("datamap.yaml"), "datamap.yaml"));
  }

  void run(std::string script) {
    script.resize(script.find_last_not_of("; \n") + 1);
    erasing_.run("DO $body$ BEGIN\n" + script + ";\nEND $body$");
  }

  // The rows of a table, as PostgreSQL writes a row.
  Lines rows(const std::string& table, const std::string& where = "true") {
    std::istringstream all(
        erasing_.text("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM " +
                      table + " t WHERE " + where));
    Lines lines;
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    return lines;
  }

  request::Request erase(const SubjectRef& ref) {
    const request::Preview shown = erasing_.preview(ref);
    const request::Request done = erasing_.erase(shown);
    EXPECT_EQ(done.phase, request::Phase::completed);
    EXPECT_EQ(done.outcome, "complete");
    return done;
  }

  void update(const SubjectRef& ref, const Term& existing, const std::string& written) {
    const request::Request done = erasing_.erase(erasing_.preview_update(ref, existing, written));
    EXPECT_EQ(done.phase, request::Phase::completed);
    EXPECT_EQ(done.outcome, "complete");
  }

  // The map with one of its texts replaced.
  void use_map(const std::string& from, const std::string& to) {
    std::string map = file_text("datamap.yaml");
    const std::size_t at = map.find(from);
    ASSERT_NE(at, std::string::npos);
    erasing_.use(datamap::read_map(map.replace(at, from.size(), to), "datamap.yaml"));
  }

  // "table action detail: rows", in the receipt.
  static Lines actions(const request::Request& request) {
    Lines lines;
    const Json result = Json::parse(request.result);
    for (const Json& each : result.at("actions")) {
      if (each.at("rows").get<int>() == 0) continue;
      const std::string detail = each.value("detail", "");
      lines.push_back(each.at("table").get<std::string>() + " " +
                      each.at("action").get<std::string>() + (detail.empty() ? "" : " " + detail) +
                      ": " + each.at("rows").dump());
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  Erasing erasing_{Database::fresh(), "acme", true};
};

const SubjectRef kAda{"customer", {"3"}}, kCarl{"customer", {"5"}}, kUta{"agent", {"2"}};

TEST_F(OnAForeignSchema, TheMapFits) {
  Lines found;
  for (const datamap::Finding& finding : datamap::check(erasing_.map, erasing_.catalog()))
    found.push_back(finding.rule + " " + finding.table + " " + finding.place);
  EXPECT_EQ(found, Lines{});
}

// Both of her entries go, her ticket and the one of her double whole, with the agent's answer; the
// shared ticket stays with what Carl and the agents wrote, and with the copy in its own row, which
// is told as a mention.
TEST_F(OnAForeignSchema, ACustomerGoesWithWhatIsTheirs) {
  const request::Request done = erase(kAda);
  EXPECT_EQ(actions(done), (Lines{
                               "Help Desk.CallLog anonymise: 2",
                               "Help Desk.Entry cut answers: 1",
                               "Help Desk.Entry delete: 4",
                               "Help Desk.Person delete: 2",
                               "Help Desk.Ticket delete: 2",
                               "Help Desk.Upload delete: 5",
                               "Help Desk.Visit delete: 2",
                               "billing.bill anonymise: 2",
                           }));
  EXPECT_EQ(
      rows("\"Help Desk\".\"Person\""),
      (Lines{
          R"((1,A,Bernd,Klein,"Bernd Klein",bernd@desk.example,,,,,"2019-01-01 00:00:00"))",
          R"((2,A,Uta,Alt,"Uta Alt",uta@desk.example,+49,301110001,,2024-06-30,"2019-01-01 00:00:00"))",
          R"((5,C,Carl,Gauss,"Carl Gauss",carl@example.com,49,3055555,,,"2024-05-01 00:00:00"))",
      }));
  EXPECT_EQ(
      rows("\"Help Desk\".\"Ticket\""),
      (Lines{
          R"((2,Wishes,2,"Me too: ada@example.com","Ada Lovelace","2025-02-01 00:00:00","2025-02-02 00:00:00"))",
          R"((4,Bug,2,"It broke","Carl Gauss","2025-04-01 00:00:00","2025-04-02 00:00:00"))",
      }));
  EXPECT_EQ(rows("\"Help Desk\".\"Entry\""),
            (Lines{
                R"((20,2,5,C,,"Dark mode, please","2025-02-01 00:00:00"))",
                R"((22,2,2,A,,Noted,"2025-02-02 00:00:00"))",
                R"((40,4,5,C,,"It broke","2025-04-01 00:00:00"))",
            }));
  EXPECT_EQ(rows("\"Help Desk\".\"Upload\""),
            (Lines{"(entry,20,carl.png)", "(logo,3,logo.svg)", "(person,5,me.jpg)"}));
  EXPECT_EQ(rows("\"Help Desk\".\"Visit\"").size(), 3U);
  EXPECT_EQ(rows("\"Help Desk\".\"CallLog\""),
            (Lines{"(1,+4930,60)", "(2,+493055555,30)", "(3,+4930,5)", "(4,,1)"}));
  EXPECT_EQ(
      rows("billing.bill"),
      (Lines{
          R"x(("A ",1,,"(erased)",,,"{""note"": 1, ""items"": [{""cents"": 3}, {""cents"": 2}]}",{},500,2025-01-31))x",
          R"x(("A ",2,,"(erased)",,,"{""items"": []}",,700,2025-03-31))x",
          R"x(("B ",1,5,"Carl Gauss",carl@example.com,ref-1b,"{""items"": [{""for"": ""Carl""}]}",{},900,2025-04-30))x",
      }));
}

// A receipt that the log proves; a deep search finds the copies in the shared ticket and says so.
TEST_F(OnAForeignSchema, TheErasureIsVerifiedAndProved) {
  const request::Preview shown = erasing_.preview(kAda);
  EXPECT_EQ(shown.merge_set.members, (std::vector<SubjectRef>{{"customer", {"4"}}, kAda}));
  const request::Request done = erasing_.erase(shown);
  const request::Verification deep = erasing_.verify(done.id, true);
  EXPECT_TRUE(deep.clean()) << deep.json(request::Finding::residue).dump();
  EXPECT_EQ(deep.json(request::Finding::mentioned).dump(),
            R"([{"column":"LastText","rows":1,"table":"Help Desk.Ticket"}])");
  EXPECT_TRUE(erasing_.proved(done.leaf_hash));
  const Json result = Json::parse(done.result);
  EXPECT_EQ(result.at("outcome"), "complete");
  EXPECT_EQ(result.at("residue"), Json::array());
  // A second request finds nobody.
  EXPECT_EQ(erasing_.preview(kAda).outcome.rows(), 0U);
}

// The dry run's counts are the run's.
TEST_F(OnAForeignSchema, TheDryRunCountsWhatTheRunDoes) {
  const request::Preview shown = erasing_.preview(kCarl);
  EXPECT_EQ(shown.outcome.rows(), 1U + 2U + 1U + 2U + 1U + 1U + 1U + 1U);
  erasing_.erase(shown);
  EXPECT_EQ(rows("\"Help Desk\".\"CallLog\""),
            (Lines{"(1,+49301234567,60)", "(2,+4930,30)", "(3,+49301234567,5)", "(4,,1)"}));
}

// The one who is erased last takes the shared ticket along, in either order.
TEST_F(OnAForeignSchema, TheLastCustomerTakesASharedTicketAlong) {
  erase(kCarl);
  EXPECT_EQ(rows("\"Help Desk\".\"Ticket\"").size(), 3U);
  erase(kAda);
  EXPECT_EQ(rows("\"Help Desk\".\"Ticket\""), Lines{});
  EXPECT_EQ(rows("\"Help Desk\".\"Entry\""), Lines{});
  EXPECT_EQ(rows("\"Help Desk\".\"Upload\""), Lines{"(logo,3,logo.svg)"});
}

// An agent's answers are the customers': they stay, without the agent.
TEST_F(OnAForeignSchema, AnAgentIsCutFromWhatTheyWrote) {
  EXPECT_EQ(actions(erase(kUta)),
            (Lines{"Help Desk.Entry cut agent: 1", "Help Desk.Person delete: 1",
                   "Help Desk.Ticket cut agent: 2"}));
  EXPECT_EQ(rows("\"Help Desk\".\"Entry\"", "\"EntryNo\" = 22"),
            Lines{R"((22,2,,A,21,Noted,"2025-02-02 00:00:00"))"});
}

// Telephone numbers stand in two columns, however they are written there.
TEST_F(OnAForeignSchema, PeopleAreFoundByAnyTerm) {
  const auto found = [&](const char* kind, const char* value) {
    Lines refs;
    for (const SubjectRef& ref : erasing_.search(kind, value)) refs.push_back(ref.text());
    return refs;
  };
  EXPECT_EQ(found("phone", "+49 (30) 123 45 67"), Lines{"customer:3"});
  EXPECT_EQ(found("phone", "+49307654321"), Lines{"customer:4"});
  EXPECT_EQ(found("phone", "+49 30 55555"), Lines{"customer:5"});
  EXPECT_EQ(found("email", "ADA@example.COM"), Lines{"customer:3"});
  EXPECT_EQ(found("name", "uta alt"), Lines{"agent:2"});
  EXPECT_EQ(found("phone", "+49 40 7654321"), Lines{});
}

// A key that no integer can be names nobody.
TEST_F(OnAForeignSchema, AKeyOfAnotherTypeNamesNobody) {
  EXPECT_EQ(erasing_.preview(SubjectRef{"customer", {"Ada"}}).outcome.rows(), 0U);
  EXPECT_EQ(erasing_.preview(SubjectRef{"customer", {"99999999999999999999"}}).outcome.rows(), 0U);
}

// The country code stays as it was written; what is not the value stays as it was.
TEST_F(OnAForeignSchema, ANumberInTwoColumnsIsReplacedInBoth) {
  const auto number = [&](int person) {
    return erasing_.text(
        "SELECT \"DialCode\" || ' ' || \"Digits\" FROM \"Help Desk\".\"Person\" WHERE "
        "\"PersonNo\" = " +
        std::to_string(person));
  };
  update(kAda, {"phone", "+49301234567"}, "+81 3-1234-5678");
  EXPECT_EQ(number(3), "+81 312345678");
  EXPECT_EQ(number(4), "0049 307654321");
  EXPECT_EQ(rows("\"Help Desk\".\"CallLog\""),
            (Lines{"(1,+81312345678,60)", "(2,+493055555,30)", "(3,+81312345678,5)", "(4,,1)"}));
  update(kAda, {"phone", "+49307654321"}, "+33142685300");
  EXPECT_EQ(number(4), "0033 142685300");
  update(kCarl, {"phone", "+493055555"}, "+49 30 66666");
  EXPECT_EQ(number(5), "49 3066666");
}

// A number without a country code of its own stays one.
TEST_F(OnAForeignSchema, ANumberThatStandsInOneColumnIsReplacedThere) {
  run("ALTER TABLE \"Help Desk\".\"Person\" DROP CONSTRAINT whole_number; UPDATE \"Help "
      "Desk\".\"Person\" SET \"DialCode\" = NULL, \"Digits\" = '+493055555' WHERE \"PersonNo\" = "
      "5");
  update(kCarl, {"phone", "+493055555"}, "+49 30 66666");
  EXPECT_EQ(
      rows("\"Help Desk\".\"Person\"", "\"Digits\" = '+493066666' AND \"DialCode\" IS NULL").size(),
      1U);
}

TEST_F(OnAForeignSchema, AnAddressIsReplacedWhereverItStands) {
  update(kAda, {"email", "ada@example.com"}, "Ada.L@Example.org");
  EXPECT_EQ(rows("\"Help Desk\".\"Person\"", "\"Mail\"::text = 'Ada.L@Example.org'").size(), 1U);
  EXPECT_EQ(
      erasing_.text("SELECT payer_mail || copies_to::text FROM billing.bill WHERE series = 'A' "
                    "AND number = 1"),
      "Ada.L@Example.org{Ada.L@Example.org,boss@example.com}");
  EXPECT_EQ(rows("billing.bill", "payer_mail = 'carl@example.com'").size(), 1U);
}

// A column that is generated from the replaced one follows; of another one nothing can be said.
TEST_F(OnAForeignSchema, WhatIsGeneratedFromTheValueFollows) {
  run("ALTER TABLE billing.bill ADD mail_key text GENERATED ALWAYS AS (lower(payer_mail)) STORED");
  use_map("reference:  {free: true}", "reference:  {free: true}\n      mail_key: {is: email}");
  update(kAda, {"email", "ada@example.com"}, "Ada.L@Example.org");
  EXPECT_EQ(rows("billing.bill", "mail_key = 'ada.l@example.org'").size(), 1U);
}

struct NoUpdate {
  const char* name;
  Term existing;
  const char* written;
  const char* says;
};

class AnUpdate : public OnAForeignSchema, public ::testing::WithParamInterface<NoUpdate> {};

// Before anything is confirmed, with the place; the message has no value of the person.
TEST_P(AnUpdate, IsRefusedWhereTheNewValueHasNoPlace) {
  const Error error =
      error_of([&] { erasing_.preview_update(kAda, GetParam().existing, GetParam().written); });
  EXPECT_EQ(error.exit_code(), 2);
  const std::string message = error.what();
  EXPECT_NE(message.find(GetParam().says), std::string::npos) << message;
  EXPECT_EQ(message.find(GetParam().written), std::string::npos) << message;
}

const NoUpdate kNoUpdates[] = {
    {"Generated", {"name", "ada lovelace"}, "Ada Byron", "\"Shown\" cannot be rectified"},
    {"TooLong", {"phone", "+49307654321"}, "+35314376000", "\"DialCode\" is character varying(4)"}};

INSTANTIATE_TEST_SUITE_P(NoUpdates, AnUpdate, ::testing::ValuesIn(kNoUpdates),
                         [](const auto& each) { return std::string(each.param.name); });

struct Misfit {
  const char* name;
  const char* sql;
  const char* from;  // in the map
  const char* to;
  const char* says;
};

class AForeignMap : public OnAForeignSchema, public ::testing::WithParamInterface<Misfit> {};

// What the datastore would refuse, or do on its own, is refused when the map is loaded.
TEST_P(AForeignMap, IsRefused) {
  if (*GetParam().sql != '\0') run(GetParam().sql);
  use_map(GetParam().from, GetParam().to);
  Lines found;
  for (const datamap::Finding& finding : datamap::check(erasing_.map, erasing_.catalog())) {
    if (finding.refusal) found.push_back(finding.rule + " " + finding.place);
  }
  EXPECT_EQ(found, Lines{GetParam().says});
}

const Misfit kMisfits[] = {
    {"NotNull", "", "{free: true, erase: {set: \"(erased)\"}}", "{free: true}",
     "erase_value payer_name"},
    {"Check", "", "{set: \"(erased)\"}", "{set: \"\"}", "erase_value payer_name"},
    {"PartialUnique", "", "reference:  {free: true}", "reference: {free: true, erase: {set: none}}",
     "erase_value reference"},
    {"NullsNotDistinct", "CREATE UNIQUE INDEX ON billing.bill (payer_mail) NULLS NOT DISTINCT", "",
     "", "erase_value payer_mail"},
    {"CheckOverSeveral",
     "ALTER TABLE billing.bill ADD CHECK (reference IS NOT NULL OR payer_mail IS NOT NULL OR "
     "payer_name <> '(erased)') NOT VALID",
     "", "", "erase_value reference"},
    {"CascadeUnderACondition",
     "ALTER TABLE \"Help Desk\".\"Entry\" DROP CONSTRAINT \"Entry_Author_fkey\", ADD FOREIGN KEY "
     "(\"Author\") REFERENCES \"Help Desk\".\"Person\" ON DELETE CASCADE",
     "", "", "cascade_unaccounted Help Desk.Entry(Author)"},
    {"AnonymisedNotNull", "ALTER TABLE billing.bill ALTER payer SET NOT NULL", "", "",
     "cut_not_null payer"},
    {"GeneratedFromWhatStays",
     "ALTER TABLE billing.bill ADD label text GENERATED ALWAYS AS (series || 'x') STORED",
     "reference:  {free: true}", "reference:  {free: true}\n      label: {is: name}",
     "erase_value label"}};

INSTANTIATE_TEST_SUITE_P(Misfits, AForeignMap, ::testing::ValuesIn(kMisfits),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace ccctl::testing
