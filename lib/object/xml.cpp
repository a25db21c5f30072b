#include "object/xml.h"

#include <charconv>

#include "crypto/digest.h"

namespace ccctl::object {
namespace {

constexpr int kDeepest = 16;
constexpr std::string_view kSpace = " \t\r\n", kNameEnd = " \t\r\n/>";

void add_utf8(std::string& out, unsigned code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | ((code >> shift) & 0x3f));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// What stands between "&" and ";".
bool add_entity(std::string& out, std::string_view name) {
  constexpr std::pair<std::string_view, char> kNamed[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, c] : kNamed) {
    if (name == known) {
      out += c;
      return true;
    }
  }
  if (!name.starts_with('#')) return false;
  name.remove_prefix(1);
  const int base = name.starts_with('x') ? 16 : 10;
  if (base == 16) name.remove_prefix(1);
  unsigned code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, base);
  const bool read = error == std::errc() && end == name.data() + name.size();
  if (!read || code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
  add_utf8(out, code);
  return true;
}

class XmlReader {
 public:
  explicit XmlReader(std::string_view rest) : rest_(rest) {}

  std::optional<Element> document() {
    Element root;
    if (!skip_prolog() || !element(root, 1)) return std::nullopt;
    if (!skip_prolog() || !rest_.empty()) return std::nullopt;
    return root;
  }

 private:
  // White space, <?…?> and comments.
  bool skip_prolog() {
    while (true) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
      if (rest_.starts_with("<?")) {
        if (!skip_to("?>")) return false;
      } else if (rest_.starts_with("<!--")) {
        if (!skip_to("-->")) return false;
      } else {
        return true;
      }
    }
  }

  bool skip_to(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }

  // The rest of a start tag; `closed` when the element ends with it.
  bool attributes(bool& closed) {
    char quote = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '<') {
        return false;
      } else if (c == '>') {
        closed = i > 0 && rest_[i - 1] == '/';
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  bool text(std::string& out) {
    const std::size_t length = std::min(rest_.find('<'), rest_.size());
    std::string_view raw = rest_.substr(0, length);
    rest_.remove_prefix(length);
    while (!raw.empty()) {
      const std::size_t plain = std::min(raw.find('&'), raw.size());
      out += raw.substr(0, plain);
      raw.remove_prefix(plain);
      if (raw.empty()) break;
      const std::size_t end = raw.find(';');
      if (end == std::string_view::npos || !add_entity(out, raw.substr(1, end - 1))) return false;
      raw.remove_prefix(end + 1);
    }
    return true;
  }

  bool element(Element& into, int depth) {
    if (depth > kDeepest || !rest_.starts_with('<')) return false;
    const std::size_t length = std::min(rest_.find_first_of(kNameEnd), rest_.size());
    into.name = rest_.substr(1, length - 1);
    if (into.name.empty() || into.name.find_first_of("<!?&") != std::string::npos) return false;
    rest_.remove_prefix(length);
    bool closed = false;
    if (!attributes(closed)) return false;
    if (closed) return true;
    const std::string end = "</" + into.name + ">";
    while (text(into.text)) {
      if (rest_.starts_with(end)) {
        rest_.remove_prefix(end.size());
        return true;
      }
      if (rest_.starts_with("<!--")) {
        if (!skip_to("-->")) return false;
      } else if (!element(into.children.emplace_back(), depth + 1)) {
        return false;
      }
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::string_view> Element::value(std::string_view child) const {
  for (const Element& one : children) {
    if (one.name == child) return one.text;
  }
  return std::nullopt;
}

std::optional<Element> read_xml(std::string_view text) {
  return XmlReader(text).document();
}

std::optional<std::string> url_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      std::string digits(text.substr(i + 1, 2));
      for (char& c : digits) {
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
      }
      const auto byte = digits.size() == 2 ? crypto::from_hex(digits) : std::nullopt;
      if (!byte) return std::nullopt;
      out += *byte;
      i += 2;
    }
  }
  return out;
}

}  // namespace ccctl::object
