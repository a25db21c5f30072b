#include "base/zone.h"

#include <date/tz.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>

#include "base/calendar.h"
#include "base/error.h"

namespace ccctl {
namespace {

using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::string_view kDatabase = "/usr/share/zoneinfo/";

// The host's own settings stand among the zones; a policy must not mean something else elsewhere.
bool is_host_setting(std::string_view name) {
  return name == "localtime" || name == "posixrules";
}

// A name is looked up in the database's list, never opened as a path.
const date::time_zone* locate(std::string_view name) {
  if (name.empty() || is_host_setting(name)) return nullptr;
  const auto& zones = date::get_tzdb().zones;  // sorted by name
  const auto found = std::ranges::lower_bound(
      zones, name, {}, [](const date::time_zone& zone) { return std::string_view(zone.name()); });
  return found != zones.end() && found->name() == name ? &*found : nullptr;
}

std::vector<OffsetSpan> listed_spans(const date::time_zone& zone) {
  std::vector<OffsetSpan> spans;
  sys_seconds begin = kBeginOfTime;
  while (begin < kEndOfTime) {
    const date::sys_info info = zone.get_info(begin);
    const sys_seconds end = std::min<sys_seconds>(info.end, kEndOfTime);
    spans.push_back({begin, end, info.offset});
    begin = end;
  }
  return spans;
}

std::optional<PosixRule> last_line_rule(std::string_view name) {
  std::ifstream file(std::string(kDatabase) + std::string(name), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (bytes.size() < 2 || bytes.back() != '\n') return std::nullopt;
  const std::size_t before = bytes.rfind('\n', bytes.size() - 2);
  if (before == std::string::npos) return std::nullopt;
  return PosixRule::parse(std::string_view(bytes).substr(before + 1, bytes.size() - before - 2));
}

// Loaded zones stay: a sweep asks for the same few again and again.
const Zone* load(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const Zone>, std::less<>> loaded;
  const std::scoped_lock lock(mutex);
  if (const auto found = loaded.find(name); found != loaded.end()) return found->second.get();
  std::unique_ptr<const Zone> zone;
  if (name == "UTC") {
    zone = std::make_unique<Zone>(std::vector<OffsetSpan>{{kBeginOfTime, kEndOfTime, seconds{0}}},
                                  std::nullopt);
  } else if (const date::time_zone* listed = locate(name)) {
    zone = std::make_unique<Zone>(listed_spans(*listed), last_line_rule(name));
  } else {
    return nullptr;
  }
  return loaded.emplace(name, std::move(zone)).first->second.get();
}

}  // namespace

Zone::Zone(std::vector<OffsetSpan> listed, std::optional<PosixRule> afterwards)
    : listed_(std::move(listed)), afterwards_(afterwards) {}

const Zone& Zone::named(std::string_view iana_name) {
  const Zone* zone = load(iana_name);
  if (zone == nullptr) {
    throw Error(ErrorKind::policy_invalid, "unknown time zone '" + std::string(iana_name) + "'",
                "use an IANA name such as 'Asia/Tokyo'");
  }
  return *zone;
}

bool Zone::known(std::string_view iana_name) {
  return load(iana_name) != nullptr;
}

OffsetSpan Zone::at(sys_seconds at) const {
  const auto next =
      std::ranges::upper_bound(listed_, std::max(at, kBeginOfTime), {}, &OffsetSpan::begin);
  const OffsetSpan listed = *std::prev(next);
  if (next != listed_.end() || !afterwards_) return listed;
  OffsetSpan ruled = afterwards_->at(at);
  ruled.begin = std::max(ruled.begin, listed.begin);
  return ruled;
}

std::vector<OffsetSpan> Zone::between(sys_seconds from, sys_seconds to) const {
  std::vector<OffsetSpan> spans{at(from)};
  while (spans.back().end < std::min(to, kEndOfTime)) spans.push_back(at(spans.back().end));
  return spans;
}

LocalTime Zone::to_local(Instant instant) const {
  return LocalTime((instant + at(floor<seconds>(instant)).offset).time_since_epoch());
}

Instant Zone::to_instant(LocalTime civil) const {
  const Instant as_if_utc(civil.time_since_epoch());
  const sys_seconds middle = floor<seconds>(as_if_utc);
  const auto spans = between(middle - kWidestOffset, middle + kWidestOffset);
  // From the latest span backwards, so that a civil time shown twice is the later instant.
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
    // At or after the span's end it is a time that the change there skipped, and has moved forward.
    const Instant candidate = as_if_utc - span->offset;
    if (candidate >= span->begin) return candidate;
  }
  return as_if_utc - spans.front().offset;
}

std::string tzdata_version() {
  std::ifstream file(std::string(kDatabase) + "tzdata.zi");
  std::string line;
  constexpr std::string_view prefix = "# version ";
  if (std::getline(file, line) && line.starts_with(prefix)) return line.substr(prefix.size());
  return "unknown";
}

}  // namespace ccctl
