#include "plan/compiler.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "plan/statement.h"

namespace ccctl::plan {

std::string_view to_text(Effect effect) {
  switch (effect) {
    case Effect::erase:
      return "delete";
    case Effect::anonymise:
      return "anonymise";
    case Effect::strip:
      return "strip";
    case Effect::cut:
      return "cut";
    case Effect::intend:
      return "delete object";
    case Effect::assign:
      return "rectify";
    case Effect::annotate:
      return "annotate";
    case Effect::hide:
      return "soft-delete";
    case Effect::schedule:
      return "schedule";
    case Effect::restore:
      return "restore";
  }
  return "";
}

std::uint64_t Outcome::rows() const {
  std::uint64_t sum = 0;
  for (const Tally& tally : tallies) sum += tally.effect == Effect::intend ? 0 : tally.rows;
  return sum;
}

namespace {

// When a minimum ends for rows of which this is the last anchor.
std::optional<Instant> ends(const TableMinimum& minimum, const TableMinimum::Part& part,
                            const Json& last) {
  if (!last.is_string()) return std::nullopt;
  std::string text = last.get<std::string>();
  if (part.is_date) {
    const std::optional<Instant> midnight = parse_instant(text + "T00:00:00Z");
    if (!midnight) return std::nullopt;
    return add(Day(std::chrono::floor<std::chrono::days>(*midnight)), *minimum.rule.min,
               minimum.zone);
  }
  const std::optional<Instant> anchor =
      parse_instant(text);  // jsonb writes ISO 8601 with an offset
  if (!anchor) return std::nullopt;
  return add(*anchor, *minimum.rule.min, minimum.zone, minimum.rule.granularity);
}

// The expiry of the last row that a minimum keeps.
std::optional<Instant> until(const TableMinimum& minimum, const Json& last) {
  std::optional<Instant> latest = minimum.until;
  for (std::size_t i = 0; i < minimum.parts.size(); ++i) {
    const std::optional<Instant> end = ends(minimum, minimum.parts[i], last.at(i));
    if (end && (!latest || *latest < *end)) latest = end;
  }
  return latest;
}

}  // namespace

Outcome Compiled::read(const store::Rows& rows) const {
  Outcome outcome;
  for (std::size_t i = 0; i < counters.size(); ++i) {
    const Counter& counter = counters[i];
    if (!counter.kept) {
      outcome.tallies.push_back(counter.tally);
      outcome.tallies.back().rows = static_cast<std::uint64_t>(rows.integer(0, i));
      continue;
    }
    const Json found = Json::parse(rows.text(0, i));
    Kept kept = *counter.kept;
    kept.rows = found.at("rows").get<std::uint64_t>();
    if (kept.rows == 0) continue;
    if (found.contains("holds") && found["holds"].is_array())
      kept.holds = found["holds"].get<std::vector<std::string>>();
    if (counter.minimum != nullptr && found.contains("last"))
      kept.until = until(*counter.minimum, found["last"]);
    outcome.kept.push_back(std::move(kept));
  }
  if (watches) outcome.overtaken = static_cast<std::uint64_t>(rows.integer(0, counters.size()));
  return outcome;
}

Compiled Compiler::count(const Drivers& drivers, const Protection& protection) const {
  Statement statement(map_, catalog_, scope_, tenant_);
  statement.scope_sets(drivers);
  statement.protect(protection, drivers);
  statement.effects("");
  return statement.finish();
}

Compiled Compiler::erase(const Drivers& drivers, const Protection& protection,
                         const std::string& request_id) const {
  Statement statement(map_, catalog_, scope_, tenant_);
  statement.scope_sets(drivers);
  statement.protect(protection, drivers);
  statement.effects(request_id);
  return statement.finish();
}

store::Sql Compiler::taken_along(const Drivers& drivers, const Protection& protection,
                                 const std::vector<subject::SubjectRef>& people) const {
  Statement statement(map_, catalog_, scope_, tenant_);
  statement.scope_sets(drivers);
  statement.protect(protection, drivers);
  statement.taken_along(people);
  return statement.finish().sql;
}

Locks Compiler::lock(const Drivers& drivers) const {
  Statement statement(map_, catalog_, scope_, tenant_);
  statement.scope_sets(drivers);
  Locks locks;
  locks.open = statement.locks();
  locks.sql = statement.finish().sql;
  return locks;
}

std::uint64_t Locks::open_units(const store::Rows& rows) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (open[i]) sum += static_cast<std::uint64_t>(rows.integer(0, i));
  }
  return sum;
}

}  // namespace ccctl::plan
