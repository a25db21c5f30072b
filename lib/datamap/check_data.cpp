// What only rows and settings show. Rows are counted, and sampled values are looked at in memory;
// neither counts above a bound nor any value leaves this file.
#include <algorithm>
#include <array>
#include <map>

#include "datamap/check_parts.h"
#include "datamap/sql.h"
#include "text/identifier.h"
#include "text/phone.h"

namespace ccctl::datamap {
namespace {

constexpr std::int64_t kMostCounted = 1000;
constexpr int kSample = 500;
constexpr double kScanWhole =
    20'000;  // rows up to which a sample takes the first ones as they come

// "12", or "more than 1000": a count stops there.
std::string counted(std::int64_t rows) {
  return rows > kMostCounted ? "more than " + std::to_string(kMostCounted) : std::to_string(rows);
}

std::int64_t count(store::Tx& tx, const std::string& from_where) {
  const store::Rows rows = tx.exec("SELECT count(*) FROM (SELECT 1 FROM " + from_where + " LIMIT " +
                                   std::to_string(kMostCounted + 1) + ") counted");
  return rows.integer(0, 0);
}

// No condition of these holds; "" when one of them always does.
std::string none_of(const std::vector<const Where*>& conditions) {
  std::string sql;
  for (const Where* where : conditions) {
    if (where->empty()) return "";
    sql += std::string(sql.empty() ? "" : " AND ") + "(" + where_sql("t", *where) + ") IS NOT TRUE";
  }
  return sql;
}

class DataCheck {
 public:
  DataCheck(const Map& map, const Catalog& catalog, store::Tx& tx)
      : map_(map), catalog_(catalog), tx_(tx) {}

  std::vector<Finding> run() {
    for (const Table& table : map_.tables) {
      if (!readable(table)) continue;
      const std::string& name = catalog_.at(table.name).sql_name;
      uncovered_types(table, name);
      uncovered_links(table, name);
      for (const Link& link : table.links) dangling(table, name, link);
      sample(table, catalog_.at(table.name));
    }
    settings();
    return report_.take();
  }

 private:
  // What check() refuses as missing or misfit cannot be asked for here.
  bool readable(const Table& table) const {
    const CatalogTable* there = catalog_.table(table.name);
    if (!there) return false;
    const bool comparable = std::all_of(there->columns.begin(), there->columns.end(),
                                        [](const auto& c) { return c.refuses_value.empty(); });
    const auto named = mentions(map_, table);
    return comparable && std::all_of(named.begin(), named.end(),
                                     [&](const Mention& m) { return there->column(m.column); });
  }

  void uncovered_types(const Table& table, const std::string& name) {
    std::vector<const Where*> conditions;
    for (const DataType& type : table.data) conditions.push_back(&type.when);
    const std::string none = conditions.empty() ? "" : none_of(conditions);
    if (none.empty()) return;
    const std::int64_t rows = count(tx_, name + " t WHERE " + none);
    if (rows == 0) return;
    report_.find("uncovered_type", table.name, "data",
                 counted(rows) + " rows have no data type: no `when` covers them",
                 "add their value, or a type without `when`");
  }

  // Links from the same columns divide their rows by `when`; a row that none of them takes is
  // reached by no erasure.
  void uncovered_links(const Table& table, const std::string& name) {
    std::map<std::vector<Site>, std::vector<const Link*>> groups;
    for (const Link& link : table.links) groups[own_sites(table, link)].push_back(&link);
    for (const auto& [sites, links] : groups) {
      std::vector<const Where*> conditions;
      std::string names;
      for (const Link* link : links) {
        conditions.push_back(&link->when);
        names += (names.empty() ? "" : ", ") + link->name;
      }
      const std::string none = none_of(conditions);
      const std::string present = not_null(sites);
      if (none.empty() || present.empty()) continue;
      const std::int64_t rows = count(tx_, name + " t WHERE " + present + " AND " + none);
      if (rows == 0) continue;
      report_.find("uncovered_link", table.name, names,
                   counted(rows) + " rows lead somewhere, but no link's `when` covers them",
                   "add a link for their value, with to: none where it leads to nobody");
    }
  }

  std::vector<Site> own_sites(const Table& table, const Link& link) const {
    std::vector<Site> sites = link.from;
    if (table.tenant.how == Tenant::How::column) {
      std::erase_if(sites, [&](const Site& site) { return site.column == table.tenant.value; });
    }
    return sites;
  }

  // "" when a site has many values, which these checks leave alone.
  static std::string not_null(const std::vector<Site>& sites) {
    std::string sql;
    for (const Site& site : sites) {
      for (const Step& step : site.path) {
        if (step.member.empty()) return "";
      }
      sql += (sql.empty() ? "" : " AND ") + site_text_sql("t", site) + " IS NOT NULL";
    }
    return sql;
  }

  void dangling(const Table& table, const std::string& name, const Link& link) {
    const CatalogTable* to = catalog_.table(link.to);
    const Table* to_table = map_.table(link.to);
    if (!to || !to_table || !readable(*to_table)) return;
    // What the law keeps outlives the person to whom it leads.
    if (table.erase == Erase::retain && link.down == Down::follow) return;
    const bool enforced =
        link.when.empty() &&
        std::any_of(catalog_.foreign_keys.begin(), catalog_.foreign_keys.end(),
                    [&](const ForeignKey& key) { return stands_behind(key, table, link, map_); });
    const std::string present = not_null(own_sites(table, link));
    if (enforced || present.empty()) return;
    const std::string when = where_sql("t", link.when);
    const std::int64_t rows =
        count(tx_, name + " t WHERE " + present + " AND " + when +
                       " AND NOT EXISTS (SELECT 1 FROM " + to->sql_name + " p WHERE " +
                       link_sql(map_, catalog_, table, "t", link, "p") + ")");
    if (rows == 0) return;
    report_.find(
        "dangling_link", table.name, link.name,
        counted(rows) + " rows lead to a row of " + in_quotes(link.to) + " that does not exist",
        "find out whose rows they are: no request reaches them");
  }

  void sample(const Table& table, const CatalogTable& there);
  void settings();

  const Map& map_;
  const Catalog& catalog_;
  store::Tx& tx_;
  Report report_;
};

bool sampled_type(const std::string& type) {
  const std::string base = base_type(type);
  return base == "text" || base == "character varying" || base == "character" || base == "citext" ||
         base == "json" || base == "jsonb" || base == "text[]" || base == "character varying[]" ||
         base == "hstore";
}

// An e-mail address anywhere in the text.
bool holds_email(std::string_view value) {
  for (std::size_t at = value.find('@'); at != std::string_view::npos;
       at = value.find('@', at + 1)) {
    const auto part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '.' || c == '-' || c == '_' || c == '+' || static_cast<unsigned char>(c) >= 0x80;
    };
    std::size_t begin = at, end = at + 1;
    while (begin > 0 && part(value[begin - 1])) --begin;
    while (end < value.size() && part(value[end])) ++end;
    const std::string_view domain = value.substr(at + 1, end - at - 1);
    const std::size_t dot = domain.find('.');
    const bool shaped =
        begin < at && dot != std::string_view::npos && dot > 0 && dot + 1 < domain.size();
    if (shaped && text::normalise("email", value.substr(begin, end - begin), "")) return true;
  }
  return false;
}

// The whole text is a telephone number as people write it: with a plus sign, or with a leading zero
// and separators. Bare digits are counters far more often than numbers.
bool is_phone(std::string_view value) {
  if (value.size() < 9 || value.size() > 40) return false;
  const std::string digits = text::digits(value);
  if (digits.size() < 9 || digits.size() > 15) return false;
  const bool letters = std::any_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':' || c == ',';
  });
  if (letters) return false;
  if (text::e164(value, "")) return true;
  if (digits.front() != '0' || digits.size() == value.size()) return false;
  constexpr std::array<std::string_view, 4> kRegions{"JP", "DE", "GB", "FR"};
  return std::any_of(kRegions.begin(), kRegions.end(), [&](std::string_view region) {
    return text::e164(value, region).has_value();
  });
}

void DataCheck::sample(const Table& table, const CatalogTable& there) {
  std::vector<const CatalogColumn*> columns;
  std::string list;
  for (const std::string& name : table.clean) {
    const CatalogColumn* column = there.column(name);
    if (!sampled_type(column->type)) continue;
    columns.push_back(column);
    list += (list.empty() ? "" : ", ") + column_sql("t", name) + "::text";
  }
  if (columns.empty()) return;
  std::string from = there.sql_name + " t";
  if (there.estimated_rows > kScanWhole) {
    // Pages from all over the table: its oldest rows may be of another kind than today's.
    const double percent = std::clamp(100.0 * 20 * kSample / there.estimated_rows, 0.01, 100.0);
    from += " TABLESAMPLE SYSTEM (" + std::to_string(percent) + ")";
  }
  const store::Rows rows =
      tx_.exec("SELECT " + list + " FROM " + from + " LIMIT " + std::to_string(kSample));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t emails = 0, phones = 0;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      emails += holds_email(rows.text(row, c)) ? 1 : 0;
      phones += is_phone(rows.text(row, c)) ? 1 : 0;
    }
    const auto add = [&](std::size_t hits, const char* what) {
      if (hits == 0) return;
      report_.find("personal_data_in_clean", table.name, columns[c]->name,
                   std::to_string(hits) + " of " + std::to_string(rows.size()) +
                       " sampled rows look like " + what,
                   "move it from `clean` to `columns`");
    };
    add(emails, "an e-mail address");
    add(phones, "a telephone number");
  }
}

// Settings under which the server's log would keep statements, or the values that go with them.
void DataCheck::settings() {
  const store::Rows rows = tx_.exec(
      "SELECT current_setting('log_statement'), current_setting('log_min_duration_statement'),"
      " current_setting('log_min_duration_sample'), current_setting('log_transaction_sample_rate'),"
      " current_setting('log_parameter_max_length'), "
      "current_setting('log_parameter_max_length_on_error')");
  const auto add = [&](const std::string& name, const std::string& message,
                       const std::string& remedy) {
    report_.find("server_logs_statements", "", name, message, remedy);
  };
  const bool values = rows.text(0, 4) != "0";
  const std::string_view statements = rows.text(0, 0);
  const std::string remedy = "set it off, or log_parameter_max_length to 0, for ccctl's log-ins";
  if (values && (statements == "mod" || statements == "all")) {
    add("log_statement", "the server logs statements with their values", remedy);
  }
  if (values && rows.text(0, 1) != "-1") {
    add("log_min_duration_statement", "the server logs slow statements with their values", remedy);
  }
  if (values && rows.text(0, 2) != "-1") {
    add("log_min_duration_sample", "the server logs a sample of statements with their values",
        remedy);
  }
  if (values && rows.text(0, 3) != "0") {
    add("log_transaction_sample_rate", "the server logs a sample of transactions with their values",
        remedy);
  }
  if (rows.text(0, 5) != "0") {
    add("log_parameter_max_length_on_error", "the server logs the values of failed statements",
        "set it to 0");
  }
}

}  // namespace

std::vector<Finding> check_data(const Map& map, const Catalog& catalog, store::Tx& tx) {
  return DataCheck(map, catalog, tx).run();
}

}  // namespace ccctl::datamap
