// When shards of a tenant's logs may go, and dropping them (formats.md 5, P-26).
//
// Rules with `data: event_log` concern the security log, with `data: evidence_log` the evidence; a
// log without a maximum stays for ever. The anchor is `created`, the instant of an event. A minimum
// holds for each event by itself, and a maximum counts from a shard's last one, because a shard
// goes whole. No shard goes while a hold of the tenant covers its time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/prune.h"
#include "base/json.h"
#include "retention/situation.h"
#include "rule/hold.h"
#include "rule/precedence.h"
#include "store/session.h"

namespace ccctl::retention {

struct LogShard {
  audit::ClosedShard shard;
  rule::State state = rule::State::unmanaged;
  std::optional<Instant> due_at;   // nothing: never, as things stand
  std::vector<std::string> rules;  // those that decide
  std::vector<std::string> holds;  // of a held one
  audit::Span span;
};
Json to_json(const LogShard& shard);

class Pruning {
 public:
  // `evidence` is the least time that evidence is kept, whatever the rules say; `tenant_zone` is
  // empty where the tenant has none.
  Pruning(const Ground& ground, Duration evidence, std::string tenant_zone);

  // Every closed shard that still has its leaves, as it stands at that instant.
  std::vector<LogShard> look(store::Tx& tx, Instant as_of) const;

  // Drops one that is due, exactly once, with a receipt and a leaf in the evidence. `session`
  // belongs to the sealing account. Refused when by then it is no longer due, or held.
  void drop(store::Session& session, const std::function<store::Session()>& connect,
            const LogShard& shard) const;

 private:
  LogShard judge(store::Tx& tx, const audit::ClosedShard& shard,
                 const std::vector<rule::Hold>& holds, Instant as_of) const;
  void judge_events(LogShard& found, Instant as_of) const;

  const Ground& ground_;
  std::string tenant_zone_;
  std::vector<rule::RuleInForce> rules_;
};

}  // namespace ccctl::retention
