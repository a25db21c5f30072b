// Reads the XML that object stores answer with: elements and text, and none of the rest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ccctl::object {

struct Element {
  std::string name;
  std::string text;  // its own, without that of its children
  std::vector<Element> children;

  // The text of the first child of that name, or nothing.
  std::optional<std::string_view> value(std::string_view child) const;
};

// Nothing for what is not one well-formed element, for a document type, CDATA, entities other than
// the five and numbers, and for more than 16 levels. Attributes are read over.
std::optional<Element> read_xml(std::string_view text);

// The bytes of a text in which some stand as %XX; nothing when a % does not begin one.
std::optional<std::string> url_decoded(std::string_view text);

}  // namespace ccctl::object
