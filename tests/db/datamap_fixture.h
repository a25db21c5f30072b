// A small datastore and the map that fits it. Each case changes one of the two inside a transaction
// that is rolled back, and looks at what the checks say.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "datamap/check.h"
#include "support/database.h"

namespace ccctl::testing {

inline constexpr const char* kSchema = R"sql(
CREATE TABLE people (
  account_id text, id bigint, kind text NOT NULL, full_name text, folded text, email text, born date,
  note varchar(10) CONSTRAINT short_note CHECK (length(note) < 8), code text NOT NULL,
  canonical_id bigint, attrs jsonb, tags text[], created_at timestamptz,
  PRIMARY KEY (account_id, id), UNIQUE (account_id, email),
  CONSTRAINT canonical FOREIGN KEY (account_id, canonical_id) REFERENCES people);
CREATE INDEX ON people (account_id, canonical_id) WHERE canonical_id IS NOT NULL;
CREATE TABLE letters (
  account_id text, id uuid, person_id bigint, role text, body text, sent_at timestamptz,
  PRIMARY KEY (account_id, id),
  CONSTRAINT letter_person FOREIGN KEY (account_id, person_id) REFERENCES people);
CREATE INDEX ON letters (person_id, account_id);
CREATE TABLE files (
  account_id text, id int, owner_type text, owner_id varchar(40), pointer text,
  PRIMARY KEY (account_id, id));
CREATE TABLE entries (
  account_id text, id bigint, person_id int, made_at timestamptz, ani text,
  PRIMARY KEY (account_id, id, made_at)) PARTITION BY RANGE (made_at);
CREATE TABLE entries_2025 PARTITION OF entries FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE entries_rest PARTITION OF entries DEFAULT;
CREATE TABLE tmp_import (x int);
)sql";

inline constexpr const char* kMap = R"yaml(apiVersion: ccctl/v1
kind: DataMap
tenant: {column: account_id}
ignore: ["tmp_*"]
subjects:
  contact: {table: people, where: {kind: contact}, merge: {canonical: canonical_id}}
  agent: {table: people, where: {kind: agent}}
tables:
  people:
    key: [account_id, id]
    category: registration
    data: [{when: {kind: contact}, is: profile}, {when: {kind: agent}, is: account}]
    erase: delete
    anchors: {created: created_at}
    clean: [code]
    columns:
      full_name: {is: name, search: folded}
      email: {is: email, erase: null}
      born: {erase: {generalise: year}}
      note: {free: true, erase: {set: "gone"}}
      attrs$.phone: {is: phone, erase: drop}
      tags[*]: {is: external}
    links:
      canonical: {from: [account_id, canonical_id], to: people, down: cut}
  letters:
    key: [account_id, id]
    category: generated
    erase: delete
    clean: [sent_at]
    columns: {body: {free: true}}
    links:
      to: {from: [account_id, person_id], to: people, when: {role: customer}, down: follow}
      by: {from: [account_id, person_id], to: people, when: {role: agent}, down: cut}
  files:
    key: [account_id, id]
    category: generated
    erase: delete
    objects: {file: {pointer: pointer, store: media}}
    links:
      letter: {from: [account_id, owner_id], to: letters, when: {owner_type: Letter}, down: follow}
      bot: {from: [account_id, owner_id], to: none, when: {owner_type: Bot}, down: stay}
  entries:
    key: [account_id, id, made_at]
    category: host_usage
    erase: anonymise
    anchors: {created: made_at}
    columns: {ani: {is: phone, erase: {truncate: 4}}}
    links: {person: {from: [account_id, person_id], to: people, down: cut}}
)yaml";

inline std::string changed(const std::string& from, const std::string& to) {
  std::string map = kMap;
  if (from.empty()) return map;
  const std::size_t at = map.find(from);
  EXPECT_NE(at, std::string::npos) << "the map has no " << from;
  return at == std::string::npos ? map : map.replace(at, from.size(), to);
}

// "rule table place" with a ! before a refusal's rule.
inline std::vector<std::string> lines(const std::vector<datamap::Finding>& findings) {
  std::vector<std::string> out;
  for (const datamap::Finding& f : findings) {
    out.push_back((f.refusal ? "!" : "") + f.rule + " " + f.table +
                  (f.place.empty() ? "" : " " + f.place));
  }
  return out;
}

class DataMap : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new Database(Database::empty());
    store::Session session = database_->session();
    session.transact(store::Mode::read_committed, [](store::Tx& tx) { run(tx, kSchema); });
  }
  static void TearDownTestSuite() {
    delete database_;
    database_ = nullptr;
  }

  // Statements one by one, as the store runs them; none of ours holds a semicolon.
  static void run(store::Tx& tx, const std::string& script) {
    const store::Rows path = tx.exec("SELECT current_setting('search_path')");
    tx.exec("SET LOCAL search_path = public, pg_catalog");
    std::size_t at = 0;
    while (at < script.size()) {
      const std::size_t end = std::min(script.find(';', at), script.size());
      const std::string sql = script.substr(at, end - at);
      if (sql.find_first_not_of(" \n") != std::string::npos) tx.exec(sql);
      at = end + 1;
    }
    tx.exec({"SELECT set_config('search_path', $1, true)", {std::string(path.text(0, 0))}});
  }

  struct Checked {
    datamap::Map map;
    datamap::Catalog catalog;
    std::vector<datamap::Finding> findings, in_rows;
  };
  static Checked check(const std::string& sql, const std::string& map_text, bool rows = false) {
    store::Session session = database_->session();
    store::Tx tx = session.begin(store::Mode::read_committed);
    run(tx, sql);
    Checked out{datamap::read_map(map_text, "map.yaml"), {}, {}, {}};
    out.catalog = datamap::read_catalog(tx, out.map);
    out.findings = datamap::check(out.map, out.catalog);
    if (rows) out.in_rows = datamap::check_data(out.map, out.catalog, tx);
    return out;
  }

  static inline Database* database_ = nullptr;
};

}  // namespace ccctl::testing
