#include "render/template.h"

#include <array>
#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ccctl::render {
namespace {

namespace mustache = kainjow::mustache;

mustache::data to_data(const Json& value) {
  if (value.is_object()) {
    mustache::data object(mustache::data::type::object);
    for (const auto& [name, member] : value.items()) object.set(name, to_data(member));
    return object;
  }
  if (value.is_array()) {
    mustache::data list(mustache::data::type::list);
    for (const Json& element : value) list.push_back(to_data(element));
    return list;
  }
  if (value.is_boolean()) return mustache::data(value.get<bool>());
  if (value.is_null()) return mustache::data(false);
  return mustache::data(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string fill(const std::string& text, const Json& data, bool html) {
  mustache::mustache page(text);
  if (!page.is_valid()) throw Error(ErrorKind::config_invalid, "a template is not well-formed");
  page.set_custom_escape([html](const std::string& value) {
    if (!html) return value;
    std::string out;
    append_html(out, value);
    return out;
  });
  return page.render(to_data(data));
}

}  // namespace

void append_html(std::string& out, std::string_view text) {
  // A table: find_first_of() searches its set anew for every byte.
  static constexpr auto kWritten = [] {
    std::array<std::string_view, 256> written{};
    written['&'] = "&amp;";
    written['<'] = "&lt;";
    written['>'] = "&gt;";
    written['"'] = "&quot;";
    written['\''] = "&#39;";
    return written;
  }();
  static constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = kWritten[i].empty();
    return plain;
  }();
  for (std::size_t clean = 0; clean < text.size();) {
    std::size_t i = clean;
    while (i < text.size() && kPlain[static_cast<unsigned char>(text[i])]) ++i;
    out.append(text, clean, i - clean);
    if (i < text.size()) out += kWritten[static_cast<unsigned char>(text[i])];
    clean = i + 1;
  }
}

std::string fill_html(const std::string& text, const Json& data) {
  return fill(text, data, true);
}
std::string fill_text(const std::string& text, const Json& data) {
  return fill(text, data, false);
}

}  // namespace ccctl::render
