// Kinds of records: what people must say when they enter evidence, as data.
//
// A kind (kind RecordKind, policies/records/recordkind.NAME.yaml) lists the fields of its records,
// who may enter them, and whether they are about a person, end on a day, or need evidence files.
// There is one engine and no code per kind.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "doc/reader.h"

namespace ccctl::record {

enum class Need { none, optional, required };

struct Field {
  std::string about;
  bool required = false;
};

struct Kind {
  std::string name;
  std::string about;
  std::vector<std::string> roles;  // who may enter and revoke
  Need subject = Need::none;       // a data subject
  Need evidence = Need::optional;  // files of which the hashes are kept
  Need until = Need::optional;     // the last day on which it is valid
  std::vector<doc::Named<Field>> fields;

  // Refuses (usage) a field that the kind does not have, one that is missing, and an empty one.
  void require_fields(const std::map<std::string, std::string>& given) const;
};

void describe(Kind& kind, doc::Fields& f);
Kind read_kind(const std::string& yaml, const std::string& file);
std::string kind_schema();

// Refuses (usage) what a kind does not have, or misses: `what` in words, `option` by which it
// comes.
void require(Need need, bool given, const Kind& kind, std::string_view what,
             std::string_view option);

}  // namespace ccctl::record
