#include "store/session.h"

#include <stdexcept>

#include "store/connection.h"
#include "store/retry.h"

namespace ccctl::store {
namespace {

constexpr int kAttempts = 5;

// One statement sets everything, so that opening a session costs one round trip after the log-in;
// `local` is true where the settings are to end with the transaction. pg_catalog stands first, so
// that nothing in public can take an operator's place, and pg_temp last for the same reason.
std::string settings(const Target& target, bool local) {
  const std::vector<std::pair<const char*, std::string>> values{
      {"search_path", "pg_catalog, public, pg_temp"},
      {"application_name", "ccctl"},
      {"lock_timeout", std::to_string(target.lock_timeout.count())},
      {"statement_timeout", std::to_string(target.statement_timeout.count())},
      // Compiling one of our long statements takes seconds, running it milliseconds.
      {"jit", "off"},
      {"synchronous_commit", "on"},
      {"TimeZone", "UTC"},
      {"DateStyle", "ISO, YMD"},
      {"IntervalStyle", "iso_8601"},
      {"bytea_output", "hex"},
      {"standard_conforming_strings", "on"},
      {"transform_null_equals", "off"},
      {"cursor_tuple_fraction", "1"},  // each() reads to the end
      {"citus.propagate_set_commands", "local"},
  };
  std::string sql = "SELECT ";
  for (const auto& [name, value] : values) {
    sql += std::string("pg_catalog.set_config(") + quote_literal(name) + "," +
           quote_literal(value) + (local ? ",true)," : ",false),");
  }
  return sql +
         "session_user, pg_catalog.pg_backend_pid(), "
         "pg_catalog.current_setting('server_encoding')";
}

}  // namespace

struct Session::Impl {
  explicit Impl(const Target& target) : connection(target) {}
  Connection connection;
  std::string user;
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Session Session::open(const Target& target) {
  auto impl = std::make_unique<Impl>(target);
  const Rows row = impl->connection.simple(settings(target, false));
  const std::size_t last = row.columns() - 1;
  if (row.text(0, last) != "UTF8") {
    throw Error(ErrorKind::config_invalid,
                "the database's encoding is \"" + std::string(row.text(0, last)) + "\", not UTF8",
                "move the data to a database made with ENCODING 'UTF8'");
  }
  impl->connection.configured(row.integer(0, last - 1), settings(target, true));
  impl->user = row.text(0, last - 2);
  return Session(std::move(impl));
}

Tx Session::begin(Mode mode) {
  Connection& connection = impl_->connection;
  if (connection.transaction_open) {
    throw std::logic_error("store: the session already has a transaction");
  }
  Tx tx(std::make_unique<Tx::Impl>(connection));
  connection.begin_with_next(mode);
  return tx;
}

void Session::transact(Mode mode, const std::function<void(Tx&)>& work) {
  for (int attempt = 1;; ++attempt) {
    try {
      Tx tx = begin(mode);
      work(tx);
      if (tx.commit() == Outcome::committed) return;
      throw Error(ErrorKind::in_doubt, "the connection to the datastore was lost during a commit");
    } catch (const RetryableError&) {
      if (attempt == kAttempts) throw;
    }
    wait_before_retry(attempt);
  }
}

void Session::exec_plain(const std::string& sql) {
  if (impl_->connection.transaction_open) {
    throw std::logic_error("store: exec_plain inside a transaction");
  }
  impl_->connection.simple(sql);
}

const std::string& Session::session_user() const {
  return impl_->user;
}
int Session::backend_pid() const {
  return impl_->connection.backend_pid();
}
int Session::server_version() const {
  return impl_->connection.server_version();
}

}  // namespace ccctl::store
