// One segment of a journal as bytes: lines, each with the SHA-256 of the line before.
//
// A line is `HASH JSON` and a newline: HASH is the SHA-256 of the whole line before, its newline
// left out, in hexadecimal (of nothing: zeros, at the very beginning); JSON is canonical. The first
// line says which segment it is; after it come the exact leaves, then signed checkpoints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "crypto/digest.h"

namespace ccctl::journal {

// How far a tree of the evidence had been signed.
struct Published {
  std::string log;  // "evidence", "security"
  std::string origin;
  std::uint64_t size = 0;
};

struct Segment {
  std::uint64_t number = 0;  // from 1, without gaps
  std::string tenant;
  std::string key;                       // EvidenceKey::check()
  std::vector<Published> published;      // the newest of each log, its own checkpoints included
  std::vector<std::string> leaves;       // exact bytes
  std::vector<std::string> checkpoints;  // signed notes
  crypto::Digest last{};                 // of the last line: what the next segment begins with
};

enum class Damage { torn, altered, missing };
std::string_view to_text(Damage damage);

// A journal that is not what was written. Its kind is findings.
class Damaged : public Error {
 public:
  Damaged(Damage damage, std::uint64_t segment, const std::string& what);
  Damage damage() const { return damage_; }
  std::uint64_t segment() const { return segment_; }

 private:
  Damage damage_;
  std::uint64_t segment_;
};

// Writes the lines behind a line with the hash `before`, and sets `last`.
std::string write(Segment& segment, const crypto::Digest& before);
// Throws Damaged for what is not the tenant's segment of that number behind `before`; without
// `before` its own first hash is believed.
Segment read(std::string_view text, const std::string& tenant, std::uint64_t number,
             const std::optional<crypto::Digest>& before);

}  // namespace ccctl::journal
