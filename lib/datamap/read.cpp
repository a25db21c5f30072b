// Readers of tables, subjects and the whole map.
#include <nlohmann/json.hpp>

#include "base/calendar.h"
#include "crypto/digest.h"
#include "datamap/readers.h"

namespace ccctl::datamap {
namespace {

const doc::TextRule kIdentifier{
    .what = "a kind of identifier such as name, phone, email, address, social.X or external",
    .pattern = "^[a-z][a-z0-9_]*(\\.[A-Za-z0-9_-]+)?$",
    .accepts = [](std::string_view text) {
      const std::size_t dot = text.find('.');
      const std::string_view kind = text.substr(0, dot);
      if (kind.empty() || kind.front() < 'a' || kind.front() > 'z' || text.ends_with('.'))
        return false;
      return kind.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
             std::string_view::npos;
    }};

const doc::TextRule kNormalised{.what = "e164/REGION, fold or exact",
                                .pattern = "^(e164/[A-Z]{2}|fold|exact)$",
                                .accepts = [](std::string_view text) {
                                  if (text == "fold" || text == "exact") return true;
                                  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
                                  return text.size() == 7 && text.starts_with("e164/") &&
                                         upper(text[5]) && upper(text[6]);
                                }};

const doc::Choices<std::string> kCategories{
    {"registration", "registration"}, {"host_usage", "host_usage"}, {"generated", "generated"}};

class Reading {
 public:
  explicit Reading(doc::Fields& fields) : f_(fields) {}

  void text(std::string_view key, bool required, std::string& out, const doc::TextRule& rule,
            std::string_view about) {
    f_.field(key, required, about, [&](doc::Value& v) { v.text(out, rule); });
  }
  void names(std::string_view key, bool required, std::vector<std::string>& out,
             const doc::TextRule& rule, std::string_view about) {
    f_.field(key, required, about, [&](doc::Value& v) {
      v.list([&](doc::Value& element) {
        std::string name;
        element.text(name, rule);
        for (const std::string& before : out) {
          if (element.decoding() && before == name)
            element.fail("\"" + name + "\" twice in a list");
        }
        out.push_back(std::move(name));
      });
    });
  }
  void where(std::string_view key, Where& out, std::string_view about) {
    f_.field(key, false, about, [&](doc::Value& v) { describe_where(out, v); });
  }
  // A map whose order is kept; `name` stores the key, `read` the value.
  template <class T, class Name>
  void list_by_name(std::string_view key, std::vector<T>& out, const doc::TextRule& rule,
                    std::string_view about, Name name) {
    f_.field(key, false, about, [&](doc::Value& v) {
      v.entries(
          [&](const std::string& text, const doc::Position& at, doc::Value& element) {
            T item{};
            name(item, text, at);
            doc::Reader<T>::read(item, element);
            out.push_back(std::move(item));
          },
          rule);
    });
  }
  void anchors(std::map<std::string, Anchor>& out) {
    f_.field("anchors", false, "the times that retention rules count from", [&](doc::Value& v) {
      v.entries(
          [&](const std::string& name, const doc::Position&, doc::Value& element) {
            Anchor anchor;
            describe(anchor, element);
            out.emplace(name, std::move(anchor));
          },
          kWord);
    });
  }

 private:
  doc::Fields& f_;
};

// A single type for all rows, or one per condition.
void describe_types(std::vector<DataType>& types, doc::Value& value) {
  value.one_of({{doc::Shape::text,
                 [&](doc::Value& v) {
                   DataType type;
                   v.text(type.is, kWord);
                   types = {std::move(type)};
                 }},
                {doc::Shape::list,
                 [&](doc::Value& v) { doc::Reader<std::vector<DataType>>::read(types, v); }}});
}

void describe_erase(Table& table, doc::Value& value) {
  static const doc::Choices<Erase> words{{"delete", Erase::erase_row},
                                         {"anonymise", Erase::anonymise}};
  const auto retained = [&](doc::Fields& f) {
    Reading(f).text("retain", true, table.retain_basis, kWord,
                    "the basis of the rule that keeps it");
    table.erase = Erase::retain;
  };
  value.one_of({{doc::Shape::text, [&](doc::Value& v) { v.choice(table.erase, words); }},
                {doc::Shape::map, [&](doc::Value& v) { v.record(retained); }}});
}

constexpr std::string_view kAbout =
    "What the tables of a datastore mean for the people they speak of.";

}  // namespace

const doc::Choices<Rectify> kRectify{
    {"replace", Rectify::replace}, {"annotate", Rectify::annotate}, {"keep", Rectify::keep}};
const doc::Choices<Down> kDown{{"follow", Down::follow}, {"cut", Down::cut}, {"stay", Down::stay}};

void describe(Column& column, doc::Fields& f) {
  Reading r(f);
  r.text("is", false, column.is, kIdentifier, "the kind of identifier it holds");
  f.optional("with", column.with, "other sites of the same identifier, in the order of reading");
  r.text("data", false, column.data, kWord, "the data type, where it differs from the table's");
  r.text("normalise", false, column.normalise, kNormalised,
         "the form in which the column already stands");
  r.text("search", false, column.search, kColumnName, "the column that holds the folded form");
  f.optional("suggest", column.suggest,
             "proposed for a request of its own, never followed by itself");
  f.optional("free", column.free, "free text that may mention people");
  f.optional("mask", column.mask, "shown to others only in part");
  f.optional("erase", column.erase, "what erasing does to it where the row stays");
  f.optional("sealed", column.sealed, "how it is encrypted");
  r.text("blind", false, column.blind, kColumnName, "the column of its blind index");
  for (std::string_view key : {"with", "normalise", "search", "suggest"}) f.needs(key, "is");
  f.needs("blind", "sealed");
}

void describe(Link& link, doc::Fields& f) {
  Reading r(f);
  static const doc::Choices<bool> up{{"last", true}};
  f.position(link.at);
  f.required("from", link.from, "sites of this table, in the order of the other's key");
  r.text("to", true, link.to, kTableName, "the table it leads to, or none");
  r.where("when", link.when, "the rows that have the link");
  f.required("down", link.down, kDown, "what erasing the other row does to this one");
  f.optional("up", link.up_last, up,
             "last: the other row goes with the last of its counted rows here");
  r.where("count", link.count, "the rows here that count for `up`");
  f.needs("count", "up");
  if (link.to == "none") link.to.clear();
}

void describe(Object& object, doc::Fields& f) {
  Reading r(f);
  f.required("pointer", object.pointer, "the site that names the object");
  r.text("store", true, object.store, kWord, "the object store's name in the settings");
  f.optional("sealed", object.sealed, "how it is encrypted");
}

void describe(DataType& type, doc::Fields& f) {
  Reading r(f);
  r.where("when", type.when, "the rows of this type; all when left out");
  r.text("is", true, type.is, kWord, "the data type that rules match");
}

void describe(Outside& outside, doc::Fields& f) {
  Reading r(f);
  f.required("what", outside.what, "what it is, in words for the data subject");
  f.required("reason", outside.reason, "why no request reaches it");
  r.where("unlinked", outside.unlinked, "rows that count where they lead to no subject");
  r.names("requirements", false, outside.requirements, {}, "where that comes from");
}

void describe(Merge& merge, doc::Value& value) {
  const auto by_column = [&](doc::Fields& f) {
    Reading(f).text("canonical", true, merge.canonical, kColumnName,
                    "the column with the canonical row's id");
  };
  const auto by_table = [&](doc::Fields& f) {
    Reading r(f);
    r.text("table", true, merge.table, kTableName, "the table of pairs");
    r.names("member", true, merge.member, kColumnName, "its columns with the member's id");
    r.names("canonical", true, merge.canonical_columns, kColumnName,
            "its columns with the canonical id");
  };
  value.one_of({{doc::Shape::map, [&](doc::Value& v) { v.record(by_table); }, "table"},
                {doc::Shape::map, [&](doc::Value& v) { v.record(by_column); }, "canonical"}});
}

void describe(SubjectType& subject, doc::Fields& f) {
  Reading r(f);
  f.position(subject.at);
  r.text("table", true, subject.table, kTableName, "the table of such people");
  r.where("where", subject.where, "its rows that are such people");
  r.where("current", subject.current, "those whose erasure needs an approval: current employees");
  f.optional("merge", subject.merge, "how duplicate rows of one person are known");
  f.optional("label", subject.label, "what the person is called in lists");
}

void describe(Tenants& tenants, doc::Fields& f) {
  Reading r(f);
  r.text("table", true, tenants.table, kTableName, "the table of tenants");
  r.text("key", true, tenants.key, kColumnName, "its column with the tenant's id");
  f.optional("region", tenants.region, "the tenant's home region");
  f.optional("pack", tenants.pack, "the pack that it names");
  f.optional("status", tenants.status, "its state");
  f.optional("zone", tenants.zone, "its time zone");
  r.anchors(tenants.anchors);
}

void describe(Map& map, doc::Fields& f) {
  Reading r(f);
  f.required("tenant", map.tenant, "how a row knows its tenant");
  f.optional("tenants", map.tenants, "where the tenants themselves stand");
  r.text("zone", false, map.zone,
         {.what = "an IANA time zone such as Asia/Tokyo", .accepts = known_zone},
         "the zone of timestamps without time zone");
  r.names("ignore", false, map.ignore, {.what = "a pattern of table names"},
          "tables that hold nothing personal");
  r.list_by_name(
      "subjects", map.subjects, kWord, "the kinds of people",
      [](SubjectType& s, const std::string& kind, const doc::Position&) { s.kind = kind; });
  f.field("tables", true, "every table of the mapped schemas", [&](doc::Value& v) {
    v.entries(
        [&](const std::string& name, const doc::Position& at, doc::Value& element) {
          Table table;
          table.name = name;
          table.tenant = map.tenant;
          doc::Reader<Table>::read(table, element);
          table.at = at;
          map.tables.push_back(std::move(table));
        },
        kTableName);
  });
}

void describe(Table& table, doc::Fields& f) {
  static const doc::Choices<bool> scope{{"in", true}, {"out", false}};
  Reading r(f);
  r.names("key", true, table.key, kColumnName,
          "the columns that identify a row; [] where there are none");
  f.required("category", table.category, kCategories, "the category of personal data");
  f.field("data", false, "the data type, or one per condition",
          [&](doc::Value& v) { describe_types(table.data, v); });
  f.optional("retention_label", table.retention_label,
             "a site whose value names a rule for this row");
  r.names("purposes", false, table.purposes, {}, "what the data is used for");
  f.field("erase", true, "what an erasure does to a row in scope",
          [&](doc::Value& v) { describe_erase(table, v); });
  f.optional("rectify", table.rectify, kRectify, "what a correction does");
  f.optional("hidden", table.hidden, "how the site's application is made blind to a row");
  r.anchors(table.anchors);
  r.names("clean", false, table.clean, kColumnName, "columns without personal data");
  f.field("columns", false, "columns with personal data", [&](doc::Value& v) {
    v.entries([&](const std::string& text, const doc::Position& at, doc::Value& element) {
      Column column;
      const auto site = Site::parse(text);
      if (element.decoding() && !site) {
        throw doc::error_at(ErrorKind::map_invalid, at,
                            "this key is not a column, column[*] or column$.member");
      }
      if (site) column.site = *site;
      doc::Reader<Column>::read(column, element);
      column.at = at;
      table.columns.push_back(std::move(column));
    });
  });
  r.list_by_name(
      "links", table.links, kWord, "how a row leads to others",
      [](Link& link, const std::string& name, const doc::Position&) { link.name = name; });
  r.list_by_name(
      "objects", table.objects, kWord, "objects that go with their row",
      [](Object& object, const std::string& name, const doc::Position&) { object.name = name; });
  f.optional("outside", table.outside, "what of it no request reaches: told in every result");
  f.optional("tenant", table.tenant, "where it differs from the map's");
  f.optional("scope", table.in_scope, scope, "out: never part of a request");
  f.optional("match", table.match, "rows belong to whoever has the identifier");
  f.optional("requires_subject", table.requires_subject,
             "left alone by a request that has only a term");
  f.optional("unit", table.unit, "rows are erasure units");
}

Map read_map(const std::string& yaml, const std::string& file_name) {
  Map map = doc::read<Map>(yaml, file_name, "DataMap", ErrorKind::map_invalid);
  resolve(map);
  // Not canonical(): a site's tables and columns may have names that are not ASCII.
  map.digest = crypto::to_hex(crypto::view(crypto::sha256(to_json(map).dump())));
  return map;
}

std::string datamap_schema() {
  return doc::schema<Map>("DataMap", kAbout);
}

}  // namespace ccctl::datamap
