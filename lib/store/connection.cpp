#include "store/connection.h"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace ccctl::store {
namespace {

// Statements are generated from the data map, so a session sees some hundred texts; the limit keeps
// a program that writes values into its texts from filling the server's memory.
constexpr std::size_t kMaxTexts = 500;

// However much is deferred, little of it is kept here.
constexpr std::size_t kMostDeferred = 100;

// What a transaction begins as, and in which backend.
const std::string kLook =
    "SELECT pg_catalog.current_setting('transaction_isolation'), pg_catalog.pg_backend_pid(), "
    "pg_catalog.statement_timestamp()";

const char* begin_statement(Mode mode) {
  switch (mode) {
    case Mode::read_committed:
      return "BEGIN ISOLATION LEVEL READ COMMITTED";
    case Mode::repeatable_read:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ";
    case Mode::read_only_snapshot:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
  }
  throw std::logic_error("store: no such mode");
}

std::string_view level_of(Mode mode) {
  return mode == Mode::read_committed ? "read committed" : "repeatable read";
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text != nullptr ? text : "";
}

void check_text(const std::string& text) {
  if (text.find('\0') != std::string::npos) {
    throw Error(ErrorKind::usage, "a statement contains a NUL character");
  }
}

std::vector<const char*> pointers(const std::vector<Value>& params) {
  std::vector<const char*> out;
  out.reserve(params.size());
  for (const Value& value : params) {
    // libpq takes a text parameter as a C string: it would be cut at the NUL without a word.
    if (value && value->find('\0') != std::string::npos) {
      throw Error(ErrorKind::usage, "a value contains a NUL character");
    }
    out.push_back(value ? value->c_str() : nullptr);
  }
  return out;
}

}  // namespace

Connection::Connection(const Target& target) : pg_(connect(target)) {}

bool Connection::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(pg_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

void Connection::lost() const {
  throw Error(ErrorKind::unreachable, "the connection to the datastore was lost");
}

Rows Connection::checked(Answer held) {
  const PGresult* result = held->result;
  if (result == nullptr) {
    if (!alive()) lost();
    throw std::bad_alloc();
  }
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY ||
      status == PGRES_COPY_IN) {
    return Rows(std::move(held));
  }
  const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
  if (sqlstate.empty()) {
    if (!alive()) lost();
    throw Error(ErrorKind::unexpected, "the datastore sent an answer out of turn");
  }
  throw_sqlstate(sqlstate, field(result, PG_DIAG_CONSTRAINT_NAME),
                 field(result, PG_DIAG_TABLE_NAME), field(result, PG_DIAG_COLUMN_NAME));
}

Connection::Seen* Connection::seen(const std::string& text) {
  if (!preparing_) return nullptr;
  auto found = seen_.find(text);
  if (found == seen_.end()) {
    // Preparing costs a round trip of its own, so a text that runs once is not worth it.
    if (seen_.size() < kMaxTexts) seen_[text].uses = 1;
    return nullptr;
  }
  Seen& entry = found->second;
  ++entry.uses;
  if (entry.name.empty()) {
    const std::string name = "ccctl_" + std::to_string(++prepared_);
    checked(PQprepare(pg_.get(), name.c_str(), text.c_str(), 0, nullptr));
    entry.name = name;
  }
  return &entry;
}

Rows Connection::exec(const Sql& sql) {
  check_text(sql.text);
  const std::vector<const char*> values = pointers(sql.params);
  const int count = static_cast<int>(values.size());
  if (!alive()) lost();
  // Prepared only in a transaction, whose backend is known: in another one of a pool the name may
  // be somebody else's statement.
  const auto known = seen_.find(sql.text);
  if (pooled_ || !deferred_.empty() || (known != seen_.end() && known->second.name.empty()))
    begin_now();
  if (beginning_) return exec_beginning(sql, values);
  Seen* prepared = seen(sql.text);
  if (!deferred_.empty()) return answered(exec_deferred(sql.text, values, prepared), prepared);
  if (prepared == nullptr) {
    return checked(PQexecParams(pg_.get(), sql.text.c_str(), count, nullptr, values.data(), nullptr,
                                nullptr, 0));
  }
  return answered(
      std::make_shared<const Rows::Impl>(PQexecPrepared(pg_.get(), prepared->name.c_str(), count,
                                                        values.data(), nullptr, nullptr, 0)),
      prepared);
}

Rows Connection::answered(Answer result, Seen* prepared) {
  try {
    return checked(std::move(result));
  } catch (const StatementError& error) {
    // "cached plan must not change result type": a table was altered under the prepared statement.
    if (prepared == nullptr || error.sqlstate() != "0A000") throw;
    prepared->name.clear();
    throw RetryableError(ErrorKind::busy, error.what());
  }
}

void Connection::configured(std::int64_t backend_pid, std::string local_settings) {
  configured_pid_ = backend_pid;
  local_settings_ = std::move(local_settings);
}

void Connection::begin_with_next(Mode mode) {
  beginning_ = mode;
}

Instant Connection::began_at() {
  begin_now();
  return began_at_;
}

bool Connection::begun(const Rows& row, Mode mode) {
  if (row.text(0, 0) != level_of(mode)) {
    throw Error(ErrorKind::unexpected,
                "the datastore did not begin a " + std::string(level_of(mode)) + " transaction");
  }
  began_at_ = *row.instant(0, 2);
  return row.integer(0, 1) == configured_pid_;
}

void Connection::begin_now() {
  if (!beginning_) return;
  const Mode mode = *std::exchange(beginning_, std::nullopt);
  const auto run = [&](const std::string& text) {
    return checked(PQexec(pg_.get(), text.c_str()));
  };
  const bool ours = begun(run(std::string(begin_statement(mode)) + ";" + kLook), mode);
  if (ours && !pooled_) return;
  pooled_ = true;
  preparing_ = false;
  run(local_settings_);
}

void Connection::defer(Sql sql) {
  check_text(sql.text);
  pointers(sql.params);  // refuses what cannot be sent
  if (deferred_.size() == kMostDeferred) send_deferred();
  deferred_.push_back(std::move(sql));
}

bool Connection::send(const std::string& text, const std::vector<const char*>& values,
                      const Seen* prepared) {
  const int count = static_cast<int>(values.size());
  if (prepared != nullptr) {
    return PQsendQueryPrepared(pg_.get(), prepared->name.c_str(), count, values.data(), nullptr,
                               nullptr, 0) == 1;
  }
  return PQsendQueryParams(pg_.get(), text.c_str(), count, nullptr, values.data(), nullptr, nullptr,
                           0) == 1;
}

std::vector<Connection::Answer> Connection::arrived(bool sent, std::size_t count) {
  std::vector<Answer> answers;
  while (sent && answers.size() < count) {
    answers.push_back(std::make_shared<const Rows::Impl>(PQgetResult(pg_.get())));
    if (answers.back()->result == nullptr) break;
    PQclear(PQgetResult(pg_.get()));  // nothing: the statement's end
  }
  if (sent) PQclear(PQgetResult(pg_.get()));  // the pipeline's end
  if (PQexitPipelineMode(pg_.get()) != 1 || answers.size() != count) {
    for (const Answer& answer : answers) checked(answer);
    lost();
  }
  return answers;
}

Connection::Answer Connection::exec_deferred(const std::string& text,
                                             const std::vector<const char*>& values,
                                             const Seen* prepared) {
  const std::vector<Sql> waiting = std::exchange(deferred_, {});
  std::vector<Seen*> known;
  for (const Sql& sql : waiting) known.push_back(seen(sql.text));
  if (PQenterPipelineMode(pg_.get()) != 1) lost();
  bool sent = true;
  for (std::size_t i = 0; i < waiting.size(); ++i)
    sent = sent && send(waiting[i].text, pointers(waiting[i].params), known[i]);
  sent = sent && send(text, values, prepared) && PQpipelineSync(pg_.get()) == 1;
  std::vector<Answer> answers = arrived(sent, waiting.size() + 1);
  for (std::size_t i = 0; i < waiting.size(); ++i) answered(answers[i], known[i]);
  return answers.back();
}

void Connection::send_deferred() {
  if (deferred_.empty()) return;
  const Sql last = std::move(deferred_.back());
  deferred_.pop_back();
  exec(last);
}

// BEGIN, a look at what it made, and the statement, all sent before the first answer is read. In
// another backend the statement ran without our settings: it is undone and sent again. The look is
// never a prepared statement, which only this backend would know.
Rows Connection::exec_beginning(const Sql& sql, const std::vector<const char*>& values) {
  Seen* prepared = seen(sql.text);
  const Mode mode = *std::exchange(beginning_, std::nullopt);
  if (PQenterPipelineMode(pg_.get()) != 1) lost();
  const bool sent = send(begin_statement(mode), {}, nullptr) && send(kLook, {}, nullptr) &&
                    send(sql.text, values, prepared) && PQpipelineSync(pg_.get()) == 1;
  const std::vector<Answer> results = arrived(sent, 3);
  checked(results[0]);
  if (begun(checked(results[1]), mode) && !pooled_) return answered(results[2], prepared);
  pooled_ = true;
  simple("ROLLBACK");
  beginning_ = mode;
  return exec(sql);
}

Rows Connection::simple(const std::string& text) {
  check_text(text);
  if (!alive()) lost();
  begin_now();
  send_deferred();
  return checked(PQexec(pg_.get(), text.c_str()));
}

// Ends a statement whose rows nobody wants any more, and takes what is still on its way.
void Connection::cancel() noexcept {
  if (PGcancel* request = PQgetCancel(pg_.get())) {
    char ignored[256];
    PQcancel(request, ignored, sizeof ignored);
    PQfreeCancel(request);
  }
  while (PGresult* result = PQgetResult(pg_.get())) PQclear(result);
}

void Connection::stream(const Sql& sql, const std::function<void(const Rows&)>& row) {
  check_text(sql.text);
  const std::vector<const char*> values = pointers(sql.params);
  if (!alive()) lost();
  begin_now();
  send_deferred();
  if (PQsendQueryParams(pg_.get(), sql.text.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) != 1 ||
      PQsetSingleRowMode(pg_.get()) != 1) {
    lost();
  }
  try {
    while (PGresult* result = PQgetResult(pg_.get())) {
      if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
        row(Rows(std::make_shared<const Rows::Impl>(result)));
      } else {
        checked(result);  // the end, or an error
      }
    }
  } catch (...) {
    cancel();
    throw;
  }
}

std::uint64_t Connection::copy(const std::string& statement,
                               const std::function<std::string_view()>& next) {
  simple(statement);
  const auto drain = [this] {
    // PQgetResult until nothing is left, or the connection refuses the next statement.
    std::vector<std::shared_ptr<const Rows::Impl>> results;
    while (PGresult* result = PQgetResult(pg_.get())) {
      results.push_back(std::make_shared<const Rows::Impl>(result));
      if (PQresultStatus(result) == PGRES_COPY_IN) break;
    }
    return results;
  };
  try {
    for (std::string_view chunk = next(); !chunk.empty(); chunk = next()) {
      if (PQputCopyData(pg_.get(), chunk.data(), static_cast<int>(chunk.size())) != 1) break;
    }
  } catch (...) {
    PQputCopyEnd(pg_.get(), "given up");
    drain();
    throw;
  }
  if (PQputCopyEnd(pg_.get(), nullptr) != 1 && !alive()) lost();
  const auto results = drain();
  if (results.empty()) lost();
  const std::shared_ptr<const Rows::Impl>& first = results.front();
  if (PQresultStatus(first->result) != PGRES_COMMAND_OK) {
    const std::string sqlstate = field(first->result, PG_DIAG_SQLSTATE);
    if (sqlstate.empty()) lost();
    throw_sqlstate(sqlstate, field(first->result, PG_DIAG_CONSTRAINT_NAME),
                   field(first->result, PG_DIAG_TABLE_NAME),
                   field(first->result, PG_DIAG_COLUMN_NAME));
  }
  return Rows(first).affected();
}

Outcome Connection::commit() {
  if (!alive()) lost();
  if (deferred_.empty() && std::exchange(beginning_, std::nullopt))
    return Outcome::committed;  // nothing was done in it
  Answer held;
  if (deferred_.empty()) {
    held = std::make_shared<const Rows::Impl>(PQexec(pg_.get(), "COMMIT"));
  } else {
    begin_now();
    try {
      held = exec_deferred("COMMIT", {}, nullptr);
    } catch (const Error& error) {
      // COMMIT was under way with them; behind one that failed it was not done.
      if (!alive() || error.kind() == ErrorKind::unreachable) return Outcome::in_doubt;
      throw;
    }
  }
  PGresult* result = held->result;
  // From here on a lost connection says nothing about the transaction. A server that ends the
  // connection may have written the commit record before it did.
  if (result == nullptr || !alive() || PQresultStatus(result) != PGRES_COMMAND_OK) {
    const std::string sqlstate = result != nullptr ? field(result, PG_DIAG_SQLSTATE) : "";
    if (sqlstate.empty() || !alive() || ends_connection(sqlstate)) return Outcome::in_doubt;
    throw_sqlstate(sqlstate, field(result, PG_DIAG_CONSTRAINT_NAME),
                   field(result, PG_DIAG_TABLE_NAME), field(result, PG_DIAG_COLUMN_NAME));
  }
  // COMMIT of a transaction in which a statement failed answers ROLLBACK, without an error.
  if (std::string_view(PQcmdStatus(result)) != "COMMIT") {
    throw Error(ErrorKind::unexpected,
                "the transaction was rolled back: a statement in it had failed");
  }
  return Outcome::committed;
}

}  // namespace ccctl::store
