// Readers: one function per type, which both decodes a YAML document and describes it as a schema.
//
// A record type gets a function `describe(T&, doc::Fields&)` next to it, found by its namespace:
//
//   struct Rule { std::string id; std::optional<Duration> min; Lock lock; doc::Position at; };
//   const doc::Choices<Lock> kLocks{{"none", Lock::none}, {"governance", Lock::governance}};
//   void describe(Rule& rule, doc::Fields& f) {
//     f.position(rule.at);
//     f.required("id", rule.id, "name of the rule, stable for ever");
//     f.optional("min", rule.min, "never deleted before this has passed");
//     f.optional("lock", rule.lock, kLocks, "who may loosen it");
//     f.exactly_one({"min", "after"});
//     if (f.decoding() && rule.id == "*") f.fail("id", "a rule's id is not a pattern");
//   }
//   Rule rule = doc::read<Rule>(yaml, "pack.yaml", "Retention", ErrorKind::policy_invalid);
//   std::string schema = doc::schema<Rule>("Retention", "what is kept, and how long");
//
// The function stands in the type's own namespace, so not in an unnamed one unless the type does
// too.
//
// A type that is no record (a text with a grammar, one of several shapes) gets
// `describe(T&, doc::Value&)` instead. Lists (vector), maps by name (map, vector of Named),
// optional, Located, text, bool, integers and Duration are known here. While describing, values are
// dummies and `decoding()` is false: a describe function runs the same calls either way.
//
// Refused, with file:line:column and where possible a suggestion, as an error of the kind the
// caller gives: what is not YAML, not UTF-8, longer than 4 MiB or deeper than 32; tabs, tags,
// control characters, a second document; duplicate and unknown keys; aliases that add up to much;
// plain scalars that YAML versions read differently (`no`, `on`, `012`, `1e3`) and plain numbers,
// booleans and nulls where a text is wanted. A value of the wrong type is never quoted in a
// message.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/error.h"
#include "base/json.h"
#include "doc/located.h"

namespace ccctl::doc {

class Fields;
class Value;

// The names of an enumeration's values, as documents write them.
template <class E>
class Choices {
 public:
  Choices(std::initializer_list<std::pair<std::string_view, E>> list) {
    for (const auto& [name, value] : list) {
      names_.push_back(name);
      values_.push_back({value});
    }
  }
  const std::vector<std::string_view>& names() const { return names_; }
  const E& value(std::size_t index) const { return values_[index].value; }
  std::string_view name(const E& value) const {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values_[i].value == value) return names_[i];
    }
    return {};
  }

 private:
  std::vector<std::string_view> names_;
  struct Item {  // so that a vector of bool is an ordinary one
    E value;
  };
  std::vector<Item> values_;
};

// A value with the place where it stood.
template <class T>
struct Located {
  T value{};
  Position at;
};

// An entry of a map whose order matters.
template <class T>
struct Named {
  std::string name;
  Position at;  // of the name
  T value{};
};

// What a text must look like. `pattern` (ECMA-262, for the schema) and `accepts` say the same.
struct TextRule {
  std::string_view what = "a text";  // "expected …"
  std::string_view pattern{};
  bool (*accepts)(std::string_view) = nullptr;
  bool may_be_empty = false;
};

enum class Shape {
  text,
  scalar,
  integer,
  boolean,
  null,
  list,
  map
};  // scalar: text, integer or boolean

// One of the forms a value may take. Of several maps, the first whose `key` is there is taken (one
// without a key takes any).
struct Form {
  Shape shape;
  std::function<void(Value&)> read;
  std::string_view key{};
};

// A value of the document (decoding) or the place in the schema where it would stand (describing).
class Value {
 public:
  virtual ~Value() = default;
  virtual bool decoding() const = 0;
  virtual Position at() const = 0;

  virtual void text(std::string& out, const TextRule& rule = {}) = 0;
  virtual void scalar(std::string& out) = 0;  // a text, an integer, true or false, as text
  virtual void boolean(bool& out) = 0;
  virtual void integer(std::int64_t& out, std::int64_t least, std::int64_t most) = 0;
  virtual void null() = 0;
  virtual std::size_t choice(
      const std::vector<std::string_view>& names) = 0;  // the index; 0 describing
  virtual void record(const std::function<void(Fields&)>& fields) = 0;
  virtual void list(const std::function<void(Value&)>& element, std::size_t least = 0) = 0;
  virtual void entries(
      const std::function<void(const std::string&, const Position&, Value&)>& entry,
      const TextRule& key = {}) = 0;
  virtual void one_of(const std::vector<Form>& forms) = 0;
  // Gives what `read` describes a name of its own in the schema; a type that contains itself needs
  // it.
  virtual void named(std::string_view type, const std::function<void(Value&)>& read) = 0;
  // Refuses the value at its place; only while decoding.
  [[noreturn]] virtual void fail(const std::string& message,
                                 const std::string& hint = "") const = 0;

  template <class E>
  void choice(E& out, const Choices<E>& choices) {
    out = choices.value(choice(choices.names()));
  }
};

template <class T>
struct Reader;

// The members of a record. A key is absent when its value is not in the document; `key: null` is a
// value, which most types refuse.
class Fields {
 public:
  virtual ~Fields() = default;
  virtual bool decoding() const = 0;
  virtual bool has(std::string_view key) const = 0;     // false while describing
  virtual Position at() const = 0;                      // of the record
  virtual Position at(std::string_view key) const = 0;  // of the key, or the record
  // `read` is called where the key is present (decoding) or in any case (describing).
  virtual void field(std::string_view key, bool required, std::string_view about,
                     const std::function<void(Value&)>& read) = 0;
  virtual void exactly_one(std::initializer_list<std::string_view> keys) = 0;
  virtual void at_most_one(std::initializer_list<std::string_view> keys) = 0;
  virtual void needs(std::string_view key, std::string_view other) = 0;  // `key` only with `other`
  [[noreturn]] virtual void fail(std::string_view key, const std::string& message,
                                 const std::string& hint = "") const = 0;

  void position(Position& out) const { out = at(); }
  template <class T>
  void required(std::string_view key, T& out, std::string_view about) {
    field(key, true, about, [&out](Value& value) { Reader<T>::read(out, value); });
  }
  // Leaves `out` as it is when the key is absent: its initial value is the default.
  template <class T>
  void optional(std::string_view key, T& out, std::string_view about) {
    field(key, false, about, [&out](Value& value) { Reader<T>::read(out, value); });
  }
  template <class E>
  void required(std::string_view key, E& out, const Choices<E>& choices, std::string_view about) {
    field(key, true, about, [&](Value& value) { value.choice(out, choices); });
  }
  template <class E>
  void optional(std::string_view key, E& out, const Choices<E>& choices, std::string_view about) {
    field(key, false, about, [&](Value& value) { value.choice(out, choices); });
  }
};

template <class T>
struct Reader {
  static void read(T& out, Value& value) {
    if constexpr (requires(Fields & fields) { describe(out, fields); }) {
      value.record([&out](Fields& fields) { describe(out, fields); });
    } else {
      describe(out, value);
    }
  }
};
template <>
struct Reader<std::string> {
  static void read(std::string& out, Value& value) { value.text(out); }
};
template <>
struct Reader<bool> {
  static void read(bool& out, Value& value) { value.boolean(out); }
};
template <>
struct Reader<std::int64_t> {
  static void read(std::int64_t& out, Value& value) {
    value.integer(out, std::numeric_limits<std::int64_t>::min(),
                  std::numeric_limits<std::int64_t>::max());
  }
};
template <>
struct Reader<int> {
  static void read(int& out, Value& value) {
    std::int64_t wide = 0;
    value.integer(wide, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
    out = static_cast<int>(wide);
  }
};
template <>
struct Reader<Duration> {
  static void read(Duration& out, Value& value);
};
template <class T>
struct Reader<std::optional<T>> {
  static void read(std::optional<T>& out, Value& value) { Reader<T>::read(out.emplace(), value); }
};
template <class T>
struct Reader<Located<T>> {
  static void read(Located<T>& out, Value& value) {
    out.at = value.at();
    Reader<T>::read(out.value, value);
  }
};
template <class T>
struct Reader<std::vector<T>> {
  static void read(std::vector<T>& out, Value& value) {
    out.clear();
    value.list([&out](Value& element) {
      T item{};
      Reader<T>::read(item, element);
      out.push_back(std::move(item));
    });
  }
};
template <class T>
struct Reader<std::vector<Named<T>>> {
  static void read(std::vector<Named<T>>& out, Value& value) {
    out.clear();
    value.entries([&out](const std::string& name, const Position& at, Value& element) {
      Named<T> item{name, at, {}};
      Reader<T>::read(item.value, element);
      out.push_back(std::move(item));
    });
  }
};
template <class T>
struct Reader<std::map<std::string, T>> {
  static void read(std::map<std::string, T>& out, Value& value) {
    out.clear();
    value.entries([&out](const std::string& name, const Position&, Value& element) {
      T item{};
      Reader<T>::read(item, element);
      out.insert_or_assign(name, std::move(item));
    });
  }
};

// One parsed document. Copyable; shares the tree.
class Document {
 public:
  // Throws an error of kind `error` for what no reader could accept. `file` is only for positions.
  static Document parse(const std::string& yaml, const std::string& file, ErrorKind error);

  // The document's `kind`, checked to be a text; apiVersion is checked to be ccctl/v1.
  std::string kind() const;
  Position at() const;
  // Reads the members besides apiVersion and kind; refuses another kind.
  void read(std::string_view kind, const std::function<void(Fields&)>& fields) const;
  // Reads the whole document as one value, without apiVersion and kind (a settings file).
  void read_bare(const std::function<void(Value&)>& value) const;

 private:
  struct Impl;
  explicit Document(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

template <class T>
T read(const Document& document, std::string_view kind) {
  T out{};
  document.read(kind, [&out](Fields& fields) { describe(out, fields); });
  return out;
}
template <class T>
T read(const std::string& yaml, const std::string& file, std::string_view kind, ErrorKind error) {
  return read<T>(Document::parse(yaml, file, error), kind);
}

// The JSON Schema (draft 2020-12) of a document kind; `about` is one sentence.
Json schema_of(std::string_view kind, std::string_view about,
               const std::function<void(Fields&)>& fields);
// As schemas/json/ keeps it: members sorted, indented by two, with a final newline.
std::string schema_text(const Json& schema);
std::string schema_text_of(std::string_view kind, std::string_view about,
                           const std::function<void(Fields&)>& fields);
template <class T>
std::string schema(std::string_view kind, std::string_view about) {
  T dummy{};
  return schema_text_of(kind, about, [&dummy](Fields& fields) { describe(dummy, fields); });
}

}  // namespace ccctl::doc
