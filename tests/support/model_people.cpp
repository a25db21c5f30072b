// The model's people: who they are, what is known of them, who is one person.
#include <algorithm>

#include "support/model.h"
#include "text/identifier.h"

namespace ccctl::testing {

using datamap::Column;
using datamap::Down;
using datamap::Link;
using datamap::SubjectType;
using datamap::Table;
using subject::SubjectRef;

namespace {

constexpr char kBetween = '\x1f';

std::string region_of(const datamap::Map& map, const Column& column) {
  if (column.normalise.starts_with("e164/")) return column.normalise.substr(5);
  for (const Table& table : map.tables) {
    for (const Column& other : table.columns) {
      if (other.normalise.starts_with("e164/")) return other.normalise.substr(5);
    }
  }
  return "";
}

// Normalising telephone numbers takes long, and the same ones are asked for again and again.
std::optional<std::string> normal(const std::string& kind, const std::string& value,
                                  const std::string& region) {
  static std::map<std::string, std::optional<std::string>> known;
  const std::string id = kind + kBetween + region + kBetween + value;
  const auto it = known.find(id);
  if (it != known.end()) return it->second;
  return known[id] = text::normalise(kind, value, region);
}

}  // namespace

std::optional<RowId> Model::find(const SubjectRef& ref) const {
  const SubjectType& type = *map_.subject(ref.kind);
  const std::vector<std::string> ids = map_.id_columns(*map_.table(type.table));
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (rows_[id].table->name != type.table || !ours(id) || !meets(id, type.where)) continue;
    bool same = true;
    for (std::size_t i = 0; i < ids.size(); ++i) same = same && cell(id, ids[i]) == ref.key.at(i);
    if (same) return id;
  }
  return std::nullopt;
}

std::vector<SubjectRef> Model::subjects(const std::string& kind) const {
  const SubjectType& type = *map_.subject(kind);
  std::vector<SubjectRef> found;
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (rows_[id].table->name != type.table || !ours(id) || !meets(id, type.where)) continue;
    SubjectRef ref{kind, {}};
    for (const std::string& name : map_.id_columns(*rows_[id].table))
      ref.key.push_back(cell(id, name).value());
    found.push_back(std::move(ref));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> Model::ids(RowId id) const {
  std::vector<std::string> found;
  for (const std::string& name : map_.id_columns(*rows_[id].table))
    found.push_back(cell(id, name).value());
  return found;
}

// Whom the row names as its canonical one, whether or not that one is there.
std::vector<std::string> Model::named(const SubjectType& type, RowId id) const {
  if (!type.merge) return {};
  if (type.merge->table.empty()) {
    const Cell& canonical = cell(id, type.merge->canonical);
    return canonical ? std::vector<std::string>{*canonical} : std::vector<std::string>{};
  }
  const std::vector<std::string> own = ids(id);
  for (RowId pair = 0; pair < rows_.size(); ++pair) {
    if (rows_[pair].table->name != type.merge->table || !ours(pair)) continue;
    std::vector<std::string> member, canonical;
    for (const std::string& name : type.merge->member)
      member.push_back(cell(pair, name).value_or(""));
    for (const std::string& name : type.merge->canonical_columns)
      canonical.push_back(cell(pair, name).value_or(""));
    if (member == own && canonical != own) return canonical;
  }
  return {};
}

// The rows that say they are the same person as this one, itself included, however many steps lie
// between them.
Ids Model::merged_with(const SubjectType& type, RowId id) const {
  Ids set{id};
  for (bool grew = true; grew;) {
    grew = false;
    std::set<std::vector<std::string>> names;
    for (RowId member : set) {
      names.insert(ids(member));
      if (const auto other = named(type, member); !other.empty()) names.insert(other);
    }
    for (RowId other = 0; other < rows_.size(); ++other) {
      if (rows_[other].table->name != type.table || !ours(other) || !meets(other, type.where))
        continue;
      if (names.contains(ids(other)) || names.contains(named(type, other)))
        grew = set.insert(other).second || grew;
    }
  }
  return set;
}

std::vector<SubjectRef> Model::merge_set(const SubjectRef& ref) const {
  const std::optional<RowId> id = find(ref);
  if (!id) return {};
  const SubjectType& type = *map_.subject(ref.kind);
  std::vector<SubjectRef> members;
  std::optional<SubjectRef> last;
  for (RowId each : merged_with(type, *id)) {
    SubjectRef member{ref.kind, ids(each)};
    if (named(type, each).empty()) {
      last = member;
    } else {
      members.push_back(member);
    }
  }
  std::sort(members.begin(), members.end());
  if (last) members.push_back(*last);
  return members;
}

std::vector<std::string> Model::values(RowId id, const Column& column) const {
  const Cell found = value(id, column.site);
  if (!found) return {};
  const std::optional<std::string> form = normal(column.is, *found, region_of(map_, column));
  if (!form || form->empty()) return {};
  return {*form};
}

std::vector<Term> Model::terms(const SubjectRef& ref) const {
  const std::optional<RowId> id = find(ref);
  std::vector<Term> all;
  if (!id) return all;
  for (const Column& column : rows_[*id].table->columns) {
    if (column.is.empty() || column.suggest) continue;
    for (const std::string& value : values(*id, column)) {
      if (std::find(all.begin(), all.end(), Term{column.is, value}) == all.end())
        all.emplace_back(column.is, value);
    }
  }
  return all;
}

// Whether a live subject that is none of `own`, and belongs to none of them, holds the value.
bool Model::shared(const Term& term, const Ids& own, const Ids& along) const {
  for (const SubjectType& type : map_.subjects) {
    for (RowId id = 0; id < rows_.size(); ++id) {
      const Table& table = *rows_[id].table;
      if (table.name != type.table || !ours(id) || own.contains(id) || along.contains(id) ||
          !meets(id, type.where))
        continue;
      const bool part = std::any_of(table.links.begin(), table.links.end(), [&](const Link& link) {
        const std::optional<RowId> owner =
            link.down == Down::follow ? parent(id, link) : std::nullopt;
        return owner && own.contains(*owner);
      });
      if (part) continue;
      for (const Column& column : table.columns) {
        if (column.is != term.first) continue;
        for (const std::string& value : values(id, column)) {
          if (value == term.second) return true;
        }
      }
    }
  }
  return false;
}

std::set<Term> Model::matched_terms() const {
  std::set<Term> terms;
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (!rows_[id].table->match || !ours(id)) continue;
    for (const Column& column : rows_[id].table->columns) {
      const Cell& stored = cell(id, column.site.column);
      if (!column.is.empty() && stored) terms.emplace(column.is, *stored);
    }
  }
  return terms;
}

std::vector<std::pair<SubjectRef, SubjectRef>> Model::talked(const std::string& kind,
                                                             const std::string& other) const {
  std::map<RowId, std::set<SubjectRef>> first, second;
  for (const auto& [name, in] : {std::pair{kind, &first}, std::pair{other, &second}}) {
    for (const SubjectRef& ref : subjects(name)) {
      for (RowId row : scope({*find(ref)}, {})) {
        for (RowId unit : units(row, true)) (*in)[unit].insert(ref);
      }
    }
  }
  std::set<std::pair<SubjectRef, SubjectRef>> pairs;
  for (const auto& [unit, people] : first) {
    for (const SubjectRef& one : people) {
      for (const SubjectRef& two : second[unit]) {
        if (one != two) pairs.emplace(one, two);
      }
    }
  }
  return {pairs.begin(), pairs.end()};
}

std::vector<Term> Model::exclusive(const std::vector<Term>& terms, const Ids& own,
                                   const Ids& along) const {
  std::vector<Term> found;
  for (const Term& term : terms) {
    if (term.first != "name" && !shared(term, own, along)) found.push_back(term);
  }
  return found;
}

}  // namespace ccctl::testing
