// The model's rows, and the scope as a least fixpoint.
#include "support/model.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/json.h"

namespace ccctl::testing {

using datamap::Column;
using datamap::Condition;
using datamap::Down;
using datamap::Link;
using datamap::Site;
using datamap::Table;

namespace {

constexpr char kSeparator = '\x1f';

std::set<std::string> json_columns(const datamap::CatalogTable& table) {
  std::set<std::string> names;
  for (const datamap::CatalogColumn& column : table.columns) {
    if (column.type == "json" || column.type == "jsonb") names.insert(column.name);
  }
  return names;
}

}  // namespace

Model::Model(store::Tx& tx, const datamap::Map& map, std::string tenant,
             std::vector<rule::Retention> documents)
    : Model(tx, map, datamap::read_catalog(tx, map), std::move(tenant), std::move(documents)) {}

Model::Model(store::Tx& tx, const datamap::Map& map, const datamap::Catalog& catalog,
             std::string tenant, std::vector<rule::Retention> documents)
    : map_(map), tenant_(std::move(tenant)), documents_(std::move(documents)) {
  foreign_keys_ = catalog.foreign_keys;
  for (const Table& table : map.tables) {
    const store::Rows read = tx.exec("SELECT * FROM " + catalog.at(table.name).sql_name);
    std::vector<std::string>& names = columns_[table.name];
    for (std::size_t c = 0; c < read.columns(); ++c) names.emplace_back(read.column_name(c));
    const std::set<std::string> json = json_columns(catalog.at(table.name));
    for (std::size_t r = 0; r < read.size(); ++r) {
      Row row{&table, {}, false};
      for (std::size_t c = 0; c < names.size(); ++c) {
        Cell cell = read.value(r, c);
        if (cell && json.contains(names[c])) cell = Json::parse(*cell).dump();
        row.cells.push_back(std::move(cell));
      }
      rows_.push_back(std::move(row));
      index_[{table.name, key(rows_.size() - 1)}] = rows_.size() - 1;
    }
  }
}

std::size_t Model::rows() const {
  return static_cast<std::size_t>(
      std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return !row.gone; }));
}

std::size_t Model::column(const Table& table, const std::string& name) const {
  const std::vector<std::string>& names = columns_.at(table.name);
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) throw std::logic_error("no column " + table.name + "." + name);
  return static_cast<std::size_t>(it - names.begin());
}

const Cell& Model::cell(RowId id, const std::string& name) const {
  return rows_[id].cells[column(*rows_[id].table, name)];
}

Cell Model::value(RowId id, const Site& site) const {
  const Cell& whole = cell(id, site.column);
  if (site.plain() || !whole) return whole;
  Json json = Json::parse(*whole);
  for (const datamap::Step& step : site.path) {
    if (!json.is_object() || !json.contains(step.member)) return std::nullopt;
    const Json inner = json[step.member];
    json = inner;
  }
  if (json.is_null()) return std::nullopt;
  return json.is_string() ? json.get<std::string>() : json.dump();
}

bool Model::meets(RowId id, const datamap::Where& where) const {
  return std::all_of(where.begin(), where.end(), [&](const Condition& condition) {
    const Cell& found = cell(id, condition.column);
    if (condition.op == Condition::Op::is_null) return !found.has_value();
    if (condition.op == Condition::Op::not_null) return found.has_value();
    return found && std::find(condition.values.begin(), condition.values.end(), *found) !=
                        condition.values.end();
  });
}

bool Model::ours(RowId id) const {
  if (rows_[id].gone) return false;
  const datamap::Tenant& tenant = rows_[id].table->tenant;
  switch (tenant.how) {
    case datamap::Tenant::How::column:
      return cell(id, tenant.value) == tenant_;
    case datamap::Tenant::How::constant:
      return tenant.value == tenant_;
    case datamap::Tenant::How::link: {
      const std::optional<RowId> up = parent(id, *rows_[id].table->link(tenant.value));
      return up && ours(*up);
    }
    case datamap::Tenant::How::none:
      break;
  }
  return true;
}

// Where a table has no key, its clean columns tell the rows apart.
std::string Model::key(RowId id) const {
  const Table& table = *rows_[id].table;
  std::string text;
  for (const std::string& name : table.key.empty() ? table.clean : table.key)
    text += cell(id, name).value_or("") + kSeparator;
  return text;
}

namespace {

// Every value at a path of a document, as text.
void collect(const Json& json, const std::vector<datamap::Step>& path, std::size_t step,
             std::vector<std::string>& found) {
  if (step == path.size()) {
    if (!json.is_null()) found.push_back(json.is_string() ? json.get<std::string>() : json.dump());
  } else if (path[step].member.empty()) {
    for (const Json& element : json.is_array() ? json : Json::array({json}))
      collect(element, path, step + 1, found);
  } else if (json.is_object() && json.contains(path[step].member)) {
    collect(json[path[step].member], path, step + 1, found);
  }
}

// One spelling for each key.
std::string spelt(std::string text) {
  const bool uuid = text.size() == 36 && text[8] == '-' &&
                    text.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
  for (char& c : text) c = uuid && c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

std::vector<std::string> Model::texts(RowId id, const Site& site) const {
  const Cell& whole = cell(id, site.column);
  std::vector<std::string> found;
  if (!whole) return found;
  if (site.plain()) return {*whole};
  collect(Json::parse(*whole), site.path, 0, found);
  return found;
}

// The rows that a link leads to: one, unless it starts in a list.
std::vector<RowId> Model::parents(RowId child, const Link& link) const {
  if (link.to.empty() || !meets(child, link.when)) return {};
  std::vector<std::string> keys{""};
  for (const Site& site : link.from) {
    std::vector<std::string> longer;
    for (const std::string& key : keys) {
      for (const std::string& part : texts(child, site))
        longer.push_back(key + spelt(part) + kSeparator);
    }
    keys = std::move(longer);
  }
  std::vector<RowId> found;
  for (const std::string& key : keys) {
    const auto it = index_.find({link.to, key});
    if (it != index_.end() && !rows_[it->second].gone) found.push_back(it->second);
  }
  return found;
}

std::optional<RowId> Model::parent(RowId child, const Link& link) const {
  const std::vector<RowId> all = parents(child, link);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<RowId> Model::referenced(RowId child, const datamap::ForeignKey& key) const {
  const Table* to = map_.table(key.to);
  if (to == nullptr) return std::nullopt;
  std::string text;
  for (const std::string& name : to->key) {
    const auto at = std::find(key.to_columns.begin(), key.to_columns.end(), name);
    if (at == key.to_columns.end()) throw std::logic_error("a foreign key to no key");
    const Cell& part =
        cell(child, key.from_columns[static_cast<std::size_t>(at - key.to_columns.begin())]);
    if (!part) return std::nullopt;
    text += *part + kSeparator;
  }
  const auto it = index_.find({key.to, text});
  if (it == index_.end() || rows_[it->second].gone) return std::nullopt;
  return it->second;
}

Ids Model::scope(const Ids& drivers, const std::vector<Term>& exclusive) const {
  Ids found = drivers;
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (!rows_[id].table->match || !ours(id)) continue;
    for (const Column& column : rows_[id].table->columns) {
      const Cell& stored =
          column.search.empty() ? cell(id, column.site.column) : cell(id, column.search);
      if (!column.is.empty() && stored &&
          std::find(exclusive.begin(), exclusive.end(), Term{column.is, *stored}) !=
              exclusive.end()) {
        found.insert(id);
      }
    }
  }
  while (grow_by_links(found) || grow_by_last(found)) {
  }
  return found;
}

bool Model::grow_by_links(Ids& scope) const {
  bool grew = false;
  for (RowId id = 0; id < rows_.size(); ++id) {
    if (!ours(id) || scope.contains(id) || !rows_[id].table->in_scope) continue;
    for (const Link& link : rows_[id].table->links) {
      if (link.down != Down::follow) continue;
      for (RowId up : parents(id, link)) {
        if (scope.contains(up)) grew = scope.insert(id).second || grew;
      }
    }
  }
  return grew;
}

bool Model::grow_by_last(Ids& scope) const {
  bool grew = false;
  for (const Table& child : map_.tables) {
    for (const Link& link : child.links) {
      if (!link.up_last || !map_.table(link.to)->in_scope) continue;
      std::map<RowId, bool> all_in;  // parents with a counted child
      for (RowId id = 0; id < rows_.size(); ++id) {
        if (rows_[id].table != &child || !ours(id) || !meets(id, link.count)) continue;
        const std::optional<RowId> up = parent(id, link);
        if (up) all_in.emplace(*up, true).first->second &= scope.contains(id);
      }
      for (const auto& [up, all] : all_in) {
        if (all) grew = scope.insert(up).second || grew;
      }
    }
  }
  return grew;
}

}  // namespace ccctl::testing
