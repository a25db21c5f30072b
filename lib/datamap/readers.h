// The describe functions of the map's parts, shared by the files that read and check it.
#pragma once

#include "datamap/map.h"
#include "doc/reader.h"

namespace ccctl::datamap {

extern const doc::TextRule kColumnName;  // a column's name
extern const doc::TextRule kTableName;   // "people", "crm.people"
extern const doc::TextRule kWord;  // a name that the map itself gives: a link, an anchor, a kind

extern const doc::Choices<Rectify> kRectify;
extern const doc::Choices<Down> kDown;

void describe(Site& site, doc::Value& value);
// A Where is a std::vector, so it is read by name and not by overload.
void describe_where(Where& where, doc::Value& value);
void describe(Anchor& anchor, doc::Value& value);
void describe(ColumnErase& erase, doc::Value& value);
void describe(Sealed& sealed, doc::Fields& f);
void describe(Tenant& tenant, doc::Fields& f);
void describe(Hidden& hidden, doc::Fields& f);
void describe(Column& column, doc::Fields& f);
void describe(Link& link, doc::Fields& f);
void describe(Object& object, doc::Fields& f);
void describe(DataType& type, doc::Fields& f);
void describe(Outside& outside, doc::Fields& f);
void describe(Merge& merge, doc::Value& value);
void describe(SubjectType& subject, doc::Fields& f);
void describe(Tenants& tenants, doc::Fields& f);
void describe(Table& table, doc::Fields& f);
void describe(Map& map, doc::Fields& f);

// Throws map_invalid for names that lead nowhere and parts that contradict each other.
void resolve(const Map& map);

}  // namespace ccctl::datamap
