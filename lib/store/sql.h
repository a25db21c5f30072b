// SQL statements as values: text with $1, $2 … and the parameters that go with it.
//
// A value only ever travels as a parameter. Names come from the data map and are quoted here.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ccctl::store {

// A parameter in PostgreSQL's text form; nothing is NULL.
using Value = std::optional<std::string>;

struct Sql {
  std::string text;
  std::vector<Value> params;

  Sql() = default;
  Sql(std::string sql) : text(std::move(sql)) {}  // NOLINT: a bare text is a statement
  Sql(const char* sql) : text(sql) {}             // NOLINT
  Sql(std::string sql, std::vector<Value> values)
      : text(std::move(sql)), params(std::move(values)) {}
};

// Collects parameters while a statement is being written: bind("x") adds the value and returns
// "$n".
class Params {
 public:
  Params() = default;
  // Goes on behind those of a statement that this one will contain.
  explicit Params(std::vector<Value> values) : values_(std::move(values)) {}
  std::string bind(Value value);
  std::vector<Value> take() { return std::move(values_); }
  std::size_t size() const { return values_.size(); }

 private:
  std::vector<Value> values_;
};

// "name" with quotes doubled: safe for any identifier, mixed case included.
std::string quote_name(std::string_view name);
// 'text' with quotes doubled and backslashes kept: only for constants that come from the map
// (a `when` value), never for data.
std::string quote_literal(std::string_view text);
// The text form of a one-dimensional text[]: {"a","b \" c",NULL}.
std::string array_literal(std::span<const Value> elements);
std::string array_literal(std::span<const std::string> elements);

}  // namespace ccctl::store
