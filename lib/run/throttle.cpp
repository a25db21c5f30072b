#include "run/throttle.h"

#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"

namespace ccctl::run {
namespace {

using Kind = Obstacle::Kind;

constexpr auto kAskedEvery = std::chrono::seconds(1);
constexpr const char* kQueryTime = "5000";  // ms

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

store::Tx begin_short(store::Session& session) {
  store::Tx tx = session.begin(store::Mode::read_only_snapshot);
  tx.exec({"SELECT pg_catalog.set_config('statement_timeout', $1::text, true)", {kQueryTime}});
  return tx;
}

}  // namespace

std::string_view reason_of(Obstacle::Kind kind) {
  switch (kind) {
    case Kind::replica_absent:
      return "replica_absent";
    case Kind::replica_lag:
      return "replica_lag";
    case Kind::load:
      return "load";
    case Kind::file:
      return "file";
  }
  return "";
}

std::optional<Obstacle> Throttle::look(store::Session& session) {
  if (auto obstacle = file()) return obstacle;
  if (settings_.replicas.empty() && settings_.query.empty()) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  if (asked_ && now - *asked_ < kAskedEvery) return answer_;
  answer_ = replicas(session);
  if (!answer_) answer_ = load(session);
  asked_ = std::chrono::steady_clock::now();
  return answer_;
}

// One that cannot be looked at may be there.
std::optional<Obstacle> Throttle::file() const {
  struct stat status {};
  if (settings_.file.empty()) return std::nullopt;
  if (::stat(settings_.file.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return std::nullopt;
  return Obstacle{Kind::file, "the file \"" + settings_.file + "\" is there"};
}

std::optional<Obstacle> Throttle::replicas(store::Session& session) const {
  if (settings_.replicas.empty()) return std::nullopt;
  store::Tx tx = begin_short(session);
  const store::Rows rows = tx.exec(
      {"SELECT e.name, r.pid IS NOT NULL, COALESCE(pg_catalog.max(EXTRACT(epoch FROM "
       "r.replay_lag))::bigint, 0), pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') FROM "
       "pg_catalog.json_array_elements_text($1::json) e (name) LEFT JOIN "
       "pg_catalog.pg_stat_replication r ON r.application_name = e.name AND r.state = 'streaming' "
       "GROUP BY e.name, r.pid IS NOT NULL ORDER BY 2, 3 DESC, 1",
       {Json(settings_.replicas).dump()}});
  if (!rows.boolean(0, 3)) {
    throw Error(ErrorKind::denied, "this log-in cannot see how far replicas are behind",
                "GRANT pg_monitor TO it, or leave the setting throttle_replicas empty");
  }
  const std::string name = "replica \"" + std::string(rows.text(0, 0)) + "\"";
  if (!rows.boolean(0, 1)) return Obstacle{Kind::replica_absent, name + " does not stream"};
  const std::chrono::seconds lag(rows.integer(0, 2));
  if (lag <= settings_.lag) return std::nullopt;
  return Obstacle{Kind::replica_lag, name + " is " + std::to_string(lag.count()) + " s behind"};
}

std::optional<Obstacle> Throttle::load(store::Session& session) const {
  if (settings_.query.empty()) return std::nullopt;
  const auto useless = [](const std::string& why) {
    return Error(ErrorKind::config_invalid, "the setting throttle_query " + why);
  };
  std::optional<double> found;
  try {
    store::Tx tx = begin_short(session);
    const store::Rows rows = tx.exec({settings_.query, {}});
    if (rows.size() == 1 && rows.columns() > 0) found = number(rows.text(0, 0));
  } catch (const store::StatementError& error) {
    if (error.sqlstate() == "57014" || error.sqlstate() == "55P03")
      return Obstacle{Kind::load, "the load query takes too long"};
    if (error.sqlstate() == "42501") throw;
    throw useless("cannot be run").with("sqlstate", error.sqlstate());
  }
  if (!found) throw useless("gives no number");
  if (*found <= settings_.limit) return std::nullopt;
  const auto shown = [](double value) { return Json(value).dump(); };
  return Obstacle{Kind::load,
                  "the load is " + shown(*found) + ", beyond " + shown(settings_.limit)};
}

}  // namespace ccctl::run
