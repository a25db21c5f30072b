#include "audit/hashes.h"

#include <memory>
#include <set>

#include "base/error.h"

namespace ccctl::audit {

Hashes read_hashes(store::Tx& tx, const ShardKey& shard, const std::vector<crypto::NodeId>& ids) {
  std::vector<std::string> levels, indexes;
  for (const crypto::NodeId& id : ids) {
    levels.push_back(std::to_string(id.level));
    indexes.push_back(std::to_string(id.index));
  }
  Hashes hashes;
  if (ids.empty()) return hashes;
  std::vector<store::Value> params = shard.params();
  params.emplace_back(store::array_literal(levels));
  params.emplace_back(store::array_literal(indexes));
  // Subqueries, so that each hash is looked up by its key: joined, the planner may walk the shard.
  const store::Rows rows = tx.exec(
      {"SELECT w.level, w.node_index, pg_catalog.encode(CASE w.level WHEN 0 THEN "
       "(SELECT l.leaf_hash FROM ccctl.leaf l WHERE l.tenant_id = $1 AND l.log = $2 "
       "AND l.period = $3 AND l.leaf_index = w.node_index) ELSE "
       "(SELECT n.hash FROM ccctl.node n WHERE n.tenant_id = $1 AND n.log = $2 "
       "AND n.period = $3 AND n.level = w.level AND n.node_index = w.node_index) END, 'hex') "
       "FROM ROWS FROM (pg_catalog.unnest($4::smallint[]), pg_catalog.unnest($5::bigint[])) "
       "AS w(level, node_index)",
       params});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.text(i, 2).size() != 2 * crypto::Digest{}.size()) continue;  // missing, or no hash
    const crypto::NodeId id{static_cast<unsigned>(rows.integer(i, 0)),
                            static_cast<std::uint64_t>(rows.integer(i, 1))};
    hashes.emplace(id, digest_of_hex(rows.text(i, 2)));
  }
  return hashes;
}

std::optional<std::vector<crypto::Digest>> read_all(store::Tx& tx, const ShardKey& shard,
                                                    const std::vector<crypto::NodeId>& ids) {
  const Hashes hashes = read_hashes(tx, shard, ids);
  std::vector<crypto::Digest> found;
  for (const crypto::NodeId& id : ids) {
    const auto hash = hashes.find(id);
    if (hash == hashes.end()) return std::nullopt;
    found.push_back(hash->second);
  }
  return found;
}

crypto::NodeSource read_for(store::Tx& tx, const Shard& shard, const Walk& walk) {
  std::set<crypto::NodeId> wanted;
  walk([&](crypto::NodeId id) {
    wanted.insert(id);
    return crypto::Digest{};
  });
  auto hashes =
      std::make_shared<const Hashes>(read_hashes(tx, shard.key, {wanted.begin(), wanted.end()}));
  return [hashes = std::move(hashes), origin = shard.origin](crypto::NodeId id) {
    const auto hash = hashes->find(id);
    if (hash == hashes->end()) {
      throw Error(ErrorKind::findings, "a hash of '" + origin + "' is missing",
                  "see `ccctl audit verify`");
    }
    return hash->second;
  };
}

}  // namespace ccctl::audit
