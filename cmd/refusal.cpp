#include "cmd/refusal.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/app.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

bool refusal(const Error& error) {
  return error.exit_code() == 5 || error.exit_code() == 11;
}

bool impersonal(std::string_view value) {
  return value.size() >= 8 &&
         std::all_of(
             value.begin(), value.end(),
             [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; }) &&
         std::any_of(value.begin(), value.end(), [](char c) { return c >= 'a' && c <= 'f'; });
}

// Under the tenant that was asked for; where the actor may not act for it, under the actor's own.
std::string tenant_of(App& app) {
  try {
    return app.tenant();
  } catch (const Error&) {
    return app.actor().tenants.front();
  }
}

void record(App& app, const Spec& spec, const Error& error) {
  audit::Event event;
  event.tenant = tenant_of(app);
  event.log = audit::accesses_of(event.tenant);
  event.action = spec.noun + (spec.noun.empty() ? "" : ".") + spec.verb + ".refused";
  event.actor = app.actor().login;
  event.body = {{"kind", info(error.kind()).id},
                {"exit", error.exit_code()},
                {"reason", without_values(error.what())}};
  for (const auto& [key, value] : error.context()) {
    if (key == "reason" || key == "sqlstate") event.body[key == "reason" ? "code" : key] = value;
  }
  app.session().transact(store::Mode::read_committed,
                         [&](store::Tx& tx) { audit::append(tx, event, tx.began_at()); });
}

}  // namespace

std::string without_values(std::string_view message) {
  constexpr std::string_view kQuotes = "\"'";
  const std::size_t open = message.find_first_of(kQuotes), close = message.find_last_of(kQuotes);
  if (open == std::string_view::npos) return std::string(message);
  // What stands between may itself hold quotes, so nothing but the whole of it is surely a value.
  const std::string_view value = message.substr(open + 1, close > open ? close - open - 1 : 0);
  const bool known = close > open && message[open] == message[close] && impersonal(value);
  const std::string_view after = close > open ? message.substr(close + 1) : std::string_view();
  return std::string(message.substr(0, open)) + "\"" + (known ? std::string(value) : "…") + "\"" +
         std::string(after);
}

int recording_refusals(App& app, const Spec& spec, const std::function<int()>& run) {
  try {
    return run();
  } catch (const Error& error) {
    // Without a log-in that the datastore knows there is no log to write to.
    if (!refusal(error) || !app.connected()) throw;
    try {
      record(app, spec, error);
    } catch (const std::exception&) {
      app.context().log(LogLevel::warning, "the refusal could not be recorded in the audit log");
    }
    try {
      app.seal_if_possible();
    } catch (const std::exception&) {
      // It waits in the log for the next command that seals; the command's own error matters more.
    }
    throw;
  }
}

int recording_key_uses(App& app, const std::function<int()>& run) {
  int code = 0;
  try {
    code = run();
  } catch (...) {
    try {
      if (app.connected()) app.tell_key_uses();
    } catch (const std::exception&) {
      app.context().log(LogLevel::warning,
                        "the use of keys could not be recorded in the audit log");
    }
    throw;
  }
  if (app.connected()) app.tell_key_uses();
  return code;
}

}  // namespace ccctl::cmd
