// What the model does to the rows that nothing keeps.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "support/model.h"

namespace ccctl::testing {

using datamap::Column;
using datamap::ColumnErase;
using datamap::Down;
using datamap::Erase;
using datamap::Link;
using datamap::Site;
using datamap::Table;
using subject::SubjectRef;

// What one transaction does: disjoint sets of rows.
struct Model::Changes {
  Ids deleted, anonymised, stripped;
};

namespace {

bool personal(const Column& column) {
  return !column.is.empty() || column.free || column.erase.effect != ColumnErase::Effect::none;
}

// The first characters of UTF-8 text.
std::string first_characters(const std::string& text, int count) {
  std::size_t end = 0;
  while (end < text.size() && count-- > 0) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  }
  return text.substr(0, end);
}

}  // namespace

namespace {

bool goes(const ColumnErase& erase) {
  return erase.effect != ColumnErase::Effect::set_value &&
         erase.effect != ColumnErase::Effect::truncate;
}

std::string replaced(const std::string& text, const ColumnErase& erase) {
  return erase.effect == ColumnErase::Effect::set_value ? erase.value
                                                        : first_characters(text, erase.count);
}

// Removes or replaces what stands at a path of a document.
void erase_in(Json& json, const std::vector<datamap::Step>& path, std::size_t step,
              const ColumnErase& erase) {
  if (json.is_null()) return;
  if (step == path.size()) {
    json = replaced(json.is_string() ? json.get<std::string>() : json.dump(), erase);
    return;
  }
  const bool removes = step + 1 == path.size() && goes(erase);
  const std::string& member = path[step].member;
  if (member.empty() && removes) {
    json = Json::array();
  } else if (member.empty() && !json.is_array()) {
    erase_in(json, path, step + 1, erase);
  } else if (json.is_array()) {
    for (Json& element : json) erase_in(element, path, step + (member.empty() ? 1 : 0), erase);
  } else if (json.is_object() && json.contains(member)) {
    if (removes) {
      json.erase(member);
    } else {
      erase_in(json[member], path, step + 1, erase);
    }
  }
}

// Of an SQL array as PostgreSQL writes it; the tests' elements need no quotes.
std::string erase_elements(const std::string& array, const ColumnErase& erase) {
  if (goes(erase) || array == "{}") return "{}";
  std::string changed, element;
  for (char c : array.substr(1)) {
    if (c != ',' && c != '}') {
      element += c;
      continue;
    }
    changed += (changed.empty() ? "{" : ",") + replaced(element, erase);
    element.clear();
  }
  return changed + "}";
}

}  // namespace

void Model::erase_site(Row& row, const Site& site, const ColumnErase& erase) const {
  Cell& present = row.cells[column(*row.table, site.column)];
  if (site.plain() && erase.effect == ColumnErase::Effect::set_value) {
    present = erase.value;
  } else if (!present) {
    return;
  } else if (site.json) {
    Json json = Json::parse(*present);
    erase_in(json, site.path, 0, erase);
    present = json.dump();
  } else if (!site.plain()) {
    present = erase_elements(*present, erase);
  } else if (erase.effect == ColumnErase::Effect::truncate) {
    present = first_characters(*present, erase.count);
  } else {
    present.reset();
  }
}

void Model::erase_columns(Row& row, const Table& table, bool objects_too) const {
  for (const Column& column : table.columns) {
    if (!personal(column)) continue;
    erase_site(row, column.site, column.erase);
    for (const std::string& derived : {column.search, column.blind}) {
      if (!derived.empty()) erase_site(row, {derived, {}, false}, {});
    }
  }
  for (const datamap::Object& object : table.objects) {
    if (objects_too) erase_site(row, object.pointer, {});
  }
}

void Model::note_objects(RowId id, Prediction& prediction) const {
  for (const datamap::Object& object : rows_[id].table->objects) {
    const Cell pointer = value(id, object.pointer);
    if (!pointer) continue;
    prediction.objects.insert(*pointer);
    ++prediction.actions[rows_[id].table->name + " delete object " + object.name];
  }
}

namespace {

// The sites that a link has for itself; all but the tenant's where it has none.
std::vector<Site> own_sites(const Table& table, const Link& link) {
  std::vector<Site> own, alone;
  for (const Site& site : link.from) {
    if (table.tenant.how == datamap::Tenant::How::column && site.column == table.tenant.value)
      continue;
    own.push_back(site);
    bool needed = false;
    for (const Link& other : table.links) {
      std::set<Site> its(other.from.begin(), other.from.end());
      needed = needed || (its.contains(site) &&
                          !std::all_of(link.from.begin(), link.from.end(),
                                       [&](const Site& each) { return its.contains(each); }));
    }
    if (!needed) alone.push_back(site);
  }
  return alone.empty() ? own : alone;
}

}  // namespace

// Rows that stay must not go on pointing at rows that went.
void Model::write_cuts(const Changes& changes, std::vector<Row>& after,
                       Prediction& prediction) const {
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (!ours(id) || changes.deleted.contains(id)) continue;
    const Table& table = *rows_[id].table;
    const bool anonymised = changes.anonymised.contains(id);
    for (const Link& link : table.links) {
      if (link.down != Down::cut && !(anonymised && link.down == Down::follow)) continue;
      const std::vector<RowId> ups = parents(id, link);
      if (std::none_of(ups.begin(), ups.end(),
                       [&](RowId up) { return changes.deleted.contains(up); }))
        continue;
      for (const Site& site : own_sites(table, link)) erase_site(after[id], site, {});
      if (!anonymised && !changes.stripped.contains(id))
        ++prediction.actions[table.name + " cut " + link.name];
    }
  }
}

void Model::keep_by_hold(const Turn& turn, const Ids& covered, Found& found) const {
  Ids& kept = found.by_hold;
  std::set_intersection(found.all.begin(), found.all.end(), covered.begin(), covered.end(),
                        std::inserter(kept, kept.end()));
  for (RowId id : covered) {
    for (const Link& link : rows_[id].table->links) {
      const std::optional<RowId> up = link.down == Down::cut ? parent(id, link) : std::nullopt;
      if (up && found.all.contains(*up)) kept.insert(*up);
    }
  }
  ancestors(kept, found.all, true);
  const bool member =
      std::any_of(turn.own.begin(), turn.own.end(), [&](RowId id) { return kept.contains(id); });
  if (!member || !turn.canonical || !turn.own.contains(*turn.canonical)) return;
  kept.insert(*turn.canonical);
  ancestors(kept, found.all, true);
}

// Who goes along shares nothing, and what is found by a value that only they shared may take others
// along.
Model::Found Model::find_for(const Turn& turn, const Ids& covered, Instant now,
                             const Ids* kept) const {
  for (Ids along;;) {
    Found found{scope(turn.own, exclusive(turn.known, turn.turned, along)), {}};
    if (kept == nullptr) {
      keep_by_hold(turn, covered, found);
    } else {
      std::set_intersection(found.all.begin(), found.all.end(), kept->begin(), kept->end(),
                            std::inserter(found.by_hold, found.by_hold.end()));
    }
    Ids stay = found.by_hold;
    for (const auto& [rule, rows] : kept_by_law(found.all, now))
      stay.insert(rows.begin(), rows.end());
    const std::size_t before = along.size();
    std::set_difference(found.all.begin(), found.all.end(), stay.begin(), stay.end(),
                        std::inserter(along, along.end()));
    if (along.size() == before) return found;
  }
}

std::uint64_t Model::erase_once(const Found& found, Instant now, Prediction& prediction) {
  const auto& [all, by_hold] = found;
  for (RowId id : by_hold) prediction.kept[rows_[id].table->name + " hold"].insert(id);
  Ids of_the_law;
  for (const auto& [rule, rows] : kept_by_law(all, now)) {
    for (RowId id : rows) prediction.kept[rows_[id].table->name + " " + rule].insert(id);
    of_the_law.insert(rows.begin(), rows.end());
  }
  Ids by_law = of_the_law;
  ancestors(by_law, all, false);

  Changes changes;
  std::vector<Row> after = rows_;
  for (RowId id : all) {
    if (by_hold.contains(id) || of_the_law.contains(id)) continue;
    const Table& table = *rows_[id].table;
    if (by_law.contains(id)) {
      prediction.kept[table.name + " foreign_key"].insert(id);
      erase_columns(after[id], table, true);
      if (after[id].cells == rows_[id].cells) continue;
      changes.stripped.insert(id);
      ++prediction.actions[table.name + " strip "];
      note_objects(id, prediction);
    } else if (table.erase == Erase::anonymise) {
      changes.anonymised.insert(id);
      erase_columns(after[id], table, true);
      note_objects(id, prediction);
    } else {
      changes.deleted.insert(id);
      after[id].gone = true;
      ++prediction.actions[table.name + " delete "];
      note_objects(id, prediction);
    }
  }
  write_cuts(changes, after, prediction);
  for (RowId id : changes.anonymised) {
    if (after[id].cells != rows_[id].cells)
      ++prediction.actions[rows_[id].table->name + " anonymise "];
  }
  std::uint64_t changed = 0;
  for (RowId id = 0; id < rows_.size(); ++id)
    changed += after[id].gone != rows_[id].gone || after[id].cells != rows_[id].cells ? 1 : 0;
  rows_ = std::move(after);
  return changed;
}

Prediction Model::erase(const std::vector<SubjectRef>& members, const std::optional<Term>& term,
                        const std::vector<rule::Hold>& holds, Instant now) {
  std::vector<std::optional<RowId>> drivers;
  std::vector<std::vector<Term>> known;
  for (const SubjectRef& member : members) {
    drivers.push_back(find(member));
    known.push_back(terms(member));
    if (term && drivers.back()) {
      for (const Column& column : rows_[*drivers.back()].table->columns) {
        const std::vector<std::string> here =
            column.is == term->first ? values(*drivers.back(), column) : std::vector<std::string>{};
        if (std::find(here.begin(), here.end(), term->second) != here.end())
          known.back().push_back(*term);
      }
    }
  }
  if (members.empty()) {
    drivers.emplace_back();
    known.push_back({*term});
  }
  Prediction prediction;
  Ids untouched, turned;  // members whose turn has been are the same person
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < drivers.size(); ++i) {
      Turn whole, own;
      for (std::size_t j = 0; j < drivers.size(); ++j) {
        whole.known.insert(whole.known.end(), known[j].begin(), known[j].end());
        if (!drivers[j]) continue;
        whole.turned.insert(*drivers[j]);
        if (!rows_[*drivers[j]].gone) whole.own.insert(*drivers[j]);
      }
      whole.canonical = drivers.back();
      if (drivers[i]) turned.insert(*drivers[i]);
      if (drivers[i] && !rows_[*drivers[i]].gone) own.own.insert(*drivers[i]);
      own.turned = turned;
      own.known = known[i];
      Ids covered = untouched;
      for (const rule::Hold& hold : holds) covered.merge(held(hold));
      const Ids kept = find_for(whole, covered, now, nullptr).by_hold;
      const Found found = find_for(own, covered, now, &kept);
      more = erase_once(found, now, prediction) > 0 || more;
      for (const std::optional<RowId>& member : drivers) {
        if (member && found.by_hold.contains(*member)) untouched.insert(*member);
      }
    }
  }
  return prediction;
}

std::set<std::string> Model::object_keys() const {
  std::set<std::string> keys;
  for (RowId id = 0; id < rows_.size(); ++id) {
    for (const datamap::Object& object : rows_[id].table->objects) {
      const Cell pointer = rows_[id].gone ? std::nullopt : value(id, object.pointer);
      if (pointer) keys.insert(*pointer);
    }
  }
  return keys;
}

std::vector<std::string> Model::differences(const Model& other, std::size_t most) const {
  std::vector<std::string> lines;
  const auto say = [&](std::string line) {
    if (lines.size() < most) lines.push_back(std::move(line));
  };
  const auto shown = [](const Cell& cell) { return cell ? "\"" + *cell + "\"" : std::string("-"); };
  for (RowId id = 0; id < rows_.size(); ++id) {
    const Row& row = rows_[id];
    const auto it = other.index_.find({row.table->name, key(id)});
    const bool there = it != other.index_.end() && !other.rows_[it->second].gone;
    if (!row.gone && !there) say(row.table->name + ": missing " + key(id));
    if (row.gone && there) say(row.table->name + ": still there " + key(id));
    if (row.gone || !there) continue;
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      const Cell& found = other.rows_[it->second].cells[c];
      if (found != row.cells[c]) {
        say(row.table->name + "." + columns_.at(row.table->name)[c] + " of " + key(id) + ": " +
            shown(found) + " instead of " + shown(row.cells[c]));
      }
    }
  }
  for (const auto& [place, id] : other.index_) {
    if (!other.rows_[id].gone && !index_.contains(place)) say(place.first + ": unexpected");
  }
  return lines;
}

}  // namespace ccctl::testing
