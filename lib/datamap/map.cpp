#include "datamap/map.h"

#include <algorithm>

namespace ccctl::datamap {
namespace {

// The members and [*] after the column; false where the text is no path.
bool parse_steps(std::string_view text, std::vector<Step>& path) {
  while (!text.empty()) {
    if (text.starts_with("[*]")) {
      path.push_back({});
      text.remove_prefix(3);
      continue;
    }
    if (text.front() != '.') return false;
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find_first_of(".["), text.size());
    const std::string_view member = text.substr(0, end);
    if (member.empty() || member.find(']') != std::string_view::npos) return false;
    path.push_back({std::string(member)});
    text.remove_prefix(end);
  }
  return true;
}

}  // namespace

std::string Site::text() const {
  std::string out = column;
  if (json) out += '$';
  for (const Step& step : path) out += step.member.empty() ? "[*]" : "." + step.member;
  return out;
}

std::optional<Site> Site::parse(std::string_view text) {
  Site site;
  const std::size_t root = std::min(text.find("$."), text.find("$["));
  if (root != std::string_view::npos) {
    site.json = true;
    site.column = std::string(text.substr(0, root));
    if (!parse_steps(text.substr(root + 1), site.path)) return std::nullopt;
  } else if (text.ends_with("[*]")) {
    site.column = std::string(text.substr(0, text.size() - 3));
    site.path.push_back({});
  } else {
    site.column = std::string(text);
  }
  // A `$` or bracket left over is a path written wrongly, not a column's name.
  const bool odd =
      site.column.find_first_of("[]") != std::string::npos || site.column.ends_with('$');
  if (site.column.empty() || site.column.size() > 63 || odd) return std::nullopt;
  return site;
}

bool Site::many() const {
  return std::any_of(path.begin(), path.end(), [](const Step& s) { return s.member.empty(); });
}

bool Link::from_list() const {
  return std::any_of(from.begin(), from.end(), [](const Site& site) { return site.many(); });
}

ColumnErase Column::effective_erase() const {
  if (erase.effect != ColumnErase::Effect::none || (is.empty() && !free)) return erase;
  ColumnErase effective;
  effective.effect = site.plain() ? ColumnErase::Effect::set_null : ColumnErase::Effect::drop;
  return effective;
}

const Link* Table::link(std::string_view wanted) const {
  const auto found =
      std::find_if(links.begin(), links.end(), [&](const Link& l) { return l.name == wanted; });
  return found == links.end() ? nullptr : &*found;
}

std::vector<Site> Table::cut_sites(const Link& cut) const {
  std::vector<Site> own = cut.from;
  if (tenant.how == Tenant::How::column)
    std::erase_if(own, [&](const Site& site) { return site.column == tenant.value; });
  // Links from the very same sites, told apart by `when`, are the places of one reference.
  std::vector<Site> alone = own;
  for (const Link& other : links) {
    const bool same = std::all_of(own.begin(), own.end(), [&](const Site& site) {
      return std::find(other.from.begin(), other.from.end(), site) != other.from.end();
    });
    if (same) continue;
    std::erase_if(alone, [&](const Site& site) {
      return std::find(other.from.begin(), other.from.end(), site) != other.from.end();
    });
  }
  return alone.empty() ? own : alone;
}

std::vector<Site> Table::goes_with(const Column& column) const {
  std::vector<Site> sites = column.with;
  for (const std::string& derived : {column.search, column.blind}) {
    if (!derived.empty()) sites.push_back({derived, {}, false});
  }
  std::erase_if(sites, [&](const Site& site) {
    const bool own = std::any_of(columns.begin(), columns.end(), [&](const Column& other) {
      return other.site == site && other.personal();
    });
    return own || std::find(clean.begin(), clean.end(), site.column) != clean.end();
  });
  return sites;
}

const Table* Map::table(std::string_view wanted) const {
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&](const Table& t) { return t.name == wanted; });
  return found == tables.end() ? nullptr : &*found;
}

const SubjectType* Map::subject(std::string_view kind) const {
  const auto found = std::find_if(subjects.begin(), subjects.end(),
                                  [&](const SubjectType& s) { return s.kind == kind; });
  return found == subjects.end() ? nullptr : &*found;
}

std::vector<std::string> Map::id_columns(const Table& table) const {
  std::vector<std::string> columns = table.key;
  if (table.tenant.how == Tenant::How::column) std::erase(columns, table.tenant.value);
  return columns;
}

}  // namespace ccctl::datamap
