// Mustache templates: {{name}} is escaped for HTML, {{{name}}} is not, {{#list}} … {{/list}}.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace ccctl::render {

// Throws config_invalid for a template that cannot be parsed. `data` is an object; what it lacks is
// empty.
std::string fill_html(const std::string& text, const Json& data);
// The same without escaping: for letters in plain text.
std::string fill_text(const std::string& text, const Json& data);

// &, <, >, " and ' written out, so that the text stays text in an element or a quoted attribute.
void append_html(std::string& out, std::string_view text);

}  // namespace ccctl::render
