#include "audit/opening.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

std::optional<Position> known_elsewhere(const Moment& moment, const std::string& tenant,
                                        const std::string& log) {
  return moment.elsewhere ? moment.elsewhere(tenant, log) : std::nullopt;
}

// How often a shard of that log and period was opened before.
std::int64_t opened_before(store::Tx& tx, const std::string& tenant, const std::string& log,
                           const std::string& period) {
  return tx
      .exec({"SELECT pg_catalog.count(*) FROM ccctl.shard WHERE tenant_id = $1 AND log = $2 "
             "AND pg_catalog.split_part(period, '.', 1) = $3",
             {tenant, log, period}})
      .integer(0, 0);
}

// Periods never go back, or a clock that was ahead once would leave shards behind that nothing can
// tell from those that a restore took away.
std::string newest_period(store::Tx& tx, const std::string& tenant, const std::string& log) {
  const store::Rows rows =
      tx.exec({"SELECT pg_catalog.max(pg_catalog.split_part(period, '.', 1) COLLATE \"C\") FROM "
               "ccctl.shard WHERE tenant_id = $1 AND log = $2",
               {tenant, log}});
  return std::string(rows.text(0, 0));
}

// Whoever puts a key and a tree of their own in a log's place must not be vouched for.
bool opened_with_its_key(store::Tx& tx, const Shard& shard) {
  const std::string key = crypto::VerifierKey::of(shard.origin, shard.public_key).to_text();
  bool opened = false;
  const auto statement = [&] {
    opened = tx.exec({"SELECT EXISTS (SELECT FROM (SELECT line FROM ccctl.leaf WHERE tenant_id = "
                      "$1 AND log = 'organisation' UNION ALL SELECT line FROM ccctl.pending WHERE "
                      "tenant_id = $1 AND log = 'organisation') l, LATERAL (SELECT "
                      "pg_catalog.convert_from(line, 'UTF8')::json AS j) x WHERE j ->> 'action' = "
                      "'shard.opened' AND j -> 'body' ->> 'origin' = $2 AND j -> 'body' ->> 'key' "
                      "= $3)",
                      {std::string(kOrganisation), shard.origin, key}})
                 .boolean(0, 0);
  };
  return reads_leaves(tx, statement) && opened;
}

Shard create_shard(store::Tx& tx, const std::string& tenant, const std::string& log,
                   const crypto::Signer& signer, const Moment& moment) {
  std::string base = period_of(log, moment.now);
  const auto known = known_elsewhere(moment, tenant, log);
  base = std::max(base, newest_period(tx, tenant, log));
  if (known) base = std::max(base, known->period);
  std::int64_t number = opened_before(tx, tenant, log, base) + 1;
  // Beyond the shards that a restore took away: their names are signed already.
  if (known && known->period == base) {
    number = std::max<std::int64_t>(number, known->shard + 1);
  }
  Shard shard;
  shard.key = {tenant, log, number == 1 ? base : base + "." + std::to_string(number)};
  shard.origin = tenant_prefix(moment.domain, tenant) + log + "/" + shard.key.period;
  shard.public_key = signer.public_key();
  const std::string key = crypto::VerifierKey::of(shard.origin, shard.public_key).to_text();
  std::vector<store::Value> params = shard.key.params();
  params.insert(params.end(),
                {shard.origin, crypto::to_hex(shard.public_key), ccctl::to_text(moment.now), key});
  tx.exec(
      {"WITH published AS (INSERT INTO ccctl.log_key (tenant_id, origin, key, valid_from) "
       "VALUES ($1, $4, $7, $6::timestamptz) ON CONFLICT (tenant_id, origin, key) DO NOTHING) "
       "INSERT INTO ccctl.shard (tenant_id, log, period, origin, public_key, opened_at, "
       "sealed_at) "
       "VALUES ($1, $2, $3, $4, pg_catalog.decode($5, 'hex'), $6::timestamptz, "
       "$6::timestamptz)",
       params});
  record(tx, moment, "shard.opened", {{"origin", shard.origin}, {"key", key}});
  return shard;
}

// With its last checkpoint, so that the organisation's log says how it ended.
void close_shard(store::Tx& tx, const Shard& shard, const Moment& moment) {
  std::vector<store::Value> params = shard.key.params();
  params.emplace_back(ccctl::to_text(moment.now));
  const store::Rows rows =
      tx.exec({"UPDATE ccctl.shard s SET closed_at = $4::timestamptz "
               "WHERE tenant_id = $1 AND log = $2 AND period = $3 RETURNING (SELECT c.note FROM "
               "ccctl.checkpoint c WHERE c.tenant_id = $1 AND c.log = $2 AND c.period = $3 "
               "AND c.size = s.size)",
               params});
  Json body = {{"origin", shard.origin}, {"size", shard.size}};
  if (!rows.is_null(0, 0)) body["checkpoint"] = std::string(rows.text(0, 0));
  record(tx, moment, "shard.closed", std::move(body));
}

}  // namespace

Instant Moment::today() const {
  return std::chrono::floor<std::chrono::days>(now);
}

Moment read_moment(store::Tx& tx, const Elsewhere& elsewhere) {
  const store::Rows rows = tx.exec(
      "SELECT pg_catalog.clock_timestamp(), session_user, (SELECT domain FROM ccctl.organisation)");
  const auto now = rows.instant(0, 0);
  if (!now) throw Error(ErrorKind::unexpected, "the datastore did not say what time it is");
  const std::string domain =
      rows.is_null(0, 2) ? organisation_domain(tx) : std::string(rows.text(0, 2));
  return {*now, domain, std::string(rows.text(0, 1)), elsewhere};
}

void record(store::Tx& tx, const Moment& moment, const std::string& action, Json body) {
  Event event;
  event.log = LogName::organisation;
  event.tenant = kOrganisation;
  event.action = action;
  event.actor = moment.actor;
  event.body = std::move(body);
  append(tx, event, moment.now);
}

std::optional<Shard> open_shard(store::Tx& tx, const std::string& tenant, const std::string& log,
                                const crypto::Signer& signer, const Moment& moment) {
  const store::Rows rows =
      tx.exec({"SELECT period, origin, size, pg_catalog.encode(public_key, 'hex') FROM ccctl.shard "
               "WHERE tenant_id = $1 AND log = $2 AND closed_at IS NULL",
               {tenant, log}});
  if (rows.empty()) return create_shard(tx, tenant, log, signer, moment);
  Shard shard{{tenant, log, std::string(rows.text(0, 0))},
              std::string(rows.text(0, 1)),
              static_cast<std::uint64_t>(rows.integer(0, 2)),
              crypto::from_hex(rows.text(0, 3)).value_or("")};
  const std::string& period = shard.key.period;
  const auto known = known_elsewhere(moment, tenant, log);
  const bool set_back = known && position_of(shard.origin, shard.size) < *known;
  const bool same_key = shard.public_key == signer.public_key();
  if (period.substr(0, period.find('.')) >= period_of(log, moment.now) && same_key && !set_back) {
    return shard;
  }
  if (!same_key && !opened_with_its_key(tx, shard)) return std::nullopt;
  close_shard(tx, shard, moment);
  Shard next = create_shard(tx, tenant, log, signer, moment);
  if (!same_key) {
    record(tx, moment, "key.changed",
           {{"origin", next.origin},
            {"before", crypto::VerifierKey::of(shard.origin, shard.public_key).to_text()},
            {"key", crypto::VerifierKey::of(next.origin, next.public_key).to_text()}});
  }
  return next;
}

void record_daily(store::Tx& tx, const Moment& moment) {
  const store::Rows rows = tx.exec(
      {"WITH due AS (UPDATE ccctl.shard SET recorded_at = $1::timestamptz WHERE closed_at IS NULL "
       "AND recorded_at < $2::timestamptz AND size > 0 AND tenant_id <> $3 RETURNING tenant_id, "
       "log, period, origin, size) SELECT d.origin, d.size, c.note FROM due d JOIN "
       "ccctl.checkpoint c ON c.tenant_id = d.tenant_id AND c.log = d.log AND c.period = d.period "
       "AND c.size = d.size ORDER BY d.origin",
       {ccctl::to_text(moment.now), ccctl::to_text(moment.today()), std::string(kOrganisation)}});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    record(tx, moment, "shard.checkpoint",
           {{"origin", rows.text(i, 0)},
            {"size", rows.integer(i, 1)},
            {"checkpoint", rows.text(i, 2)}});
  }
}

}  // namespace ccctl::audit
