#include "audit/sealer.h"

#include <algorithm>
#include <charconv>

#include "audit/event.h"
#include "audit/hashes.h"
#include "audit/opening.h"
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

void lock_sealer(store::Tx& tx, bool first) {
  try {
    // A row lock is the lease: it cannot outlive its holder's transaction, is taken over at no
    // guessed instant, and needs no clock. Only the first batch gives up at once: later ones wait
    // for a sealer that came in between, up to the session's lock timeout, because a half-done pass
    // is better finished.
    tx.exec(first ? "SELECT 1 FROM ccctl.sealer FOR UPDATE NOWAIT"
                  : "SELECT 1 FROM ccctl.sealer FOR UPDATE");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::busy) throw;
    throw Error(ErrorKind::busy, "another sealer is at work");
  }
}

// Up to a batch of pending rows beyond the cursor, of the tenants' logs or of the organisation's.
struct Taken {
  std::vector<Group> groups;
  bool all = true;  // nothing is left behind that was visible
};

Taken take(store::Tx& tx, Cursor& cursor, bool organisation) {
  const store::Rows rows = tx.exec(
      {"SELECT tenant_id, log, id, pg_catalog.encode(leaf_hash, 'hex') FROM ccctl.pending "
       "WHERE (tenant_id, log, id) > ($1, $2, $3::bigint) AND (tenant_id = $4) = $5::boolean "
       "ORDER BY tenant_id, log, id LIMIT " +
           std::to_string(kBatch),
       {cursor.tenant, cursor.log, cursor.id, std::string(kOrganisation),
        organisation ? "true" : "false"}});
  Taken taken;
  taken.all = rows.size() < kBatch;
  std::vector<Group>& groups = taken.groups;
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
  return taken;
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
  const std::optional<Shard> opened = open_shard(tx, group.tenant, group.log, signer, moment);
  if (!opened) return std::nullopt;
  const Shard& shard = *opened;
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

// An open shard without a checkpoint of this UTC day gets a leaf, so that silence is evidence too:
// a log that stops is otherwise not told from one whose newest part was cut off. The organisation's
// log is never idle: it gets every other shard's daily checkpoint.
void append_idle(store::Tx& tx, const Moment& moment) {
  const store::Rows rows =
      tx.exec({"SELECT s.tenant_id, s.log FROM ccctl.shard s WHERE s.closed_at IS NULL "
               "AND s.sealed_at < $1::timestamptz AND s.tenant_id <> $2 AND NOT EXISTS (SELECT "
               "FROM ccctl.pending p "
               "WHERE p.tenant_id = s.tenant_id AND p.log = s.log) ORDER BY s.tenant_id, s.log",
               {ccctl::to_text(moment.today()), std::string(kOrganisation)}});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Event event;
    event.log = rows.text(i, 1) == "security" ? LogName::security : LogName::evidence;
    event.tenant = rows.text(i, 0);
    event.action = "audit.idle";
    event.actor = moment.actor;
    append(tx, event, moment.now);
  }
}

// Seals groups of the batch; a log whose stored tree differs goes to `damaged`.
void seal_groups(store::Tx& tx, const std::vector<Group>& groups, const crypto::Signer& signer,
                 const Moment& moment, std::vector<Sealed>& sealed,
                 std::vector<std::string>& damaged) {
  for (const Group& group : groups) {
    if (const std::optional<Sealed> done = seal_group(tx, group, signer, moment)) {
      sealed.push_back(*done);
    } else {
      damaged.push_back(tenant_prefix(moment.domain, group.tenant) + group.log);
    }
  }
}

// The organisation's log comes last, because sealing the others is what it tells of. False when
// there is more of it than one batch.
bool seal_organisation(store::Tx& tx, const crypto::Signer& signer, const Moment& moment,
                       std::vector<Sealed>& sealed, std::vector<std::string>& damaged) {
  record_daily(tx, moment);
  const std::string tenant(kOrganisation);
  if (tx.exec({"SELECT FROM ccctl.pending WHERE tenant_id = $1 LIMIT 1", {tenant}}).empty()) {
    return true;
  }
  // Before its rows are taken: opening it is an event of its own.
  open_shard(tx, tenant, std::string(to_text(LogName::organisation)), signer, moment);
  Cursor cursor;
  const Taken taken = take(tx, cursor, true);
  seal_groups(tx, taken.groups, signer, moment, sealed, damaged);
  return taken.all;
}

// One transaction. False when nothing is left to do.
bool seal_batch(store::Tx& tx, Cursor& cursor, const crypto::Signer& signer,
                const Elsewhere& elsewhere, bool first, std::vector<Sealed>& sealed,
                std::vector<std::string>& damaged) {
  lock_sealer(tx, first);
  const Moment moment = read_moment(tx, elsewhere);
  if (first) append_idle(tx, moment);
  const Taken taken = take(tx, cursor, false);
  seal_groups(tx, taken.groups, signer, moment, sealed, damaged);
  bool more = !taken.all;
  if (!more) more = !seal_organisation(tx, signer, moment, sealed, damaged);
  if (sealed.empty()) return false;
  if (tx.commit() == store::Outcome::in_doubt) {
    throw Error(ErrorKind::in_doubt, "the connection was lost while a checkpoint was committed");
  }
  return more;
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
  bool more = true;
  for (bool first = true; more; first = false) {
    std::vector<Sealed> batch;
    store::Tx tx = session.begin(store::Mode::read_committed);
    more = seal_batch(tx, cursor, signer, elsewhere, first, batch, damaged);
    merge(all, batch);
  }
  if (!damaged.empty()) {
    for (const std::string& log : damaged) {
      context.log(LogLevel::warning, "nothing was sealed in '" + log + "'");
    }
    throw Error(ErrorKind::findings,
                "the stored tree of '" + damaged.front() + "' is not what its key has signed",
                "see `ccctl audit verify`");
  }
  return all;
}

}  // namespace ccctl::audit
