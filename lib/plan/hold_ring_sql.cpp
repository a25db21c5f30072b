// Which rows of a scope a subject's hold covers where no list of paths tells: links that run in
// circles, or parents that a held person's last row would take along. The held people's own rows
// are gathered, and the units in which they have one.
#include <algorithm>

#include "datamap/sql.h"
#include "plan/circles.h"
#include "plan/hold_sql.h"
#include "plan/ring_sql.h"

namespace ccctl::plan {

using datamap::Down;
using datamap::key_list_sql;
using datamap::Link;
using datamap::same_key_sql;
using datamap::Table;
using datamap::TableName;

namespace {

bool follows(const Link& link) {
  return link.down == Down::follow && !link.to.empty();
}

}  // namespace

bool HoldWriter::needs_rings() const {
  // A unit is held whole anyway.
  for (const Table& table : s_.map_.tables) {
    for (const Link& link : table.links) {
      if (link.up_last && !s_.table(link.to).unit) return true;
    }
  }
  std::vector<TableName> all;
  for (const Table& table : s_.map_.tables) all.push_back(table.name);
  const auto parents = [&](const TableName& name) {
    std::vector<TableName> found;
    for (const Link& link : s_.table(name).links) {
      if (follows(link)) found.push_back(link.to);
    }
    return found;
  };
  const auto groups = circles<TableName>(all, parents);
  return std::any_of(groups.begin(), groups.end(), [&](const std::vector<TableName>& group) {
    const std::vector<TableName> to = parents(group.front());
    return group.size() > 1 || std::find(to.begin(), to.end(), group.front()) != to.end();
  });
}

void HoldWriter::each_link(
    const std::function<void(const Table& child, const Link& link)>& work) const {
  for (const Table& child : s_.map_.tables) {
    for (const Link& link : child.links) {
      const bool there = s_.catalog_.table(child.name) != nullptr && !link.to.empty() &&
                         s_.catalog_.table(link.to) != nullptr;
      if (there && link.down != Down::stay) work(child, link);
    }
  }
}

std::vector<TableName> HoldWriter::tables_there() const {
  std::vector<TableName> names;
  for (const Table& table : s_.map_.tables) {
    if (s_.catalog_.table(table.name) != nullptr) names.push_back(table.name);
  }
  return names;
}

// Rows that a link leads to a row in p.
std::string HoldWriter::below(const Table& child, const Link& link, const std::string& p) const {
  return "SELECT " + key_list_sql(child, "t") + " FROM " + p + " JOIN " + s_.from(child.name, "t") +
         " ON " + datamap::link_sql(s_.map_, s_.catalog_, child, "t", link, "p") + " WHERE " +
         s_.tenant_of(child, "t");
}

// Rows to which a link leads from a row in p.
std::string HoldWriter::above(const Table& child, const Link& link, const std::string& p) const {
  return "SELECT " + key_list_sql(s_.table(link.to), "t") + " FROM " + p + " JOIN " +
         s_.from(child.name, "c") + " ON " + same_key_sql(child, "c", "p") + " JOIN " +
         s_.from(link.to, "t") + " ON " +
         datamap::link_sql(s_.map_, s_.catalog_, child, "c", link, "t");
}

// What follows the rows of `seeds`, and what is one cut link away from any of these. `last`: also
// the parents whose last rows these are.
std::map<TableName, std::string> HoldWriter::with_followers(
    const std::string& name, const std::vector<std::pair<TableName, std::string>>& seeds,
    bool last) {
  RingWriter ring(s_, name, tables_there());
  for (const auto& [table, sql] : seeds) ring.seed(table, sql);
  each_link([&](const Table& child, const Link& link) {
    if (!follows(link)) return;
    ring.arm({link.to, child.name, [this, &child, &link](const std::string& p, const std::string&) {
                return below(child, link, p);
              }});
    if (!last || !link.up_last || !s_.table(link.to).in_scope) return;
    ring.arm({child.name, link.to,
              [this, &child, &link](const std::string& p, const std::string& y) {
                return s_.last_sql(s_.table(link.to),
                                   {Source::How::last, link.name, child.name, {}}, p, y);
              },
              true});
  });
  ring.write();
  std::map<TableName, std::string> near;
  for (const TableName& table : tables_there()) {
    s_.add(name + "_" + s_.number_of(table), ring.rows(table));
    near[table] = "TABLE " + name + "_" + s_.number_of(table);
  }
  each_link([&](const Table& child, const Link& link) {
    if (link.down != Down::cut) return;
    near[child.name] += " UNION " + below(child, link, name + "_" + s_.number_of(link.to) + " p");
  });
  for (auto& [table, body] : near) {
    const std::string whole = name + "n" + s_.number_of(table);
    s_.add(whole, body);
    body = whole;
  }
  return near;
}

// The units that rows in `near` belong to: up any link first, then up the follow links.
std::vector<std::pair<TableName, std::string>> HoldWriter::units_above(
    const std::map<TableName, std::string>& near) {
  RingWriter up(s_, "hu", tables_there());
  for (const auto& [table, rows] : near)
    up.seed(table, "SELECT " + key_list_sql(s_.table(table), "p") + " FROM " + rows + " p");
  each_link([&](const Table& child, const Link& link) {
    if (link.down == Down::cut) up.seed(link.to, above(child, link, near.at(child.name) + " p"));
    if (!follows(link)) return;
    up.arm({child.name, link.to, [this, &child, &link](const std::string& p, const std::string&) {
              return above(child, link, p);
            }});
  });
  up.write();
  std::vector<std::pair<TableName, std::string>> units;
  for (const TableName& table : tables_there()) {
    if (s_.table(table).unit) units.emplace_back(table, up.rows(table));
  }
  return units;
}

// The holds are named together: a row's own way to one of them would have to be kept with it.
void HoldWriter::of_subjects_by_rings(Statement::Names& own) {
  std::vector<std::pair<TableName, std::string>> seeds;
  std::string holds;
  for (const Root& root : held_) {
    const Table& table = *root.table;
    seeds.emplace_back(table.name, "SELECT " + key_list_sql(table, "t") + " FROM " +
                                       s_.from(table.name, "t") + join_held(root, "t") + " WHERE " +
                                       s_.tenant_of(table, "t"));
    holds += (holds.empty() ? "" : " UNION ") + std::string("SELECT hold_id FROM ") + root.keys;
  }
  std::vector<std::map<TableName, std::string>> covered{with_followers("hs", seeds, true)};
  if (const auto units = units_above(covered.front()); !units.empty())
    covered.push_back(with_followers("hd", units, false));
  s_.add("hh", holds);
  for (const auto& near : covered) {
    for (const TableName& name : s_.scope_.tables()) {
      const Table& table = s_.table(name);
      keep(name,
           "SELECT " + key_list_sql(table, "p") + ", h.hold_id FROM " + s_.all_of(name) +
               " p JOIN " + near.at(name) + " y ON " + same_key_sql(table, "p", "y") +
               " CROSS JOIN hh h",
           own);
    }
    each_cut([&](const Table& child, const Link& link) {
      keep(link.to,
           "SELECT " + key_list_sql(s_.table(link.to), "p") + ", h.hold_id FROM " +
               cut_from_scope(child, link) + " JOIN " + near.at(child.name) + " y ON " +
               same_key_sql(child, "t0", "y") + " CROSS JOIN hh h",
           own);
    });
  }
}

}  // namespace ccctl::plan
