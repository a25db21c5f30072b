#include "request/verify.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datamap/sql.h"
#include "text/identifier.h"
#include "text/phone.h"

namespace ccctl::request {
namespace {

using datamap::Column;
using datamap::Table;
using subject::Identifier;

// Columns that some index begins with, after the tenant.
std::set<std::pair<std::string, std::string>> indexed_columns(store::Tx& tx,
                                                              const datamap::Catalog& catalog) {
  std::map<std::uint32_t, std::string> names;
  for (const auto& [name, table] : catalog.tables) names[table.oid] = name;
  const store::Rows rows = tx.exec(
      "SELECT i.indrelid, a.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON "
      "a.attrelid = "
      "i.indrelid AND a.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:1]) WHERE i.indisvalid");
  std::set<std::pair<std::string, std::string>> found;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto it = names.find(static_cast<std::uint32_t>(rows.integer(r, 0)));
    if (it != names.end()) found.emplace(it->second, std::string(rows.text(r, 1)));
  }
  return found;
}

class Verifier {
 public:
  Verifier(store::Tx& tx, const Search& search)
      : tx_(tx), search_(search), finder_(tx, search.map, search.catalog, search.tenant) {}

  Verification run() {
    const auto indexed = indexed_columns(tx_, search_.catalog);
    for (const Identifier& identifier : search_.identifiers) {
      if (!text::is_strong(identifier.kind)) continue;
      (finder_.sharers(identifier, search_.own).empty() ? exclusive_ : shared_)
          .push_back(&identifier);
    }
    for (const Table& table : search_.map.tables) {
      for (const Column& column : table.columns) {
        if (column.is.empty() && !column.free) continue;
        const std::string& lookup = column.search.empty() ? column.site.column : column.search;
        const bool comparable =
            column.site.plain() && (!column.normalise.empty() || !column.search.empty());
        const bool quick =
            !column.is.empty() && comparable && indexed.contains({table.name, lookup});
        if (quick || search_.deep) {
          column_hits(table, column);
        } else {
          hit(Finding::not_searched, table, column, 0);
        }
      }
    }
    return std::move(verification_);
  }

 private:
  void hit(Finding finding, const Table& table, const Column& column, std::uint64_t rows) {
    verification_.hits.push_back({finding, table.name, column.site.text(), rows});
  }

  // The conditions for any of the identifiers that the column may hold; empty when it can hold
  // none.
  struct Conditions {
    std::string decided;     // true only where a value stands
    std::string candidates;  // perhaps: normalising the row's values decides
  };
  Conditions conditions(const Column& column, const std::vector<const Identifier*>& identifiers,
                        store::Params& params) {
    Conditions any;
    const auto also = [](std::string& all, const std::string& one) {
      all += (all.empty() ? "" : " OR ") + one;
    };
    for (const Identifier* identifier : identifiers) {
      if (column.is == identifier->kind) {
        bool exact = false;
        const std::string one =
            subject::Finder::condition(column, "t", *identifier, params, &exact);
        also(exact ? any.decided : any.candidates, one);
      } else if (column.free) {
        also(any.decided, mention(column, *identifier, params));
      }
    }
    return any;
  }

  // A phone number is mentioned in many ways: compare its last digits with the text's digits; other
  // values by their folded text.
  std::string mention(const Column& column, const Identifier& identifier, store::Params& params) {
    const std::string value = datamap::site_text_sql("t", column.site);
    if (identifier.kind == "phone") {
      const std::string digits = text::digits(identifier.value.reveal());
      const std::string tail = digits.size() <= 8 ? digits : digits.substr(digits.size() - 8);
      return "strpos(regexp_replace(translate(" + value +
             ", '０１２３４５６７８９', '0123456789'), '[^0-9]', '', 'g'), " + params.bind(tail) +
             "::text) > 0";
    }
    return "strpos(lower(normalize(" + value + ", NFKC)), " +
           params.bind(identifier.value.reveal()) + "::text) > 0";
  }

  // Whether the row still belongs to somebody: one of its follow links leads to a row, or one that
  // counts leads to it (the conversation of another customer, too).
  std::string belongs(const Table& table, const Column& column) {
    std::string any;
    for (const datamap::Link& link : table.links) {
      if (link.down != datamap::Down::follow || link.to.empty()) continue;
      const Table& parent = *search_.map.table(link.to);
      any += (any.empty() ? "" : " OR ") + std::string("EXISTS (SELECT 1 FROM ") +
             search_.catalog.at(parent.name).sql_name + " p WHERE " +
             datamap::link_sql(search_.map, search_.catalog, table, "t", link, "p") + ")";
    }
    for (const Table& child : search_.map.tables) {
      for (const datamap::Link& link : child.links) {
        if (!link.up_last || link.to != table.name) continue;
        any += (any.empty() ? "" : " OR ") + std::string("EXISTS (SELECT 1 FROM ") +
               search_.catalog.at(child.name).sql_name + " c WHERE " +
               datamap::link_sql(search_.map, search_.catalog, child, "c", link, "t") + " AND " +
               datamap::where_sql("c", link.count) + ")";
      }
    }
    const bool own_row = std::any_of(search_.map.subjects.begin(), search_.map.subjects.end(),
                                     [&](const auto& type) { return type.table == table.name; });
    // Free text on a living person's own row is that person's.
    if (own_row && column.is.empty()) return "true";
    if (table.match || own_row) return "false";
    if (any.empty()) return search_.scope.holds(table.name) ? "false" : "true";
    return "(" + any + ")";
  }

  struct Count {
    std::uint64_t orphans = 0, total = 0;
  };

  Count count(const Table& table, const Column& column,
              const std::vector<const Identifier*>& identifiers) {
    store::Params params;
    const std::string tenant =
        datamap::tenant_sql(search_.map, search_.catalog, table, "t", params.bind(search_.tenant));
    const Conditions any = conditions(column, identifiers, params);
    const std::string from =
        " FROM " + search_.catalog.at(table.name).sql_name + " t WHERE " + tenant + " AND ";
    Count found;
    if (any.candidates.empty()) {
      if (any.decided.empty()) return found;
      const store::Rows rows =
          tx_.exec({"SELECT pg_catalog.count(*) FILTER (WHERE NOT " + belongs(table, column) +
                        "), pg_catalog.count(*)" + from + "(" + any.decided + ")",
                    params.take()});
      found.orphans = static_cast<std::uint64_t>(rows.integer(0, 0));
      found.total = static_cast<std::uint64_t>(rows.integer(0, 1));
      return found;
    }
    const std::string decided = any.decided.empty() ? "false" : "(" + any.decided + ")";
    std::string select =
        "SELECT COALESCE(" + belongs(table, column) + ", false), COALESCE(" + decided + ", false)";
    for (const std::string& values : subject::Finder::value_list(column, "t"))
      select += ", " + values + "::text";
    tx_.each({select + from + "(" + decided + " OR " + any.candidates + ")", params.take()},
             [&](const store::Rows& rows, std::size_t r) {
               if (!rows.boolean(r, 1) && !holds(column, identifiers, rows, r)) return;
               ++found.total;
               found.orphans += rows.boolean(r, 0) ? 0 : 1;
             });
    return found;
  }

  // Whether the values in the row's columns from the third on are one of the identifiers.
  bool holds(const Column& column, const std::vector<const Identifier*>& identifiers,
             const store::Rows& rows, std::size_t r) {
    std::vector<std::string_view> arrays;
    for (std::size_t c = 2; c < rows.columns(); ++c) arrays.push_back(rows.text(r, c));
    const std::vector<std::string> values = finder_.values_of(column, column.is, arrays);
    return std::any_of(identifiers.begin(), identifiers.end(), [&](const Identifier* identifier) {
      return identifier->kind == column.is &&
             std::find(values.begin(), values.end(), identifier->value.reveal()) != values.end();
    });
  }

  void column_hits(const Table& table, const Column& column) {
    const Count shared = count(table, column, shared_);
    if (shared.total > 0) hit(Finding::shared, table, column, shared.total);
    Count own = count(table, column, exclusive_);
    const auto it = search_.kept.find(table.name);
    const std::uint64_t kept = it == search_.kept.end() ? 0 : std::min(it->second, own.total);
    if (kept > 0) hit(Finding::kept, table, column, kept);
    // A kept row has lost its person too: it counts among the orphans first.
    own.orphans -= std::min(own.orphans, kept);
    own.total -= kept;
    if (own.orphans > 0) hit(Finding::residue, table, column, own.orphans);
    if (own.total > own.orphans) hit(Finding::mentioned, table, column, own.total - own.orphans);
  }

  store::Tx& tx_;
  const Search& search_;
  subject::Finder finder_;
  std::vector<const Identifier*> exclusive_, shared_;
  Verification verification_;
};

}  // namespace

std::string_view to_text(Finding finding) {
  switch (finding) {
    case Finding::residue:
      return "residue";
    case Finding::shared:
      return "shared";
    case Finding::kept:
      return "kept";
    case Finding::mentioned:
      return "mentioned";
    case Finding::not_searched:
      return "not_searched";
  }
  return "";
}

bool Verification::clean() const {
  return std::none_of(hits.begin(), hits.end(),
                      [](const Hit& hit) { return hit.finding == Finding::residue; });
}

Json Verification::json(Finding finding) const {
  Json all = Json::array();
  for (const Hit& hit : hits) {
    if (hit.finding != finding) continue;
    Json entry{{"table", hit.table}, {"column", hit.site}};
    if (finding != Finding::not_searched) entry["rows"] = hit.rows;
    all.push_back(std::move(entry));
  }
  return all;
}

Verification verify(store::Tx& tx, const Search& search) {
  return Verifier(tx, search).run();
}

}  // namespace ccctl::request
