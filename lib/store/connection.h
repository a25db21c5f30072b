// One libpq connection, inside the store room only: statements in, results or typed errors out.
//
// Texts that PostgreSQL writes about an error never leave this room: verbosity is set to the
// SQLSTATE alone, notices are dropped, and only the fields that hold names are read.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/session.h"
#include "store/sql.h"

namespace ccctl::store {

struct Rows::Impl {
  explicit Impl(PGresult* taken) : result(taken) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { PQclear(result); }
  PGresult* result;
};

// Throws what a SQLSTATE stands for; the names may be empty.
[[noreturn]] void throw_sqlstate(const std::string& sqlstate, std::string_view constraint,
                                 std::string_view table, std::string_view column);
// True for the states that PostgreSQL sends when it ends a connection by itself.
bool ends_connection(std::string_view sqlstate);

class Connection {
 public:
  explicit Connection(const Target& target);

  // One statement with parameters; prepared when the text was seen before.
  Rows exec(const Sql& sql);
  // To be sent with what comes next: exec() or commit() in one round trip with it.
  void defer(Sql sql);
  // Several statements without parameters, in the simple protocol; gives the last one's result.
  Rows simple(const std::string& text);

  // The rows of one statement as they arrive.
  void stream(const Sql& sql, const std::function<void(const Rows&)>& row);

  // `next` gives chunks of COPY text until it gives an empty one.
  std::uint64_t copy(const std::string& statement, const std::function<std::string_view()>& next);

  // `local_settings` are what a backend other than this one wants in each transaction.
  void configured(std::int64_t backend_pid, std::string local_settings);
  // Begins a transaction with the next statement, in the same round trip.
  void begin_with_next(Mode mode);
  // Or at once, where that has not happened yet.
  void begin_now();
  // When the transaction began, by the server's clock.
  Instant began_at();

  // COMMIT, whose lost answer is a value and no error.
  Outcome commit();

  bool alive() const { return PQstatus(pg_.get()) == CONNECTION_OK; }
  // On the server. What begins with the next statement has not.
  bool in_transaction() const;
  // Of a transaction that is given up, what has not been sent.
  void forget_unsent() {
    beginning_.reset();
    deferred_.clear();
  }
  int backend_pid() const { return PQbackendPID(pg_.get()); }
  int server_version() const { return PQserverVersion(pg_.get()); }

  // Whether a Tx is open; the Session's and the Tx's common memory.
  bool transaction_open = false;

 private:
  struct Finish {
    void operator()(PGconn* pg) const { PQfinish(pg); }
  };
  struct Seen {
    int uses = 0;
    std::string name;  // empty: not prepared
  };

  [[noreturn]] void lost() const;
  using Answer = std::shared_ptr<const Rows::Impl>;
  Rows checked(PGresult* result) { return checked(std::make_shared<const Rows::Impl>(result)); }
  Rows checked(Answer result);
  void cancel() noexcept;
  // The name of the prepared statement for this text, or nothing when it runs unprepared.
  Seen* seen(const std::string& text);
  bool send(const std::string& text, const std::vector<const char*>& values, const Seen* prepared);
  Rows answered(Answer result, Seen* prepared);
  // The answers to `count` statements that were sent in pipeline mode, which it ends.
  std::vector<Answer> arrived(bool sent, std::size_t count);
  // What was deferred, and this; gives the answer to this.
  Answer exec_deferred(const std::string& text, const std::vector<const char*>& values,
                       const Seen* prepared);
  void send_deferred();
  // False: the backend is not the one that has our settings.
  bool begun(const Rows& row, Mode mode);
  Rows exec_beginning(const Sql& sql, const std::vector<const char*>& values);

  std::unique_ptr<PGconn, Finish> pg_;
  std::unordered_map<std::string, Seen> seen_;
  std::optional<Mode> beginning_;
  std::vector<Sql> deferred_;
  Instant began_at_{};
  std::int64_t configured_pid_ = 0;
  std::string local_settings_;
  bool pooled_ = false;  // transactions get one backend or another
  bool preparing_ = true;
  int prepared_ = 0;
};

struct Tx::Impl {
  explicit Impl(Connection& c) : connection(c) { connection.transaction_open = true; }
  Connection& connection;
  int cursors = 0;
};

// Connects as `target` says and only where W-44 allows it; client encoding UTF-8.
PGconn* connect(const Target& target);

}  // namespace ccctl::store
