#include "request/rate.h"

#include <cmath>

#include "base/error.h"

namespace ccctl::request {

void take_token(store::Tx& tx, const std::string& tenant, const std::string& kind,
                const std::optional<int>& per_minute, Instant now) {
  if (!per_minute) return;
  const std::string most = std::to_string(*per_minute);
  // What is there now: what was there, and what has come back since.
  const std::string there =
      "LEAST($3::double precision, b.tokens + GREATEST(0, pg_catalog.date_part('epoch', "
      "$4::timestamptz - b.at)) * $3::double precision / 60)";
  const store::Rows taken = tx.exec(
      {"INSERT INTO ccctl.rate_bucket AS b (tenant_id, kind, tokens, at) VALUES ($1::text, "
       "$2::text, $3::double precision - 1, $4::timestamptz) ON CONFLICT (tenant_id, kind) DO "
       "UPDATE SET tokens = " +
           there + " - 1, at = GREATEST(b.at, $4::timestamptz) WHERE " + there +
           " >= 1 RETURNING tokens",
       {tenant, kind, most, to_text(now)}});
  if (!taken.empty()) return;
  const store::Rows missing = tx.exec(
      {"SELECT pg_catalog.ceil((1 - " + there +
           ") * 60 / $3::double precision)::bigint FROM ccctl.rate_bucket b WHERE tenant_id = "
           "$1::text AND kind = $2::text",
       {tenant, kind, most, to_text(now)}});
  const std::string seconds = std::to_string(missing.empty() ? 1 : missing.integer(0, 0));
  throw Error(ErrorKind::busy, "the limit of " + most + " " + kind + " in a minute is reached",
              "try again in " + seconds + " s")
      .with("retry_after", seconds);
}

}  // namespace ccctl::request
