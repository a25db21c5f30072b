#include "plan/scope.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/error.h"

namespace ccctl::plan {
namespace {

using datamap::Down;
using datamap::Link;
using datamap::Map;
using datamap::Table;
using datamap::TableName;

bool follows(const Link& link) {
  return link.down == Down::follow && !link.to.empty();
}

// Parents before children along the follow links.
std::vector<const Table*> topological(const Map& map) {
  std::vector<const Table*> order;
  std::map<TableName, int> state;  // 1: on the way, 2: done
  const std::function<void(const Table&)> visit = [&](const Table& table) {
    int& mine = state[table.name];
    if (mine == 2) return;
    if (mine == 1) {
      throw doc::error_at(ErrorKind::map_invalid, table.at,
                          "the follow links of table \"" + table.name + "\" lead back to it",
                          "one of the links on the way must say cut or stay");
    }
    mine = 1;
    for (const Link& link : table.links) {
      if (follows(link)) visit(*map.table(link.to));
    }
    state[table.name] = 2;
    order.push_back(&table);
  };
  for (const Table& table : map.tables) visit(table);
  return order;
}

// Follows the links down from the sets `from` on; adds at most one set per table.
void go_down(const std::vector<const Table*>& order, bool first_round, std::size_t from,
             Scope& scope) {
  for (const Table* table : order) {
    if (!table->in_scope) continue;
    ScopeSet set{table->name, {}};
    if (first_round && table->match) set.sources.push_back({Source::How::match, "", "", {}});
    for (const Link& link : table->links) {
      if (!follows(link)) continue;
      Source source{Source::How::link, link.name, "", {}};
      for (std::size_t i = from; i < scope.sets.size(); ++i) {
        if (scope.sets[i].table == link.to) source.sets.push_back(i);
      }
      if (!source.sets.empty()) set.sources.push_back(std::move(source));
    }
    if (!set.sources.empty()) scope.sets.push_back(std::move(set));
  }
}

// Whether the sets from `from` on hold children that were not reached through this very link: those
// say nothing new about the parent.
bool news_for(const Scope& scope, const Table& child, const Link& link, std::size_t from) {
  for (std::size_t i = from; i < scope.sets.size(); ++i) {
    if (scope.sets[i].table != child.name) continue;
    for (const Source& source : scope.sets[i].sources) {
      if (source.how != Source::How::link || source.link != link.name) return true;
    }
  }
  return false;
}

}  // namespace

Scope scope_of(const Map& map, const std::string& kind) {
  const std::vector<const Table*> order = topological(map);
  Scope scope{kind, {}};
  scope.sets.push_back({map.subject(kind)->table, {{Source::How::driver, "", "", {}}}});
  std::size_t from = 0;
  go_down(order, true, from, scope);
  // Each round can only reach parents of the tables reached before; more rounds than tables means
  // that last-child links feed each other.
  for (std::size_t round = 0;; ++round) {
    if (round > map.tables.size()) {
      throw Error(ErrorKind::map_invalid,
                  "the last-child links of the data map feed each other without end");
    }
    const std::size_t before = scope.sets.size();
    for (const Table* child : order) {
      for (const Link& link : child->links) {
        if (!link.up_last || !map.table(link.to)->in_scope || !news_for(scope, *child, link, from))
          continue;
        scope.sets.push_back(
            {link.to, {{Source::How::last, link.name, child->name, scope.sets_of(child->name)}}});
      }
    }
    if (scope.sets.size() == before) break;
    from = before;
    go_down(order, false, from, scope);
  }
  return scope;
}

std::vector<TableName> Scope::tables() const {
  std::vector<TableName> names;
  for (const ScopeSet& set : sets) {
    if (std::find(names.begin(), names.end(), set.table) == names.end()) names.push_back(set.table);
  }
  return names;
}

std::vector<std::size_t> Scope::sets_of(const TableName& table) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (sets[i].table == table) found.push_back(i);
  }
  return found;
}

std::vector<std::string> Scope::reach(const TableName& table) const {
  std::set<std::string> ways;
  for (std::size_t i : sets_of(table)) {
    for (const Source& source : sets[i].sources) {
      switch (source.how) {
        case Source::How::driver:
          ways.insert("subject");
          break;
        case Source::How::link:
          ways.insert(source.link);
          break;
        case Source::How::last:
          ways.insert("last of " + source.child);
          break;
        case Source::How::match:
          ways.insert("match");
          break;
      }
    }
  }
  return {ways.begin(), ways.end()};
}

std::vector<TableName> closure(const Map& map, const Scope& scope) {
  std::set<TableName> names;
  for (const TableName& table : scope.tables()) names.insert(table);
  for (const Table& table : map.tables) {
    for (const Link& link : table.links) {
      if (link.down == Down::cut && scope.holds(link.to)) names.insert(table.name);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace ccctl::plan
