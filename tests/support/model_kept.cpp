// What the model keeps: for holds, for the law, and what those rows need.
#include <algorithm>

#include "base/calendar.h"
#include "support/model.h"

namespace ccctl::testing {

using datamap::Down;
using datamap::Link;
using datamap::Site;
using datamap::Table;
using subject::SubjectRef;

// The units that a row belongs to: up its follow links; its own first step may also be a cut link.
Ids Model::units(RowId id, bool first) const {
  Ids passed{id}, open{id}, found;
  for (bool own = first; !open.empty(); own = false) {
    Ids next;
    for (RowId row : open) {
      for (const Link& link : rows_[row].table->links) {
        if (link.down != Down::follow && !(own && link.down == Down::cut)) continue;
        for (RowId up : parents(row, link)) {
          if (passed.insert(up).second) next.insert(up);
        }
      }
    }
    open = std::move(next);
  }
  for (RowId row : passed) {
    if (rows_[row].table->unit) found.insert(row);
  }
  return found;
}

bool Model::covers(const rule::Hold& hold, RowId id) const {
  const Table& table = *rows_[id].table;
  if (!hold.category.empty() && hold.category != table.category) return false;
  if (!hold.data.empty() &&
      std::none_of(table.data.begin(), table.data.end(), [&](const datamap::DataType& type) {
        return type.is == hold.data && meets(id, type.when);
      })) {
    return false;
  }
  const auto created = table.anchors.find("created");
  if (created == table.anchors.end()) return true;
  const Cell& text = cell(id, created->second.column);
  const std::optional<Instant> at = text ? parse_pg_timestamptz(*text) : std::nullopt;
  if (!at) return true;
  return (!hold.created_from || *at >= *hold.created_from) &&
         (!hold.created_to || *at < *hold.created_to);
}

// Every row of the datastore that the hold covers.
Ids Model::held(const rule::Hold& hold) const {
  Ids all;
  if (!hold.of_subject()) {
    for (RowId id = 0; id < rows_.size(); ++id) {
      if (ours(id) && covers(hold, id)) all.insert(id);
    }
    return all;
  }
  Ids people;
  std::vector<Term> own;
  for (const SubjectRef& ref : hold.subjects) {
    const std::optional<RowId> id = find(ref);
    if (!id) continue;
    people.merge(merged_with(*map_.subject(ref.kind), *id));
    // A value that somebody else has, too, may still be theirs.
    for (const SubjectRef& member : merge_set(ref)) {
      for (const Term& term : terms(member)) {
        if (term.first != "name") own.push_back(term);
      }
    }
  }
  all = scope(people, own);
  const Ids reached = all;
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (!ours(id)) continue;
    for (const Link& link : rows_[id].table->links) {
      const std::optional<RowId> up = link.down == Down::cut ? parent(id, link) : std::nullopt;
      if (up && reached.contains(*up)) all.insert(id);
    }
  }
  Ids whole;
  for (RowId id : all) whole.merge(units(id, true));
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (!ours(id)) continue;
    for (RowId unit : units(id, true)) {
      if (whole.contains(unit)) all.insert(id);
    }
  }
  return all;
}

// Rows of the scope that kept rows refer to. `of_cuts`: also by a cut link, which would otherwise
// change the row that is kept, and by one to a parent that goes with its last child.
void Model::ancestors(Ids& kept, const Ids& scope, bool of_cuts) const {
  const auto cut = [&](const datamap::ForeignKey& key) {  // as the map says, by every link on it
    std::set<std::string> columns(key.from_columns.begin(), key.from_columns.end());
    const auto& links = map_.table(key.from)->links;
    return std::all_of(links.begin(), links.end(), [&](const Link& link) {
      const bool on_it = std::all_of(link.from.begin(), link.from.end(), [&](const Site& site) {
        return columns.contains(site.column);
      });
      return link.to != key.to || !on_it || link.down == Down::cut;
    });
  };
  for (bool grew = true; grew;) {
    grew = false;
    for (RowId id : Ids(kept)) {
      const auto also = [&](const std::optional<RowId>& up) {
        if (up && scope.contains(*up)) grew = kept.insert(*up).second || grew;
      };
      for (const datamap::ForeignKey& key : foreign_keys_) {
        const bool own = key.to == key.from && !of_cuts && cut(key);
        if (key.from == rows_[id].table->name && !own) also(referenced(id, key));
      }
      for (const Link& link : rows_[id].table->links) {
        if (of_cuts && (link.down == Down::cut || link.up_last)) also(parent(id, link));
      }
    }
  }
}

bool Model::outlived(RowId id, const rule::RetentionRule& rule, const std::string& zone,
                     Instant now) const {
  const datamap::Anchor& anchor = rows_[id].table->anchors.at(rule.anchor);
  const Cell& text = cell(id, anchor.column);
  const std::optional<Instant> at = text ? parse_pg_timestamptz(*text) : std::nullopt;
  if (!at) return rule.pending == rule::Pending::ignore;
  return now >= add(*at, *rule.min, zone, rule.granularity);
}

std::map<std::string, Ids> Model::kept_by_law(const Ids& scope, Instant now) const {
  std::map<std::string, Ids> kept;
  for (const rule::Retention& document : documents_) {
    for (const rule::RetentionRule& rule : document.rules) {
      if (!rule.blocks_erasure()) continue;
      for (RowId id : scope) {
        const Table& table = *rows_[id].table;
        const bool data = rule.match.data.empty() ||
                          std::any_of(table.data.begin(), table.data.end(), [&](const auto& type) {
                            return type.is == rule.match.data && meets(id, type.when);
                          });
        const bool category = rule.match.category.empty() || rule.match.category == table.category;
        if (data && category && !outlived(id, rule, document.zone, now)) kept[rule.id].insert(id);
      }
    }
  }
  return kept;
}

}  // namespace ccctl::testing
