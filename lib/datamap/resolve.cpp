// What a map can be refused for without looking at a datastore.
#include <algorithm>
#include <set>

#include "datamap/readers.h"
#include "doc/suggest.h"

namespace ccctl::datamap {
namespace {

[[noreturn]] void refuse(const doc::Position& at, const std::string& message,
                         std::string hint = "") {
  throw doc::error_at(ErrorKind::map_invalid, at, message, std::move(hint));
}

std::string quoted_name(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

class Resolver {
 public:
  explicit Resolver(const Map& map) : map_(map) {
    for (const Table& table : map.tables) names_.push_back(table.name);
  }

  void run() const {
    for (const Table& table : map_.tables) {
      columns(table);
      tenant(table);
      for (const Link& link : table.links) this->link(table, link);
      for (const auto& [name, anchor] : table.anchors) {
        std::set<std::string> open;
        this->anchor(table, name, anchor, open);
      }
    }
    for (const SubjectType& subject : map_.subjects) this->subject(subject);
    if (map_.tenants) {
      for (const auto& [name, anchor] : map_.tenants->anchors) plain_anchor(name, anchor);
    }
  }

 private:
  const Table& known(const TableName& name, const doc::Position& at, const std::string& who) const {
    const Table* table = map_.table(name);
    if (!table)
      refuse(at, who + " names the unknown table " + quoted_name(name),
             doc::suggestion_hint(name, names_));
    return *table;
  }

  void columns(const Table& table) const {
    std::set<std::string> personal;
    for (const Column& column : table.columns) {
      if (column.site.plain()) personal.insert(column.site.column);
    }
    for (const std::string& clean : table.clean) {
      if (personal.contains(clean))
        refuse(table.at, "column " + quoted_name(clean) + " is both clean and personal");
    }
    const bool matches = std::any_of(table.columns.begin(), table.columns.end(),
                                     [](const Column& column) { return !column.is.empty(); });
    if (table.match && !matches) refuse(table.at, "match without a column that has `is`");
  }

  // From row to row until one knows it by itself.
  void tenant(const Table& table) const {
    std::set<TableName> passed;
    for (const Table* at = &table; at->tenant.how == Tenant::How::link;) {
      const Link* link = at->link(at->tenant.value);
      const std::string who = "table " + quoted_name(at->name) + " knows its tenant by the link " +
                              quoted_name(at->tenant.value);
      if (!link) refuse(at->at, who + ", which it does not have");
      if (link->to.empty()) refuse(link->at, who + ", which leads to none");
      if (link->down != Down::follow) {
        refuse(link->at, who + ": when the other row goes, this one would be nobody's",
               "use down: follow, or another tenant");
      }
      if (link->from_list()) refuse(link->at, who + ", which may lead to several rows");
      if (!passed.insert(at->name).second) refuse(link->at, who + ", which leads back to it");
      at = &known(link->to, link->at, who);
    }
  }

  void link(const Table& table, const Link& link) const {
    const std::string who = "link " + quoted_name(link.name);
    if (link.to.empty()) {
      if (link.down != Down::stay || link.up_last)
        refuse(link.at, who + " leads to none: only down: stay fits");
      return;
    }
    const Table& to = known(link.to, link.at, who);
    if (to.key.empty()) refuse(link.at, who + " leads to a table without a key");
    if (link.from.size() != to.key.size()) {
      refuse(link.at,
             who + " has " + std::to_string(link.from.size()) + " columns, the key of " +
                 quoted_name(to.name) + " has " + std::to_string(to.key.size()),
             "give `from` in the order of the key");
    }
    std::set<Site> distinct(link.from.begin(), link.from.end());
    if (distinct.size() != link.from.size()) refuse(link.at, who + " names a column twice");
    if (link.up_last && link.down != Down::follow) {
      refuse(link.at, who + " has up: last, which only fits down: follow");
    }
    if (link.up_last && table.erase == Erase::anonymise) {
      refuse(link.at,
             who + " has up: last, but the rows of " + quoted_name(table.name) +
                 " stay: whether the other row goes would depend on who is erased first",
             "delete the rows, or leave out `up`");
    }
    lists(link, who);
    if (link.down == Down::cut) cut_leaves_key(table, link, who);
  }

  // A list may hold other people's rows, too: a row that stays cannot lose just one of them, and
  // two lists do not say which of their elements belong together.
  void lists(const Link& link, const std::string& who) const {
    const auto count = std::count_if(link.from.begin(), link.from.end(),
                                     [](const Site& site) { return site.many(); });
    if (count > 1) refuse(link.at, who + " takes its key from two lists");
    if (count == 1 && (link.down == Down::cut || link.up_last)) {
      refuse(link.at, who + " starts in a list: only down: follow or stay fits",
             "the elements of a list cannot be cut one by one");
    }
  }

  // Cutting nulls the link's own columns, never the tenant's; a key column cannot be nulled.
  void cut_leaves_key(const Table& table, const Link& link, const std::string& who) const {
    for (const Site& site : table.cut_sites(link)) {
      const bool key =
          std::find(table.key.begin(), table.key.end(), site.column) != table.key.end();
      if (site.plain() && key) {
        refuse(link.at,
               who + " is cut, but its column " + quoted_name(site.column) + " is part of the key");
      }
    }
  }

  void anchor(const Table& table, const std::string& name, const Anchor& anchor,
              std::set<std::string>& open) const {
    const std::string who = "anchor " + quoted_name(name) + " of " + quoted_name(table.name);
    switch (anchor.source) {
      case Anchor::Source::column:
        return;
      case Anchor::Source::tenant:
        if (!map_.tenants || !map_.tenants->anchors.contains(anchor.anchor)) {
          refuse(table.at, who + " names the unknown tenant anchor " + quoted_name(anchor.anchor));
        }
        return;
      case Anchor::Source::latest_of:
        for (const Anchor& part : anchor.parts) this->anchor(table, name, part, open);
        return;
      case Anchor::Source::link:
        break;
    }
    const Link* link = table.link(anchor.link);
    if (!link || link->to.empty())
      refuse(table.at, who + " names the unknown link " + quoted_name(anchor.link));
    const Table& to = known(link->to, link->at, who);
    const auto there = to.anchors.find(anchor.anchor);
    if (there == to.anchors.end()) {
      refuse(table.at, who + " names the anchor " + quoted_name(anchor.anchor) + ", which " +
                           quoted_name(to.name) + " does not have");
    }
    if (!open.insert(to.name + "\n" + anchor.anchor).second)
      refuse(table.at, who + " leads back to itself");
    this->anchor(to, anchor.anchor, there->second, open);
    open.erase(to.name + "\n" + anchor.anchor);
  }

  void plain_anchor(const std::string& name, const Anchor& anchor) const {
    if (anchor.source == Anchor::Source::latest_of) {
      for (const Anchor& part : anchor.parts) plain_anchor(name, part);
    } else if (anchor.source != Anchor::Source::column) {
      refuse({map_.tables.empty() ? "" : map_.tables.front().at.file, 0, 0},
             "tenant anchor " + quoted_name(name) + " is not a column of the tenants' table");
    }
  }

  void subject(const SubjectType& subject) const {
    const std::string who = "subject " + quoted_name(subject.kind);
    const Table& table = known(subject.table, subject.at, who);
    const std::size_t ids = map_.id_columns(table).size();
    if (ids == 0) refuse(subject.at, who + " stands in a table whose key has no id");
    if (!subject.merge) return;
    if (subject.merge->table.empty()) {
      if (ids != 1)
        refuse(subject.at, who + " has a canonical column, but a key of several columns",
               "use the merge form with a table");
      return;
    }
    known(subject.merge->table, subject.at, who);
    if (subject.merge->member.size() != ids || subject.merge->canonical_columns.size() != ids) {
      refuse(subject.at, who + " is merged by columns that do not match its key",
             "give " + std::to_string(ids) + " for member and for canonical, the tenant left out");
    }
  }

  const Map& map_;
  std::vector<std::string_view> names_;
};

}  // namespace

void resolve(const Map& map) {
  Resolver(map).run();
}

}  // namespace ccctl::datamap
