// The retention rules as they concern one table: matched, ranked, their calendar inverted.
//
// What rule::decide() says of one row is here compared by SQL for many: a rule's expiry is never
// computed there, an anchor only lies in one of the ranges that due_ranges() found, or does not. A
// tenant's anchor is a constant: the rule concerns every row alike.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datamap/catalog.h"
#include "datamap/map.h"
#include "rule/precedence.h"
#include "rule/ruleset.h"
#include "store/session.h"
#include "store/sql.h"

namespace ccctl::plan {

// What the rules take from the tenant rather than from a row.
struct TenantFacts {
  std::string tenant;
  std::string zone;                                  // empty: it has none
  std::map<std::string, rule::AnchorValue> anchors;  // by the map's names
  std::string stand;  // the texts of all of it: as long as it is the same, nothing has changed
};
TenantFacts read_tenant(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
                        const std::string& tenant);
// An SQL expression for TenantFacts::stand as it is now.
std::string tenant_stand_sql(const datamap::Map& map, const datamap::Catalog& catalog,
                             store::Params& params, const std::string& tenant);
// What PostgreSQL prints for a date or timestamptz; infinity for what no calendar here reaches.
rule::AnchorValue parse_anchor(const std::optional<std::string>& text, bool is_date);

// A range of anchors as SQL compares them: dates or instants; the end is exclusive.
struct Piece {
  std::string from, to;
};

// How a rule stands to the rows that match it: the anchor of each decides, or it is the same for
// all.
enum class Stance { by_row, waiting, passed, pending, quarantined, unset };

// One anchor of a rule, or one part of a latest_of whose parts are not alike: then each must have
// passed by itself, which is never earlier than the latest one has.
struct Part {
  Stance stance = Stance::by_row;
  bool overdue = false;  // of a constant: a `within` has ended
  // by_row:
  const datamap::Anchor* anchor = nullptr;
  bool is_date = false;
  Piece believed;             // anchors outside of it are quarantined
  std::vector<Piece> passed;  // a maximum is eligible, a minimum outlived
  std::vector<Piece> ended;   // of a `within`: its end has passed
};

struct Criterion {
  const rule::RuleInForce* rule = nullptr;
  std::string zone;  // IANA
  std::vector<Part> parts;
  std::vector<Piece> rested;  // with stages: soft deletes whose period until the purge has passed
  bool erasure =
      false;  // no rule of the pack's: of rows that a data subject's erasure had to leave

  bool minimum() const { return rule->rule.min.has_value(); }
  // Of a maximum: at once, and not only the row's personal columns.
  bool deletes() const { return rule->rule.then == rule::Then::erase && !rule->rule.stages; }
  // Whether some row can have passed it.
  bool possible() const;
  // The one column by whose index the rows can be found; nullptr where there is none.
  const Part* column() const;
};

struct Criteria {
  const datamap::Table* table = nullptr;
  // A due row is taken by the first maximum that makes it due: what leaves least stands first.
  std::vector<Criterion> maxima, minima;
  std::vector<std::string> without_zone;  // rules that reckon in the zone of a tenant who has none
  std::string restricted{};  // the tenant, where ccctl.restricted has rows of the table; or empty

  bool swept() const { return without_zone.empty(); }
};

// Throws policy_invalid for an anchor of the tenants that the map does not have. Keeps pointers
// into `rules` and `map`. `restricted`: an erasure had to leave rows of the table. They are due at
// once, and only what stops an erasure keeps them.
Criteria criteria_of(const datamap::Map& map, const datamap::Catalog& catalog,
                     const datamap::Table& table, const rule::Ruleset& rules,
                     const TenantFacts& tenant, Instant as_of, bool restricted = false);
// The tenant's period for a rule; nothing where a setting is open.
std::optional<Duration> period_of(const rule::RuleInForce& rule, const rule::Ruleset& rules,
                                  const std::string& tenant);

// Writes conditions over rows of an alias; each is true or false, never NULL. Bounds are literals:
// the planner sees which partitions they leave out.
class CriteriaSql {
 public:
  CriteriaSql(const datamap::Map& map, const datamap::Catalog& catalog, const Criteria& criteria)
      : map_(map), catalog_(catalog), criteria_(criteria) {}

  // The row is due by this maximum and by none before it, and no minimum keeps it.
  std::string taken(std::size_t maximum, const std::string& alias) const;
  std::string outlived(const std::string& alias) const;  // no minimum keeps it
  // A maximum deletes it at once, and no minimum keeps it: a pass of its own takes it.
  std::string deleted(const std::string& alias) const;
  // A maximum makes it go, at once or in stages, and no minimum keeps it.
  std::string condemned(const std::string& alias) const;
  std::string due(const std::string& alias) const;  // the same, or it is anonymised
  // The instant in an SQL expression lies so far back that the maximum's purge may follow.
  std::string rested(std::size_t maximum, const std::string& instant) const;
  std::string overdue(const std::string& alias) const;  // the end of a `within` has passed
  // One of: unmanaged, quarantined, unset, pending_anchor, min_over_max, overdue, due, kept.
  std::string state(const std::string& alias) const;
  // The same where one maximum alone concerns every row: (state, condition), of which a row meets
  // one at most. Empty where it does not.
  std::vector<std::pair<std::string, std::string>> states(const std::string& alias) const;
  // The number of the maximum concerned, or NULL.
  std::string rule(const std::string& alias) const;
  // An erasure had to leave the row.
  std::string noted(const std::string& alias) const;
  // Nothing says that the row belongs to somebody else since: a link that leads to another person
  // stands beside one to the erased, no counted child is anybody else's, and of a match table
  // nobody's own row has one of its values.
  std::string theirs(const std::string& alias) const;
  std::string left(const std::string& alias) const;  // both
  // The text of the row's data type or label, or NULL.
  std::string data(const std::string& alias) const;

 private:
  std::string not_noted(const datamap::Table& table, const std::string& alias) const;
  std::string shared_values(const std::string& alias) const;
  std::string tied(const std::string& alias) const;
  std::string anchor(const Part& part, const std::string& alias) const;
  // Whether the datastore lets the part's anchor never be null.
  bool always_known(const Part& part) const;
  std::string in(const Part& part, const std::vector<Piece>& pieces,
                 const std::string& alias) const;
  std::string one_stands(const Part& part, Stance stance, const std::string& alias) const;
  std::string matches(const Criterion& c, const std::string& alias) const;
  std::string in_force(const Criterion& c, const std::string& alias) const;
  std::string eligible(const Criterion& c, const std::string& alias) const;
  std::string stands(const Criterion& c, Stance stance, const std::string& alias) const;
  std::string ended(const Criterion& c, const std::string& alias) const;
  std::string expired(const std::string& alias) const;
  std::string any_maximum(Stance stance, const std::string& alias) const;
  std::string any_minimum(Stance stance, const std::string& alias) const;

  const datamap::Map& map_;
  const datamap::Catalog& catalog_;
  const Criteria& criteria_;
};

}  // namespace ccctl::plan
