#include "retention/guards.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/digest.h"
#include "rule/diff.h"

namespace ccctl::retention {
namespace {

using std::chrono::minutes;

constexpr const char* kSetting = "setting/";
constexpr minutes kClocksAgree{5};

std::string digest_of(const std::string& text) {
  return crypto::to_hex(crypto::view(crypto::sha256(text)));
}

// Rules and the tenant's settings, each in one wording.
std::map<std::string, std::string> wordings(const Ground& ground) {
  std::map<std::string, std::string> all;
  for (const rule::RuleInForce& rule : ground.rules.rules)
    all[rule.rule.id] = canonical(rule::to_json(rule));
  if (const auto set = ground.rules.settings.find(ground.tenant);
      set != ground.rules.settings.end()) {
    for (const auto& [name, period] : set->second)
      all[kSetting + name] = canonical(Json{{"period", to_text(period)}});
  }
  return all;
}

// A rule as it was written down, read as a document of its own.
rule::RuleInForce rule_of(const std::string& wording) {
  Json rule = Json::parse(wording);
  Json document{{"apiVersion", "ccctl/v1"},
                {"kind", "Retention"},
                {"limits", {{"rows", 1}, {"percent", 100}}}};
  for (const char* of_document : {"zone", "skew", "anchor_floor"}) {
    if (!rule.contains(of_document)) continue;
    document[of_document] = rule[of_document];
    rule.erase(of_document);
  }
  document["rules"] = Json::array({rule});
  const auto read =
      doc::read<rule::Retention>(document.dump(), "swept rule", "Retention", ErrorKind::unexpected);
  rule::RuleInForce made;
  made.rule = read.rules.front();
  made.zone = read.zone;
  if (read.skew) made.skew = *read.skew;
  made.floor = rule::parse_floor(read.anchor_floor);
  return made;
}

// What the tenant was swept by last; nothing before the first run.
std::optional<rule::Ruleset> last_rules(store::Tx& tx, const Ground& ground) {
  const store::Rows rows =
      tx.exec({"SELECT rule_id, rule FROM ccctl.swept_rule WHERE tenant_id = $1::text AND last_at "
               "= (SELECT pg_catalog.max(last_at) FROM ccctl.swept_rule WHERE tenant_id = "
               "$1::text) ORDER BY rule_id",
               {ground.tenant}});
  if (rows.empty()) return std::nullopt;
  rule::Ruleset set;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::string id(rows.text(r, 0)), wording(rows.text(r, 1));
    if (id.starts_with(kSetting)) {
      const auto period = parse_duration(Json::parse(wording).at("period").get<std::string>());
      if (period) set.settings[ground.tenant][id.substr(std::string(kSetting).size())] = *period;
    } else {
      set.rules.push_back(rule_of(wording));
    }
  }
  return set;
}

void require_no_shortening(store::Tx& tx, const Ground& ground) {
  const std::optional<rule::Ruleset> before = last_rules(tx, ground);
  if (!before) return;
  rule::Ruleset after = ground.rules;
  std::erase_if(after.settings, [&](const auto& each) { return each.first != ground.tenant; });
  for (const rule::Change& change : rule::diff(*before, after)) {
    if (change.earlier.empty()) continue;
    throw Error(ErrorKind::refused,
                "rule \"" + change.id +
                    "\" may make rows due earlier than at the last run: " + change.earlier,
                "look at `ccctl retention plan`; then --accept-shortening");
  }
}

}  // namespace

const policy::ApprovalKind kPackApproval{
    "policy.pack", "lets sweeps delete by the policy pack with this digest", true};

void require_limits(const Survey& survey, const rule::Limits& limits) {
  for (const auto& [table, rows] : survey.going) {
    const auto most = static_cast<std::uint64_t>(limits.rows);
    if (limits.rows > 0 && rows > most) {
      throw Error(ErrorKind::refused,
                  std::to_string(rows) + " rows of \"" + table +
                      "\" would go, and the pack's limit is " + std::to_string(most),
                  "look at `ccctl retention plan`; a limit is raised in the pack");
    }
    const auto total = survey.total.find(table);
    const auto percent = static_cast<std::uint64_t>(limits.percent);
    if (limits.percent == 0 || total == survey.total.end() || total->second == 0) continue;
    if (rows * 100 > total->second * percent) {
      throw Error(ErrorKind::refused,
                  std::to_string(rows) + " of " + std::to_string(total->second) + " rows of \"" +
                      table + "\" would go, and the pack's limit is " + std::to_string(percent) +
                      " %",
                  "look at `ccctl retention plan`; a limit is raised in the pack");
    }
  }
}

void require_clocks(store::Tx& tx, const Ground& ground, Instant host, Instant now,
                    bool accept_jump) {
  if (host - now > kClocksAgree || now - host > kClocksAgree) {
    throw Error(ErrorKind::refused,
                "this host's clock and the datastore's differ by more than five minutes: " +
                    to_text(host) + " and " + to_text(now));
  }
  const store::Rows rows = tx.exec(
      {"SELECT last_at FROM ccctl.sweep_clock WHERE tenant_id = $1::text", {ground.tenant}});
  if (rows.empty()) return;
  const Instant last = *rows.instant(0, 0);
  if (now < last) {
    throw Error(ErrorKind::refused,
                "the datastore's clock lies before that of the last run, " + to_text(last));
  }
  Instant latest = last + std::chrono::days(7);
  Instant thrice = last;
  for (int i = 0; i < 3; ++i)
    thrice = add(thrice, ground.rules.interval, "UTC", Granularity::instant);
  latest = std::max(latest, thrice);
  if (now > latest && !accept_jump) {
    throw Error(ErrorKind::refused,
                "the datastore's clock is far ahead of the last run, which was at " + to_text(last),
                "when the clock is right, --accept-clock-jump");
  }
}

void require_known_rules(store::Tx& tx, const Ground& ground, const Waivers& waivers) {
  if (!waivers.first_run_ok) {
    for (const rule::RuleInForce& rule : ground.rules.rules) {
      if (rule.rule.min) continue;
      const std::string digest = digest_of(canonical(rule::to_json(rule)));
      const store::Rows rows =
          tx.exec({"SELECT FROM ccctl.swept_rule WHERE tenant_id = $1::text AND rule_id = $2::text "
                   "AND digest = $3::text",
                   {ground.tenant, rule.rule.id, digest}});
      if (!rows.empty()) continue;
      throw Error(ErrorKind::refused,
                  "tenant \"" + ground.tenant + "\" was never swept by rule \"" + rule.rule.id +
                      "\" as it is now",
                  "look at `ccctl retention plan`; then --first-run-ok");
    }
  }
  if (!waivers.accept_shortening) require_no_shortening(tx, ground);
}

std::string missing_approval(store::Tx& tx, const Context& context, const Ground& ground,
                             Instant now) {
  const std::string kind(kPackApproval.name);
  if (policy::find_approved(tx, ground.tenant, kind, ground.policy_digest)) return "";
  return policy::ask(tx, context, ground.tenant, kind, ground.policy_digest,
                     "sweeps by the pack " + ground.pack, now)
      .id;
}

void require_approved(const Ground& ground, const std::string& missing) {
  if (missing.empty()) return;
  throw Error(ErrorKind::refused,
              "nobody has approved the policy pack \"" + ground.pack + "\" as it is now",
              "another person must sign it: `ccctl approve sign " + missing + "`");
}

void remember_run(store::Tx& tx, const Ground& ground, Instant now, bool clock) {
  std::vector<std::string> ids, digests, rules;
  for (const auto& [id, wording] : wordings(ground)) {
    ids.push_back(id);
    digests.push_back(digest_of(wording));
    rules.push_back(wording);
  }
  tx.exec(
      {"INSERT INTO ccctl.swept_rule (tenant_id, rule_id, digest, rule, last_at) SELECT "
       "$1::text, i, d, r, $5::timestamptz FROM ROWS FROM (pg_catalog.unnest($2::text[]), "
       "pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[])) AS x (i, d, r) ON "
       "CONFLICT (tenant_id, rule_id, digest) DO UPDATE SET last_at = excluded.last_at",
       {ground.tenant, store::array_literal(ids), store::array_literal(digests),
        store::array_literal(rules), to_text(now)}});
  if (!clock) return;
  tx.exec(
      {"INSERT INTO ccctl.sweep_clock AS c (tenant_id, last_at) VALUES ($1::text, "
       "$2::timestamptz) ON CONFLICT (tenant_id) DO UPDATE SET last_at = excluded.last_at",
       {ground.tenant, to_text(now)}});
}

}  // namespace ccctl::retention
