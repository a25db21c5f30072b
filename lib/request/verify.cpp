#include "request/verify.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "datamap/sql.h"
#include "subject/key_sql.h"
#include "text/identifier.h"

namespace ccctl::request {
namespace {

using datamap::Column;
using datamap::Table;
using subject::Identifier;

// Whether an index begins with the column, or with the tenant and the column.
bool indexed(const datamap::CatalogTable& table, const std::string& column) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const auto& columns) {
    const auto end =
        columns.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(columns.size(), 2));
    return std::find(columns.begin(), end, column) != end;
  });
}

class Verifier {
 public:
  Verifier(store::Tx& tx, const Search& search)
      : tx_(tx), search_(search), finder_(tx, search.map, search.catalog, search.tenant) {}

  Verification run() {
    strong();
    // Where none of the values stands anywhere, it does not matter whose they are.
    look_everywhere();
    if (std::any_of(parts_.begin(), parts_.end(),
                    [](const Part& part) { return part.count.total + part.count.kept > 0; })) {
      classify();
      verification_.hits.clear();
      look_everywhere();
      for (const Part& part : parts_) tell(part);
    }
    return std::move(verification_);
  }

 private:
  struct Count {
    std::uint64_t orphans = 0, total = 0, kept = 0;  // kept ones are none of the others
  };
  struct Part {
    const Table* table;
    const Column* column;  // none: the subjects' own rows
    bool shared;
    Count count;
  };

  void strong() {
    for (const Identifier& identifier : search_.identifiers) {
      if (text::is_strong(identifier.kind) &&
          std::none_of(exclusive_.begin(), exclusive_.end(),
                       [&](const Identifier& other) { return other.same_value(identifier); })) {
        exclusive_.push_back(identifier);
      }
    }
  }

  void classify() {
    const std::vector<Identifier> all = std::move(exclusive_);
    exclusive_.clear();
    const std::vector<std::vector<subject::Hits>> sharers = finder_.sharers(all, search_.own);
    for (std::size_t i = 0; i < all.size(); ++i)
      (sharers[i].empty() ? exclusive_ : shared_).push_back(all[i]);
  }

  void look_everywhere() {
    parts_.clear();
    sql_.clear();
    params_ = {};
    tenant_param_ = params_.bind(search_.tenant);
    for (const Table& table : search_.map.tables) {
      for (const Column& column : table.columns) {
        if (column.is.empty() && !column.free) continue;
        const std::string& lookup = column.search.empty() ? column.site.column : column.search;
        const bool comparable =
            column.site.plain() && (!column.normalise.empty() || !column.search.empty());
        const bool quick =
            !column.is.empty() && comparable && indexed(search_.catalog.at(table.name), lookup);
        if (quick || search_.deep) {
          look(table, column);
        } else {
          verification_.hits.push_back({Finding::not_searched, table.name, column.site.text(), 0});
        }
      }
    }
    if (search_.erased) own_rows();
    read();
  }

  // A person without an identifier is found by the key alone. Rows that erasing empties stay.
  void own_rows() {
    for (const datamap::SubjectType& type : search_.map.subjects) {
      const Table& table = *search_.map.table(type.table);
      std::vector<subject::SubjectRef> refs;
      std::copy_if(search_.own.begin(), search_.own.end(), std::back_inserter(refs),
                   [&](const auto& ref) { return ref.kind == type.kind && !ref.key.empty(); });
      if (refs.empty() || table.erase != datamap::Erase::erase_row) continue;
      ask("false",
          from(table, tenant_param_) + datamap::where_sql("t", type.where) + " AND " +
              subject::key_in_sql(search_.map, search_.catalog, table, "t", refs, params_),
          {&table, nullptr, false, {}});
    }
  }

  // One more part of the statement that read() sends.
  void ask(const std::string& belongs, const std::string& rest, Part part) {
    const std::string kept = this->kept(*part.table, params_);
    const auto count = [](const std::string& which) {
      return ", pg_catalog.count(*) FILTER (WHERE " + which + ")";
    };
    sql_ += (sql_.empty() ? "SELECT " : "\nUNION ALL SELECT ") + std::to_string(parts_.size()) +
            count("NOT " + belongs + " AND NOT " + kept) + count("NOT " + kept) + count(kept) +
            rest;
    parts_.push_back(part);
  }

  // The conditions for any of the identifiers that the column may hold; empty when it can hold
  // none.
  struct Conditions {
    std::string decided;     // true only where a value stands
    std::string candidates;  // perhaps: normalising the row's values decides
  };
  Conditions conditions(const Column& column, const std::vector<Identifier>& identifiers,
                        store::Params& params) {
    Conditions any;
    const auto also = [](std::string& all, const std::string& one) {
      all += (all.empty() ? "" : " OR ") + one;
    };
    for (const Identifier& identifier : identifiers) {
      if (column.is == identifier.kind) {
        bool exact = false;
        const std::string one = subject::Finder::condition(column, "t", identifier, params, &exact);
        also(exact ? any.decided : any.candidates, one);
      } else if (column.free) {
        also(any.decided, subject::Finder::mention(column, "t", identifier, params));
      }
    }
    return any;
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

  // What a correction leaves is noted nowhere, nor are rows without a key.
  bool noted(const Table& table) const { return search_.erased && !table.key.empty(); }

  // Whether the row is one of those that the request kept.
  std::string kept(const Table& table, store::Params& params) const {
    if (!search_.kept.contains(table.name) || !noted(table)) return "false";
    return datamap::key_text_sql(search_.map.id_columns(table), "t") +
           " IN (SELECT r.key FROM ccctl.restricted r WHERE r.tenant_id = " +
           params.bind(search_.tenant) +
           "::text AND r.table_name = " + store::quote_literal(table.name) +
           " AND r.request_id = " + params.bind(search_.request_id) + "::text)";
  }

  std::string from(const Table& table, const std::string& tenant) const {
    return " FROM " + search_.catalog.at(table.name).sql_name + " t WHERE " +
           datamap::tenant_sql(search_.map, search_.catalog, table, "t", tenant) + " AND ";
  }

  // Counts what values decide here, row by row; what SQL decides joins the one statement that
  // read() sends.
  void look(const Table& table, const Column& column) {
    for (const bool shared : {false, true}) {
      const std::vector<Identifier>& identifiers = shared ? shared_ : exclusive_;
      store::Params params;
      const std::string tenant = params.bind(search_.tenant);
      if (const Conditions any = conditions(column, identifiers, params); !any.candidates.empty()) {
        const std::string decided = any.decided.empty() ? "false" : "(" + any.decided + ")";
        std::string select = "SELECT COALESCE(" + belongs(table, column) + ", false), COALESCE(" +
                             decided + ", false), " + kept(table, params);
        for (const std::string& values : subject::Finder::value_list(column, "t"))
          select += ", " + values + "::text";
        select += from(table, tenant) + "(" + decided + " OR " + any.candidates + ")";
        parts_.push_back({&table, &column, shared, walk(column, identifiers, select, params)});
      } else if (!any.decided.empty()) {
        const std::string decided = conditions(column, identifiers, params_).decided;
        ask(belongs(table, column), from(table, tenant_param_) + "(" + decided + ")",
            {&table, &column, shared, {}});
      }
    }
  }

  Count walk(const Column& column, const std::vector<Identifier>& identifiers, std::string select,
             store::Params& params) {
    Count found;
    tx_.each({std::move(select), params.take()}, [&](const store::Rows& rows, std::size_t r) {
      if (!rows.boolean(r, 1) && !holds(column, identifiers, rows, r)) return;
      const bool kept = rows.boolean(r, 2);
      found.kept += kept ? 1 : 0;
      found.total += kept ? 0 : 1;
      found.orphans += kept || rows.boolean(r, 0) ? 0 : 1;
    });
    return found;
  }

  // Whether the values in the row's columns from the fourth on are one of the identifiers.
  bool holds(const Column& column, const std::vector<Identifier>& identifiers,
             const store::Rows& rows, std::size_t r) {
    Json lists = Json::array();
    for (std::size_t c = 3; c < rows.columns(); ++c) lists.push_back(Json::parse(rows.text(r, c)));
    const std::vector<std::string> values = finder_.values_of(column, column.is, lists);
    return std::any_of(identifiers.begin(), identifiers.end(), [&](const Identifier& identifier) {
      return identifier.kind == column.is &&
             std::find(values.begin(), values.end(), identifier.value.reveal()) != values.end();
    });
  }

  void read() {
    if (!sql_.empty()) {
      const store::Rows rows = tx_.exec({std::move(sql_), params_.take()});
      for (std::size_t r = 0; r < rows.size(); ++r) {
        parts_.at(static_cast<std::size_t>(rows.integer(r, 0))).count = {
            static_cast<std::uint64_t>(rows.integer(r, 1)),
            static_cast<std::uint64_t>(rows.integer(r, 2)),
            static_cast<std::uint64_t>(rows.integer(r, 3))};
      }
    }
  }

  void tell(const Part& part) {
    const Table& table = *part.table;
    const std::string site = part.column != nullptr ? part.column->site.text() : table.key.back();
    const auto hit = [&](Finding finding, std::uint64_t rows) {
      if (rows > 0) verification_.hits.push_back({finding, table.name, site, rows});
    };
    auto [orphans, total, kept] = part.count;
    if (part.shared) return hit(Finding::shared, total + kept);
    if (const auto it = search_.kept.find(table.name); it != search_.kept.end() && !noted(table)) {
      // A kept row has lost its person too: it counts among the orphans first.
      kept = std::min(it->second, total);
      orphans -= std::min(orphans, kept);
      total -= kept;
    }
    hit(Finding::kept, kept);
    hit(Finding::residue, orphans);
    hit(Finding::mentioned, total - orphans);
  }

  store::Tx& tx_;
  const Search& search_;
  subject::Finder finder_;
  std::vector<Identifier> exclusive_, shared_;
  store::Params params_;
  std::string tenant_param_;
  std::string sql_;
  std::vector<Part> parts_;
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
