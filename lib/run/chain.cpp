#include "run/chain.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "store/retry.h"

namespace ccctl::run {
namespace {

constexpr int kMostTries = 5;

Open following(const Open& open, const std::string& position) {
  Open next = open;
  ++next.window.ordinal;
  next.position = position;
  return next;
}

}  // namespace

// Receipt, leaf, the next attempt and the lease in one statement. Without the lease or an open
// record of the run nothing is inserted, and the transaction must not commit.
void Chain::finish(store::Tx& tx, Open& open, const Done& done, Instant now) const {
  const Window& window = open.window;
  const Open next = following(open, done.next);
  store::Params params;
  const audit::Appending appending = audit::append_with(params, done.work.event, now);
  const std::string tenant = params.bind(window.tenant) + "::text";
  const std::string run = params.bind(window.request_id) + "::text";
  const std::string at = params.bind(to_text(now)) + "::timestamptz";
  std::string sql = "WITH " + appending.ctes + ", " + lease_.in_force_sql(params) +
                    ", gone AS (DELETE FROM ccctl.attempt WHERE tenant_id = " + tenant +
                    " AND attempt_id = " + params.bind(window.attempt_id()) +
                    "::text), opened AS (INSERT INTO ccctl.attempt (tenant_id, attempt_id, "
                    "request_id, opened_at, position) VALUES (" +
                    tenant + ", " + params.bind(next.window.attempt_id()) + "::text, " + run +
                    ", " + at + ", " + params.bind(next.position) + "::text)) ";
  sql +=
      "INSERT INTO ccctl.receipt (tenant_id, request_id, pass, ordinal, tallies, leaf_hash, at) "
      "SELECT " +
      tenant + ", " + run + ", " + params.bind(std::to_string(window.pass)) + "::integer, " +
      params.bind(std::to_string(window.ordinal)) + "::integer, " +
      params.bind(canonical(done.work.tallies)) + "::text, pg_catalog.decode(" +
      params.bind(crypto::to_hex(crypto::view(appending.hash))) + "::text, 'hex'), " + at +
      " FROM ccctl.destruction d CROSS JOIN lease WHERE d.tenant_id = " + tenant +
      " AND d.run_id = " + run + " AND d.closed_at IS NULL";
  if (tx.exec({std::move(sql), params.take()}).affected() != 1)
    throw Error(ErrorKind::busy, "another sweep of this tenant has taken over");
}

Chain::End Chain::attempt(Open& open, const store::Sql& beside, const Doing& doing) {
  store::Tx tx = session_.begin(store::Mode::read_committed);
  const Window& window = open.window;
  store::Params params(beside.params);
  const std::string tenant = params.bind(window.tenant), id = params.bind(window.attempt_id());
  const store::Rows locked = tx.exec({"SELECT pg_catalog.statement_timestamp()" +
                                          (beside.text.empty() ? "" : ", " + beside.text) +
                                          " FROM ccctl.attempt WHERE tenant_id = " + tenant +
                                          "::text AND attempt_id = " + id + "::text FOR UPDATE",
                                      params.take()});
  if (locked.empty()) {
    // A commit whose answer was lost has done it: what it opened says how it went on.
    const std::optional<Open> next = find(tx, window.tenant, window.request_id);
    Receipt receipt;
    if (!next || !find_receipt(tx, window, &receipt)) {
      throw Error(ErrorKind::busy, "another sweep of this tenant has taken over");
    }
    open = *next;
    return End::done;
  }
  const Instant now = *locked.instant(0, 0);
  const std::optional<Done> done = doing(tx, now, locked);
  if (!done) return End::nothing;
  finish(tx, open, *done, now);
  if (tx.commit() != store::Outcome::committed) return End::in_doubt;
  open = following(open, done->next);
  return End::done;
}

bool Chain::run(Open& open, const store::Sql& beside, const Doing& doing) {
  for (int tries = 1;; ++tries) {
    try {
      const End end = attempt(open, beside, doing);
      if (end != End::in_doubt) return end == End::done;
      if (tries >= kMostTries) {
        throw Error(ErrorKind::in_doubt, "the connection was lost during each of " +
                                             std::to_string(kMostTries) + " commits");
      }
      session_ = reconnected(connect_);
      continue;
    } catch (const store::RetryableError&) {
      if (tries >= kMostTries) throw;
    } catch (const store::StatementError& error) {
      // A child that was inserted meanwhile: the next snapshot sees it.
      if (tries >= kMostTries || error.sqlstate() != "23503") throw;
    }
    store::wait_before_retry(tries);
  }
}

std::optional<Open> Chain::find(store::Tx& tx, const std::string& tenant,
                                const std::string& run_id) {
  const store::Rows rows =
      tx.exec({"SELECT pg_catalog.split_part(attempt_id, '/', 2)::integer, "
               "pg_catalog.split_part(attempt_id, '/', 3)::integer, position FROM ccctl.attempt "
               "WHERE tenant_id = $1::text AND request_id = $2::text AND position IS NOT NULL",
               {tenant, run_id}});
  if (rows.empty()) return std::nullopt;
  return Open{
      {tenant, run_id, static_cast<int>(rows.integer(0, 0)), static_cast<int>(rows.integer(0, 1))},
      std::string(rows.text(0, 2))};
}

void Chain::open(store::Tx& tx, const Open& open, Instant at) {
  close(tx, open.window.tenant, open.window.request_id);
  tx.exec(
      {"INSERT INTO ccctl.attempt (tenant_id, attempt_id, request_id, opened_at, position) "
       "VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $5::text)",
       {open.window.tenant, open.window.attempt_id(), open.window.request_id, to_text(at),
        open.position}});
}

void Chain::close(store::Tx& tx, const std::string& tenant, const std::string& run_id) {
  tx.exec(
      {"DELETE FROM ccctl.attempt WHERE tenant_id = $1::text AND request_id = $2::text AND "
       "position IS NOT NULL",
       {tenant, run_id}});
}

}  // namespace ccctl::run
