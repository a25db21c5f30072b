// The criteria as SQL conditions.
#include <algorithm>

#include "datamap/sql.h"
#include "plan/criteria.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using store::quote_literal;

namespace {

// TRUE and FALSE fold, so that the common table with one rule gets a plain comparison.
std::string both(const std::string& a, const std::string& b) {
  if (a == "false" || b == "false") return "false";
  if (a == "true") return b;
  return b == "true" ? a : "(" + a + " AND " + b + ")";
}

std::string either(const std::string& a, const std::string& b) {
  if (a == "true" || b == "true") return "true";
  if (a == "false") return b;
  return b == "false" ? a : "(" + a + " OR " + b + ")";
}

std::string negated(const std::string& a) {
  if (a == "true") return "false";
  return a == "false" ? "true" : "NOT " + a;
}

}  // namespace

std::string CriteriaSql::data(const std::string& alias) const {
  return datamap::data_type_sql(*criteria_.table, alias);
}

std::string CriteriaSql::matches(const Criterion& c, const std::string& alias) const {
  if (c.erasure) return left(alias);
  const datamap::Table& table = *criteria_.table;
  const rule::RuleMatch& match = c.rule->rule.match;
  std::string sql = "true";
  const bool whole = table.data.size() == 1 && table.data.front().when.empty();
  if (!match.data.empty() && !whole)
    sql = "COALESCE(" + data(alias) + " = " + quote_literal(match.data) + ", false)";
  if (!match.label.empty()) {
    sql = both(sql, "COALESCE(" + datamap::site_text_sql(alias, *table.retention_label) + " = " +
                        quote_literal(match.label) + ", false)");
  }
  return sql;
}

std::string CriteriaSql::anchor(const Part& part, const std::string& alias) const {
  return datamap::anchor_sql(map_, catalog_, *criteria_.table, alias, *part.anchor);
}

// The anchor is to be believed and lies in one of the pieces; with none given it is only believed.
std::string CriteriaSql::in(const Part& part, const std::vector<Piece>& pieces,
                            const std::string& alias) const {
  const std::string value = anchor(part, alias), type = part.is_date ? "date" : "timestamptz";
  const auto bound = [&](const std::string& text) { return quote_literal(text) + "::" + type; };
  std::string sql = value + " >= " + bound(part.believed.from);
  const std::string future = value + " < " + bound(part.believed.to);
  std::string any;
  for (const Piece& piece : pieces) {
    std::string one = value + " < " + bound(piece.to);
    if (!piece.from.empty()) one = "(" + value + " >= " + bound(piece.from) + " AND " + one + ")";
    any += (any.empty() ? "" : " OR ") + one;
  }
  sql = "(" + sql + " AND " + future + (any.empty() ? "" : " AND (" + any + ")") + ")";
  return always_known(part) ? sql : "COALESCE(" + sql + ", false)";
}

// Then nothing asks whether it is null, either: of IS NOT NULL beside an OR over the key of its
// partitions PostgreSQL 15.18 concludes that the default partition has no such row.
bool CriteriaSql::always_known(const Part& part) const {
  if (part.anchor->source != datamap::Anchor::Source::column) return false;
  const datamap::CatalogColumn* column =
      catalog_.at(criteria_.table->name).column(part.anchor->column);
  return column != nullptr && column->not_null;
}

std::string CriteriaSql::one_stands(const Part& part, Stance stance,
                                    const std::string& alias) const {
  if (part.stance != Stance::by_row) return part.stance == stance ? "true" : "false";
  switch (stance) {
    case Stance::passed:
      return part.passed.empty() ? "false" : in(part, part.passed, alias);
    case Stance::waiting:
      return both(in(part, {}, alias), negated(one_stands(part, Stance::passed, alias)));
    case Stance::pending:
      return always_known(part) ? "false" : "(" + anchor(part, alias) + " IS NULL)";
    case Stance::quarantined:
      return both(negated(one_stands(part, Stance::pending, alias)), negated(in(part, {}, alias)));
    default:
      return "false";
  }
}

// How the rule by itself stands to the row; the row matches it. Of several parts the one that is
// unknown makes the whole unknown, then the one that cannot be believed.
std::string CriteriaSql::stands(const Criterion& c, Stance stance, const std::string& alias) const {
  if (c.parts.size() == 1) return one_stands(c.parts.front(), stance, alias);
  const auto any = [&](Stance of) {
    std::string sql = "false";
    for (const Part& part : c.parts) sql = either(sql, one_stands(part, of, alias));
    return sql;
  };
  std::string pending = any(Stance::pending);
  const std::string odd = any(Stance::quarantined);
  switch (stance) {
    case Stance::pending:
      return pending;
    case Stance::quarantined:
      return both(negated(pending), odd);
    case Stance::waiting:
      return both(negated(either(pending, odd)), any(Stance::waiting));
    case Stance::passed: {
      std::string all = "true";
      for (const Part& part : c.parts) all = both(all, one_stands(part, Stance::passed, alias));
      return all;
    }
    default:
      return any(stance);
  }
}

// A maximum that the row matches and no more explicit one puts aside.
std::string CriteriaSql::in_force(const Criterion& c, const std::string& alias) const {
  std::string sql = matches(c, alias);
  if (c.rule->rule.lock == "compliance" || c.erasure) return sql;
  for (const Criterion& other : criteria_.maxima) {
    if (rank_of(other.rule->rule.match) > rank_of(c.rule->rule.match))
      sql = both(sql, negated(matches(other, alias)));
  }
  return sql;
}

std::string CriteriaSql::eligible(const Criterion& c, const std::string& alias) const {
  return both(in_force(c, alias), stands(c, Stance::passed, alias));
}

std::string CriteriaSql::outlived(const std::string& alias) const {
  std::string sql = "true";
  for (const Criterion& c : criteria_.minima) {
    std::string free = stands(c, Stance::passed, alias);
    if (c.rule->rule.pending == rule::Pending::ignore)
      free = either(free, stands(c, Stance::pending, alias));
    if (!c.rule->rule.blocks_erasure()) free = either(free, left(alias));
    sql = both(sql, either(negated(matches(c, alias)), free));
  }
  return sql;
}

std::string CriteriaSql::taken(std::size_t maximum, const std::string& alias) const {
  std::string sql = eligible(criteria_.maxima[maximum], alias);
  for (std::size_t i = 0; i < maximum; ++i)
    sql = both(sql, negated(eligible(criteria_.maxima[i], alias)));
  return both(sql, outlived(alias));
}

// Of a `within`: its end has passed.
std::string CriteriaSql::ended(const Criterion& c, const std::string& alias) const {
  std::string all = c.rule->rule.within ? "true" : "false";
  for (const Part& part : c.parts) {
    const std::string one = part.stance != Stance::by_row ? (part.overdue ? "true" : "false")
                            : part.ended.empty()          ? "false"
                                                          : in(part, part.ended, alias);
    all = both(all, one);
  }
  return all;
}

std::string CriteriaSql::overdue(const std::string& alias) const {
  std::string any = "false";
  for (const Criterion& c : criteria_.maxima)
    any = either(any, both(in_force(c, alias), ended(c, alias)));
  return any;
}

// A maximum's expiry itself has passed, not only its lead begun.
std::string CriteriaSql::expired(const std::string& alias) const {
  std::string any = "false";
  for (const Criterion& c : criteria_.maxima) {
    if (c.erasure) continue;  // what the law keeps in spite of it is as it should be
    any =
        either(any, both(in_force(c, alias),
                         c.rule->rule.within ? ended(c, alias) : stands(c, Stance::passed, alias)));
  }
  return any;
}

std::string CriteriaSql::deleted(const std::string& alias) const {
  std::string any = "false";
  for (const Criterion& c : criteria_.maxima) {
    if (c.deletes()) any = either(any, eligible(c, alias));
  }
  return both(any, outlived(alias));
}

std::string CriteriaSql::condemned(const std::string& alias) const {
  std::string any = "false";
  for (const Criterion& c : criteria_.maxima) {
    if (c.rule->rule.then == rule::Then::erase) any = either(any, eligible(c, alias));
  }
  return both(any, outlived(alias));
}

std::string CriteriaSql::due(const std::string& alias) const {
  return both(any_maximum(Stance::passed, alias), outlived(alias));
}

std::string CriteriaSql::rested(std::size_t maximum, const std::string& instant) const {
  std::string any;
  for (const Piece& piece : criteria_.maxima[maximum].rested) {
    any +=
        (any.empty() ? "" : " OR ") +
        (piece.from.empty() ? std::string()
                            : instant + " >= " + quote_literal(piece.from) + "::timestamptz AND ") +
        instant + " < " + quote_literal(piece.to) + "::timestamptz";
  }
  return any.empty() ? "false" : "(" + any + ")";
}

std::string CriteriaSql::any_maximum(Stance stance, const std::string& alias) const {
  std::string any = "false";
  for (const Criterion& c : criteria_.maxima)
    any = either(any, both(in_force(c, alias), stands(c, stance, alias)));
  return any;
}

std::string CriteriaSql::any_minimum(Stance stance, const std::string& alias) const {
  std::string any = "false";
  for (const Criterion& c : criteria_.minima) {
    const bool ignored = stance == Stance::pending && c.rule->rule.pending == rule::Pending::ignore;
    if (!ignored) any = either(any, both(matches(c, alias), stands(c, stance, alias)));
  }
  return any;
}

// In the order in which rule::decide() tells them.
std::string CriteriaSql::state(const std::string& alias) const {
  std::string managed = "false";
  for (const Criterion& c : criteria_.maxima) managed = either(managed, matches(c, alias));
  const std::string passed = any_maximum(Stance::passed, alias);
  const std::string known = either(passed, any_maximum(Stance::waiting, alias));
  return "CASE WHEN " + negated(managed) + " THEN 'unmanaged' WHEN " + negated(known) +
         " THEN CASE WHEN " + any_maximum(Stance::quarantined, alias) +
         " THEN 'quarantined' WHEN " + any_maximum(Stance::unset, alias) +
         " THEN 'unset' ELSE 'pending_anchor' END WHEN " + any_minimum(Stance::quarantined, alias) +
         " THEN 'quarantined' WHEN " + any_minimum(Stance::pending, alias) +
         " THEN 'pending_anchor' WHEN " + negated(passed) + " THEN 'kept' WHEN " +
         negated(outlived(alias)) + " THEN CASE WHEN " + expired(alias) +
         " THEN 'min_over_max' ELSE 'kept' END WHEN " + overdue(alias) +
         " THEN 'overdue' ELSE 'due' END";
}

std::vector<std::pair<std::string, std::string>> CriteriaSql::states(
    const std::string& alias) const {
  if (criteria_.maxima.size() != 1 || !criteria_.minima.empty()) return {};
  const Criterion& c = criteria_.maxima.front();
  if (matches(c, alias) != "true") return {};
  const std::string passed = stands(c, Stance::passed, alias), late = ended(c, alias);
  std::vector<std::pair<std::string, std::string>> all{
      {"due", both(passed, negated(late))},
      {"overdue", both(passed, late)},
      {"kept", stands(c, Stance::waiting, alias)},
      {"quarantined", stands(c, Stance::quarantined, alias)},
      {"unset", stands(c, Stance::unset, alias)},
      {"pending_anchor", stands(c, Stance::pending, alias)},
  };
  std::erase_if(all, [](const auto& state) { return state.second == "false"; });
  return all;
}

// Of a due row the one that takes it; of another one that waits, or that cannot be told.
std::string CriteriaSql::rule(const std::string& alias) const {
  std::string sql;
  const auto cases = [&](auto&& condition) {
    for (std::size_t i = 0; i < criteria_.maxima.size(); ++i) {
      const std::string when = condition(criteria_.maxima[i]);
      if (when != "false") sql += " WHEN " + when + " THEN " + std::to_string(i);
    }
  };
  cases([&](const Criterion& c) { return eligible(c, alias); });
  cases([&](const Criterion& c) {
    return both(in_force(c, alias), stands(c, Stance::waiting, alias));
  });
  cases([&](const Criterion& c) { return in_force(c, alias); });
  return sql.empty() ? "NULL::integer" : "CASE" + sql + " END";
}

}  // namespace ccctl::plan
