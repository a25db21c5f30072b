// What the model lets a data subject see.
#include "support/model.h"

namespace ccctl::testing {

using datamap::Link;
using subject::SubjectRef;

Visible Model::visible(const std::vector<SubjectRef>& members,
                       const std::optional<Term>& term) const {
  Ids people;
  std::vector<Term> known;
  for (const SubjectRef& member : members) {
    if (const std::optional<RowId> id = find(member)) people.insert(*id);
    for (const Term& each : terms(member)) known.push_back(each);
  }
  if (members.empty() && term) known.push_back(*term);
  Visible seen{scope(people, exclusive(known, people)), {}};
  for (RowId id : seen.own) {
    for (const Link& link : rows_[id].table->links) {
      if (!link.up_last || !meets(id, link.count)) continue;
      const std::optional<RowId> up = parent(id, link);
      if (up && !seen.own.contains(*up)) seen.shared.insert(*up);
    }
  }
  return seen;
}

std::optional<RowId> Model::follow(RowId child, const std::string& link) const {
  return parent(child, *rows_[child].table->link(link));
}

std::map<std::string, Cell> Model::values(RowId id) const {
  std::map<std::string, Cell> named;
  const std::vector<std::string>& names = columns_.at(rows_[id].table->name);
  for (std::size_t i = 0; i < names.size(); ++i) named[names[i]] = rows_[id].cells[i];
  return named;
}

Ids Model::all(const std::string& table) const {
  Ids found;
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (rows_[id].table->name == table && ours(id)) found.insert(id);
  }
  return found;
}

}  // namespace ccctl::testing
