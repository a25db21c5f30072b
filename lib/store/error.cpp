#include <libpq-fe.h>

#include "store/connection.h"

namespace ccctl::store {
namespace {

bool starts(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix);
}

ErrorKind kind_of(std::string_view sqlstate) {
  if (sqlstate == "42501" || starts(sqlstate, "28")) return ErrorKind::denied;
  if (sqlstate == "55P03" || sqlstate == "57014" || sqlstate == "53300") return ErrorKind::busy;
  if (ends_connection(sqlstate)) return ErrorKind::unreachable;
  if (sqlstate == "22021" || sqlstate == "22P05") return ErrorKind::usage;
  return ErrorKind::unexpected;
}

// What an operator can act on, in words; empty for the states that only a programmer understands.
std::string_view meaning(std::string_view sqlstate) {
  if (sqlstate == "42501") return "the datastore does not permit this to the role";
  if (starts(sqlstate, "28")) return "the datastore refused the log-in";
  if (sqlstate == "3D000") return "the database does not exist";
  if (sqlstate == "55P03") return "the datastore has the row or table locked for another session";
  if (sqlstate == "57014") return "the datastore cancelled a statement that took too long";
  if (sqlstate == "53300") return "the datastore has no connection left";
  if (sqlstate == "53100") return "the datastore is out of disk space";
  if (sqlstate == "53200") return "the datastore is out of memory";
  if (starts(sqlstate, "53")) return "the datastore is out of resources";
  if (sqlstate == "25006") return "the datastore is read-only";
  if (sqlstate == "57P03") return "the datastore is starting up or shutting down";
  if (ends_connection(sqlstate)) return "the datastore ended the connection";
  if (sqlstate == "22021" || sqlstate == "22P05") return "a value is not valid UTF-8 text";
  if (starts(sqlstate, "40")) return "the transaction met a concurrent one";
  if (sqlstate == "0A000") return "the datastore's schema changed, or a feature is missing";
  return "";
}

}  // namespace

bool ends_connection(std::string_view sqlstate) {
  return starts(sqlstate, "08") || starts(sqlstate, "57P0");
}

void throw_sqlstate(const std::string& sqlstate, std::string_view constraint,
                    std::string_view table, std::string_view column) {
  const std::string_view words = meaning(sqlstate);
  std::string message(words.empty() ? "the datastore refused a statement" : words);
  message += " (SQLSTATE " + sqlstate;
  std::vector<std::pair<std::string, std::string>> names{{"sqlstate", sqlstate}};
  const auto add = [&](const char* what, std::string_view name) {
    if (name.empty()) return;
    message.append(", ").append(what).append(" \"").append(name).append("\"");
    names.emplace_back(what, name);
  };
  add("constraint", constraint);
  add("table", table);
  add("column", column);
  message += ')';
  const auto raise = [&names](auto error) {
    for (const auto& [key, value] : names) error.with(key, value);
    throw error;
  };
  // A class 40 state is a rollback that the same work, done again, usually survives.
  if (starts(sqlstate, "40")) raise(RetryableError(ErrorKind::busy, message));
  raise(StatementError(kind_of(sqlstate), message, sqlstate));
  __builtin_unreachable();
}

}  // namespace ccctl::store
