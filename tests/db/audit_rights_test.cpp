// Who may write what into the log: PostgreSQL itself refuses the rest.
#include "db/audit_fixture.h"

namespace ccctl::testing {
namespace {

using store::Mode;
using store::Session;
using store::Tx;

class AuditRights : public Audit {
 protected:
  void expect_refused(Session& session, const store::Sql& sql, const std::string& sqlstate) {
    Tx tx = session.begin(Mode::read_committed);
    const Error error = error_of([&] { tx.exec(sql); });
    bool found = false;
    for (const auto& [key, value] : error.context()) found |= value == sqlstate;
    EXPECT_TRUE(found) << sql.text << ": " << error.what();
  }
};

TEST_F(AuditRights, NobodyChangesOrDeletesARow) {  // W-42
  grow(2, 1);
  append_some(1);
  for (const char* login : {"officer", "admin", "auditor"}) {
    Session session = database.session(login);
    for (const char* table :
         {"pending", "shard", "leaf", "node", "checkpoint", "log_key", "sealer"}) {
      const std::string name = std::string("ccctl.") + table;
      expect_refused(session, "DELETE FROM " + name, "42501");
      expect_refused(session, "TRUNCATE " + name, "42501");
      const std::string column = table == std::string("sealer") ? "only_row" : "tenant_id";
      expect_refused(session, "UPDATE " + name + " SET " + column + " = " + column, "42501");
      if (name == "ccctl.pending") continue;
      expect_refused(session, "INSERT INTO " + name + " SELECT * FROM " + name, "42501");
    }
    expect_refused(session, "SELECT 1 FROM ccctl.sealer FOR UPDATE", "42501");
  }
}

TEST_F(AuditRights, EveryRoleAppendsUnderItsOwnName) {
  for (const char* login : {"officer", "admin", "auditor"}) {
    Session session = database.session(login);
    append(session, event(login));
    EXPECT_EQ(error_of([&] { append(session, event("somebody")); }).kind(), ErrorKind::denied);
    audit::Event foreign = event(login);
    foreign.tenant = "other";
    EXPECT_EQ(error_of([&] { append(session, foreign); }).kind(), ErrorKind::denied);
  }
  EXPECT_EQ(seal().at(0).added, 3U);
}

TEST_F(AuditRights, IdTimeAndHashAreNotTheCallers) {
  Session session = database.session("auditor");
  expect_refused(session,
                 "INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash, appended_at) "
                 "VALUES ('acme', 'evidence', '{}', sha256('\\x007b7d'), '2019-01-01Z')",
                 "42501");
  expect_refused(
      session,
      "INSERT INTO ccctl.pending (tenant_id, log, id, line, leaf_hash) OVERRIDING SYSTEM "
      "VALUE VALUES ('acme', 'evidence', 1, '{}', sha256('\\x007b7d'))",
      "42501");
  expect_refused(root,
                 "INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) "
                 "VALUES ('acme', 'evidence', '{}', sha256('another line'))",
                 "23514");
}

TEST_F(AuditRights, OtherTenantsAreInvisible) {
  append_some(2);
  audit::Event foreign = event();
  foreign.tenant = "other";
  append(root, foreign);
  seal();
  append(root, foreign);
  Session session = database.session("auditor");
  Tx tx = session.begin(Mode::read_only_snapshot);
  for (const char* table : {"pending", "shard", "leaf", "node", "checkpoint", "log_key"}) {
    EXPECT_EQ(
        tx.exec(std::string("SELECT count(*) FROM ccctl.") + table + " WHERE tenant_id <> 'acme'")
            .integer(0, 0),
        0)
        << table;
  }
  EXPECT_EQ(tx.exec("SELECT count(*) FROM ccctl.leaf").integer(0, 0), 2);
  EXPECT_EQ(audit::newest_checkpoints(tx).size(), 1U);
}

}  // namespace
}  // namespace ccctl::testing
