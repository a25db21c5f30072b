// Who a command is about: references to data subjects and the identifiers that name them.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/personal.h"
#include "datamap/map.h"

namespace ccctl::subject {

// One data subject's row. `key` holds the texts of its key columns, tenant left out.
struct SubjectRef {
  std::string kind;
  std::vector<std::string> key;

  std::string key_json() const;  // canonical JSON array: ["…"]
  std::string text() const;      // "external_contact:…": what a person types as KIND:ID
  static std::vector<std::string> key_of_json(std::string_view json);

  friend auto operator<=>(const SubjectRef&, const SubjectRef&) = default;
};

// Reads KIND:ID. Throws usage for an unknown kind or a key of another length than the map's.
SubjectRef parse_ref(const datamap::Map& map, std::string_view text);
SubjectRef make_ref(const datamap::Map& map, std::string_view kind, std::string_view id);

// A normalised value of one kind of the data map's `is`.
struct Identifier {
  std::string kind;
  Personal<std::string> value;
  bool suggest = false;      // not followed by a request for an id; proposed by `subjects suggest`
  datamap::TableName table;  // where it was read; empty: typed by a person
  std::string site;

  bool same_value(const Identifier& other) const {
    return kind == other.kind && value == other.value;
  }
};

}  // namespace ccctl::subject
