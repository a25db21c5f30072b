// Does a map fit a datastore: one case for each refusal and for each finding that the catalog
// shows.
#include <algorithm>

#include "datamap_fixture.h"
#include "support/errors.h"

namespace ccctl::testing {
namespace {

using Lines = std::vector<std::string>;

TEST_F(DataMap, AMapThatFitsHasNoFindings) {
  EXPECT_EQ(lines(check("", kMap, true).findings), Lines{});
}

TEST_F(DataMap, TheCatalogFoldsPartitionsAndKnowsKeys) {
  const datamap::Catalog catalog = check("", kMap).catalog;
  EXPECT_EQ(catalog.table("entries_2025"), nullptr);
  const datamap::CatalogTable& entries = catalog.at("entries");
  EXPECT_TRUE(entries.partitioned);
  EXPECT_EQ(entries.primary_key, (Lines{"account_id", "id", "made_at"}));
  EXPECT_EQ(entries.sql_name, "public.entries");
  EXPECT_EQ(catalog.at("people").column("note")->type, "character varying(10)");
  EXPECT_EQ(catalog.foreign_keys.size(), 2u);
  EXPECT_TRUE(catalog.foreign_keys.at(0).indexed);
  EXPECT_EQ(error_of([&] { catalog.at("nobody"); }).kind(), ErrorKind::map_drift);
}

TEST_F(DataMap, TheDigestIsOfWhatAPlanStandsOn) {
  const auto digest = [](const std::string& sql) {
    return check(sql, kMap).catalog.digest({"people", "letters"});
  };
  const std::string before = digest("");
  EXPECT_EQ(before.size(), 64u);
  EXPECT_EQ(
      digest("CREATE INDEX ON people (full_name); ANALYZE people; ALTER TABLE files ADD x int"),
      before);
  EXPECT_EQ(digest("DROP TABLE entries_2025"), before);
  EXPECT_NE(digest("ALTER TABLE people ADD x int"), before);
  EXPECT_NE(digest("ALTER TABLE letters DROP CONSTRAINT letter_person"), before);
  EXPECT_NE(digest("CREATE TABLE fresh (a text, p bigint, FOREIGN KEY (a, p) REFERENCES people)"),
            before);
}

struct Case {
  const char* sql;
  const char* from;  // in the map
  const char* to;
  const char* line;
};

// Everything that datamap.md refuses at load and the catalog can show.
const Case kCases[] = {
    {"DROP TABLE files", "", "", "!missing_table files"},
    {"CREATE TABLE fresh (x int)", "", "", "!unmapped_table fresh"},
    {"ALTER TABLE people DROP code", "", "", "!missing_column people code"},
    {"ALTER TABLE people ADD nick text", "", "", "!unmapped_column people nick"},
    {"ALTER TABLE letters ALTER role TYPE int USING 1", "", "", "!condition_value letters role"},
    {"", "search: folded", "search: fold", "!missing_column people fold"},
    {"ALTER TABLE files DROP CONSTRAINT files_pkey", "", "", "!key_not_unique files"},
    {"", "where: {kind: agent}}", "where: {kind: [agent, contact]}}",
     "!subject_overlap people contact, agent"},
    {"", "where: {kind: agent}}", "where: {code: x}}", "!subject_overlap people contact, agent"},

    {"CREATE TABLE fresh (a text, p bigint, FOREIGN KEY (a, p) REFERENCES people)", "", "",
     "!foreign_key_without_link people fresh(a, p)"},
    {"CREATE SCHEMA other; CREATE TABLE other.fresh (a text, p bigint, FOREIGN KEY (a, p) "
     "REFERENCES people)",
     "", "", "!foreign_key_without_link people other.fresh(a, p)"},
    {"ALTER TABLE entries_rest ADD FOREIGN KEY (account_id, id) REFERENCES people", "", "",
     "!foreign_key_without_link people entries(account_id, id)"},
    {"CREATE TABLE tmp_x (a text, p bigint, FOREIGN KEY (a, p) REFERENCES people ON DELETE "
     "CASCADE)",
     "", "", "!cascade_unaccounted people tmp_x(a, p)"},
    {"CREATE TABLE tmp_x (a text, p bigint, FOREIGN KEY (a, p) REFERENCES people ON DELETE SET "
     "NULL)",
     "", "", "!cascade_unaccounted people tmp_x(a, p)"},
    {"", "canonical_id], to: people, down: cut", "canonical_id], to: people, down: stay",
     "!stay_on_foreign_key people canonical"},
    {"ALTER TABLE letters ALTER person_id SET NOT NULL", "", "", "!cut_not_null letters by"},
    {"ALTER TABLE letters DROP CONSTRAINT letter_person; ALTER TABLE letters ALTER person_id TYPE "
     "text",
     "", "", "!link_type letters to"},
    {"ALTER TABLE files ALTER owner_id TYPE bigint USING 1", "", "", "!link_type files letter"},

    {"ALTER TABLE people ALTER email SET NOT NULL", "", "", "!erase_value people email"},
    {"", "erase: {set: \"gone\"}", "erase: {set: \"gone gone\"}", "!erase_value people note"},
    {"", "erase: {set: \"gone\"}", "erase: {set: \"gone gone gone\"}", "!erase_value people note"},
    {"", "erase: {generalise: year}", "erase: {set: never}", "!erase_value people born"},
    {"", "erase: {generalise: year}", "erase: {truncate: 4}", "!erase_value people born"},
    {"", "{truncate: 4}", "{generalise: year}", "!erase_value entries ani"},
    {"", "is: email, erase: null", "is: email, erase: {set: gone}", "!erase_value people email"},
    {"", "is: email, erase: null", "is: email, erase: drop", "!erase_value people email"},
    {"", "attrs$.phone", "note$.phone", "!erase_value people note$.phone"},
    {"", "tags[*]", "full_name[*]", "!erase_value people full_name[*]"},
    {"ALTER TABLE entries ALTER ani SET NOT NULL", "{is: phone, erase: {truncate: 4}}",
     "{is: phone}", "!erase_value entries ani"},
    {"ALTER TABLE people ADD CONSTRAINT reachable CHECK (email IS NOT NULL OR code <> '')", "", "",
     "erase_under_check people email"},

    {"ALTER TABLE people ALTER created_at TYPE timestamp", "", "",
     "!anchor_zone people created_at"},
    {"", "anchors: {created: created_at}", "anchors: {created: code}", "!anchor_type people code"},

    {"CREATE RULE keep AS ON DELETE TO people DO ALSO NOTIFY gone", "", "",
     "!rule_unaccounted people keep"},
    {"CREATE VIEW v AS SELECT full_name FROM people; CREATE MATERIALIZED VIEW seen AS SELECT * "
     "FROM v",
     "", "", "!materialised_view_unaccounted people seen"},
    {"CREATE PUBLICATION away FOR TABLE entries_2025", "", "",
     "!publication_unaccounted entries away"},
    {"CREATE PUBLICATION away FOR ALL TABLES", "", "", "!publication_unaccounted people away"},
    {"CREATE TABLE tmp_more () INHERITS (people)", "", "",
     "!inheritance_unaccounted people tmp_more"},

    {"ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON people USING (true)", "",
     "", "foreign_policy people own"},
    {"DROP INDEX letters_person_id_account_id_idx", "", "",
     "foreign_key_without_index letters letter_person"},
};

TEST_F(DataMap, NamesWhatDoesNotFit) {
  for (const Case& c : kCases) {
    const Lines found = lines(check(c.sql, changed(c.from, c.to)).findings);
    EXPECT_NE(std::find(found.begin(), found.end(), c.line), found.end())
        << c.sql << c.from << " -> " << c.to << "\n  wanted " << c.line << "\n  found "
        << ::testing::PrintToString(found);
  }
}

TEST_F(DataMap, NamesTriggersOfPartitionsToo) {
  store::Session session = database_->session();
  store::Tx tx = session.begin(store::Mode::read_committed);
  tx.exec(
      "CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'");
  tx.exec(
      "CREATE TRIGGER history AFTER DELETE ON public.entries_2025 FOR EACH ROW EXECUTE FUNCTION "
      "public.keep()");
  const datamap::Map map = datamap::read_map(kMap, "map.yaml");
  EXPECT_EQ(lines(datamap::check(map, datamap::read_catalog(tx, map))),
            Lines{"!trigger_unaccounted entries history"});
  const datamap::Map knows =
      datamap::read_map(changed("[\"tmp_*\"]", "[\"tmp_*\", \"entries:hist*\"]"), "map.yaml");
  EXPECT_EQ(lines(datamap::check(knows, datamap::read_catalog(tx, knows))), Lines{});
}

// A cascade behind a link that follows or cuts is counted by the plan; behind conditions, only when
// no row escapes them.
TEST_F(DataMap, ACascadeBehindALinkIsAccountedFor) {
  const std::string cascade =
      "ALTER TABLE letters DROP CONSTRAINT letter_person;"
      "ALTER TABLE letters ADD CONSTRAINT letter_person FOREIGN KEY (account_id, person_id)"
      " REFERENCES people ON DELETE CASCADE";
  EXPECT_EQ(lines(check(cascade, kMap).findings),
            Lines{"!cascade_unaccounted people letters(account_id, person_id)"});
  const std::string always = changed(", when: {role: agent}, down: cut", ", down: cut");
  EXPECT_EQ(lines(check(cascade, always).findings), Lines{});
  const std::string to = "when: {role: customer}, down: follow}", by = "when: {role: agent}";
  std::string halves = changed(to, "when: {role: null}, down: follow}");
  halves.replace(halves.find(by), by.size(), "when: {role: \"*\"}");
  EXPECT_EQ(lines(check(cascade, halves).findings), Lines{});
}

TEST_F(DataMap, TheRemedyForAnIndexIsItsStatement) {
  const auto findings = check("DROP INDEX letters_person_id_account_id_idx", kMap).findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].remedy,
            "CREATE INDEX CONCURRENTLY ON public.letters (\"account_id\", \"person_id\")");
}

TEST_F(DataMap, ActiveRowSecurityIsDenied) {
  store::Session admin = database_->session();
  admin.exec_plain("CREATE ROLE datamap_reader LOGIN");
  {
    store::Tx tx = admin.begin(store::Mode::read_committed);
    run(tx,
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO datamap_reader;"
        "ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON people USING (true);"
        "ALTER TABLE letters ENABLE ROW LEVEL SECURITY; CREATE POLICY ccctl_tenant ON letters "
        "USING (true)");
    EXPECT_EQ(tx.commit(), store::Outcome::committed);
  }
  {
    store::Session reader = database_->session("datamap_reader");
    store::Tx tx = reader.begin(store::Mode::read_only_snapshot);
    const datamap::Map map = datamap::read_map(kMap, "map.yaml");
    const auto findings = datamap::check(map, datamap::read_catalog(tx, map));
    EXPECT_EQ(lines(findings), (Lines{"foreign_policy people own", "!row_security people"}));
    EXPECT_EQ(error_of([&] { datamap::require_fit(findings, {"people"}); }).exit_code(), 11);
    datamap::require_fit(findings, {"letters"});
  }
  store::Tx tx = admin.begin(store::Mode::read_committed);
  run(tx,
      "ALTER TABLE people DISABLE ROW LEVEL SECURITY; DROP POLICY own ON people;"
      "ALTER TABLE letters DISABLE ROW LEVEL SECURITY; DROP POLICY ccctl_tenant ON letters;"
      "DROP OWNED BY datamap_reader; DROP ROLE datamap_reader");
  EXPECT_EQ(tx.commit(), store::Outcome::committed);
}

// Drift stops the commands that it concerns, and no other.
TEST_F(DataMap, FailsClosedButNarrowly) {
  const auto findings =
      check("ALTER TABLE people ADD nick text; CREATE TABLE fresh (x int)", kMap).findings;
  const Error error = error_of([&] { datamap::require_fit(findings, {"letters", "people"}); });
  EXPECT_EQ(error.kind(), ErrorKind::map_drift);
  EXPECT_NE(std::string(error.what()).find("people.nick"), std::string::npos);
  datamap::require_fit(findings, {"letters", "files"});
  const auto points =
      check("CREATE TABLE fresh (a text, p bigint, FOREIGN KEY (a, p) REFERENCES people)", kMap);
  EXPECT_EQ(error_of([&] { datamap::require_fit(points.findings, {"people"}); }).exit_code(), 5);
  datamap::require_fit(points.findings, {"files"});
}

TEST_F(DataMap, SeesWhatRowsShow) {
  const std::string rows = R"(
    INSERT INTO people (account_id, id, kind, code) VALUES ('a', 1, 'contact', 'x'), ('a', 2, 'ghost', 'y'),
      ('a', 3, 'agent', 'write to taro@example.jp'), ('a', 4, 'agent', '+81 3-1234-5678');
    INSERT INTO letters (account_id, id, person_id, role) VALUES
      ('a', '00000000-0000-0000-0000-000000000001', 1, 'customer'),
      ('a', '00000000-0000-0000-0000-000000000002', 2, 'witness');
    INSERT INTO files VALUES ('a', 1, 'Letter', '00000000-0000-0000-0000-000000000001', 'p'),
      ('a', 2, 'Letter', '00000000-0000-0000-0000-00000000000f', 'q'), ('a', 3, 'Bot', 'hal', 'r');
    INSERT INTO entries VALUES ('a', 1, 1, now(), 'x'), ('a', 2, 99, now(), 'x'))";
  const Checked checked = check(rows, kMap, true);
  EXPECT_EQ(lines(checked.in_rows),
            (Lines{"uncovered_type people data", "personal_data_in_clean people code",
                   "personal_data_in_clean people code", "uncovered_link letters to, by",
                   "dangling_link files letter", "dangling_link entries person"}));
  for (const datamap::Finding& finding : checked.in_rows) {
    EXPECT_EQ(finding.message.find("taro"), std::string::npos);
    EXPECT_FALSE(finding.refusal);
  }
}

TEST_F(DataMap, SeesAServerThatLogsStatements) {
  EXPECT_EQ(lines(check("", kMap, true).in_rows), Lines{});
  EXPECT_EQ(lines(check("SET LOCAL log_statement = 'all'; SET LOCAL log_min_duration_statement = 0;"
                        "SET LOCAL log_parameter_max_length_on_error = 100",
                        kMap, true)
                      .in_rows),
            (Lines{"server_logs_statements  log_statement",
                   "server_logs_statements  log_min_duration_statement",
                   "server_logs_statements  log_parameter_max_length_on_error"}));
  EXPECT_EQ(lines(check("SET LOCAL log_statement = 'all'; SET LOCAL log_parameter_max_length = 0",
                        kMap, true)
                      .in_rows),
            Lines{});
}

}  // namespace
}  // namespace ccctl::testing
