#include "store/sql.h"

#include "base/error.h"

namespace ccctl::store {
namespace {

std::string quoted(std::string_view text, char quote) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::usage, "a name or constant contains a NUL character");
  }
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out += quote;
}

void append_element(std::string& out, std::string_view element) {
  out += '"';
  for (char c : element) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

std::string_view element_text(const Value& element) {
  return element ? *element : "";
}
std::string_view element_text(const std::string& element) {
  return element;
}
bool element_null(const Value& element) {
  return !element;
}
bool element_null(const std::string&) {
  return false;
}

template <class Element>
std::string array_of(std::span<const Element> elements) {
  std::string out = "{";
  for (const Element& element : elements) {
    if (out.size() > 1) out += ',';
    if (element_null(element)) {
      out += "NULL";
    } else {
      append_element(out, element_text(element));
    }
  }
  return out += '}';
}

}  // namespace

std::string Params::bind(Value value) {
  values_.push_back(std::move(value));
  return "$" + std::to_string(values_.size());
}

std::string quote_name(std::string_view name) {
  return quoted(name, '"');
}

// The sessions have standard_conforming_strings on, so a backslash is a character like any other.
std::string quote_literal(std::string_view text) {
  return quoted(text, '\'');
}

std::string array_literal(std::span<const Value> elements) {
  return array_of(elements);
}
std::string array_literal(std::span<const std::string> elements) {
  return array_of(elements);
}

}  // namespace ccctl::store
