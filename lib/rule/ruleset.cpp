#include "rule/ruleset.h"

#include <algorithm>

#include "base/error.h"
#include "doc/suggest.h"

namespace ccctl::rule {
namespace {

[[noreturn]] void refuse(const doc::Position& at, const std::string& message,
                         const std::string& hint = "") {
  throw doc::error_at(ErrorKind::policy_invalid, at, message, hint);
}

std::string in_quotes(const std::string& text) {
  return "\"" + text + "\"";
}

struct Source {
  Retention document;
  std::string pack;
};

std::vector<Source> sources_of(const policy::Pack& pack) {
  std::vector<Source> sources;
  for (std::size_t i = 0; i < pack.documents.size(); ++i) {
    if (pack.documents[i].kind() != "Retention") continue;
    sources.push_back({doc::read<Retention>(pack.documents[i], "Retention"), pack.owners[i]});
  }
  return sources;
}

RuleInForce in_force(const RetentionRule& rule, const Source& source) {
  RuleInForce made;
  made.rule = rule;
  made.zone = source.document.zone;
  if (source.document.skew) made.skew = *source.document.skew;
  made.floor = parse_floor(source.document.anchor_floor);
  made.pack = source.pack;
  return made;
}

// Puts a rule where the one stood that it replaces, or at the end.
void take(std::vector<RuleInForce>& rules, RuleInForce rule, const policy::Pack& pack) {
  const auto same = std::find_if(rules.begin(), rules.end(), [&](const RuleInForce& other) {
    return other.rule.id == rule.rule.id;
  });
  if (same == rules.end()) {
    rules.push_back(std::move(rule));
    return;
  }
  if (!pack.bases.at(rule.pack).contains(same->pack)) {
    refuse(rule.rule.at, "there are two rules " + in_quotes(rule.rule.id),
           "the other stands at " + doc::to_text(same->rule.at));
  }
  if (same->rule.lock == "compliance") {
    const std::string why = loosens(*same, rule);
    if (!why.empty()) {
      refuse(rule.rule.at, "rule " + in_quotes(rule.rule.id) + " may only be tightened: " + why,
             "the pack " + in_quotes(same->pack) + " locks it for compliance");
    }
  }
  rule.replaces = same->pack;
  *same = std::move(rule);
}

void take_limits(Ruleset& set, const std::vector<Source>& sources) {
  if (sources.empty()) return;
  const std::string& nearest = sources.back().pack;
  bool first = true;
  for (const Source& source : sources) {
    if (source.pack != nearest) continue;
    const Limits& limits = source.document.limits;
    set.limits.rows = first ? limits.rows : std::min(set.limits.rows, limits.rows);
    set.limits.percent = first ? limits.percent : std::min(set.limits.percent, limits.percent);
    if (source.document.interval) set.interval = *source.document.interval;
    if (source.document.plan_ttl) set.plan_ttl = source.document.plan_ttl;
    if (source.document.receipt == ReceiptOf::keys) set.receipt = ReceiptOf::keys;
    first = false;
  }
}

// A setting that no rule asks for is a misspelt one, and the tenant believes to have set it.
void check_setting(const std::string& name, const Duration& period, const TenantSettings& settings,
                   const std::vector<RuleInForce>& rules) {
  std::vector<std::string_view> asked;
  for (const RuleInForce& each : rules) {
    if (!each.rule.after || each.rule.after->setting.empty()) continue;
    asked.push_back(each.rule.after->setting);
    if (each.rule.after->setting != name) continue;
    if (each.rule.granularity == Granularity::day && period.seconds != 0) {
      refuse(settings.at, "the setting " + in_quotes(name) + " has hours, and rule " +
                              in_quotes(each.rule.id) + " reckons in civil days");
    }
  }
  if (std::find(asked.begin(), asked.end(), name) == asked.end()) {
    refuse(settings.at, "no rule asks for the setting " + in_quotes(name),
           doc::suggestion_hint(name, asked));
  }
}

void take_settings(Ruleset& set, const policy::Pack& pack) {
  std::map<std::pair<std::string, std::string>, std::string> owner;  // of a tenant's setting
  for (std::size_t i = 0; i < pack.documents.size(); ++i) {
    if (pack.documents[i].kind() != "TenantSettings") continue;
    const auto settings = doc::read<TenantSettings>(pack.documents[i], "TenantSettings");
    for (const auto& [name, period] : settings.set) {
      check_setting(name, period, settings, set.rules);
      std::string& before = owner[{settings.tenant, name}];
      if (!before.empty() && !pack.bases.at(pack.owners[i]).contains(before)) {
        refuse(settings.at, "the setting " + in_quotes(name) + " of tenant " +
                                in_quotes(settings.tenant) + " is set twice");
      }
      before = pack.owners[i];
      set.settings[settings.tenant].insert_or_assign(name, period);
    }
  }
}

// The child's match has every row of the base's.
bool no_narrower(const RuleMatch& child, const RuleMatch& base) {
  const auto fits = [](const std::string& wider, const std::string& narrower) {
    return wider.empty() || wider == narrower;
  };
  return fits(child.category, base.category) && fits(child.data, base.data) &&
         fits(child.tenant, base.tenant) && fits(child.label, base.label);
}

std::string loosens_maximum(const RetentionRule& base, const RetentionRule& child) {
  if (child.after.has_value() != base.after.has_value()) return "its form is another";
  if (base.after) {
    if (base.after->setting != child.after->setting) return "its setting is another";
    if (base.after->fixed && !no_shorter(*base.after->fixed, *child.after->fixed))
      return "its period may be longer";
  } else if (!child.within || !no_shorter(*base.within, *child.within)) {
    return "its period may be longer";
  }
  if (base.granularity == Granularity::instant && child.granularity == Granularity::day)
    return "it waits for the end of the day";
  if (base.then == Then::erase && child.then == Then::anonymise) return "it only anonymises";
  if (!child.stages) return "";
  if (!base.stages) return "it deletes in stages";
  if (!no_shorter(base.stages->purge, child.stages->purge)) return "its purge may come later";
  if (!base.stages->backups) return "";
  if (!child.stages->backups || !no_shorter(*base.stages->backups, *child.stages->backups))
    return "its backups may live longer";
  return "";
}

std::string loosens_minimum(const RetentionRule& base, const RetentionRule& child) {
  if (!child.min || !no_shorter(*child.min, *base.min)) return "its period may be shorter";
  if (base.granularity == Granularity::day && child.granularity == Granularity::instant)
    return "it no longer waits for the end of the day";
  if (base.pending == Pending::keep && child.pending == Pending::ignore)
    return "it ignores an unknown anchor";
  if (base.blocks_erasure() && !child.blocks_erasure()) return "it no longer stops an erasure";
  return "";
}

}  // namespace

void describe(TenantSettings& settings, doc::Fields& f) {
  f.position(settings.at);
  f.required("tenant", settings.tenant, "the tenant whose choices these are");
  f.required("set", settings.set, "a period for each setting");
}

std::string tenant_settings_schema() {
  return doc::schema<TenantSettings>("TenantSettings", "periods that a tenant chose for itself");
}

bool no_shorter(const Duration& period, const Duration& than) {
  return period.months >= than.months && period.days >= than.days && period.seconds >= than.seconds;
}

std::string loosens(const RuleInForce& base, const RuleInForce& child) {
  if (child.rule.lock != "compliance") return "it must keep the lock";
  if (!no_narrower(child.rule.match, base.rule.match)) return "it matches fewer rows";
  if (child.rule.anchor != base.rule.anchor) return "its anchor is another";
  if (child.zone != base.zone) return "its zone is another";
  return base.rule.min ? loosens_minimum(base.rule, child.rule)
                       : loosens_maximum(base.rule, child.rule);
}

bool matches_all(const RetentionRule& rule) {
  const RuleMatch& match = rule.match;
  return !rule.min && match.category.empty() && match.data.empty() && match.tenant.empty() &&
         match.label.empty() && !rule.anchor.starts_with("tenant.");
}

Ruleset resolve(const policy::Pack& pack, MatchAll match_all) {
  const std::vector<Source> sources = sources_of(pack);
  Ruleset set;
  for (const Source& source : sources) {
    for (const RetentionRule& rule : source.document.rules)
      take(set.rules, in_force(rule, source), pack);
  }
  for (const RuleInForce& each : set.rules) {
    if (match_all == MatchAll::refuse && matches_all(each.rule)) {
      refuse(each.rule.at, "rule " + in_quotes(each.rule.id) + " would make every row due",
             "match a category, data, a label or a tenant, or anchor it at tenant.NAME");
    }
  }
  take_limits(set, sources);
  take_settings(set, pack);
  return set;
}

std::vector<Retention> retention_of(const policy::Pack& pack) {
  const Ruleset set = resolve(pack, MatchAll::allow);
  std::vector<Retention> documents;
  for (const Source& source : sources_of(pack)) {
    Retention document = source.document;
    std::erase_if(document.rules, [&](const RetentionRule& rule) {
      return std::none_of(set.rules.begin(), set.rules.end(), [&](const RuleInForce& each) {
        return each.rule.id == rule.id && each.pack == source.pack;
      });
    });
    documents.push_back(std::move(document));
  }
  return documents;
}

}  // namespace ccctl::rule
