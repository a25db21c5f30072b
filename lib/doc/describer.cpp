// The describing half of reader.h: the same functions, run to write a JSON Schema (draft 2020-12).
#include <nlohmann/json.hpp>

#include "doc/reader.h"

namespace ccctl::doc {
namespace {

class Describer final : public Value {
 public:
  Describer(Json& schema, Json& definitions) : schema_(schema), definitions_(definitions) {}

  bool decoding() const override { return false; }
  Position at() const override { return {}; }

  void text(std::string&, const TextRule& rule) override {
    schema_["type"] = "string";
    if (!rule.pattern.empty()) schema_["pattern"] = rule.pattern;
    if (!rule.may_be_empty) schema_["minLength"] = 1;
  }
  void scalar(std::string&) override { schema_["type"] = {"string", "integer", "boolean"}; }
  void boolean(bool&) override { schema_["type"] = "boolean"; }
  void integer(std::int64_t&, std::int64_t least, std::int64_t most) override {
    schema_["type"] = "integer";
    if (least != std::numeric_limits<std::int64_t>::min()) schema_["minimum"] = least;
    if (most != std::numeric_limits<std::int64_t>::max()) schema_["maximum"] = most;
  }
  void null() override { schema_["type"] = "null"; }
  std::size_t choice(const std::vector<std::string_view>& names) override {
    schema_["enum"] = names;
    return 0;
  }
  void record(const std::function<void(Fields&)>& fields) override;
  void list(const std::function<void(Value&)>& element, std::size_t least) override {
    schema_["type"] = "array";
    if (least > 0) schema_["minItems"] = least;
    Json items = Json::object();
    Describer inner(items, definitions_);
    element(inner);
    schema_["items"] = std::move(items);
  }
  void entries(const std::function<void(const std::string&, const Position&, Value&)>& entry,
               const TextRule& key) override {
    schema_["type"] = "object";
    schema_["propertyNames"] = {{"minLength", 1}};
    if (!key.pattern.empty()) schema_["propertyNames"]["pattern"] = key.pattern;
    Json values = Json::object();
    Describer inner(values, definitions_);
    entry("", {}, inner);
    schema_["additionalProperties"] = std::move(values);
  }
  void one_of(const std::vector<Form>& forms) override {
    Json alternatives = Json::array();
    for (const Form& form : forms) {
      Json alternative = Json::object();
      Describer inner(alternative, definitions_);
      form.read(inner);
      alternatives.push_back(std::move(alternative));
    }
    schema_["anyOf"] = std::move(alternatives);
  }
  void named(std::string_view type, const std::function<void(Value&)>& read) override {
    const std::string name(type);
    if (!definitions_.contains(name)) {
      definitions_[name] = Json::object();  // before reading: the type may contain itself
      Json definition = Json::object();
      Describer inner(definition, definitions_);
      read(inner);
      definitions_[name] = std::move(definition);
    }
    schema_["$ref"] = "#/$defs/" + name;
  }
  [[noreturn]] void fail(const std::string&, const std::string&) const override {
    throw std::logic_error("a describe function failed while it was not decoding");
  }

 private:
  Json& schema_;
  Json& definitions_;
};

Json required_one(std::initializer_list<std::string_view> keys) {
  Json alternatives = Json::array();
  for (std::string_view key : keys) alternatives.push_back({{"required", {key}}});
  return alternatives;
}

class Properties final : public Fields {
 public:
  Properties(Json& schema, Json& definitions) : schema_(schema), definitions_(definitions) {}

  bool decoding() const override { return false; }
  bool has(std::string_view) const override { return false; }
  Position at() const override { return {}; }
  Position at(std::string_view) const override { return {}; }
  void field(std::string_view key, bool required, std::string_view about,
             const std::function<void(Value&)>& read) override {
    Json property = Json::object();
    Describer inner(property, definitions_);
    read(inner);
    property["description"] = about;
    schema_["properties"][std::string(key)] = std::move(property);
    if (required) schema_["required"].push_back(key);
  }
  void exactly_one(std::initializer_list<std::string_view> keys) override {
    schema_["allOf"].push_back({{"oneOf", required_one(keys)}});
  }
  void at_most_one(std::initializer_list<std::string_view> keys) override {
    // None of them, or exactly one.
    Json alternatives = required_one(keys);
    alternatives.push_back({{"not", {{"anyOf", required_one(keys)}}}});
    schema_["allOf"].push_back({{"oneOf", std::move(alternatives)}});
  }
  void needs(std::string_view key, std::string_view other) override {
    schema_["dependentRequired"][std::string(key)].push_back(other);
  }
  [[noreturn]] void fail(std::string_view, const std::string&, const std::string&) const override {
    throw std::logic_error("a describe function failed while it was not decoding");
  }

 private:
  Json& schema_;
  Json& definitions_;
};

void Describer::record(const std::function<void(Fields&)>& fields) {
  schema_["type"] = "object";
  schema_["additionalProperties"] = false;
  Properties properties(schema_, definitions_);
  fields(properties);
}

}  // namespace

Json schema_of(std::string_view kind, std::string_view about,
               const std::function<void(Fields&)>& fields) {
  Json definitions = Json::object();
  Json schema = Json::object();
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = kind;
  schema["description"] = about;
  schema["required"] = {"apiVersion", "kind"};
  schema["properties"]["apiVersion"] = {{"const", "ccctl/v1"}};
  schema["properties"]["kind"] = {{"const", kind}};
  Describer whole(schema, definitions);
  whole.record(fields);
  if (!definitions.empty()) schema["$defs"] = std::move(definitions);
  return schema;
}

std::string schema_text(const Json& schema) {
  return schema.dump(2) + "\n";
}

std::string schema_text_of(std::string_view kind, std::string_view about,
                           const std::function<void(Fields&)>& fields) {
  return schema_text(schema_of(kind, about, fields));
}

}  // namespace ccctl::doc
