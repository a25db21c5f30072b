// The character rules of C2SP signed notes, checkpoints and proofs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ccctl::crypto {

constexpr std::string_view kSignaturePrefix = "\xe2\x80\x94 ";  // em dash, space

// Well-formed UTF-8.
bool is_utf8(std::string_view text);

// UTF-8 without control characters other than newline.
bool is_note_text(std::string_view text);

// Note text on one line, not empty, without Unicode spaces and plus signs.
bool is_key_name(std::string_view name);

// The next line without its newline, removed from `rest`; nothing when no newline is left.
std::optional<std::string_view> take_line(std::string_view& rest);

// ASCII decimal without leading zeroes.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace ccctl::crypto
