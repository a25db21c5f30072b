#include "journal/journal.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/json.h"
#include "base/percent.h"
#include "crypto/tree.h"
#include "journal/leaves.h"

namespace ccctl::journal {
namespace {

constexpr std::uint64_t kPerFolder = 1000;

std::string padded(std::uint64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

}  // namespace

std::string escaped(std::string_view id) {
  return percent_encoded(id, "-_");
}

// What the datastore says of the journal.
struct Journal::Head {
  std::uint64_t segment = 0;
  crypto::Digest line{};
};

// One look at both sides.
struct Journal::Look {
  State state;
  std::vector<Published> published;     // of the last segment
  std::vector<Leaf> due;                // not in the journal yet, as many as one segment takes
  std::vector<std::string> settled;     // in segments beyond the head, due or not yet seen as due
  std::vector<Checkpoint> checkpoints;  // signed since
  bool more = false;                    // there is more due than `due`
};

Journal::Journal(object::ObjectStore& store, std::string tenant, const EvidenceKey* key)
    : store_(store), tenant_(std::move(tenant)), key_(key) {}

std::string Journal::key_of(std::uint64_t segment) const {
  return escaped(tenant_) + "/" + padded(segment / kPerFolder, 6) + "/" + padded(segment, 9);
}

// Segments have no gaps, so their last is found without a list: first ever further, then halving.
std::uint64_t Journal::last_segment(std::uint64_t known) const {
  std::uint64_t there = known, step = 1;
  while (store_.exists(key_of(there + step))) {
    there += step;
    step *= 2;
  }
  for (std::uint64_t absent = there + step; absent - there > 1;) {
    const std::uint64_t middle = there + (absent - there) / 2;
    (store_.exists(key_of(middle)) ? there : absent) = middle;
  }
  return there;
}

Segment Journal::fetch(std::uint64_t number, const std::optional<crypto::Digest>& before) const {
  const std::string key = key_of(number);
  if (!store_.exists(key)) throw Damaged(Damage::missing, number, "is missing");
  return read(store_.get(key), tenant_, number, before);
}

void Journal::require_key(const Segment& segment) const {
  if (key_ == nullptr || segment.number == 0 || segment.key == key_->check()) return;
  throw Error(ErrorKind::key_unavailable,
              "the evidence key of the tenant \"" + tenant_ + "\" is not the one of its journal",
              "put back the key that was used before");
}

Journal::Head Journal::read_head(store::Tx& tx) const {
  const store::Rows rows =
      tx.exec({"SELECT segment, pg_catalog.encode(line_hash, 'hex') FROM ccctl.journal_head WHERE "
               "tenant_id = $1",
               {tenant_}});
  if (rows.empty()) return {};
  return {static_cast<std::uint64_t>(rows.integer(0, 0)), digest_of(rows.text(0, 1))};
}

// The order matters. What is due and the head are read first, in one statement's snapshot or an
// older one: a leaf that was due then and is not any more stands in a segment after that head. What
// the datastore lacks is asked last: whoever wrote a segment had committed its leaves before.
Journal::Look Journal::look(store::Tx& tx) const {
  Look look;
  const Head head = read_head(tx);
  const Due due = read_due(tx, tenant_);
  look.more = due.more;
  look.state.head = head.segment;
  look.state.segments = last_segment(head.segment);
  look.state.last = head.line;
  std::set<std::string> there;
  if (look.state.segments > 0) {
    // Where the datastore knows the last segment it also knows how it ends.
    Segment segment;
    if (head.segment > 0) {
      segment = fetch(head.segment, std::nullopt);
      if (segment.last != head.line) {
        throw Damaged(Damage::altered, head.segment, "is not the one that the datastore knows");
      }
    }
    for (std::uint64_t n = head.segment + 1; n <= look.state.segments; ++n) {
      segment = fetch(n, look.state.last);
      look.state.last = segment.last;
      std::vector<std::string> hashes;
      for (const std::string& leaf : segment.leaves) hashes.push_back(hash_of(leaf));
      look.state.missing += lacking(tx, tenant_, hashes).size();
      there.insert(hashes.begin(), hashes.end());
    }
    look.settled.assign(there.begin(), there.end());
    require_key(segment);
    look.published = segment.published;
  }
  for (const Leaf& leaf : due.leaves) {
    if (!there.contains(leaf.hash)) look.due.push_back(leaf);
  }
  look.state.due = due.total - (due.leaves.size() - look.due.size());
  look.checkpoints = newer_checkpoints(tx, tenant_, look.published);
  return look;
}

State Journal::compare(store::Tx& tx) const {
  return look(tx).state;
}

Segment Journal::next(const Look& look) const {
  if (key_ == nullptr) {
    throw Error(ErrorKind::key_unavailable,
                "the evidence key of the tenant \"" + tenant_ + "\" is missing");
  }
  Segment segment;
  segment.number = look.state.segments + 1;
  segment.tenant = tenant_;
  segment.key = key_->check();
  segment.published = look.published;
  for (const Leaf& leaf : look.due) segment.leaves.push_back(leaf.line);
  for (const Checkpoint& checkpoint : look.checkpoints) {
    segment.checkpoints.push_back(checkpoint.note);
    std::erase_if(segment.published,
                  [&](const Published& old) { return old.log == checkpoint.tree.log; });
    segment.published.push_back(checkpoint.tree);
  }
  return segment;
}

// Takes off what the journal has, and moves the head on when nothing of it is missing here; both at
// once: a leaf that stayed due while the head passes its segment would be written again. Losing
// this commit costs nothing but doing it again.
void Journal::settle(store::Session& session, const Look& look, const Segment& written) const {
  std::vector<std::string> hashes = look.settled;
  for (const Leaf& leaf : look.due) hashes.push_back(leaf.hash);
  session.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    tx.exec("SET LOCAL synchronous_commit = off");
    if (look.state.missing == 0 && written.number > look.state.head) {
      tx.exec(
          {"INSERT INTO ccctl.journal_head AS h (tenant_id, segment, line_hash) VALUES ($1, "
           "$2::bigint, pg_catalog.decode($3, 'hex')) ON CONFLICT (tenant_id) DO UPDATE SET "
           "segment = EXCLUDED.segment, line_hash = EXCLUDED.line_hash WHERE h.segment < "
           "EXCLUDED.segment",
           {tenant_, std::to_string(written.number), crypto::to_hex(crypto::view(written.last))}});
    }
    if (!hashes.empty()) take_off(tx, tenant_, hashes);
  });
}

State Journal::append(store::Session& session) const {
  for (;;) {
    std::optional<Look> look;
    session.transact(store::Mode::read_committed, [&](store::Tx& tx) { look = this->look(tx); });
    if (look->due.empty() && look->checkpoints.empty()) {
      Segment last;
      last.number = look->state.segments;
      last.last = look->state.last;
      const bool moves = look->state.missing == 0 && last.number > look->state.head;
      if (moves || !look->settled.empty()) settle(session, *look, last);
      if (moves) look->state.head = last.number;
      if (!look->more) return look->state;
      continue;
    }
    Segment segment = next(*look);
    const std::string bytes = write(segment, look->state.last);
    // Where another process was faster, its segment may hold what we wanted to write.
    if (!store_.create(key_of(segment.number), bytes)) continue;
    settle(session, *look, segment);
  }
}

void Journal::require_level(store::Session& session) const {
  const State state = append(session);
  if (state.missing == 0) return;
  throw Error(ErrorKind::restored_datastore,
              "the datastore lacks " + std::to_string(state.missing) +
                  " decisions that the journal has: it was restored from a backup")
      .with("missing", std::to_string(state.missing))
      .with("segment", std::to_string(state.head + 1));
}

void Journal::each_missing(store::Tx& tx, const std::function<void(const Missing&)>& tell) const {
  const Head head = read_head(tx);
  const std::uint64_t last = last_segment(head.segment);
  crypto::Digest before = head.line;
  for (std::uint64_t n = head.segment + 1; n <= last; ++n) {
    const Segment segment = fetch(n, before);
    before = segment.last;
    std::vector<std::string> hashes;
    for (const std::string& leaf : segment.leaves) hashes.push_back(hash_of(leaf));
    const std::set<std::string> lost = lacking(tx, tenant_, hashes);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (lost.contains(hashes[i])) tell({n, digest_of(hashes[i]), segment.leaves[i]});
    }
  }
}

Verified Journal::verify(store::Tx& tx) const {
  const Head head = read_head(tx);
  const std::uint64_t last = last_segment(0);
  if (last < head.segment) throw Damaged(Damage::missing, last + 1, "is missing");
  Verified result;
  std::map<std::string, std::string> newest;
  crypto::Digest before{};
  for (std::uint64_t n = 1; n <= last; ++n) {
    const Segment segment = fetch(n, before);
    before = segment.last;
    if (n == head.segment && segment.last != head.line) {
      throw Damaged(Damage::altered, n, "is not the one that the datastore knows");
    }
    require_key(segment);
    result.leaves += segment.leaves.size();
    for (const std::string& note : segment.checkpoints)
      newest[note.substr(0, note.find('\n'))] = note;
  }
  result.segments = last;
  for (auto& [origin, note] : newest) result.checkpoints.push_back(std::move(note));
  return result;
}

std::optional<audit::Position> Journal::published(const std::string& log) const {
  const std::uint64_t last = last_segment(0);
  if (last == 0) return std::nullopt;
  for (const Published& entry : fetch(last, std::nullopt).published) {
    if (entry.log == log) return audit::position_of(entry.origin, entry.size);
  }
  return std::nullopt;
}

}  // namespace ccctl::journal
