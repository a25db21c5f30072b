#include "doc/decoder.h"

#include <algorithm>
#include <charconv>

#include "doc/suggest.h"

namespace ccctl::doc {
namespace {

std::string shape_of(const Node& node) {
  if (node.kind == Node::Kind::list) return "a list";
  if (node.kind == Node::Kind::map) return "a map";
  switch (node.plain) {
    case Plain::null:
      return "nothing (null)";
    case Plain::boolean:
      return "a boolean";
    case Plain::integer:
      return "an integer";
    case Plain::number:
      return "a number";
    case Plain::trap:
      return "a word that YAML versions read differently";
    case Plain::text:
      break;
  }
  return "a text";
}

const Entry* entry_of(const Node& node, std::string_view key) {
  for (const Entry& entry : node.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

// The first run of a record's function: learns the keys, so that a misspelt one is reported before
// the required one that is missing because of it.
class KeyCollector final : public Fields {
 public:
  bool decoding() const override { return false; }
  bool has(std::string_view) const override { return false; }
  Position at() const override { return {}; }
  Position at(std::string_view) const override { return {}; }
  void field(std::string_view key, bool required, std::string_view,
             const std::function<void(Value&)>&) override {
    keys.push_back(key);
    if (required) needed.push_back(key);
  }
  void exactly_one(std::initializer_list<std::string_view>) override {}
  void at_most_one(std::initializer_list<std::string_view>) override {}
  void needs(std::string_view, std::string_view) override {}
  [[noreturn]] void fail(std::string_view, const std::string&, const std::string&) const override {
    throw std::logic_error("a describe function failed while it was not decoding");
  }

  std::vector<std::string_view> keys, needed;
};

class Record final : public Fields {
 public:
  Record(const Node& node, const Source& source, const Position& at)
      : node_(node), source_(source), at_(at) {}

  bool decoding() const override { return true; }
  bool has(std::string_view key) const override { return entry_of(node_, key) != nullptr; }
  Position at() const override { return at_; }
  Position at(std::string_view key) const override {
    const Entry* entry = entry_of(node_, key);
    return entry ? entry->at : at_;
  }
  void field(std::string_view key, bool, std::string_view,
             const std::function<void(Value&)>& read) override {
    if (const Entry* entry = entry_of(node_, key)) {
      Decoder value(*entry->value, source_, entry->value->at);
      read(value);
    }
  }
  void exactly_one(std::initializer_list<std::string_view> keys) override {
    at_most_one(keys);
    if (present(keys).empty()) source_.fail(at_, "one of " + listed(keys) + " is missing");
  }
  void at_most_one(std::initializer_list<std::string_view> keys) override {
    const auto there = present(keys);
    if (there.size() > 1) {
      source_.fail(at(there[1]),
                   "\"" + std::string(there[1]) + "\" beside \"" + std::string(there[0]) + "\"",
                   "give only one of " + listed(keys));
    }
  }
  void needs(std::string_view key, std::string_view other) override {
    if (has(key) && !has(other)) {
      source_.fail(at(key), "\"" + std::string(key) + "\" without \"" + std::string(other) + "\"");
    }
  }
  [[noreturn]] void fail(std::string_view key, const std::string& message,
                         const std::string& hint) const override {
    const Entry* entry = entry_of(node_, key);
    source_.fail(entry ? entry->value->at : at_, message, hint);
  }

 private:
  std::vector<std::string_view> present(std::initializer_list<std::string_view> keys) const {
    std::vector<std::string_view> there;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(there),
                 [&](std::string_view key) { return has(key); });
    return there;
  }
  static std::string listed(std::initializer_list<std::string_view> keys) {
    std::string list;
    for (std::string_view key : keys)
      list += (list.empty() ? "\"" : ", \"") + std::string(key) + "\"";
    return list;
  }

  const Node& node_;
  const Source& source_;
  Position at_;
};

}  // namespace

void Decoder::fail(const std::string& message, const std::string& hint) const {
  source_.fail(at_, message, hint);
}

void Decoder::expected(std::string_view what) const {
  fail("expected " + std::string(what) + ", found " + shape_of(node_), "");
}

void Decoder::require_text(const TextRule& rule) const {
  if (node_.kind != Node::Kind::scalar || node_.plain == Plain::null) expected(rule.what);
  if (node_.plain != Plain::text) {
    fail("expected " + std::string(rule.what) + ", found " + shape_of(node_),
         "put it in quotes if a text is meant");
  }
}

void Decoder::text(std::string& out, const TextRule& rule) {
  require_text(rule);
  if (node_.text.empty() && !rule.may_be_empty)
    fail("expected " + std::string(rule.what) + ", found an empty text", "");
  if (node_.text.find('\0') != std::string::npos) fail("a text with a NUL character", "");
  if (rule.accepts && !rule.accepts(node_.text)) fail("this is not " + std::string(rule.what), "");
  out = node_.text;
}

void Decoder::scalar(std::string& out) {
  constexpr std::string_view kWhat = "a text, an integer, true or false";
  if (node_.kind != Node::Kind::scalar || node_.plain == Plain::null) expected(kWhat);
  if (node_.plain == Plain::trap || node_.plain == Plain::number) {
    fail("expected " + std::string(kWhat) + ", found " + shape_of(node_),
         "put it in quotes, or write true or false");
  }
  if (node_.text.find('\0') != std::string::npos) fail("a text with a NUL character", "");
  out = node_.text;
  if (node_.plain == Plain::boolean) out = (out[0] == 't' || out[0] == 'T') ? "true" : "false";
}

void Decoder::boolean(bool& out) {
  if (node_.kind != Node::Kind::scalar || node_.plain != Plain::boolean) {
    if (node_.plain == Plain::trap)
      fail("expected true or false, found " + shape_of(node_), "write true or false");
    expected("true or false");
  }
  out = node_.text[0] == 't' || node_.text[0] == 'T';
}

void Decoder::integer(std::int64_t& out, std::int64_t least, std::int64_t most) {
  if (node_.kind != Node::Kind::scalar || node_.plain != Plain::integer) expected("an integer");
  std::int64_t value = 0;
  const char* end = node_.text.data() + node_.text.size();
  const auto [stop, error] = std::from_chars(node_.text.data(), end, value);
  if (error != std::errc{} || stop != end || value < least || value > most) {
    fail("this integer is out of range",
         "from " + std::to_string(least) + " to " + std::to_string(most));
  }
  out = value;
}

void Decoder::null() {
  if (node_.kind != Node::Kind::scalar || node_.plain != Plain::null) expected("null");
}

std::size_t Decoder::choice(const std::vector<std::string_view>& names) {
  const TextRule rule{.what = "one of the known words"};
  require_text(rule);
  const auto found = std::find(names.begin(), names.end(), node_.text);
  if (found == names.end()) {
    fail("unknown value \"" + node_.text + "\"", suggestion_hint(node_.text, names));
  }
  return static_cast<std::size_t>(found - names.begin());
}

void Decoder::record(const std::function<void(Fields&)>& fields) {
  record_besides({}, fields);
}

void Decoder::record_besides(const std::vector<std::string_view>& others,
                             const std::function<void(Fields&)>& fields) {
  if (node_.kind != Node::Kind::map) expected("a map");
  KeyCollector known;
  fields(known);
  known.keys.insert(known.keys.end(), others.begin(), others.end());
  for (const Entry& entry : node_.entries) {
    if (std::find(known.keys.begin(), known.keys.end(), entry.key) == known.keys.end()) {
      source_.fail(entry.at, "unknown key \"" + entry.key + "\"",
                   suggestion_hint(entry.key, known.keys));
    }
  }
  for (std::string_view key : known.needed) {
    if (!entry_of(node_, key)) fail("missing key \"" + std::string(key) + "\"", "");
  }
  Record record(node_, source_, at_);
  fields(record);
}

void Decoder::list(const std::function<void(Value&)>& element, std::size_t least) {
  if (node_.kind != Node::Kind::list) expected("a list");
  if (node_.items.size() < least) {
    fail("expected a list of at least " + std::to_string(least) + ", found " +
             std::to_string(node_.items.size()),
         "");
  }
  for (const NodePtr& item : node_.items) {
    Decoder value(*item, source_, item->at);
    element(value);
  }
}

void Decoder::entries(const std::function<void(const std::string&, const Position&, Value&)>& entry,
                      const TextRule& key) {
  if (node_.kind != Node::Kind::map) expected("a map");
  for (const Entry& item : node_.entries) {
    if (item.plain != Plain::text) {
      source_.fail(item.at, "a key that YAML versions do not all read as a text",
                   "put it in quotes");
    }
    if (item.key.empty() || item.key.find('\0') != std::string::npos ||
        (key.accepts && !key.accepts(item.key))) {
      source_.fail(item.at, "this key is not " + std::string(key.what));
    }
    Decoder value(*item.value, source_, item.value->at);
    entry(item.key, item.at, value);
  }
}

const Form* Decoder::form_for(const std::vector<Form>& forms) const {
  const auto fits = [&](const Form& form) {
    const bool scalar = node_.kind == Node::Kind::scalar;
    switch (form.shape) {
      case Shape::list:
        return node_.kind == Node::Kind::list;
      case Shape::map:
        return node_.kind == Node::Kind::map && (form.key.empty() || entry_of(node_, form.key));
      case Shape::null:
        return scalar && node_.plain == Plain::null;
      case Shape::boolean:
        return scalar && node_.plain == Plain::boolean;
      case Shape::integer:
        return scalar && node_.plain == Plain::integer;
      case Shape::scalar:
        return scalar && node_.plain != Plain::null;
      case Shape::text:
        return scalar && node_.plain == Plain::text;
    }
    return false;
  };
  for (const Form& form : forms) {
    if (fits(form)) return &form;
  }
  // A word in the wrong dress: let the text form say that it wants quotes.
  for (const Form& form : forms) {
    const bool dressed = node_.kind == Node::Kind::scalar && node_.plain != Plain::null;
    if (form.shape == Shape::text && dressed) return &form;
  }
  return nullptr;
}

void Decoder::one_of(const std::vector<Form>& forms) {
  if (const Form* form = form_for(forms)) return form->read(*this);
  std::string shapes;
  std::vector<std::string_view> keys;
  for (const Form& form : forms) {
    if (!form.key.empty()) keys.push_back(form.key);
    constexpr std::string_view kNames[] = {
        "a text", "a text, integer or boolean", "an integer", "a boolean", "null", "a list",
        "a map"};
    const std::string_view name = kNames[static_cast<std::size_t>(form.shape)];
    if (shapes.find(name) == std::string::npos)
      shapes += (shapes.empty() ? "" : " or ") + std::string(name);
  }
  if (node_.kind == Node::Kind::map && !keys.empty()) {
    if (node_.entries.empty()) fail("an empty map", suggestion_hint("", keys));
    const Entry& first = node_.entries.front();
    source_.fail(first.at, "unknown key \"" + first.key + "\"", suggestion_hint(first.key, keys));
  }
  expected(shapes);
}

}  // namespace ccctl::doc
