// Retention rules of a pack (kind Retention, formats.md 2), and those that stop an erasure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/calendar.h"
#include "datamap/map.h"
#include "doc/reader.h"
#include "policy/pack.h"

namespace ccctl::rule {

struct RuleMatch {
  std::string category, data, tenant, label;  // empty: any
};

// `after` and `min` take a period, or the name of a tenant's setting.
struct Period {
  std::optional<Duration> fixed;
  std::string setting;
};

// What an unknown anchor means to a minimum, and what a sweep does with a due row.
enum class Pending { keep, ignore };
enum class Then { erase, anonymise };

struct Stages {
  Duration purge;
  std::optional<Duration> backups;
};

struct RetentionRule {
  std::string id;
  RuleMatch match;
  std::string anchor;  // NAME, or tenant.NAME
  Granularity granularity = Granularity::instant;
  std::optional<Duration> min, within, lead;
  std::optional<Period> after;
  Pending pending = Pending::keep;  // of a min
  Then then = Then::erase;
  std::optional<Stages> stages;
  std::string basis;  // legal_obligation, contract …
  std::string reason;
  std::optional<bool> blocks;  // blocks_erasure as written
  std::string lock;            // "", governance, compliance
  std::vector<std::string> requirements;
  doc::Position at;

  // Default: true for legal obligations only.
  bool blocks_erasure() const { return min && blocks.value_or(basis == "legal_obligation"); }
};

struct Limits {
  std::int64_t rows = 0;
  std::int64_t percent = 0;
};

// A point of time as documents write it: an instant, or a civil day.
using Floor = std::variant<Instant, Day>;
std::optional<Day> parse_day(std::string_view text);      // "2025-03-31"
std::optional<Floor> parse_floor(std::string_view text);  // either

// What a window's receipt says of the rows that went: how many, or also a digest of their keys.
enum class ReceiptOf { counts, keys };

struct Retention {
  std::string zone;  // IANA name, or "tenant"
  std::optional<Duration> interval, skew, plan_ttl;
  std::string anchor_floor;  // empty: none
  ReceiptOf receipt = ReceiptOf::counts;
  Limits limits;
  std::vector<RetentionRule> rules;
};

void describe(Retention& retention, doc::Fields& f);
std::string retention_schema();

// A rule with the zone of its document.
struct Minimum {
  RetentionRule rule;
  std::string zone;
  std::string data;     // the type of the rows it concerns; empty: any
  datamap::Where when;  // and what else they meet; empty: all
};

// The minima that stop an erasure on a table, in the pack's order. Throws policy_invalid when the
// table is `{retain: basis}` and no minimum of that basis matches it: what the law is said to keep
// would be kept for ever, or not at all.
std::vector<Minimum> blocking_minima(const std::vector<Retention>& documents,
                                     const datamap::Table& table, const std::string& tenant);

}  // namespace ccctl::rule
