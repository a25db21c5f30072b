// Instants: points of time in UTC with microseconds, and their one text form (formats.md 1).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ccctl {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-11-21T19:47:53.000000Z": always UTC, always six digits.
std::string to_text(Instant at);

// Reads an RFC 3339 instant with an offset ("Z" or "+09:00", seconds and fraction optional), or
// nothing. A time without an offset is nothing: which instant it is would be a guess.
std::optional<Instant> parse_instant(std::string_view text);

// Reads the ISO form in which our sessions make PostgreSQL print timestamptz
// ("2026-11-21 19:47:53.123456+00"), or nothing (infinity is nothing).
std::optional<Instant> parse_pg_timestamptz(std::string_view text);

}  // namespace ccctl
