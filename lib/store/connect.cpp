#include <poll.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>

#include "store/connection.h"

namespace ccctl::store {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string option(const Options& options, std::string_view keyword) {
  for (const PQconninfoOption* o = options.get(); o != nullptr && o->keyword != nullptr; ++o) {
    if (keyword == o->keyword) return o->val != nullptr ? o->val : "";
  }
  return "";
}

bool is_connection_string(std::string_view dsn) {
  return dsn.find('=') != std::string_view::npos || dsn.starts_with("postgres://") ||
         dsn.starts_with("postgresql://");
}

// A command line and an environment are no place for a password. libpq's reason for refusing a
// string is not passed on: it may quote the password.
void check_dsn(const std::string& dsn) {
  if (dsn.find('\0') != std::string::npos) {
    throw Error(ErrorKind::config_invalid, "the connection string contains a NUL character");
  }
  if (!is_connection_string(dsn)) return;
  const Options options(PQconninfoParse(dsn.c_str(), nullptr));
  if (!options) {
    throw Error(ErrorKind::config_invalid, "the connection string is malformed",
                "write it as \"host=… dbname=…\" or as a postgresql:// URI, as for psql");
  }
  if (!option(options, "password").empty() || !option(options, "sslpassword").empty()) {
    throw Error(ErrorKind::config_invalid, "the connection string holds a password",
                "put it into a service file (pg_service.conf) or a passfile (~/.pgpass)");
  }
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts(1);
  for (char c : list) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool is_local(std::string_view host, std::string_view address) {
  const std::string_view where = address.empty() ? host : address;
  const bool loopback4 =
      where.starts_with("127.") &&
      std::ranges::all_of(where, [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
  const bool socket = where.empty() || where.starts_with('/') || where.starts_with('@');
  return socket || loopback4 || where == "::1" || (address.empty() && where == "localhost");
}

// Reads what libpq resolved (string, service file, environment), before a byte has been sent.
void check_place(PGconn* pg) {
  const Options options(PQconninfo(pg));
  if (option(options, "sslmode") == "verify-full") return;
  const std::vector<std::string> hosts = split(option(options, "host"));
  const std::vector<std::string> addresses = split(option(options, "hostaddr"));
  for (std::size_t i = 0; i < std::max(hosts.size(), addresses.size()); ++i) {
    const std::string host = i < hosts.size() ? hosts[i] : "";
    const std::string address = i < addresses.size() ? addresses[i] : "";
    if (is_local(host, address)) continue;
    throw Error(ErrorKind::refused,
                "the datastore on \"" + (host.empty() ? address : host) +
                    "\" is remote and the connection does not verify it",
                "set sslmode=verify-full and sslrootcert in the connection string or service file");
  }
}

// connect_timeout as libpq means it (0, negative or none: wait; 1 is taken as 2), 10 s by default.
std::chrono::milliseconds time_limit(PGconn* pg) {
  const std::string text = option(Options(PQconninfo(pg)), "connect_timeout");
  if (text.empty()) return std::chrono::seconds(10);
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds <= 0 ? std::chrono::hours(24) : std::chrono::seconds(std::max(seconds, 2));
}

[[noreturn]] void refuse(PGconn* pg) {
  // The one place where libpq gives no error fields: with verbosity SQLSTATE the message ends in
  // it.
  std::string text = PQerrorMessage(pg);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.pop_back();
  const std::size_t at = text.find_last_of(' ');
  const std::string last = at == std::string::npos ? "" : text.substr(at + 1);
  const bool sqlstate = last.size() == 5 && std::ranges::all_of(last, [](unsigned char c) {
                          return std::isdigit(c) != 0 || std::isupper(c) != 0;
                        });
  if (sqlstate) throw_sqlstate(last, "", "", "");
  const char* host = PQhost(pg);
  std::string message = "the datastore cannot be reached";
  if (host != nullptr && *host != '\0') message.append(" on \"").append(host).append("\"");
  throw Error(ErrorKind::unreachable, message);
}

void finish_connecting(PGconn* pg) {
  const auto deadline = std::chrono::steady_clock::now() + time_limit(pg);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) refuse(pg);
    pollfd wait{PQsocket(pg), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    const int ready = poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) throw Error(ErrorKind::unreachable, "the datastore did not answer in time");
    state = PQconnectPoll(pg);
  }
}

}  // namespace

PGconn* connect(const Target& target) {
  check_dsn(target.dsn);
  std::vector<const char*> keys, values;
  const auto set = [&](const char* key, const char* value) {
    keys.push_back(key);
    values.push_back(value);
  };
  if (!target.dsn.empty()) set("dbname", target.dsn.c_str());
  if (!target.user.empty()) set("user", target.user.c_str());
  set("client_encoding", "UTF8");
  set("application_name", "ccctl");
  keys.push_back(nullptr);
  values.push_back(nullptr);

  std::unique_ptr<PGconn, decltype(&PQfinish)> pg(
      PQconnectStartParams(keys.data(), values.data(), 1), &PQfinish);
  if (!pg) throw std::bad_alloc();
  PQsetErrorVerbosity(pg.get(), PQERRORS_SQLSTATE);
  PQsetNoticeReceiver(
      pg.get(), [](void*, const PGresult*) {}, nullptr);
  check_place(pg.get());
  if (PQstatus(pg.get()) == CONNECTION_BAD) refuse(pg.get());
  finish_connecting(pg.get());
  return pg.release();
}

}  // namespace ccctl::store
