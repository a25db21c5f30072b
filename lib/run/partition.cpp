#include "run/partition.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "run/partition_sql.h"
#include "store/retry.h"

namespace ccctl::run {
namespace {

using std::chrono::steady_clock;

constexpr int kMostTriesForLock = 6;
constexpr auto kReadersMayTake = std::chrono::seconds(5);
constexpr auto kLooksAgain = std::chrono::milliseconds(10);

std::string qualified(const std::string& schema, const std::string& name) {
  return store::quote_name(schema) + "." + store::quote_name(name);
}

std::string marker(const std::string& tenant) {
  return "ccctl: of a partition that a sweep of tenant \"" + tenant + "\" replaces";
}

bool of_locks(const store::StatementError& error) {
  return error.sqlstate() == "55P03" || error.sqlstate() == "57014";
}

// Again and again, for some seconds in all.
void with_locks(const std::function<void()>& work) {
  for (int tries = 1;; ++tries) {
    try {
      return work();
    } catch (const store::StatementError& error) {
      if (!of_locks(error)) throw Declined{error.what()};
      if (tries == kMostTriesForLock) throw Declined{"somebody keeps it or its table locked"};
    }
    store::wait_before_retry(tries);
  }
}

}  // namespace

std::vector<Leaf> replaceable(store::Tx& tx, std::uint32_t root, const std::string& column) {
  const store::Rows rows = tx.exec({std::string(kReplaceable), {std::to_string(root), column}});
  std::vector<Leaf> found;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Leaf leaf{std::string(rows.text(r, 0)), std::string(rows.text(r, 1)),
              std::string(rows.text(r, 2)), "",
              std::string(rows.text(r, 3)), std::string(rows.text(r, 4)),
              std::string(rows.text(r, 5))};
    leaf.sql_name = qualified(leaf.schema, leaf.name);
    found.push_back(std::move(leaf));
  }
  return found;
}

bool copies_left(store::Tx& tx) {
  return tx
      .exec(
          "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.relname ~ "
          "'^ccctl_kept_[0-9]+$' AND c.relkind = 'r' AND NOT c.relispartition)")
      .boolean(0, 0);
}

Replacement::Replacement(store::Session& session, std::string root, Leaf leaf, std::string tenant)
    : session_(session),
      root_(std::move(root)),
      leaf_(std::move(leaf)),
      tenant_(std::move(tenant)),
      kept_(qualified(leaf_.schema, "ccctl_kept_" + leaf_.oid)),
      watch_(qualified(leaf_.schema, "ccctl_watch_" + leaf_.oid)) {}

Replacement::~Replacement() {
  if (!prepared_) return;
  try {
    clean(session_, tenant_);
  } catch (const std::exception&) {
    // The tenant's next sweep removes it.
  }
}

std::string Replacement::structure(store::Tx& tx, const std::string& relation,
                                   bool attached) const {
  return std::string(
      tx.exec({std::string(kStructure), {relation, attached ? "true" : "false"}}).text(0, 0));
}

// Nobody reads from the copy yet, so that it is made without haste.
void Replacement::make_copy(store::Tx& tx) {
  tx.script("CREATE TABLE " + kept_ + " (LIKE " + leaf_.sql_name +
            " INCLUDING ALL); COMMENT ON TABLE " + kept_ + " IS " +
            store::quote_literal(marker(tenant_)));
  const store::Rows statements = tx.exec({std::string(kCarry), {kept_, leaf_.oid}});
  for (std::size_t r = 0; r < statements.size(); ++r) tx.script(std::string(statements.text(r, 0)));
  const std::string copy(
      tx.exec({"SELECT $1::text::pg_catalog.regclass::oid", {kept_}}).text(0, 0));
  if (structure(tx, copy, false) != structure(tx, leaf_.oid, false))
    throw Declined{"a copy of it would not be its equal"};
  indexes_.clear();
  const store::Rows same = tx.exec({std::string(kSameIndexes), {copy, leaf_.oid}});
  for (std::size_t r = 0; r < same.size(); ++r)
    indexes_.emplace_back(same.text(r, 0), same.text(r, 1));
  columns_.clear();
  const store::Rows columns = tx.exec(
      {"SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND attnum > 0 "
       "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
       {leaf_.oid}});
  for (std::size_t r = 0; r < columns.size(); ++r) columns_.emplace_back(columns.text(r, 0));
  const store::Rows comment =
      tx.exec({"SELECT pg_catalog.obj_description($1::oid, 'pg_class')", {leaf_.oid}});
  comment_ = comment.is_null(0, 0) ? "NULL" : store::quote_literal(comment.text(0, 0));
}

// The lock waits for whoever is writing: what they wrote is seen by what comes next, and whatever
// is written later draws a number. A sequence tells of writers that are still at work, and of those
// that rolled back; it keeps none of them waiting. Its condition is never true, so that no function
// is called.
void Replacement::watch(store::Tx& tx) {
  tx.script("SET LOCAL lock_timeout = '100ms'; LOCK TABLE ONLY " + leaf_.sql_name +
            " IN SHARE ROW EXCLUSIVE MODE; CREATE SEQUENCE " + watch_ + "; COMMENT ON SEQUENCE " +
            watch_ + " IS " + store::quote_literal(marker(tenant_)) + "; GRANT USAGE ON SEQUENCE " +
            watch_ + " TO PUBLIC; CREATE TRIGGER ccctl_watch AFTER INSERT OR UPDATE OR DELETE ON " +
            leaf_.sql_name + " FOR EACH ROW WHEN (pg_catalog.nextval(" +
            store::quote_literal(watch_) +
            "::pg_catalog.regclass) IS NULL) EXECUTE FUNCTION "
            "pg_catalog.suppress_redundant_updates_trigger(); ALTER TABLE " +
            leaf_.sql_name + " ENABLE ALWAYS TRIGGER ccctl_watch");
  filenode_ = tx.exec({"SELECT pg_catalog.pg_relation_filenode($1::oid)", {leaf_.oid}}).text(0, 0);
}

// Who reads the table for long is noticed before anything has been done.
void Replacement::prepare() {
  with_locks([&] {
    session_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      tx.script("SET LOCAL lock_timeout = '100ms'; LOCK TABLE ONLY " + root_ +
                " IN ACCESS EXCLUSIVE MODE");
    });
  });
  with_locks([&] {
    session_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      make_copy(tx);
      watch(tx);
    });
    prepared_ = true;
  });
}

void Replacement::wait_for_readers(const std::function<bool()>& interrupted) const {
  const auto snapshots = [&] {
    std::set<std::string> found;
    session_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
      found.clear();
      const store::Rows rows = tx.exec(std::string(kSnapshots));
      for (std::size_t r = 0; r < rows.size(); ++r) found.emplace(rows.text(r, 0));
    });
    return found;
  };
  const steady_clock::time_point end = steady_clock::now() + kReadersMayTake;
  std::set<std::string> older = snapshots();
  while (!older.empty()) {
    if (interrupted && interrupted()) throw Declined{};
    if (steady_clock::now() > end)
      throw Declined{"a transaction from before its rows were copied does not end"};
    std::this_thread::sleep_for(kLooksAgain);
    const std::set<std::string> now = snapshots();
    std::erase_if(older, [&](const std::string& each) { return !now.contains(each); });
  }
}

// One statement, so that one time limit is that of all of it.
std::string Replacement::swap_sql(bool keeps) const {
  std::string block;
  const auto run = [&](const std::string& sql) {
    block += " EXECUTE " + store::quote_literal(sql) + ";";
  };
  run("DROP TABLE " + leaf_.sql_name);
  run("DROP SEQUENCE " + watch_);
  if (!keeps) {
    run("DROP TABLE " + kept_);
  } else {
    run("ALTER TABLE " + root_ + " ATTACH PARTITION " + kept_ + " " + leaf_.bounds);
    run("ALTER TABLE " + kept_ + " DROP CONSTRAINT ccctl_bounds");
    run("ALTER TABLE " + kept_ + " RENAME TO " + store::quote_name(leaf_.name));
    for (const auto& [copy, name] : indexes_)
      run("ALTER INDEX " + qualified(leaf_.schema, copy) + " RENAME TO " + store::quote_name(name));
    run("COMMENT ON TABLE " + leaf_.sql_name + " IS " + comment_);
  }
  return "DO " + store::quote_literal("BEGIN" + block + " END");
}

void Replacement::swap(store::Tx& tx, bool keeps) const {
  // The root first, as everybody else: whoever waits for it has nothing of what comes next.
  tx.script("SET LOCAL lock_timeout = '100ms'; LOCK TABLE ONLY " + root_ +
            " IN ACCESS EXCLUSIVE MODE; SET LOCAL lock_timeout = '30ms'; SET LOCAL "
            "statement_timeout = '120ms'; LOCK TABLE ONLY " +
            leaf_.sql_name + " IN ACCESS EXCLUSIVE MODE");
  const store::Rows look =
      tx.exec({"SELECT NOT s.is_called AND c.oid = $1::oid AND c.relispartition AND "
               "pg_catalog.pg_get_expr(c.relpartbound, c.oid) = $4::text AND "
               "pg_catalog.pg_relation_filenode(c.oid)::text = $2::text AND EXISTS (SELECT FROM "
               "pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent = "
               "$5::text::pg_catalog.regclass) AND EXISTS (SELECT FROM pg_catalog.pg_trigger t "
               "WHERE t.tgrelid = c.oid AND t.tgname = 'ccctl_watch' AND t.tgenabled = 'A') FROM " +
                   watch_ + " s, pg_catalog.pg_class c WHERE c.oid = $3::text::pg_catalog.regclass",
               {leaf_.oid, filenode_, leaf_.sql_name, leaf_.bounds, root_}});
  if (look.empty() || !look.boolean(0, 0)) throw Changed{};
  const std::string before = structure(tx, leaf_.oid, true);
  tx.script(swap_sql(keeps));
  if (keeps) {
    const std::string now(
        tx.exec({"SELECT $1::text::pg_catalog.regclass::oid", {leaf_.sql_name}}).text(0, 0));
    if (structure(tx, now, true) != before) throw Declined{"a copy of it would not be its equal"};
  }
  tx.script("SET LOCAL lock_timeout TO DEFAULT; SET LOCAL statement_timeout TO DEFAULT");
}

std::size_t Replacement::clean(store::Session& session, const std::string& tenant) {
  std::vector<std::string> left;
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    left.clear();
    const store::Rows rows = tx.exec(
        {"SELECT c.relkind, pg_catalog.quote_ident(n.nspname) || '.' || "
         "pg_catalog.quote_ident(c.relname), t.tgrelid::pg_catalog.regclass::text FROM "
         "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN "
         "pg_catalog.pg_trigger t ON c.relkind = 'S' AND t.tgname = 'ccctl_watch' AND "
         "t.tgrelid::text = pg_catalog.substr(c.relname, 13) WHERE c.relname LIKE "
         "'ccctl\\_%' AND c.relkind IN ('r', 'S') AND NOT c.relispartition AND c.relname ~ "
         "'^ccctl_(kept|watch)_[0-9]+$' AND pg_catalog.obj_description(c.oid, 'pg_class') = "
         "$1::text ORDER BY 1 DESC",
         {marker(tenant)}});
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::string name(rows.text(r, 1));
      std::string sql = "DROP TABLE " + name;
      if (rows.text(r, 0) == "S") {
        sql = "DROP SEQUENCE " + name;
        if (!rows.is_null(r, 2))
          sql = "DROP TRIGGER ccctl_watch ON " + std::string(rows.text(r, 2)) + "; " + sql;
      }
      left.push_back(std::move(sql));
    }
  });
  std::size_t stays = 0;
  for (const std::string& sql : left) {
    try {
      with_locks([&] {
        session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
          tx.script("SET LOCAL lock_timeout = '100ms'; " + sql);
        });
      });
    } catch (const Declined&) {
      ++stays;
    }
  }
  return stays;
}

}  // namespace ccctl::run
