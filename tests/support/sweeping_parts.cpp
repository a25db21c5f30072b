// Tables in partitions, and rows of a tenant that is not swept.
#include "base/calendar.h"
#include "plan/criteria.h"
#include "support/sweeping.h"

namespace ccctl::testing {

// With bounds where rules begin to make rows due, and elsewhere.
void Sweeping::make_partitions(Random& random) {
  std::set<Instant> edges;
  for (const int days : {600, 300, 120, 40, 0})
    edges.insert(as_of_ - std::chrono::days(days) + std::chrono::hours(random() % 100));
  for (const rule::RuleInForce& rule : rules_.rules) {
    const std::optional<Duration> period = plan::period_of(rule, rules_, "acme");
    if (!period || (period->seconds != 0 && rule.rule.granularity == Granularity::day)) continue;
    const std::string zone = rule.zone == "tenant" ? zone_ : rule.zone;
    edges.insert(due_ranges(*period, zone, rule.rule.granularity, as_of_).back().to);
  }
  session_.transact(store::Mode::read_committed, [&](store::Tx& tx) {
    for (const std::string table : {"notes", "logs"}) {
      tx.exec("CREATE TABLE public." + table + "_rest PARTITION OF public." + table + " DEFAULT");
      int number = 0;
      for (auto from = edges.begin(); std::next(from) != edges.end(); ++from) {
        tx.exec("CREATE TABLE public." + table + "_" + std::to_string(++number) +
                " PARTITION OF public." + table + " FOR VALUES FROM ('" + to_text(*from) +
                "') TO ('" + to_text(*std::next(from)) + "')");
      }
    }
  });
}

std::string Sweeping::others() {
  return text(
      "SELECT COALESCE(md5(string_agg(x::text, ',' ORDER BY x::text)), '-') FROM (SELECT * FROM "
      "public.notes UNION ALL SELECT * FROM public.logs) x WHERE tenant_id <> 'acme'");
}

}  // namespace ccctl::testing
