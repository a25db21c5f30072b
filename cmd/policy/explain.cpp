// ccctl policy explain: when a period from an anchor has passed.
#include <nlohmann/json.hpp>

#include "base/calendar.h"
#include "base/error.h"
#include "cmd/app.h"
#include "rule/retention.h"

namespace ccctl::cmd {
namespace {

int run_explain(App& app, const Args& args) {
  const std::string given = args.get("anchor");
  const std::optional<rule::Floor> anchor = rule::parse_floor(given);
  if (!anchor) {
    throw Error(ErrorKind::usage, "--anchor wants an instant or a date, not \"" + given + "\"",
                "write 2025-03-31T09:00:00Z or 2025-03-31");
  }
  const Duration period = *parse_duration(args.get("period"));
  const std::string zone = args.get("zone");
  const Day* day = std::get_if<Day>(&*anchor);
  // A DATE has no time of day: the day rule is the only one.
  if (day != nullptr && args.find("granularity") == "instant") {
    throw Error(ErrorKind::usage, "--granularity instant beside a date",
                "a date takes the day rule; give an instant if one is meant");
  }
  const bool by_day = day != nullptr || args.get("granularity") == "day";
  const Instant expiry = day != nullptr ? add(*day, period, zone)
                                        : add(std::get<Instant>(*anchor), period, zone,
                                              by_day ? Granularity::day : Granularity::instant);
  app.print({{"kind", "PolicyExplanation"},
             {"anchor", day != nullptr ? given : to_text(std::get<Instant>(*anchor))},
             {"period", to_text(period)},
             {"zone", zone},
             {"granularity", by_day ? "day" : "instant"},
             {"expiry", to_text(expiry)},
             {"tzdata", tzdata_version()}});
  return 0;
}

}  // namespace

extern const Spec policy_explain;
const Spec policy_explain{
    .noun = "policy",
    .verb = "explain",
    .summary = "say when a period from an anchor has passed",
    .description =
        "Adds a period to an anchor as plans and sweeps do: in the civil time of the zone, clamped "
        "to the month's end; a time that the clocks skip moves forward, one that they show twice "
        "is the later one; hours, minutes and seconds then elapse. With granularity day it is the "
        "start of the civil day after. A DATE always takes the day rule. What is kept for the "
        "period is due from the expiry on. No datastore is asked.",
    .options = {{.name = "anchor",
                 .value = "INSTANT|DATE",
                 .help = "where the period starts",
                 .required = true},
                {.name = "period",
                 .type = Type::duration,
                 .value = "PERIOD",
                 .help = "an ISO 8601 duration such as P30D, P7Y or PT36H",
                 .required = true},
                {.name = "zone",
                 .value = "ZONE",
                 .help = "the IANA time zone in which to reckon",
                 .default_value = "UTC"},
                {.name = "granularity",
                 .type = Type::choice,
                 .value = "GRANULARITY",
                 .help = "the instant itself, or the start of the civil day after",
                 .choices = {"instant", "day"},
                 .default_value = "instant"}},
    .exits = {0},
    .examples = {{"ccctl policy explain --anchor 2025-02-28 --period P1M --zone Asia/Tokyo",
                  "a DATE anchor"},
                 {"ccctl policy explain --anchor 2024-02-29T10:00:00Z --period P3Y --granularity "
                  "day -o json",
                  "three calendar years from a leap day, for a script"}},
    .run = run_explain,
};

}  // namespace ccctl::cmd
