#include "subject/ref.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"

namespace ccctl::subject {

std::string SubjectRef::key_json() const {
  return canonical(Json(key));
}

std::string SubjectRef::text() const {
  return kind + ":" + (key.size() == 1 ? key.front() : key_json());
}

std::vector<std::string> SubjectRef::key_of_json(std::string_view json) {
  return Json::parse(json).get<std::vector<std::string>>();
}

SubjectRef make_ref(const datamap::Map& map, std::string_view kind, std::string_view id) {
  const datamap::SubjectType* type = map.subject(kind);
  if (type == nullptr) {
    std::string known;
    for (const datamap::SubjectType& each : map.subjects)
      known += (known.empty() ? "" : ", ") + each.kind;
    throw Error(ErrorKind::usage, "unknown kind of data subject \"" + std::string(kind) + "\"",
                "the data map has: " + known);
  }
  const std::size_t columns = map.id_columns(*map.table(type->table)).size();
  SubjectRef ref{std::string(kind), {}};
  if (columns == 1) {
    if (id.empty()) throw Error(ErrorKind::usage, "the id of the data subject is empty");
    ref.key.emplace_back(id);
    return ref;
  }
  const Json json = Json::parse(id, nullptr, false);
  if (json.is_array() && json.size() == columns) {
    for (const Json& part : json) {
      if (part.is_string()) ref.key.push_back(part.get<std::string>());
    }
  }
  if (ref.key.size() != columns) {
    throw Error(
        ErrorKind::usage,
        "an id of kind \"" + std::string(kind) + "\" has " + std::to_string(columns) + " parts",
        "write them as a JSON array of texts: '[\"…\",\"…\"]'");
  }
  return ref;
}

SubjectRef parse_ref(const datamap::Map& map, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    throw Error(ErrorKind::usage, "a data subject is written KIND:ID",
                "for example external_contact:7f3c…");
  }
  return make_ref(map, text.substr(0, colon), text.substr(colon + 1));
}

}  // namespace ccctl::subject
