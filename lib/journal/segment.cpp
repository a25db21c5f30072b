#include "journal/segment.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace ccctl::journal {
namespace {

constexpr std::string_view kFormat = "ccctl-journal/1";
constexpr std::string_view kCheckpoint = R"({"checkpoint":)";
constexpr std::size_t kHash = 64;

void add_line(std::string& text, std::string_view json, crypto::Digest& last) {
  const std::string line = crypto::to_hex(crypto::view(last)) + " " + std::string(json);
  last = crypto::sha256(line);
  text += line + "\n";
}

void read_head(Segment& segment, const std::string& tenant, std::string_view json) {
  const Json head = Json::parse(json);
  if (head.at("journal") != kFormat || head.at("tenant") != tenant ||
      head.at("segment") != segment.number) {
    throw Damaged(Damage::altered, segment.number, "is another segment than its place says");
  }
  segment.key = head.at("key").get<std::string>();
  for (const Json& entry : head.at("published")) {
    segment.published.push_back({entry.at("log").get<std::string>(),
                                 entry.at("origin").get<std::string>(),
                                 entry.at("size").get<std::uint64_t>()});
  }
}

void read_line(Segment& segment, const std::string& tenant, std::string_view json, bool first) {
  try {
    if (first) {
      read_head(segment, tenant, json);
    } else if (json.starts_with(kCheckpoint)) {
      segment.checkpoints.push_back(Json::parse(json).at("checkpoint").get<std::string>());
    } else {
      segment.leaves.emplace_back(json);
    }
  } catch (const Json::exception&) {
    throw Damaged(Damage::altered, segment.number, "has a line that is not what was written");
  }
}

}  // namespace

std::string_view to_text(Damage damage) {
  switch (damage) {
    case Damage::torn:
      return "torn";
    case Damage::altered:
      return "altered";
    case Damage::missing:
      return "missing";
  }
  return "altered";
}

Damaged::Damaged(Damage damage, std::uint64_t segment, const std::string& what)
    : Error(ErrorKind::findings, "segment " + std::to_string(segment) + " of the journal " + what,
            "see `ccctl journal verify`"),
      damage_(damage),
      segment_(segment) {}

std::string write(Segment& segment, const crypto::Digest& before) {
  Json published = Json::array();
  for (const Published& entry : segment.published) {
    published.push_back({{"log", entry.log}, {"origin", entry.origin}, {"size", entry.size}});
  }
  segment.last = before;
  std::string text;
  add_line(text,
           canonical({{"journal", std::string(kFormat)},
                      {"segment", segment.number},
                      {"tenant", segment.tenant},
                      {"key", segment.key},
                      {"published", std::move(published)}}),
           segment.last);
  for (const std::string& leaf : segment.leaves) add_line(text, leaf, segment.last);
  for (const std::string& note : segment.checkpoints) {
    add_line(text, canonical(Json{{"checkpoint", note}}), segment.last);
  }
  return text;
}

Segment read(std::string_view text, const std::string& tenant, std::uint64_t number,
             const std::optional<crypto::Digest>& before) {
  Segment segment;
  segment.number = number;
  segment.tenant = tenant;
  std::optional<crypto::Digest> last = before;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) throw Damaged(Damage::torn, number, "ends within a line");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const bool linked = line.size() > kHash && line[kHash] == ' ' &&
                        (!last || line.substr(0, kHash) == crypto::to_hex(crypto::view(*last)));
    if (!linked) {
      throw Damaged(Damage::altered, number,
                    first ? "does not follow the segment before it"
                          : "has a line that does not follow the line before it");
    }
    last = crypto::sha256(line);
    read_line(segment, tenant, line.substr(kHash + 1), first);
    first = false;
  }
  if (first) throw Damaged(Damage::torn, number, "is empty");
  segment.last = *last;
  return segment;
}

}  // namespace ccctl::journal
