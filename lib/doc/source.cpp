#include "doc/source.h"

#include <algorithm>
#include <cstdint>

namespace ccctl::doc {
namespace {

bool continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

// The length of the character at `at`, or 0 where the bytes are not UTF-8 (overlong forms,
// surrogates and values above U+10FFFF are not).
std::size_t character(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!continuation(text[at + i])) return 0;
  }
  const unsigned second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

}  // namespace

Source::Source(std::string_view bytes, std::string file, ErrorKind error)
    : file_(std::move(file)), error_(error) {
  if (bytes.size() > kLargestDocument) {
    fail({file_, 0, 0}, "document is larger than 4 MiB",
         "split it, or check that it is the right file");
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  text_ = std::string(bytes);
  lines_.push_back(0);
  for (std::size_t i = 0; i < text_.size();) {
    const std::size_t length = character(text_, i);
    const auto here = [&] {
      return position(static_cast<int>(lines_.size()) - 1, static_cast<int>(i - lines_.back()));
    };
    if (length == 0) fail(here(), "document is not UTF-8 here", "save the file as UTF-8");
    const auto c = static_cast<unsigned char>(text_[i]);
    if (c == '\t') {
      fail(here(), "a tab, which YAML reads differently from place to place",
           "indent with spaces; inside a quoted text write \\t");
    }
    const bool carriage_return = c == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
    if ((c < 0x20 && c != '\n' && !carriage_return) || c == 0x7F) {
      fail(here(), c == 0 ? "a NUL character" : "a control character",
           "remove it; inside a quoted text write an escape such as \\x1b");
    }
    i += length;
    if (c == '\n') lines_.push_back(i);
  }
}

Position Source::position(int line, int byte_column) const {
  if (line < 0 || static_cast<std::size_t>(line) >= lines_.size()) return {file_, 0, 0};
  const std::size_t begin = lines_[static_cast<std::size_t>(line)];
  const std::size_t end =
      std::min(text_.size(), begin + static_cast<std::size_t>(std::max(0, byte_column)));
  int column = 1;
  for (std::size_t i = begin; i < end; ++i) column += continuation(text_[i]) ? 0 : 1;
  return {file_, line + 1, column};
}

std::string_view Source::from(int line, int byte_column) const {
  if (line < 0 || static_cast<std::size_t>(line) >= lines_.size()) return {};
  const std::size_t at =
      lines_[static_cast<std::size_t>(line)] + static_cast<std::size_t>(std::max(0, byte_column));
  return std::string_view(text_).substr(std::min(at, text_.size()));
}

void Source::fail(const Position& at, const std::string& message, std::string hint) const {
  throw error_at(error_, at, message, std::move(hint));
}

}  // namespace ccctl::doc
