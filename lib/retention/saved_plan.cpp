#include "retention/saved_plan.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "base/calendar.h"
#include "base/error.h"
#include "crypto/digest.h"

namespace ccctl::retention {
namespace {

constexpr Duration kTtl{0, 7, 0};
constexpr const char* kKind = "SavedRetentionPlan";

[[noreturn]] void no_plan(const std::string& path) {
  throw Error(ErrorKind::usage, "\"" + path + "\" is no saved plan",
              "make one with `ccctl retention plan --out FILE`");
}

std::ifstream opened(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::usage, "\"" + path + "\" cannot be read");
  return file;
}

std::string file_digest(const std::string& path) {
  std::ifstream file = opened(path);
  crypto::Sha256 sum;
  std::vector<char> piece(1 << 16);
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
    sum.update({piece.data(), static_cast<std::size_t>(file.gcount())});
  return crypto::to_hex(crypto::view(sum.finish()));
}

Json head_of(const std::string& path) {
  std::ifstream file = opened(path);
  std::string line;
  std::getline(file, line);
  Json head = Json::parse(line, nullptr, false);
  if (!head.is_object() || head.value("kind", "") != kKind) no_plan(path);
  return head;
}

[[noreturn]] void stale(const std::string& why) {
  throw Error(ErrorKind::stale_plan, why, "make another with `ccctl retention plan --out FILE`");
}

}  // namespace

std::string holds_text(const Situation& situation) {
  std::vector<std::string> ids;
  for (const rule::Hold& hold : situation.sweep().holds) ids.push_back(hold.id);
  std::sort(ids.begin(), ids.end());
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ",") + id;
  return text;
}

Instant expiry_of(const rule::Ruleset& rules, Instant now) {
  return add(now, rules.plan_ttl.value_or(kTtl), "UTC", Granularity::instant);
}

std::string write_plan(store::Tx& tx, const Situation& situation, const Survey& survey, bool real,
                       Instant now, Instant expires_at,
                       const std::function<void(std::string_view)>& sink) {
  crypto::Sha256 sum;
  const auto line = [&](const Json& json) {
    const std::string text = json.dump() + "\n";
    sum.update(text);
    sink(text);
  };
  line({{"kind", kKind},
        {"apiVersion", "ccctl/v1"},
        {"tenant", situation.sweep().tenant},
        {"asOf", to_text(situation.as_of())},
        {"real", real},
        {"savedAt", to_text(now)},
        {"expiresAt", to_text(expires_at)},
        {"planDigest", situation.digest()},
        {"holds", holds_text(situation)},
        {"rows", survey.rows_going()}});
  const plan::SweepCompiler compiler(situation.sweep());
  for (const plan::Pass& pass : situation.passes()) {
    if (pass.act == plan::Act::restore) continue;
    tx.stream(compiler.list(pass), [&](const store::Rows& row) {
      line({{"table", row.text(0, 0)}, {"key", row.text(0, 1)}, {"act", row.text(0, 2)}});
    });
  }
  return crypto::to_hex(crypto::view(sum.finish()));
}

void record_plan(store::Tx& tx, const Ground& ground, const std::string& actor,
                 const SavedPlan& plan, Instant now) {
  tx.exec(
      {"INSERT INTO ccctl.saved_plan (tenant_id, digest, plan_digest, as_of, expires_at, rows, "
       "saved_at) VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $5::timestamptz, "
       "$6::bigint, $7::timestamptz) ON CONFLICT (tenant_id, digest) DO NOTHING",
       {ground.tenant, plan.digest, plan.plan_digest, to_text(plan.as_of), to_text(plan.expires_at),
        std::to_string(plan.rows), to_text(now)}});
  audit::append(tx,
                {audit::LogName::evidence, ground.tenant, "retention.planned", actor, "",
                 Json{{"digest", plan.digest},
                      {"plan", plan.plan_digest},
                      {"policy", ground.policy_digest},
                      {"asOf", to_text(plan.as_of)},
                      {"expiresAt", to_text(plan.expires_at)},
                      {"rows", plan.rows}}},
                now);
}

SavedPlan open_plan(store::Tx& tx, const std::string& tenant, const std::string& path) {
  const Json head = head_of(path);
  SavedPlan plan;
  try {
    if (head.at("tenant").get<std::string>() != tenant)
      throw Error(ErrorKind::usage, "\"" + path + "\" is a plan of another tenant");
    const auto instant = [&](const char* name) {
      const auto at = parse_instant(head.at(name).get<std::string>());
      if (!at) no_plan(path);
      return *at;
    };
    plan.as_of = instant("asOf");
    plan.expires_at = instant("expiresAt");
    plan.real = head.at("real").get<bool>();
    plan.plan_digest = head.at("planDigest").get<std::string>();
    plan.holds = head.at("holds").get<std::string>();
    plan.rows = head.at("rows").get<std::uint64_t>();
  } catch (const Json::exception&) {
    no_plan(path);
  }
  plan.digest = file_digest(path);
  const store::Rows rows =
      tx.exec({"SELECT FROM ccctl.saved_plan WHERE tenant_id = $1::text AND digest = $2::text",
               {tenant, plan.digest}});
  if (rows.empty()) {
    throw Error(ErrorKind::refused, "\"" + path + "\" is not as any plan was saved",
                "make another with `ccctl retention plan --out FILE`");
  }
  return plan;
}

void require_fresh(const SavedPlan& plan, const Situation& situation, Instant now) {
  if (now >= plan.expires_at) stale("the plan's time was up at " + to_text(plan.expires_at));
  if (situation.digest() != plan.plan_digest)
    stale("the pack, the data map or the schema is no longer as the plan found it");
  if (holds_text(situation) != plan.holds) stale("holds are no longer as the plan found them");
}

bool was_applied(store::Tx& tx, const std::string& tenant, const std::string& digest) {
  return !tx.exec({"SELECT FROM ccctl.destruction WHERE tenant_id = $1::text AND saved_plan = "
                   "$2::text AND outcome = 'complete'",
                   {tenant, digest}})
              .empty();
}

void load_plan(store::Tx& tx, const std::string& tenant, const std::string& path,
               const std::string& digest) {
  forget_plan(tx, tenant);
  tx.exec("CREATE TEMPORARY TABLE loading (table_name text, key text, act text) ON COMMIT DROP");
  std::ifstream file = opened(path);
  std::string line;
  crypto::Sha256 sum;
  const auto next = [&] {
    if (!std::getline(file, line)) return false;
    sum.update(line + "\n");
    return true;
  };
  next();  // the head
  tx.copy_in("loading", {"table_name", "key", "act"}, [&](std::vector<store::Value>& row) {
    if (!next()) return false;
    const Json json = Json::parse(line);
    row = {json.at("table").get<std::string>(), json.at("key").get<std::string>(),
           json.at("act").get<std::string>()};
    return true;
  });
  if (crypto::to_hex(crypto::view(sum.finish())) != digest) stale("the plan's file has changed");
  // A row that goes by a pass of its own and along with another stands there twice.
  tx.exec(
      {"INSERT INTO ccctl.planned (tenant_id, table_name, key, act) SELECT $1::text, "
       "table_name, key, pg_catalog.min(act) FROM loading GROUP BY table_name, key",
       {tenant}});
}

void forget_plan(store::Tx& tx, const std::string& tenant) {
  tx.exec({"DELETE FROM ccctl.planned WHERE tenant_id = $1::text", {tenant}});
}

}  // namespace ccctl::retention
