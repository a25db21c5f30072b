#include "audit/event.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "audit/schema.h"
#include "base/error.h"
#include "crypto/tree.h"

namespace ccctl::audit {

namespace {

constexpr std::size_t kMaxLine = 60'000;
constexpr std::size_t kAtOnce = 200;

// Every action whose leaf the journal keeps, and no other.
constexpr std::array<std::string_view, 8> kJournalled{
    "hold.added",     "hold.released",   "subject.erased",    "request.delete.completed",
    "request.closed", "approval.signed", "approval.rejected", "retention.window"};

}  // namespace

std::string_view to_text(LogName log) {
  if (log == LogName::organisation) return "organisation";
  return log == LogName::security ? "security" : "evidence";
}

LogName accesses_of(std::string_view tenant) {
  return tenant == kOrganisation ? LogName::organisation : LogName::security;
}

bool journalled(std::string_view action) {
  return std::find(kJournalled.begin(), kJournalled.end(), action) != kJournalled.end();
}

std::string leaf_line(const Event& event, Instant at) {
  if (event.tenant.empty() || event.action.empty() || event.actor.empty()) {
    throw std::logic_error("an audit event names its tenant, action and actor");
  }
  if (!event.body.is_null() && !event.body.is_object()) {
    throw std::logic_error("the body of an audit event is an object");
  }
  Json line = {{"v", 1},
               {"at", ccctl::to_text(at)},
               {"tenant", event.tenant},
               {"log", std::string(to_text(event.log))},
               {"action", event.action},
               {"actor", event.actor}};
  if (!event.request_id.empty()) line["request"] = event.request_id;
  if (!event.body.is_null() && !event.body.empty()) line["body"] = event.body;
  std::string text;
  try {
    text = canonical(line);
  } catch (const Json::exception&) {
    // Its message would print the value.
    throw Error(ErrorKind::unexpected, "an audit event of '" + event.action + "' is not UTF-8");
  }
  if (const auto wrong = misfit(text)) {
    if (wrong->written) throw Error(ErrorKind::usage, wrong->text, "say it shorter");
    throw Error(ErrorKind::unexpected, "the audit log takes no such event: " + wrong->text);
  }
  if (text.size() > kMaxLine) {
    throw Error(ErrorKind::refused,
                "an audit event of '" + event.action + "' is longer than 60000 bytes",
                "do it in smaller parts");
  }
  return text;
}

crypto::Digest append(store::Tx& tx, const Event& event, Instant at) {
  store::Params params;
  const Appending appending = append_with(params, event, at);
  tx.defer({"WITH " + appending.ctes + " SELECT", params.take()});
  return appending.hash;
}

void append_all(store::Tx& tx, const std::vector<Event>& events, Instant at) {
  for (std::size_t from = 0; from < events.size(); from += kAtOnce) {
    std::vector<std::string> tenants, logs, lines, due;
    for (std::size_t i = from; i < std::min(events.size(), from + kAtOnce); ++i) {
      const std::string line = leaf_line(events[i], at);
      tenants.push_back(events[i].tenant);
      logs.emplace_back(to_text(events[i].log));
      lines.push_back(crypto::to_hex(line));
      due.emplace_back(journalled(events[i].action) ? "true" : "false");
    }
    tx.exec(
        {"WITH event AS (SELECT e.tenant_id, e.log, pg_catalog.decode(e.line, 'hex') AS line, "
         "e.due FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), "
         "pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::boolean[])) AS e(tenant_id, log, "
         "line, due)), hashed AS (SELECT e.*, pg_catalog.sha256('\\x00'::bytea || e.line) AS "
         "leaf_hash FROM event e), journal AS (INSERT INTO ccctl.journal_due (tenant_id, "
         "leaf_hash) SELECT h.tenant_id, h.leaf_hash FROM hashed h WHERE h.due ON CONFLICT "
         "(tenant_id, leaf_hash) DO NOTHING) INSERT INTO ccctl.pending (tenant_id, log, line, "
         "leaf_hash) SELECT h.tenant_id, h.log, h.line, h.leaf_hash FROM hashed h",
         {store::array_literal(tenants), store::array_literal(logs), store::array_literal(lines),
          store::array_literal(due)}});
  }
}

Appending append_with(store::Params& params, const Event& event, Instant at) {
  const std::string line = leaf_line(event, at);
  Appending made{"", crypto::leaf_hash(line)};
  const std::string tenant = params.bind(event.tenant) + "::text";
  // As hexadecimal, because the text form of bytea depends on a setting of the server.
  const std::string hash =
      "pg_catalog.decode(" + params.bind(crypto::to_hex(crypto::view(made.hash))) + ", 'hex')";
  made.ctes = "appended AS (INSERT INTO ccctl.pending (tenant_id, log, line, leaf_hash) VALUES (" +
              tenant + ", " + params.bind(std::string(to_text(event.log))) +
              ", pg_catalog.decode(" + params.bind(crypto::to_hex(line)) + ", 'hex'), " + hash +
              "))";
  // What the journal must get is committed with the event.
  if (journalled(event.action)) {
    made.ctes += ", due AS (INSERT INTO ccctl.journal_due (tenant_id, leaf_hash) VALUES (" +
                 tenant + ", " + hash + ") ON CONFLICT (tenant_id, leaf_hash) DO NOTHING)";
  }
  return made;
}

}  // namespace ccctl::audit
