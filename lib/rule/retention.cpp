#include "rule/retention.h"

#include "base/error.h"

namespace ccctl::rule {
namespace {

const doc::Choices<Granularity> kGranularities{{"instant", Granularity::instant},
                                               {"day", Granularity::day}};
const doc::Choices<Pending> kPending{{"keep", Pending::keep}, {"ignore", Pending::ignore}};
const doc::Choices<Then> kThen{{"delete", Then::erase}, {"anonymise", Then::anonymise}};
const doc::Choices<ReceiptOf> kReceipts{{"counts", ReceiptOf::counts}, {"keys", ReceiptOf::keys}};
const doc::Choices<std::string> kCategories{
    {"registration", "registration"}, {"host_usage", "host_usage"}, {"generated", "generated"}};
constexpr std::int64_t kMostRows = 1'000'000'000'000;

}  // namespace

static void describe(RuleMatch& match, doc::Fields& f) {
  f.optional("category", match.category, kCategories, "a data category");
  f.optional("data", match.data, "a data type of the data map");
  f.optional("tenant", match.tenant, "one tenant only");
  f.optional("label", match.label, "rows with this retention label");
}

static void describe(Period& period, doc::Value& value) {
  value.one_of({{doc::Shape::text,
                 [&](doc::Value& v) { doc::Reader<Duration>::read(period.fixed.emplace(), v); }},
                {doc::Shape::map,
                 [&](doc::Value& v) {
                   v.record([&](doc::Fields& f) {
                     f.required("setting", period.setting,
                                "a period that each tenant sets for itself");
                   });
                 },
                 "setting"}});
}

static void describe(Stages& stages, doc::Fields& f) {
  f.required("purge", stages.purge, "from the soft delete to the purge");
  f.optional("backups", stages.backups, "from the purge until backups no longer hold the row");
}

static void describe(Limits& limits, doc::Fields& f) {
  f.field("rows", true, "a sweep stops before it would delete more rows of a table",
          [&](doc::Value& value) { value.integer(limits.rows, 1, kMostRows); });
  f.field("percent", true, "a sweep stops before it would delete a larger part of a table",
          [&](doc::Value& value) { value.integer(limits.percent, 1, 100); });
}

namespace {

// What no schema says: periods that have no civil day, or no length.
void check_periods(const RetentionRule& rule, const doc::Fields& f) {
  const auto timed = [](const std::optional<Duration>& d) { return d && d->seconds != 0; };
  if (rule.granularity == Granularity::day &&
      (timed(rule.min) || timed(rule.within) || (rule.after && timed(rule.after->fixed)))) {
    f.fail("granularity", "a period with hours has no civil day");
  }
  if (rule.lead && rule.lead->months != 0) {
    f.fail("lead", "a lead is elapsed time, and months differ in length", "write it in days");
  }
  if (rule.stages && rule.then == Then::anonymise) {
    f.fail("stages", "a row is either anonymised or goes in stages");
  }
}

}  // namespace

static void describe(RetentionRule& rule, doc::Fields& f) {
  f.position(rule.at);
  f.required("id", rule.id, "stable name of the rule; evidence refers to it");
  f.required("match", rule.match, "the rows concerned; {} is all");
  f.required("anchor", rule.anchor,
             "where the period starts: an anchor of the table, or tenant.NAME");
  f.optional("granularity", rule.granularity, kGranularities,
             "an instant, or the end of the civil day");
  f.optional("min", rule.min, "kept at least so long");
  f.optional("after", rule.after, "due once this has passed");
  f.optional("within", rule.within, "gone by the time this has passed");
  f.optional("lead", rule.lead, "with `within`: how long before it a row may go");
  f.optional("pending", rule.pending, kPending, "of a minimum: what an unknown anchor does");
  f.optional("then", rule.then, kThen, "what a sweep does with a due row");
  f.optional("stages", rule.stages, "soft delete first, purge later");
  f.required("basis", rule.basis, "the legal basis");
  f.required("reason", rule.reason, "why, in words for the data subject");
  f.optional("blocks_erasure", rule.blocks, "of a minimum: whether it also stops a request");
  f.optional("lock", rule.lock, "governance or compliance");
  f.optional("requirements", rule.requirements, "where the rule comes from");
  f.exactly_one({"min", "after", "within"});
  f.needs("pending", "min");
  f.needs("blocks_erasure", "min");
  f.needs("lead", "within");
  if (f.decoding() && !rule.lock.empty() && rule.lock != "governance" &&
      rule.lock != "compliance") {
    f.fail("lock", "expected governance or compliance");
  }
  f.at_most_one({"min", "then"});
  f.at_most_one({"min", "stages"});
  if (f.decoding()) check_periods(rule, f);
}

void describe(Retention& retention, doc::Fields& f) {
  f.required("zone", retention.zone, "IANA time zone, or `tenant` for each tenant's own");
  f.optional("interval", retention.interval, "how often sweeps are expected to run");
  f.optional("skew", retention.skew, "how far in the future an anchor may lie");
  f.optional("anchor_floor", retention.anchor_floor, "anchors before this are quarantined");
  f.optional("plan_ttl", retention.plan_ttl, "how long a saved plan may be applied");
  f.optional("receipt", retention.receipt, kReceipts,
             "what each window's receipt has beside the counts: with keys also a SHA-256 over the "
             "keys of the rows taken");
  f.required("limits", retention.limits, "guards checked before the first write");
  f.required("rules", retention.rules, "the rules");
  if (f.decoding() && retention.zone != "tenant" && !known_zone(retention.zone)) {
    f.fail("zone", "unknown time zone \"" + retention.zone + "\"",
           "write an IANA name such as Asia/Tokyo");
  }
  if (f.decoding() && f.has("anchor_floor") && !parse_floor(retention.anchor_floor)) {
    f.fail("anchor_floor", "this is neither a day nor an instant",
           "write 2000-01-01 or 2000-01-01T00:00:00Z");
  }
  if (f.decoding() && retention.skew && retention.skew->months != 0) {
    f.fail("skew", "a skew is elapsed time, and months differ in length", "write it in days");
  }
}

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10) return std::nullopt;
  const std::optional<Instant> midnight = parse_instant(std::string(text) + "T00:00:00Z");
  if (!midnight) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*midnight);
}

std::optional<Floor> parse_floor(std::string_view text) {
  if (const std::optional<Day> day = parse_day(text)) return *day;
  if (const std::optional<Instant> instant = parse_instant(text)) return *instant;
  return std::nullopt;
}

std::string retention_schema() {
  return doc::schema<Retention>("Retention", "how long data is kept, and on which basis");
}

namespace {

// Whether the rule concerns the table, and which of its rows.
std::optional<datamap::Where> concerns(const RuleMatch& match, const datamap::Table& table,
                                       const std::string& tenant) {
  if (!match.category.empty() && match.category != table.category) return std::nullopt;
  if (!match.tenant.empty() && match.tenant != tenant) return std::nullopt;
  datamap::Where when;
  const auto is_data = [&](const datamap::DataType& type) { return type.is == match.data; };
  if (!match.data.empty() && std::none_of(table.data.begin(), table.data.end(), is_data))
    return std::nullopt;
  if (!match.label.empty()) {
    if (!table.retention_label || !table.retention_label->plain()) return std::nullopt;
    when.push_back({table.retention_label->column, datamap::Condition::Op::any_of, {match.label}});
  }
  return when;
}

}  // namespace

std::vector<Minimum> blocking_minima(const std::vector<Retention>& documents,
                                     const datamap::Table& table, const std::string& tenant) {
  std::vector<Minimum> minima;
  bool basis_found = false;
  for (const Retention& document : documents) {
    for (const RetentionRule& rule : document.rules) {
      if (!rule.blocks_erasure()) continue;
      const std::optional<datamap::Where> when = concerns(rule.match, table, tenant);
      if (!when) continue;
      basis_found = basis_found || rule.basis == table.retain_basis;
      minima.push_back({rule, document.zone, rule.match.data, *when});
    }
  }
  if (table.erase == datamap::Erase::retain && !basis_found) {
    throw doc::error_at(ErrorKind::policy_invalid, table.at,
                        "table \"" + table.name + "\" is retained on the basis \"" +
                            table.retain_basis + "\", but no minimum of that basis matches it",
                        "add a rule with `min` and that basis to the pack");
  }
  return minima;
}

}  // namespace ccctl::rule
