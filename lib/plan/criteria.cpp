#include "plan/criteria.h"

#include <algorithm>

#include "base/error.h"
#include "base/zone.h"
#include "datamap/sql.h"
#include "plan/anchor_parts.h"

namespace ccctl::plan {

using datamap::Table;

namespace {

constexpr std::string_view kOfTenant = "tenant.";
constexpr std::chrono::microseconds kTick{1};
// Before it, and after the year 9999, the calendar does not reckon.
constexpr const char* kFirstInstant = "0001-01-01T00:00:00.000000Z";
constexpr const char* kFirstDay = "0001-01-01";

std::string day_text(Day day) {
  return ccctl::to_text(Instant(day)).substr(0, 10);
}

std::chrono::seconds elapsed(const Duration& d) {
  return std::chrono::days(d.days) + std::chrono::seconds(d.seconds);
}

Instant start_of(Day day, const std::string& zone) {
  return add(day - std::chrono::days(1), Duration{}, zone);
}

// The first day that begins after an instant.
Day day_after(Instant at, const std::string& zone) {
  Day day = std::chrono::floor<std::chrono::days>(at) - std::chrono::days(2);
  while (start_of(day, zone) <= at) day += std::chrono::days(1);
  return day;
}

// The texts of the tenant's zone and anchors, in the map's order.
std::vector<std::string> tenant_sites(const datamap::Map& map, const datamap::Catalog& catalog) {
  std::vector<std::string> sites;
  const datamap::Tenants& tenants = *map.tenants;
  const Table& table = *map.table(tenants.table);
  sites.push_back(tenants.zone ? datamap::site_text_sql("t", *tenants.zone) : "NULL::text");
  for (const auto& [name, anchor] : tenants.anchors)
    sites.push_back("(" + datamap::anchor_sql(map, catalog, table, "t", anchor) + ")::text");
  return sites;
}

std::string tenant_from(const datamap::Map& map, const datamap::Catalog& catalog,
                        const std::string& placeholder) {
  const Table& table = *map.table(map.tenants->table);
  const datamap::CatalogColumn* key = catalog.at(table.name).column(map.tenants->key);
  return " FROM " + catalog.at(table.name).sql_name + " t WHERE " +
         datamap::column_sql("t", map.tenants->key) + " = " +
         datamap::typed_param(placeholder, key == nullptr ? "" : key->type);
}

bool concerns(const rule::RuleMatch& match, const Table& table, const std::string& tenant) {
  if (!match.category.empty() && match.category != table.category) return false;
  if (!match.tenant.empty() && match.tenant != tenant) return false;
  if (!match.label.empty() && !table.retention_label) return false;
  return match.data.empty() ||
         std::any_of(table.data.begin(), table.data.end(),
                     [&](const datamap::DataType& type) { return type.is == match.data; });
}

// What leaves least comes first: a row that several maxima have made due is satisfied by it.
int leaves(const rule::RetentionRule& rule) {
  if (rule.then == rule::Then::anonymise) return 2;
  return rule.stages ? 1 : 0;
}

// A data subject's erasure sets `delete_by` to the instant it was asked for.
const rule::RuleInForce& erasure_rule(rule::Then then) {
  const auto make = [](rule::Then what) {
    rule::RuleInForce made;
    made.rule.id = "erasure";
    made.rule.after = rule::Period{Duration{}, ""};
    made.rule.then = what;
    made.rule.basis = "data_subject_request";
    made.rule.reason = "a data subject's erasure had to leave it";
    made.zone = "UTC";
    return made;
  };
  static const rule::RuleInForce erased = make(rule::Then::erase),
                                 anonymised = make(rule::Then::anonymise);
  return then == rule::Then::erase ? erased : anonymised;
}

class Building {
 public:
  Building(const datamap::Map& map, const datamap::Catalog& catalog, const Table& table,
           const rule::Ruleset& rules, const TenantFacts& tenant, Instant as_of)
      : map_(map),
        catalog_(catalog),
        table_(table),
        rules_(rules),
        tenant_(tenant),
        as_of_(as_of) {}

  Criteria run(bool restricted) {
    Criteria made;
    made.table = &table_;
    if (restricted) {
      made.restricted = tenant_.tenant;
      Criterion c;
      c.rule = &erasure_rule(table_.erase == datamap::Erase::anonymise ? rule::Then::anonymise
                                                                       : rule::Then::erase);
      c.zone = c.rule->zone;
      c.erasure = true;
      same_for_all(c, Stance::passed);
      made.maxima.push_back(std::move(c));
    }
    for (const rule::RuleInForce& rule : rules_.rules) {
      if (!concerns(rule.rule.match, table_, tenant_.tenant)) continue;
      Criterion c;
      c.rule = &rule;
      c.zone = rule.zone == "tenant" ? tenant_.zone : rule.zone;
      if (!known_zone(c.zone)) {
        made.without_zone.push_back(rule.rule.id);
        if (!c.minimum()) continue;
        // What it concerns goes along with nothing either.
        same_for_all(c, Stance::quarantined);
        made.minima.push_back(std::move(c));
        continue;
      }
      fill(c);
      if (rule.rule.stages) {
        for (const auto& range :
             due_ranges(rule.rule.stages->purge, c.zone, Granularity::instant, as_of_))
          c.rested.push_back(
              {range.from ? ccctl::to_text(*range.from) : "", ccctl::to_text(range.to)});
      }
      (c.minimum() ? made.minima : made.maxima).push_back(std::move(c));
    }
    std::sort(made.maxima.begin(), made.maxima.end(), [](const auto& a, const auto& b) {
      return std::pair(leaves(a.rule->rule), a.rule->rule.id) <
             std::pair(leaves(b.rule->rule), b.rule->rule.id);
    });
    return made;
  }

 private:
  void fill(Criterion& c) const {
    const rule::RetentionRule& rule = c.rule->rule;
    const std::optional<Duration> period = period_of(*c.rule, rules_, tenant_.tenant);
    if (!period) return same_for_all(c, Stance::unset);
    if (rule.anchor.starts_with(kOfTenant)) {
      c.parts.push_back(constant(c, *period, rule.anchor.substr(kOfTenant.size())));
      return;
    }
    const auto found = table_.anchors.find(rule.anchor);
    if (found == table_.anchors.end()) return same_for_all(c, Stance::pending);
    for (const datamap::Anchor* part : anchor_parts(map_, catalog_, table_, found->second))
      add_part(c, *period, *part);
  }

  static void same_for_all(Criterion& c, Stance stance) {
    c.parts.emplace_back();
    c.parts.back().stance = stance;
  }

  void add_part(Criterion& c, const Duration& period, const datamap::Anchor& anchor) const {
    if (anchor.source == datamap::Anchor::Source::tenant) {
      c.parts.push_back(constant(c, period, anchor.anchor));
      return;
    }
    Part part;
    part.anchor = &anchor;
    part.is_date = datamap::anchor_is_date(map_, catalog_, table_, anchor);
    believe(c, part);
    const rule::RetentionRule& rule = c.rule->rule;
    const auto lead =
        rule.within ? elapsed(rule.lead.value_or(Duration{0, 7, 0})) : std::chrono::seconds(0);
    part.passed = pieces(c, part, period, as_of_ + lead);
    if (rule.within) part.ended = pieces(c, part, period, as_of_);
    c.parts.push_back(std::move(part));
  }

  std::vector<Piece> pieces(const Criterion& c, const Part& part, const Duration& period,
                            Instant at) const {
    std::vector<Piece> all;
    if (part.is_date) {
      if (period.seconds != 0) {
        throw doc::error_at(ErrorKind::policy_invalid, c.rule->rule.at,
                            "rule \"" + c.rule->rule.id + "\" counts hours from a date",
                            "a period from a DATE has no time part");
      }
      for (const auto& range : due_ranges_of_days(period, c.zone, at))
        all.push_back({range.from ? day_text(*range.from) : "", day_text(range.to)});
    } else {
      for (const auto& range : due_ranges(period, c.zone, c.rule->rule.granularity, at))
        all.push_back({range.from ? ccctl::to_text(*range.from) : "", ccctl::to_text(range.to)});
    }
    return all;
  }

  // From the floor on, and no further in the future than the skew.
  void believe(const Criterion& c, Part& part) const {
    const Instant latest = as_of_ + elapsed(c.rule->skew);
    const std::optional<rule::Floor>& floor = c.rule->floor;
    const Day* floor_day = floor ? std::get_if<Day>(&*floor) : nullptr;
    if (part.is_date) {
      part.believed = {kFirstDay, day_text(day_after(latest, c.zone))};
      if (floor) {
        part.believed.from =
            day_text(floor_day ? *floor_day : day_after(std::get<Instant>(*floor) - kTick, c.zone));
      }
      return;
    }
    part.believed = {kFirstInstant, ccctl::to_text(latest + kTick)};
    if (floor) {
      part.believed.from =
          ccctl::to_text(floor_day ? start_of(*floor_day, c.zone) : std::get<Instant>(*floor));
    }
  }

  // The same for every row: rule::decide() is asked once.
  Part constant(const Criterion& c, const Duration& period, const std::string& name) const {
    if (!map_.tenants || !map_.tenants->anchors.contains(name)) {
      throw doc::error_at(ErrorKind::policy_invalid, c.rule->rule.at,
                          "the data map gives its tenants no anchor \"" + name + "\"");
    }
    const rule::RuleInForce& rule = *c.rule;
    rule::Facts facts;
    facts.tenant = tenant_.tenant;
    facts.tenant_zone = tenant_.zone;
    facts.category = rule.rule.match.category;
    facts.data = rule.rule.match.data;
    facts.label = rule.rule.match.label;
    facts.anchors[rule.rule.anchor] =
        tenant_.anchors.contains(name) ? tenant_.anchors.at(name) : rule::AnchorValue{};
    facts.tenant_anchors.insert(rule.rule.anchor);
    if (rule.rule.after && !rule.rule.after->setting.empty())
      facts.settings[rule.rule.after->setting] = period;
    facts.as_of = as_of_;
    const rule::Decision decision = rule::decide(facts, {rule});
    const rule::Verdict& verdict = decision.rules.front();
    Part part;
    part.stance = Stance::pending;  // also where a minimum ignores that: it says so itself
    if (verdict.standing == rule::Standing::quarantined) part.stance = Stance::quarantined;
    if (verdict.standing != rule::Standing::counts) return part;
    const Instant from = c.minimum() ? *verdict.expiry : *verdict.eligible;
    part.stance = from <= as_of_ ? Stance::passed : Stance::waiting;
    part.overdue = rule.rule.within && *verdict.expiry <= as_of_;
    return part;
  }

  const datamap::Map& map_;
  const datamap::Catalog& catalog_;
  const Table& table_;
  const rule::Ruleset& rules_;
  const TenantFacts& tenant_;
  Instant as_of_;
};

}  // namespace

bool Criterion::possible() const {
  return std::all_of(parts.begin(), parts.end(), [](const Part& part) {
    return part.stance == Stance::passed || (part.stance == Stance::by_row && !part.passed.empty());
  });
}

const Part* Criterion::column() const {
  if (parts.size() != 1 || parts.front().anchor == nullptr || parts.front().passed.empty() ||
      parts.front().anchor->source != datamap::Anchor::Source::column)
    return nullptr;
  return &parts.front();
}

rule::AnchorValue parse_anchor(const std::optional<std::string>& text, bool is_date) {
  if (!text) return {};
  if (is_date) {
    const std::optional<Day> day = rule::parse_day(*text);
    if (day) return *day;
    return rule::Infinity{};
  }
  if (const std::optional<Instant> at = parse_pg_timestamptz(*text)) return *at;
  return rule::Infinity{};
}

TenantFacts read_tenant(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                        const std::string& tenant) {
  TenantFacts facts;
  facts.tenant = tenant;
  if (!map.tenants) return facts;
  const std::vector<std::string> sites = tenant_sites(map, catalog);
  store::Params params;
  const std::string stand = tenant_stand_sql(map, catalog, params, tenant);
  std::string sql = "SELECT " + stand;
  for (const std::string& site : sites) sql += ", " + site;
  const std::string from = tenant_from(map, catalog, params.bind(tenant));
  const store::Rows rows = tx.exec({sql + from, params.take()});
  if (rows.empty()) return facts;
  facts.stand = rows.text(0, 0);
  facts.zone = rows.text(0, 1);
  const Table& table = *map.table(map.tenants->table);
  std::size_t column = 2;
  for (const auto& [name, anchor] : map.tenants->anchors) {
    std::optional<std::string> text;
    if (!rows.is_null(0, column)) text = std::string(rows.text(0, column));
    ++column;
    facts.anchors[name] = parse_anchor(text, datamap::anchor_is_date(map, catalog, table, anchor));
  }
  return facts;
}

std::string tenant_stand_sql(const datamap::Map& map, const datamap::Catalog& catalog,
                             store::Params& params, const std::string& tenant) {
  if (!map.tenants) return "''::text";
  std::string list;
  for (const std::string& site : tenant_sites(map, catalog)) list += ", " + site;
  // NULL and '' differ, and no two values run together.
  return "COALESCE((SELECT pg_catalog.json_build_array(" + list.substr(2) + ")::text" +
         tenant_from(map, catalog, params.bind(tenant)) + "), '')";
}

std::optional<Duration> period_of(const rule::RuleInForce& in_force, const rule::Ruleset& rules,
                                  const std::string& tenant) {
  const rule::RetentionRule& rule = in_force.rule;
  if (rule.min) return rule.min;
  if (rule.within) return rule.within;
  if (rule.after->fixed) return rule.after->fixed;
  const auto settings = rules.settings.find(tenant);
  if (settings == rules.settings.end()) return std::nullopt;
  const auto found = settings->second.find(rule.after->setting);
  return found == settings->second.end() ? std::nullopt : std::optional(found->second);
}

Criteria criteria_of(const datamap::Map& map, const datamap::Catalog& catalog, const Table& table,
                     const rule::Ruleset& rules, const TenantFacts& tenant, Instant as_of,
                     bool restricted) {
  return Building(map, catalog, table, rules, tenant, as_of).run(restricted);
}

}  // namespace ccctl::plan
