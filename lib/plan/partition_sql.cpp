// What of a partition stays when it goes as a whole.
#include <algorithm>

#include "datamap/sql.h"
#include "plan/hold_sql.h"
#include "plan/partition.h"
#include "plan/sweep_writer.h"

namespace ccctl::plan {

using datamap::Anchor;
using datamap::column_sql;
using datamap::key_list_sql;
using datamap::same_key_sql;
using datamap::Table;
using datamap::Tenant;
using store::quote_literal;

namespace {

bool in_row(const Anchor& anchor) {
  if (anchor.source == Anchor::Source::latest_of)
    return std::all_of(anchor.parts.begin(), anchor.parts.end(), in_row);
  return anchor.source == Anchor::Source::column;
}

bool in_rows(const std::vector<Criterion>& criteria) {
  return std::all_of(criteria.begin(), criteria.end(), [](const Criterion& c) {
    return std::all_of(c.parts.begin(), c.parts.end(), [](const Part& part) {
      return part.stance != Stance::by_row || in_row(*part.anchor);
    });
  });
}

const Tenant& tenant_of(const datamap::Map& map, const Table& table) {
  return table.tenant.how == Tenant::How::none ? map.tenant : table.tenant;
}

// The map's key tells each row of the table from all others.
bool key_is_unique(const SweepGround& ground, const Table& table) {
  const std::vector<std::string>& primary = ground.catalog.at(table.name).primary_key;
  const std::string tenant = tenant_of(ground.map, table).value;
  return !primary.empty() &&
         std::all_of(primary.begin(), primary.end(), [&](const std::string& name) {
           return name == tenant ||
                  std::find(table.key.begin(), table.key.end(), name) != table.key.end();
         });
}

}  // namespace

// Writes one such statement each.
class PartitionWriter : private KeptWriter {
 public:
  PartitionWriter(const SweepGround& ground, const Pass& pass, const std::string& leaf)
      : KeptWriter(ground, pass.scope), pass_(pass), table_(pass.table()), leaf_(leaf) {}

  std::string mine() const { return s_.tenant_of(table_, "t"); }
  // Compared by order, which an index can look up.
  std::string others() {
    const Tenant& tenant = tenant_of(ground_.map, table_);
    if (tenant.how != Tenant::How::column) return "NOT COALESCE(" + mine() + ", false)";
    const datamap::CatalogColumn* column = ground_.catalog.at(table_.name).column(tenant.value);
    const std::string name = column_sql("t", tenant.value),
                      value = datamap::typed_param(s_.tenant_param_, column->type);
    return "(" + name + " < " + value + " OR " + name + " > " + value + " OR " + name + " IS NULL)";
  }
  std::string not_taken() {
    return mine() + " AND NOT " + criteria(table_.name).taken(pass_.maximum, "t");
  }
  // As HoldWriter has it for any hold; here those that there are, so that an index can be used.
  std::string held_by_no_person() const {
    std::string any;
    for (const rule::Hold& hold : ground_.holds) {
      if (hold.of_subject()) continue;
      const std::string covered = covers(hold);
      if (covered != "false") any += (any.empty() ? "" : " OR ") + covered;
    }
    return any.empty() ? any : mine() + " AND (" + any + ")";
  }
  // A query for the keys of rows that a held person's hold covers; empty: nobody is held.
  std::string held() {
    Protection protection;
    for (const rule::Hold& hold : ground_.holds) {
      if (hold.of_subject()) protection.holds.push_back(hold);
    }
    protection.values = ground_.values;
    if (protection.holds.empty()) return "";
    s_.all_[table_.name] =
        "(SELECT " + key_list_sql(table_, "t") + " FROM " + leaf_ + " t WHERE " + mine() + ")";
    Names own;
    HoldWriter(s_, protection).write(own);
    return own_rows(own, table_.name);
  }

  // Counted where there is no `kept` to insert them into.
  store::Sql insert(const std::string& kept, const std::vector<std::string>& columns,
                    const std::string& from, std::uint64_t most) {
    std::string names, values;
    for (const std::string& column : columns) {
      names += (names.empty() ? "" : ", ") + store::quote_name(column);
      values += (values.empty() ? "" : ", ") + column_sql("t", column);
    }
    const std::string rows = " FROM " + leaf_ + " t" + from + " AND " + s_.tenant_param_ +
                             "::text IS NOT NULL LIMIT " + std::to_string(most);
    if (kept.empty())
      return {s_.ctes_ + "\nSELECT pg_catalog.count(*) FROM (SELECT 1" + rows + ") x",
              s_.params_.take()};
    return {s_.ctes_ + "\nINSERT INTO " + kept + " (" + names + ") SELECT " + values + rows +
                " ON CONFLICT DO NOTHING",
            s_.params_.take()};
  }

  store::Sql still(const std::string& kept) {
    stands();
    const std::string rows = held();
    const std::string missing =
        rows.empty() ? "false"
                     : "EXISTS (SELECT 1 FROM (" + rows + ") k WHERE NOT EXISTS (SELECT 1 FROM " +
                           kept + " y WHERE " + same_key_sql(table_, "y", "k") + "))";
    return {s_.ctes_ + "\nSELECT (SELECT ok FROM stands), NOT " + missing, s_.params_.take()};
  }

  store::Sql keys(const std::string& kept) {
    return {"SELECT " + datamap::key_text_sql(ground_.map.id_columns(table_), "t") +
                " COLLATE \"C\" FROM " + leaf_ + " t WHERE NOT EXISTS (SELECT 1 FROM " + kept +
                " y WHERE " + same_key_sql(table_, "y", "t") + ") AND " + s_.tenant_param_ +
                "::text IS NOT NULL ORDER BY 1",
            s_.params_.take()};
  }

 private:
  std::string covers(const rule::Hold& hold) const {
    if (!hold.category.empty() && hold.category != table_.category) return "false";
    std::string sql = hold.data.empty() ? "true" : "";
    for (const datamap::DataType& type : table_.data) {
      if (type.is == hold.data && !hold.data.empty())
        sql += (sql.empty() ? "" : " OR ") + datamap::where_sql("t", type.when);
    }
    if (sql.empty()) return "false";
    const auto created = table_.anchors.find("created");
    if (created == table_.anchors.end() || (!hold.created_from && !hold.created_to))
      return "(" + sql + ")";
    const auto bound = [](const std::optional<Instant>& instant) {
      return (instant ? quote_literal(ccctl::to_text(*instant)) : "NULL") + "::timestamptz";
    };
    return "((" + sql + ") AND " +
           in_span_sql(ground_.map, ground_.catalog, table_, "t", created->second,
                       bound(hold.created_from), bound(hold.created_to)) +
           ")";
  }

  const Pass& pass_;
  const Table& table_;
  const std::string& leaf_;
};

bool PartitionCompiler::fits(const SweepGround& ground, const Pass& pass) {
  const SweepWish wish;
  if (!pass.ruled() || !SweepWriter(ground, pass, wish).alone() || column(pass).empty())
    return false;
  const Table& table = pass.table();
  const datamap::CatalogTable& entry = ground.catalog.at(table.name);
  const datamap::CatalogColumn* anchor = entry.column(column(pass));
  if (!entry.partitioned || anchor == nullptr ||
      (anchor->type != "timestamp with time zone" && anchor->type != "date"))
    return false;
  const auto created = table.anchors.find("created");
  // What erasures had to leave is noted elsewhere than in the rows.
  return pass.criteria->restricted.empty() &&
         tenant_of(ground.map, table).how != Tenant::How::link && key_is_unique(ground, table) &&
         in_rows(pass.criteria->maxima) && in_rows(pass.criteria->minima) &&
         (created == table.anchors.end() || in_row(created->second));
}

std::string PartitionCompiler::column(const Pass& pass) {
  const Part* part = pass.criteria->maxima[pass.maximum].column();
  return part == nullptr ? "" : part->anchor->column;
}

store::Sql PartitionCompiler::all_due(const std::string& from, const std::string& to) const {
  const Part& part = *pass_.criteria->maxima[pass_.maximum].column();
  const std::string type = part.is_date ? "::date" : "::timestamptz";
  store::Params params;
  const std::string first = params.bind(from) + type, end = params.bind(to) + type;
  std::string any;
  for (const Piece& piece : part.passed) {
    any += (any.empty() ? "" : " OR ") + std::string("(") + end + " <= " + quote_literal(piece.to) +
           type;
    if (!piece.from.empty()) any += " AND " + first + " >= " + quote_literal(piece.from) + type;
    any += ")";
  }
  return {"SELECT " + first + " >= " + quote_literal(part.believed.from) + type + " AND " + end +
              " <= " + quote_literal(part.believed.to) + type + " AND (" +
              (any.empty() ? "false" : any) + ")",
          params.take()};
}

std::vector<store::Sql> PartitionCompiler::staying(std::uint64_t most) const {
  return keep("", {}, most);
}

std::vector<store::Sql> PartitionCompiler::keep(const std::string& kept,
                                                const std::vector<std::string>& columns,
                                                std::uint64_t most) const {
  std::vector<store::Sql> all;
  const auto add = [&](auto&& condition) {
    PartitionWriter writer(ground_, pass_, leaf_);
    if (const std::string where = condition(writer); !where.empty())
      all.push_back(writer.insert(kept, columns, " WHERE " + where, most));
  };
  add([](PartitionWriter& w) { return w.others(); });
  add([](PartitionWriter& w) { return w.not_taken(); });
  add([](PartitionWriter& w) { return w.held_by_no_person(); });
  PartitionWriter writer(ground_, pass_, leaf_);
  if (const std::string rows = writer.held(); !rows.empty()) {
    all.push_back(writer.insert(
        kept, columns,
        " JOIN (" + rows + ") k ON " + same_key_sql(pass_.table(), "t", "k") + " WHERE true",
        most));
  }
  return all;
}

store::Sql PartitionCompiler::still(const std::string& kept) const {
  return PartitionWriter(ground_, pass_, leaf_).still(kept);
}

store::Sql PartitionCompiler::keys(const std::string& kept) const {
  return PartitionWriter(ground_, pass_, leaf_).keys(kept);
}

}  // namespace ccctl::plan
