#include "audit/schema.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace ccctl::audit {

namespace {

Json schema_of(const std::vector<Field>& fields);

Json schema_of(const Field& field) {
  Json schema;
  if (field.form == Form::object) {
    schema = schema_of(field.fields);
  } else {
    schema = {{"$ref", "#/$defs/" + std::string(text_of(field.form).name)}};
  }
  if (field.list) return {{"type", "array"}, {"items", std::move(schema)}};
  return schema;
}

Json schema_of(const std::vector<Field>& fields) {
  Json properties = Json::object();
  for (const Field& field : fields) {
    const std::string name(field.name);
    Json schema = schema_of(field);
    if (properties.contains(name))
      schema = {{"anyOf", Json::array({properties[name], std::move(schema)})}};
    properties[name] = std::move(schema);
  }
  return {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
}

Json schema_of(Form form) {
  if (form == Form::count) return {{"type", "integer"}, {"minimum", 0}};
  if (form == Form::flag) return {{"type", "boolean"}};
  if (form == Form::statements) {
    return {{"type", "object"},
            {"propertyNames", {{"$ref", "#/$defs/code"}}},
            {"additionalProperties", {{"$ref", "#/$defs/statement"}}}};
  }
  const FormText& text = text_of(form);
  Json schema{{"type", "string"}, {"maxLength", text.most}};
  if (!text.pattern.empty()) schema["pattern"] = text.pattern;
  return schema;
}

// What of the rest is said only of this action.
Json rule_of(const Declared& declared) {
  const bool refusals = declared.action == kRefused;
  Json condition, actions = Json::array();
  if (refusals) {
    for (const Declared& each : declared_events()) actions.push_back(each.action);
    condition = {{"pattern", "\\.refused$"}, {"not", {{"enum", std::move(actions)}}}};
  } else {
    condition = {{"const", declared.action}};
  }
  Json logs = Json::array();
  for (const std::string_view log : {"evidence", "security", "organisation"}) {
    if (stands_in(declared.logs, log)) logs.push_back(log);
  }
  return {{"if", {{"properties", {{"action", std::move(condition)}}}}},
          {"then",
           {{"properties",
             {{"log", {{"enum", std::move(logs)}}}, {"body", schema_of(declared.body)}}}}}};
}

}  // namespace

const std::vector<Field>& head_fields() {
  static const std::vector<Field> fields{
      {"action", Form::action}, {"actor", Form::login}, {"at", Form::instant},  {"log", Form::code},
      {"tenant", Form::name},   {"v", Form::count},     {"request", Form::uuid}};
  return fields;
}

const Declared* declaration(std::string_view action) {
  static const std::map<std::string_view, const Declared*> all = [] {
    std::map<std::string_view, const Declared*> made;
    for (const Declared& each : declared_events()) made.emplace(each.action, &each);
    return made;
  }();
  if (const auto found = all.find(action); found != all.end()) return found->second;
  if (action.ends_with(kRefused) && has_form(Form::action, action)) return all.at(kRefused);
  return nullptr;
}

bool is_action(std::string_view action) {
  return declaration(action) != nullptr;
}

bool stands_in(std::string_view logs, std::string_view log) {
  while (!logs.empty()) {
    const std::size_t space = std::min(logs.find(' '), logs.size());
    if (logs.substr(0, space) == log) return true;
    logs.remove_prefix(std::min(space + 1, logs.size()));
  }
  return false;
}

std::string event_schema() {
  Json schema = schema_of(head_fields());
  schema["properties"]["body"] = {{"type", "object"}};
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Event";
  schema["description"] =
      "One leaf of the audit log: which fields an event may have, per action, and what each looks "
      "like. Of all forms only `statement` holds what a person wrote.";
  schema["required"] = {"action", "actor", "at", "log", "tenant", "v"};
  Json rules = Json::array(), actions = Json::array(), defs = Json::object();
  for (const Declared& each : declared_events()) {
    rules.push_back(rule_of(each));
    if (each.action != kRefused) actions.push_back(each.action);
  }
  for (int form = 0; form < static_cast<int>(Form::object); ++form) {
    const Form each = static_cast<Form>(form);
    defs[std::string(text_of(each).name)] = schema_of(each);
  }
  schema["properties"]["action"] = {
      {"anyOf", Json::array({{{"enum", std::move(actions)}},
                             {{"$ref", "#/$defs/action"}, {"pattern", "\\.refused$"}}})}};
  schema["allOf"] = std::move(rules);
  schema["$defs"] = std::move(defs);
  return schema.dump(2) + "\n";
}

}  // namespace ccctl::audit
