#include "plan/scope.h"

#include <algorithm>
#include <map>
#include <set>

#include "plan/circles.h"

namespace ccctl::plan {
namespace {

using datamap::Down;
using datamap::Link;
using datamap::Map;
using datamap::Table;
using datamap::TableName;

using Tables = std::vector<const Table*>;

bool follows(const Link& link) {
  return link.down == Down::follow && !link.to.empty();
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

class Unrolling {
 public:
  Unrolling(const Map& map, const std::string& kind) : map_(map), scope_{kind, {}} {
    scope_.sets.push_back({map.subject(kind)->table, {{Source::How::driver, "", "", {}}}});
  }
  // Of a sweep: down only, from any table, and whatever the map leaves out of requests.
  Unrolling(const Map& map, const Table& table) : map_(map), scope_{"", {}}, sweep_(true) {
    scope_.sets.push_back({table.name, {{Source::How::driver, "", "", {}}}});
  }

  Scope run() {
    const Tables reached = this->reached();
    // Mostly no link leads back: then the whole map is unrolled at once.
    if (Scope whole = scope_; unroll(reached, whole)) return whole;
    const auto leads_to = [&](const Table* table) {
      Tables by = feeders(*table);
      std::erase_if(by, [&](const Table* each) {
        return std::find(reached.begin(), reached.end(), each) == reached.end();
      });
      return by;
    };
    for (const Tables& circle : circles<const Table*>(reached, leads_to)) {
      Scope longer = scope_;
      if (unroll(circle, longer)) {
        scope_ = std::move(longer);
      } else {
        ring(circle);
      }
    }
    return std::move(scope_);
  }

 private:
  bool takes(const Table& table) const { return sweep_ || table.in_scope; }
  bool matches(const Table& table) const { return !sweep_ && table.match && table.in_scope; }

  // The tables whose rows may bring rows of this one into scope.
  Tables feeders(const Table& table) const {
    Tables found;
    if (!takes(table)) return found;
    for (const Link& link : table.links) {
      if (follows(link)) found.push_back(map_.table(link.to));
    }
    if (sweep_) return found;
    for (const Table& child : map_.tables) {
      for (const Link& link : child.links) {
        if (link.up_last && link.to == table.name) found.push_back(&child);
      }
    }
    return found;
  }

  // Every table that the scope can touch, in the map's order.
  Tables reached() const {
    std::set<const Table*> found{map_.table(scope_.sets.front().table)};
    for (const Table& table : map_.tables) {
      if (matches(table)) found.insert(&table);
    }
    for (std::size_t before = 0; before != found.size();) {
      before = found.size();
      for (const Table& table : map_.tables) {
        const Tables by = feeders(table);
        if (std::any_of(by.begin(), by.end(), [&](const Table* t) { return found.contains(t); }))
          found.insert(&table);
      }
    }
    Tables ordered;
    for (const Table& table : map_.tables) {
      if (found.contains(&table)) ordered.push_back(&table);
    }
    return ordered;
  }

  // Parents before children along the follow links; nothing when these run in a circle.
  static std::optional<Tables> topological(const Tables& tables) {
    const auto parents = [&](const Table* table) {
      Tables to;
      for (const Link& link : table->links) {
        for (const Table* each : tables) {
          if (follows(link) && link.to == each->name) to.push_back(each);
        }
      }
      return to;
    };
    Tables order;
    for (const Tables& circle : circles<const Table*>(tables, parents)) {
      const Tables to = parents(circle.front());
      if (circle.size() > 1 || std::find(to.begin(), to.end(), circle.front()) != to.end())
        return std::nullopt;
      order.push_back(circle.front());
    }
    return order;
  }

  // Follows the links down from the sets `from` on; adds at most one set per table.
  void go_down(const Tables& order, bool first_round, std::size_t from, Scope& scope) const {
    for (const Table* table : order) {
      if (!takes(*table)) continue;
      ScopeSet set{table->name, {}};
      if (first_round && matches(*table)) set.sources.push_back({Source::How::match, "", "", {}});
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

  // A set for each last-child link to one of the tables whose children have news.
  void go_up(const Tables& children, const Tables& parents, std::size_t from, Scope& scope) const {
    if (sweep_) return;
    for (const Table* child : children) {
      for (const Link& link : child->links) {
        if (!link.up_last || !map_.table(link.to)->in_scope ||
            std::find(parents.begin(), parents.end(), map_.table(link.to)) == parents.end() ||
            !news_for(scope, *child, link, from))
          continue;
        scope.sets.push_back(
            {link.to, {{Source::How::last, link.name, child->name, scope.sets_of(child->name)}}});
      }
    }
  }

  Tables others(const Tables& tables) const {
    Tables rest;
    for (const Table& table : map_.tables) {
      if (std::find(tables.begin(), tables.end(), &table) == tables.end()) rest.push_back(&table);
    }
    return rest;
  }

  // Adds the sets of these tables, whatever feeds them from outside being there; false when that
  // does not end. Each round can only reach parents of the tables reached before; more rounds than
  // tables means that links feed each other.
  bool unroll(const Tables& tables, Scope& scope) const {
    const std::optional<Tables> order = topological(tables);
    if (!order) return false;
    go_up(others(tables), *order, 0, scope);
    go_down(*order, true, 0, scope);
    for (std::size_t round = 0, from = 0;; ++round) {
      if (round > tables.size()) return false;
      const std::size_t before = scope.sets.size();
      go_up(*order, *order, from, scope);
      if (scope.sets.size() == before) return true;
      from = before;
      go_down(*order, false, from, scope);
    }
  }

  // The sets of a table; where a ring has taken in the subject's own row, only the ring's.
  std::vector<std::size_t> complete(const TableName& table) const {
    std::vector<std::size_t> sets = scope_.sets_of(table);
    if (sets.size() > 1 && scope_.sets[sets.back()].ring > 0) sets = {sets.back()};
    return sets;
  }

  // One set per table, each with everything that feeds it, from outside and from the ring itself.
  void ring(const Tables& tables) {
    const std::size_t number = ++rings_, first = scope_.sets.size();
    for (const Table* table : tables) scope_.sets.push_back({table->name, {}, number});
    for (std::size_t i = first; i < scope_.sets.size(); ++i) {
      ScopeSet& set = scope_.sets[i];
      const Table& table = *map_.table(set.table);
      const auto feed = [&](Source source) {
        if (!source.sets.empty()) set.sources.push_back(std::move(source));
      };
      if (table.name == scope_.sets.front().table)
        set.sources.push_back({Source::How::driver, "", "", {0}});
      if (!takes(table)) continue;
      if (matches(table)) set.sources.push_back({Source::How::match, "", "", {}});
      for (const Link& link : table.links) {
        if (follows(link)) feed({Source::How::link, link.name, "", complete(link.to)});
      }
      if (sweep_) continue;
      for (const Table& child : map_.tables) {
        for (const Link& link : child.links) {
          if (link.up_last && link.to == table.name)
            feed({Source::How::last, link.name, child.name, complete(child.name)});
        }
      }
    }
  }

  const Map& map_;
  Scope scope_;
  bool sweep_ = false;
  std::size_t rings_ = 0;
};

}  // namespace

Scope scope_of(const Map& map, const std::string& kind) {
  return Unrolling(map, kind).run();
}

Scope sweep_scope(const Map& map, const TableName& table) {
  return Unrolling(map, *map.table(table)).run();
}

Scope census_scope(const Map& map, const std::vector<TableName>& roots) {
  std::set<const Table*> reached;
  for (const TableName& name : roots) reached.insert(map.table(name));
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const Table& table : map.tables) {
      for (const Link& link : table.links) {
        if (follows(link) && reached.contains(map.table(link.to))) reached.insert(&table);
      }
    }
  }
  Tables all;
  for (const Table& table : map.tables) {
    if (reached.contains(&table)) all.push_back(&table);
  }
  const auto parents = [&](const Table* const& table) {
    Tables to;
    for (const Link& link : table->links) {
      if (follows(link) && reached.contains(map.table(link.to))) to.push_back(map.table(link.to));
    }
    return to;
  };
  Scope scope;
  std::size_t rings = 0;
  for (const Tables& group : circles<const Table*>(all, parents)) {
    const Tables of_first = parents(group.front());
    const bool circle = group.size() > 1 || std::find(of_first.begin(), of_first.end(),
                                                      group.front()) != of_first.end();
    const std::size_t first = scope.sets.size(), ring = circle ? ++rings : 0;
    for (const Table* table : group) scope.sets.push_back({table->name, {}, ring});
    for (std::size_t i = first; i < scope.sets.size(); ++i) {
      ScopeSet& set = scope.sets[i];
      if (std::find(roots.begin(), roots.end(), set.table) != roots.end())
        set.sources.push_back({Source::How::driver, "", "", {}});
      for (const Link& link : map.table(set.table)->links) {
        if (follows(link) && scope.holds(link.to))
          set.sources.push_back({Source::How::link, link.name, "", scope.sets_of(link.to)});
      }
    }
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

bool takes_people_along(const Map& map, const Scope& scope) {
  return std::any_of(map.subjects.begin(), map.subjects.end(), [&](const auto& type) {
    return std::any_of(scope.sets.begin(), scope.sets.end(), [&](const ScopeSet& set) {
      return set.table == type.table &&
             std::any_of(set.sources.begin(), set.sources.end(), [](const Source& source) {
               const bool followers =
                   source.how == Source::How::link && source.sets == std::vector<std::size_t>{0};
               return source.how != Source::How::driver && !followers;
             });
    });
  });
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
