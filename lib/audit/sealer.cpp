#include "audit/sealer.h"

#include <algorithm>
#include <charconv>

#include "audit/event.h"
#include "audit/shard.h"
#include "base/error.h"

namespace ccctl::audit {

namespace {

// Ids and hashes of a batch are some 200 bytes each in memory; the lines stay in the datastore.
constexpr std::size_t kBatch = 10'000;

// The last pending row that this pass has looked at.
struct Cursor {
  std::string tenant, log;
  std::string id = "0";
};

struct Group {
  std::string tenant, log;
  std::vector<std::string> ids;
  std::vector<crypto::Digest> hashes;
};

// What is the same for all groups of one transaction.
struct Moment {
  Instant now;
  std::string domain;
  const Elsewhere& elsewhere;

  std::optional<Position> known(const Group& group) const {
    return elsewhere ? elsewhere(group.tenant, group.log) : std::nullopt;
  }
};

void lock_sealer(store::Tx& tx, bool first) {
  try {
    // Only the first batch gives up at once: later ones wait for a sealer that came in between, up
    // to the session's lock timeout, because a half-done pass is better finished.
    tx.exec(first ? "SELECT 1 FROM ccctl.sealer FOR UPDATE NOWAIT"
                  : "SELECT 1 FROM ccctl.sealer FOR UPDATE");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::busy) throw;
    throw Error(ErrorKind::busy, "another sealer is at work");
  }
}

std::vector<Group> take(store::Tx& tx, Cursor& cursor) {
  const store::Rows rows = tx.exec(
      {"SELECT tenant_id, log, id, pg_catalog.encode(leaf_hash, 'hex') FROM ccctl.pending "
       "WHERE (tenant_id, log, id) > ($1, $2, $3::bigint) ORDER BY tenant_id, log, id LIMIT " +
           std::to_string(kBatch),
       {cursor.tenant, cursor.log, cursor.id}});
  std::vector<Group> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (groups.empty() || groups.back().tenant != rows.text(i, 0) ||
        groups.back().log != rows.text(i, 1)) {
      groups.push_back({std::string(rows.text(i, 0)), std::string(rows.text(i, 1)), {}, {}});
    }
    groups.back().ids.emplace_back(rows.text(i, 2));
    groups.back().hashes.push_back(digest_of_hex(rows.text(i, 3)));
  }
  if (!groups.empty()) {
    cursor = {groups.back().tenant, groups.back().log, groups.back().ids.back()};
  }
  return groups;
}

Shard create_shard(store::Tx& tx, const Group& group, const crypto::Signer& signer,
                   const Moment& moment) {
  const std::string base = period_of(group.log, moment.now);
  const store::Rows before =
      tx.exec({"SELECT pg_catalog.count(*) FROM ccctl.shard WHERE tenant_id = $1 AND log = $2 "
               "AND pg_catalog.split_part(period, '.', 1) = $3",
               {group.tenant, group.log, base}});
  std::int64_t number = before.integer(0, 0) + 1;
  // Beyond the shards that a restore took away: their names are signed already.
  if (const auto known = moment.known(group); known && known->period == base) {
    number = std::max<std::int64_t>(number, known->shard + 1);
  }
  Shard shard;
  shard.key = {group.tenant, group.log, number == 1 ? base : base + "." + std::to_string(number)};
  shard.origin = tenant_prefix(moment.domain, group.tenant) + group.log + "/" + shard.key.period;
  shard.public_key = signer.public_key();
  std::vector<store::Value> params = shard.key.params();
  params.insert(params.end(),
                {shard.origin, crypto::to_hex(shard.public_key), ccctl::to_text(moment.now),
                 crypto::VerifierKey::of(shard.origin, shard.public_key).to_text()});
  tx.exec(
      {"WITH published AS (INSERT INTO ccctl.log_key (tenant_id, origin, key, valid_from) "
       "VALUES ($1, $4, $7, $6::timestamptz) ON CONFLICT (tenant_id, origin, key) DO NOTHING) "
       "INSERT INTO ccctl.shard (tenant_id, log, period, origin, public_key, opened_at, "
       "sealed_at) "
       "VALUES ($1, $2, $3, $4, pg_catalog.decode($5, 'hex'), $6::timestamptz, "
       "$6::timestamptz)",
       params});
  return shard;
}

// The shard of this moment and this key; a predecessor is closed.
Shard open_shard(store::Tx& tx, const Group& group, const crypto::Signer& signer,
                 const Moment& moment) {
  const store::Rows rows =
      tx.exec({"SELECT period, origin, size, pg_catalog.encode(public_key, 'hex') FROM ccctl.shard "
               "WHERE tenant_id = $1 AND log = $2 AND closed_at IS NULL",
               {group.tenant, group.log}});
  if (!rows.empty()) {
    Shard shard{{group.tenant, group.log, std::string(rows.text(0, 0))},
                std::string(rows.text(0, 1)),
                static_cast<std::uint64_t>(rows.integer(0, 2)),
                crypto::from_hex(rows.text(0, 3)).value_or("")};
    const std::string& period = shard.key.period;
    const auto known = moment.known(group);
    const bool set_back = known && position_of(shard.origin, shard.size) < *known;
    if (period.substr(0, period.find('.')) == period_of(group.log, moment.now) &&
        shard.public_key == signer.public_key() && !set_back) {
      return shard;
    }
    std::vector<store::Value> params = shard.key.params();
    params.emplace_back(ccctl::to_text(moment.now));
    tx.exec(
        {"UPDATE ccctl.shard SET closed_at = $4::timestamptz "
         "WHERE tenant_id = $1 AND log = $2 AND period = $3",
         params});
  }
  return create_shard(tx, group, signer, moment);
}

// The tree as its newest checkpoint signed it, ready to be extended; nothing when they differ: a
// new checkpoint over a tree that somebody changed would sign the change.
std::optional<crypto::Appender> resume(store::Tx& tx, const Shard& shard) {
  if (shard.size == 0) return crypto::Appender(0, {});
  const auto hashes = read_all(tx, shard.key, crypto::frontier(shard.size));
  std::vector<store::Value> params = shard.key.params();
  params.emplace_back(std::to_string(shard.size));
  const store::Rows notes = tx.exec(
      {"SELECT note FROM ccctl.checkpoint WHERE tenant_id = $1 AND log = $2 AND period = $3 "
       "AND size = $4::bigint",
       params});
  if (!hashes || notes.empty()) return std::nullopt;
  const auto key = crypto::VerifierKey::of(shard.origin, shard.public_key);
  const OpenedCheckpoint last = open_checkpoint(notes.text(0, 0), {key});
  crypto::Appender appender(shard.size, *hashes);
  if (last.verdict != crypto::NoteVerdict::valid || last.checkpoint.origin != shard.origin ||
      last.checkpoint.size != shard.size || last.checkpoint.root != appender.root()) {
    return std::nullopt;
  }
  return appender;
}

void move_leaves(store::Tx& tx, const Group& group, const Shard& shard) {
  std::vector<store::Value> params = shard.key.params();
  params.emplace_back(std::to_string(shard.size));
  params.emplace_back(store::array_literal(group.ids));
  // The ids ascend, so a row's place is its rank. No join with the array: without statistics the
  // planner compares every pending row with every element.
  const store::Rows moved =
      tx.exec({"WITH taken AS (DELETE FROM ccctl.pending WHERE tenant_id = $1 AND log = $2 "
               "AND id = ANY ($5::bigint[]) RETURNING id, line, leaf_hash) "
               "INSERT INTO ccctl.leaf (tenant_id, log, period, leaf_index, line, leaf_hash) "
               "SELECT $1, $2, $3, $4::bigint + pg_catalog.row_number() OVER (ORDER BY id) - 1, "
               "line, leaf_hash FROM taken",
               params});
  if (moved.affected() != group.ids.size()) {
    throw Error(ErrorKind::unexpected, "pending events vanished while they were being sealed");
  }
}

void insert_nodes(store::Tx& tx, const Shard& shard, const Hashes& nodes) {
  if (nodes.empty()) return;
  std::vector<std::string> levels, indexes, hashes;
  for (const auto& [id, hash] : nodes) {
    levels.push_back(std::to_string(id.level));
    indexes.push_back(std::to_string(id.index));
    hashes.push_back(crypto::to_hex(crypto::view(hash)));
  }
  std::vector<store::Value> params = shard.key.params();
  for (const auto& column : {levels, indexes, hashes}) {
    params.emplace_back(store::array_literal(column));
  }
  tx.exec(
      {"INSERT INTO ccctl.node (tenant_id, log, period, level, node_index, hash) "
       "SELECT $1, $2, $3, w.level, w.node_index, pg_catalog.decode(w.hash, 'hex') "
       "FROM ROWS FROM (pg_catalog.unnest($4::smallint[]), pg_catalog.unnest($5::bigint[]), "
       "pg_catalog.unnest($6::text[])) AS w(level, node_index, hash)",
       params});
}

// Nothing when the stored tree differs from its newest checkpoint.
std::optional<Sealed> seal_group(store::Tx& tx, const Group& group, const crypto::Signer& signer,
                                 const Moment& moment) {
  const Shard shard = open_shard(tx, group, signer, moment);
  std::optional<crypto::Appender> appender = resume(tx, shard);
  if (!appender) return std::nullopt;
  Hashes nodes;
  for (const crypto::Digest& leaf : group.hashes) {
    appender->append(leaf, [&](crypto::NodeId id, const crypto::Digest& hash) {
      if (id.level > 0) nodes.emplace(id, hash);
    });
  }
  move_leaves(tx, group, shard);
  insert_nodes(tx, shard, nodes);
  Sealed sealed{shard.origin, appender->size(), group.ids.size(), ""};
  sealed.checkpoint = signer.sign_note(
      shard.origin, crypto::Checkpoint{shard.origin, sealed.size, appender->root()}.body());
  std::vector<store::Value> params = shard.key.params();
  params.insert(params.end(),
                {std::to_string(sealed.size), sealed.checkpoint, ccctl::to_text(moment.now)});
  tx.exec(
      {"WITH signed AS (INSERT INTO ccctl.checkpoint "
       "(tenant_id, log, period, size, note, signed_at) "
       "VALUES ($1, $2, $3, $4::bigint, $5, $6::timestamptz)) "
       "UPDATE ccctl.shard SET size = $4::bigint, sealed_at = $6::timestamptz "
       "WHERE tenant_id = $1 AND log = $2 AND period = $3",
       params});
  return sealed;
}

// An open shard without a checkpoint of the last day gets a leaf, so that silence is evidence too:
// a log that stops is otherwise not told from one whose newest part was cut off.
void append_idle(store::Tx& tx, const Moment& moment) {
  const store::Rows rows =
      tx.exec({"SELECT s.tenant_id, s.log FROM ccctl.shard s WHERE s.closed_at IS NULL "
               "AND s.sealed_at <= $1::timestamptz AND NOT EXISTS (SELECT FROM ccctl.pending p "
               "WHERE p.tenant_id = s.tenant_id AND p.log = s.log) ORDER BY s.tenant_id, s.log",
               {ccctl::to_text(moment.now - std::chrono::hours(24))}});
  if (rows.empty()) return;
  const std::string actor(tx.exec("SELECT session_user").text(0, 0));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Event event;
    event.log = rows.text(i, 1) == "security" ? LogName::security : LogName::evidence;
    event.tenant = rows.text(i, 0);
    event.action = "audit.idle";
    event.actor = actor;
    append(tx, event, moment.now);
  }
}

Moment read_moment(store::Tx& tx, const Elsewhere& elsewhere) {
  const auto now = tx.exec("SELECT pg_catalog.clock_timestamp()").instant(0, 0);
  if (!now) throw Error(ErrorKind::unexpected, "the datastore did not say what time it is");
  return {*now, organisation_domain(tx), elsewhere};
}

// One transaction. False when nothing is pending beyond the cursor.
bool seal_batch(store::Tx& tx, Cursor& cursor, const crypto::Signer& signer,
                const Elsewhere& elsewhere, bool first, std::vector<Sealed>& sealed,
                std::vector<std::string>& damaged) {
  lock_sealer(tx, first);
  const Moment moment = read_moment(tx, elsewhere);
  if (first) append_idle(tx, moment);
  const std::vector<Group> groups = take(tx, cursor);
  for (const Group& group : groups) {
    if (const std::optional<Sealed> done = seal_group(tx, group, signer, moment)) {
      sealed.push_back(*done);
    } else {
      damaged.push_back(tenant_prefix(moment.domain, group.tenant) + group.log);
    }
  }
  if (groups.empty()) return false;
  if (tx.commit() == store::Outcome::in_doubt) {
    throw Error(ErrorKind::in_doubt, "the connection was lost while a checkpoint was committed");
  }
  return true;
}

void merge(std::vector<Sealed>& all, const std::vector<Sealed>& batch) {
  for (const Sealed& one : batch) {
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](const Sealed& s) { return s.origin == one.origin; });
    if (same == all.end()) {
      all.push_back(one);
    } else {
      *same = {one.origin, one.size, same->added + one.added, one.checkpoint};
    }
  }
}

}  // namespace

Position position_of(std::string_view origin, std::uint64_t size) {
  const std::string_view last = origin.substr(origin.rfind('/') + 1);
  const std::size_t dot = last.find('.');
  Position position{std::string(last.substr(0, dot)), 1, size};
  if (dot != std::string_view::npos) {
    const std::string_view number = last.substr(dot + 1);
    std::from_chars(number.data(), number.data() + number.size(), position.shard);
  }
  return position;
}

std::vector<Sealed> seal(store::Session& session, const crypto::Signer& signer,
                         const Context& context, const Elsewhere& elsewhere) {
  std::vector<Sealed> all;
  std::vector<std::string> damaged;
  Cursor cursor;
  for (bool first = true;; first = false) {
    std::vector<Sealed> batch;
    store::Tx tx = session.begin(store::Mode::read_committed);
    if (!seal_batch(tx, cursor, signer, elsewhere, first, batch, damaged)) break;
    merge(all, batch);
  }
  if (!damaged.empty()) {
    for (const std::string& log : damaged) {
      context.log(LogLevel::warning, "nothing was sealed in '" + log + "'");
    }
    throw Error(ErrorKind::findings,
                "the stored tree of '" + damaged.front() + "' does not fit its newest checkpoint",
                "see `ccctl audit verify`");
  }
  return all;
}

}  // namespace ccctl::audit
