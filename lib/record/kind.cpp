#include "record/kind.h"

#include <algorithm>

#include "base/error.h"
#include "doc/suggest.h"

namespace ccctl::record {
namespace {

const doc::Choices<Need> kNeeds{
    {"none", Need::none}, {"optional", Need::optional}, {"required", Need::required}};
constexpr const char* kAbout = "what people must say when they enter evidence of one kind";

}  // namespace

static void describe(Field& field, doc::Fields& f) {
  f.required("about", field.about, "what it holds, in one sentence");
  f.optional("required", field.required, "whether a record needs it");
}

void describe(Kind& kind, doc::Fields& f) {
  f.required("name", kind.name, "by which commands know the kind, stable for ever");
  f.required("about", kind.about, "what such a record says, in one sentence");
  f.required("roles", kind.roles, "who may enter and revoke them: officer, admin");
  f.optional("subject", kind.subject, kNeeds, "whether it is about a data subject");
  f.optional("evidence", kind.evidence, kNeeds, "whether files are hashed with it");
  f.optional("until", kind.until, kNeeds, "whether it has a last day");
  f.required("fields", kind.fields, "what it holds, by name");
  for (const std::string& role : kind.roles) {
    if (f.decoding() && role != "officer" && role != "admin")
      f.fail("roles", "\"" + role + "\" cannot enter records", "one of officer, admin");
  }
}

Kind read_kind(const std::string& yaml, const std::string& file) {
  return doc::read<Kind>(yaml, file, "RecordKind", ErrorKind::config_invalid);
}

std::string kind_schema() {
  return doc::schema<Kind>("RecordKind", kAbout);
}

void Kind::require_fields(const std::map<std::string, std::string>& given) const {
  std::vector<std::string_view> known;
  for (const auto& field : fields) known.push_back(field.name);
  for (const auto& [key, value] : given) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw Error(ErrorKind::usage, "a " + name + " has no field \"" + key + "\"",
                  doc::suggestion_hint(key, known));
    }
    if (value.empty())
      throw Error(ErrorKind::usage, "the field \"" + key + "\" of the " + name + " is empty");
  }
  for (const auto& field : fields) {
    if (!field.value.required || given.contains(field.name)) continue;
    throw Error(ErrorKind::usage, "a " + name + " needs the field \"" + field.name + "\"",
                "--field " + field.name + "=… says " + field.value.about);
  }
}

void require(Need need, bool given, const Kind& kind, std::string_view what,
             std::string_view option) {
  if (need == Need::required && !given) {
    throw Error(ErrorKind::usage, "a " + kind.name + " needs " + std::string(what),
                "give " + std::string(option));
  }
  if (need == Need::none && given)
    throw Error(ErrorKind::usage, "a " + kind.name + " has no " + std::string(what));
}

}  // namespace ccctl::record
