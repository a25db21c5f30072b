#include "run/window.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "store/retry.h"

namespace ccctl::run {
namespace {

constexpr int kTries = 5;
constexpr auto kReconnectFor = std::chrono::seconds(10);

// Errors that a new transaction may not meet: a row inserted between our snapshot and the check of
// its foreign key.
bool passing(const store::StatementError& error) {
  return error.sqlstate() == "23503";
}

// Whether there is one, and what time it was when that was asked.
bool found_receipt(store::Tx& tx, const Window& window, Receipt* receipt, Instant* now) {
  const store::Rows rows =
      tx.exec({"SELECT r.tallies, pg_catalog.encode(r.leaf_hash, 'hex'), "
               "pg_catalog.statement_timestamp() FROM (VALUES (1)) AS one LEFT JOIN ccctl.receipt "
               "r ON r.tenant_id = $1::text AND r.request_id = $2::text AND r.pass = $3::integer "
               "AND r.ordinal = $4::integer",
               {window.tenant, window.request_id, std::to_string(window.pass),
                std::to_string(window.ordinal)}});
  *now = *rows.instant(0, 2);
  if (rows.is_null(0, 0)) return false;
  const std::string leaf = crypto::from_hex(rows.text(0, 1)).value_or("");
  receipt->tallies = rows.text(0, 0);
  std::copy(leaf.begin(), leaf.end(), receipt->leaf.begin());
  receipt->repeated = true;
  return true;
}

}  // namespace

std::string Window::attempt_id() const {
  return request_id + "/" + std::to_string(pass) + "/" + std::to_string(ordinal);
}

Instant datastore_now(store::Tx& tx) {
  return *tx.exec("SELECT pg_catalog.statement_timestamp()").instant(0, 0);
}

void open_attempt(store::Tx& tx, const Window& window, Instant at) {
  tx.defer(
      {"INSERT INTO ccctl.attempt (tenant_id, attempt_id, request_id, opened_at) VALUES ($1::text, "
       "$2::text, "
       "$3::text, $4::timestamptz) ON CONFLICT (tenant_id, attempt_id) DO NOTHING",
       {window.tenant, window.attempt_id(), window.request_id, to_text(at)}});
  // Only now: another worker may have written the receipt, and removed its attempt, a moment before
  // our insert. From here on nobody else can, because nobody else sees the new row.
  tx.defer(
      {"DELETE FROM ccctl.attempt a USING ccctl.receipt r WHERE a.tenant_id = $1::text AND "
       "a.attempt_id = $2::text AND r.tenant_id = a.tenant_id AND r.request_id = $3::text AND "
       "r.pass = $4::integer AND r.ordinal = $5::integer",
       {window.tenant, window.attempt_id(), window.request_id, std::to_string(window.pass),
        std::to_string(window.ordinal)}});
}

bool lock_attempt(store::Tx& tx, const Window& window) {
  return !tx.exec({"SELECT FROM ccctl.attempt WHERE tenant_id = $1::text AND attempt_id = $2::text "
                   "FOR UPDATE",
                   {window.tenant, window.attempt_id()}})
              .empty();
}

void close_attempt(store::Tx& tx, const Window& window) {
  tx.defer({"DELETE FROM ccctl.attempt WHERE tenant_id = $1::text AND attempt_id = $2::text",
            {window.tenant, window.attempt_id()}});
}

bool find_receipt(store::Tx& tx, const Window& window, Receipt* receipt) {
  Instant now;
  return found_receipt(tx, window, receipt, &now);
}

// One transaction; true when its outcome is known and in `receipt`.
bool Runner::attempt(const Window& window, const std::function<Work(store::Tx&, Instant now)>& work,
                     Receipt* receipt) {
  store::Tx tx = session_.begin(store::Mode::read_committed);
  const bool locked = lock_attempt(tx, window);
  Instant now;
  if (found_receipt(tx, window, receipt, &now)) return true;
  if (!locked) {
    throw Error(ErrorKind::unexpected,
                "the attempt row of request \"" + window.request_id + "\" is missing");
  }
  const Work done = work(tx, now);
  receipt->tallies = canonical(done.tallies);
  receipt->leaf = audit::append(tx, done.event, now);
  receipt->repeated = false;
  tx.defer(
      {"WITH gone AS (DELETE FROM ccctl.attempt WHERE tenant_id = $1::text AND attempt_id = "
       "$7::text) INSERT INTO "
       "ccctl.receipt (tenant_id, request_id, pass, ordinal, tallies, leaf_hash, at) VALUES "
       "($1::text, $2::text, "
       "$3::integer, $4::integer, $5::text, pg_catalog.decode($6::text, 'hex'), $8::timestamptz)",
       {window.tenant, window.request_id, std::to_string(window.pass),
        std::to_string(window.ordinal), receipt->tallies,
        crypto::to_hex(crypto::view(receipt->leaf)), window.attempt_id(), to_text(now)}});
  return tx.commit() == store::Outcome::committed;
}

store::Session reconnected(const std::function<store::Session()>& connect) {
  const auto end = std::chrono::steady_clock::now() + kReconnectFor;
  for (auto pause = std::chrono::milliseconds(50);; pause *= 2) {
    try {
      return connect();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unreachable) throw;
      if (std::chrono::steady_clock::now() + pause > end) {
        throw Error(ErrorKind::in_doubt,
                    "the connection was lost during a commit, and the datastore stays unreachable");
      }
    }
    std::this_thread::sleep_for(pause);
  }
}

Receipt Runner::run_window(const Window& window,
                           const std::function<Work(store::Tx&, Instant now)>& work) {
  Receipt receipt;
  for (int tries = 1;; ++tries) {
    try {
      if (attempt(window, work, &receipt)) return receipt;
      if (tries >= kTries) {
        throw Error(ErrorKind::in_doubt, "the connection was lost during each of " +
                                             std::to_string(kTries) + " commits");
      }
      session_ = reconnected(connect_);  // the next attempt waits for the row lock, then finds the
                                         // receipt, or does it again
      continue;
    } catch (const store::RetryableError&) {
      if (tries >= kTries) throw;
    } catch (const store::StatementError& error) {
      if (tries >= kTries || !passing(error)) throw;
    }
    store::wait_before_retry(tries);
  }
}

}  // namespace ccctl::run
