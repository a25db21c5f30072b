#include "retention/lost.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/digest.h"
#include "retention/replay.h"

namespace ccctl::retention {
namespace {

Instant instant_of(const Json& value) {
  const auto at = parse_instant(value.get<std::string>());
  if (!at) throw Error(ErrorKind::findings, "a leaf of the journal has a time that is none");
  return *at;
}

std::optional<Instant> optional_instant(const Json& object, const char* name) {
  if (!object.contains(name)) return std::nullopt;
  return instant_of(object[name]);
}

rule::Hold hold_of(const LostLeaf& leaf, const Json& body) {
  const Json& scope = body.at("scope");
  rule::Hold hold;
  hold.id = body.at("hold").get<std::string>();
  hold.matter = body.at("matter").get<std::string>();
  hold.reason = body.at("reason").get<std::string>();
  hold.custodian = body.at("custodian").get<std::string>();
  hold.category = scope.value("category", "");
  hold.data = scope.value("data", "");
  hold.created_from = optional_instant(scope, "created_from");
  hold.created_to = optional_instant(scope, "created_to");
  hold.review_on = scope.value("review_on", "");
  hold.keyed = scope.value("keyed", std::vector<std::string>());
  hold.added_by = leaf.actor;
  hold.added_at = leaf.at;
  return hold;
}

// One row per action: what its leaf makes of `lost`.
using Reader = void (*)(Lost& lost, const LostLeaf& leaf, const Json& line);
const std::map<std::string_view, Reader>& readers() {
  static const std::map<std::string_view, Reader> all{
      {"hold.added",
       [](Lost& lost, const LostLeaf& leaf, const Json& line) {
         LostHold hold{leaf, hold_of(leaf, line.at("body"))};
         const bool of_people = line.at("body").at("scope").contains("subjects");
         if (of_people && hold.hold.keyed.empty()) return lost.unnamed.push_back(leaf);
         lost.holds.push_back(std::move(hold));
       }},
      {"hold.released",
       [](Lost& lost, const LostLeaf& leaf, const Json& line) {
         const Json& body = line.at("body");
         lost.releases.push_back(
             {leaf, body.at("hold").get<std::string>(), instant_of(body.at("grace_until"))});
       }},
      {"approval.rejected",
       [](Lost& lost, const LostLeaf& leaf, const Json& line) {
         const Json& body = line.at("body");
         lost.rejections.push_back({leaf, body.at("approval").get<std::string>(),
                                    body.at("rejection").get<std::string>()});
       }},
      {"subject.erased",
       [](Lost& lost, const LostLeaf& leaf, const Json& line) {
         const Json& body = line.at("body");
         // A later pass erased what came back; the first one says who it was.
         if (body.at("pass") != 1) return lost.noted.push_back(leaf);
         if (!body.contains("keyed")) return lost.unnamed.push_back(leaf);
         const Json& keyed = body.at("keyed");
         lost.erasures.push_back({leaf, line.at("request").get<std::string>(),
                                  keyed.value("subject", ""),
                                  keyed.at("identifiers").get<std::vector<std::string>>()});
       }},
      {"request.closed",
       [](Lost& lost, const LostLeaf& leaf, const Json& line) {
         lost.closings.push_back({leaf, line.at("request").get<std::string>()});
       }},
      // What a signature permitted stands in a leaf of its own, or is asked for again.
      {"approval.signed",
       [](Lost& lost, const LostLeaf& leaf, const Json&) { lost.noted.push_back(leaf); }},
      {"retention.window",
       [](Lost& lost, const LostLeaf& leaf, const Json& line) {
         const Json& body = line.at("body");
         const std::string run = body.at("run").get<std::string>();
         auto known = std::find_if(lost.runs.begin(), lost.runs.end(),
                                   [&](const LostRun& one) { return one.run == run; });
         if (known == lost.runs.end()) {
           known = lost.runs.insert(
               known, {run, body.at("policy").get<std::string>(), instant_of(body.at("asOf")), {}});
         }
         known->windows.push_back(leaf);
       }},
      {"request.delete.completed",
       [](Lost& lost, const LostLeaf& leaf, const Json&) { lost.noted.push_back(leaf); }}};
  return all;
}

}  // namespace

std::map<std::string, std::uint64_t> by_action(const Lost& lost) {
  std::map<std::string, std::uint64_t> counts;
  const auto add = [&](const auto& leaves) {
    for (const auto& entry : leaves) ++counts[entry.leaf.action];
  };
  add(lost.holds);
  add(lost.releases);
  add(lost.rejections);
  add(lost.erasures);
  add(lost.closings);
  const auto add_leaves = [&](const std::vector<LostLeaf>& leaves) {
    for (const LostLeaf& leaf : leaves) ++counts[leaf.action];
  };
  for (const LostRun& run : lost.runs) add_leaves(run.windows);
  for (const auto* leaves : {&lost.noted, &lost.unnamed, &lost.unknown}) add_leaves(*leaves);
  return counts;
}

Lost read_lost(store::Tx& tx, const journal::Journal& journal) {
  Lost lost;
  journal.each_missing(tx, [&](const journal::Missing& missing) {
    try {
      const Json line = Json::parse(missing.line);
      const LostLeaf leaf{crypto::to_hex(crypto::view(missing.hash)),
                          line.at("action").get<std::string>(), line.at("actor").get<std::string>(),
                          instant_of(line.at("at"))};
      const auto reader = readers().find(leaf.action);
      if (reader == readers().end()) {
        lost.unknown.push_back(leaf);
      } else {
        reader->second(lost, leaf, line);
      }
    } catch (const Json::exception&) {
      throw journal::Damaged(journal::Damage::altered, missing.segment,
                             "has a leaf that cannot be read");
    }
  });
  return lost;
}

bool ends_replay(const Error& error) {
  return error.kind() == ErrorKind::paused || error.kind() == ErrorKind::unreachable ||
         error.kind() == ErrorKind::in_doubt || error.kind() == ErrorKind::denied;
}

}  // namespace ccctl::retention
