// A connection to the datastore, and transactions on it.
//
// Everything of libpq is behind this header (libpqxx 6.4.5 shows neither constraint nor table of an
// error, nor libpq's connection). A PostgreSQL error keeps its SQLSTATE, constraint, table and
// column, in the message and as the error's context; its DETAIL, CONTEXT and message text are
// dropped, because they print personal values. Errors thrown: unreachable (connection refused or
// lost), denied (42501 and failed log-in), busy (lock or statement timeout, too many connections,
// and as RetryableError a serialization failure or deadlock), usage (a parameter that PostgreSQL
// cannot take), unexpected (anything else). Not thread-safe: one thread has one session.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "store/sql.h"

namespace ccctl::store {

// Where the datastore is. `dsn` is a libpq connection string without a password (one with a
// password is refused with a hint); empty means libpq's own environment. A remote host needs
// sslmode=verify-full (W-44, P-18): refused with exit 5 otherwise.
struct Target {
  std::string dsn;
  std::string user;  // overrides the dsn's and PGUSER; may be empty
  std::chrono::milliseconds lock_timeout{5000};
  std::chrono::milliseconds statement_timeout{0};  // 0: none
};

// A transaction failed in a way that doing it again can cure.
class RetryableError : public Error {
 public:
  using Error::Error;
};

// A statement failed inside PostgreSQL. sqlstate() is five characters; the names may be empty.
class StatementError : public Error {
 public:
  StatementError(ErrorKind kind, const std::string& message, std::string sqlstate)
      : Error(kind, message), sqlstate_(std::move(sqlstate)) {}
  const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

// The rows a statement returned. Copyable (shares the result); values are PostgreSQL's text form.
// A string_view taken from it lives as long as any copy of the Rows. integer() and boolean() throw
// (unexpected) for what is not one, NULL included; instant() gives nothing for NULL and infinity.
class Rows {
 public:
  struct Impl;
  explicit Rows(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  std::size_t columns() const;
  std::string_view column_name(std::size_t column) const;
  std::uint64_t affected() const;

  bool is_null(std::size_t row, std::size_t column) const;
  // The value, or an empty view for NULL: ask is_null() where that matters.
  std::string_view text(std::size_t row, std::size_t column) const;
  Value value(std::size_t row, std::size_t column) const;
  std::int64_t integer(std::size_t row, std::size_t column) const;
  bool boolean(std::size_t row, std::size_t column) const;
  std::optional<Instant> instant(std::size_t row, std::size_t column) const;  // timestamptz

 private:
  std::shared_ptr<const Impl> impl_;
};

enum class Mode {
  read_committed,      // deleting transactions: asserted, holds are read after the attempt lock
  repeatable_read,     // a consistent snapshot, read-write
  read_only_snapshot,  // REPEATABLE READ, READ ONLY
};

enum class Outcome { committed, in_doubt };

class Session;

// Rolls back when destroyed, unless commit() was called. A session has one transaction at a time.
class Tx {
 public:
  Tx(Tx&&) noexcept;
  Tx& operator=(Tx&&) = delete;
  Tx(const Tx&) = delete;
  Tx& operator=(const Tx&) = delete;
  ~Tx();

  // When it began, by the datastore's clock. Asked before the first statement it costs a round
  // trip.
  Instant began_at() const;

  // Runs one statement. A text that the session has seen before runs as a prepared statement.
  // Refuses (usage) a parameter with an embedded NUL, which PostgreSQL would cut silently.
  Rows exec(const Sql& sql);

  // Runs one statement whose answer nobody needs, in the same round trip as the next one or the
  // commit, and in the order in which they were given. What the datastore refuses is thrown there,
  // or by a later defer().
  void defer(Sql sql);

  // Several statements in one text, without parameters: a migration. Never a text with data in it.
  void script(const std::string& text);

  // Reads all rows of a query in batches through a cursor; constant memory. `row` gets the batch
  // and the row's number in it, may run other statements on this Tx, and keeps the batch alive by
  // copying.
  void each(const Sql& sql, const std::function<void(const Rows&, std::size_t row)>& row,
            std::size_t batch = 5000);

  // Hands over the rows of a query one by one as they arrive (each a Rows of one row): constant
  // memory however long a row is, and no round trips in between. `row` may not use this Tx; when it
  // throws, the statement is cancelled and the transaction can only be rolled back.
  void stream(const Sql& sql, const std::function<void(const Rows&)>& row);

  // COPY table (columns) FROM STDIN: `next` fills the row and returns false at the end. `table` is
  // SQL (qualified, quoted where needed); columns are plain names, quoted here. Gives the number of
  // rows; what the server refuses is thrown at the end. `next` may not use this Tx; when it throws,
  // the transaction can only be rolled back.
  std::uint64_t copy_in(const std::string& table, const std::vector<std::string>& columns,
                        const std::function<bool(std::vector<Value>& row)>& next);

  // in_doubt: the connection was lost while COMMIT was under way; the caller finds out. Throws when
  // it is certain that nothing was committed.
  [[nodiscard]] Outcome commit();

 private:
  friend class Session;
  struct Impl;
  explicit Tx(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class Session {
 public:
  // Connects and sets what design.md 4 lists (search_path, time zone UTC, ISO dates, timeouts,
  // synchronous_commit, application_name); never reconnects by itself. Refuses (config_invalid) a
  // database that is not UTF-8. Behind a PgBouncer that pools transactions it notices that the
  // backend changed, sets everything again for each transaction, and stops preparing statements.
  static Session open(const Target& target);

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // BEGIN travels with the transaction's first statement, in one round trip: what is wrong with the
  // connection shows there. The Tx must not outlive the Session; moving the Session is harmless.
  Tx begin(Mode mode);
  // begin(), work, commit(): for work whose repetition is harmless. Retries on RetryableError, five
  // attempts in all; throws in_doubt when the commit's outcome is unknown.
  void transact(Mode mode, const std::function<void(Tx&)>& work);

  // Outside any transaction (CREATE DATABASE, VACUUM); throws std::logic_error inside one.
  void exec_plain(const std::string& sql);

  const std::string& session_user() const;
  int backend_pid() const;
  int server_version() const;  // e.g. 150018

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ccctl::store
