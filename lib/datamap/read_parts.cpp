// Readers of the map's small parts: sites, conditions, anchors, what erasing does to a column.
#include <algorithm>

#include "base/calendar.h"
#include "datamap/readers.h"

namespace ccctl::datamap {
namespace {

constexpr std::size_t kLongestName = 63;  // PostgreSQL's, in bytes

bool name_of(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         text.find_first_of("[]") == std::string_view::npos;
}

bool table_name(std::string_view text) {
  if (text.starts_with("public.")) return false;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return name_of(text);
  const std::string_view table = text.substr(dot + 1);
  return name_of(text.substr(0, dot)) && name_of(table) &&
         table.find('.') == std::string_view::npos;
}

bool word(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

const doc::TextRule kZone{.what = "an IANA time zone such as Asia/Tokyo", .accepts = known_zone};
const doc::Choices<std::string> kUnits{
    {"hour", "hour"}, {"day", "day"}, {"month", "month"}, {"quarter", "quarter"}, {"year", "year"}};

void describe_condition(Condition& condition, doc::Value& value) {
  const auto single = [&](doc::Value& v) {
    std::string text;
    v.scalar(text);
    if (text == "*") {
      condition.op = Condition::Op::not_null;
    } else {
      condition.values = {text};
    }
  };
  const auto several = [&](doc::Value& v) {
    v.list(
        [&](doc::Value& element) {
          std::string text;
          element.scalar(text);
          if (element.decoding() && text == "*")
            element.fail("\"*\" in a list of values", "write column: \"*\"");
          condition.values.push_back(text);
        },
        1);
  };
  const auto none = [&](doc::Value& v) {
    v.null();
    condition.op = Condition::Op::is_null;
  };
  value.one_of(
      {{doc::Shape::scalar, single}, {doc::Shape::list, several}, {doc::Shape::null, none}});
}

void describe_anchor_map(Anchor& anchor, doc::Value& value, Anchor::Source source) {
  anchor.source = source;
  value.record([&](doc::Fields& f) {
    const auto text = [&](std::string_view key, bool required, std::string& out,
                          const doc::TextRule& rule, std::string_view about) {
      f.field(key, required, about, [&](doc::Value& v) { v.text(out, rule); });
    };
    switch (source) {
      case Anchor::Source::column:
        text("column", true, anchor.column, kColumnName, "the column that holds the time");
        text("zone", false, anchor.zone, kZone, "the zone of a timestamp without time zone");
        break;
      case Anchor::Source::link:
        text("link", true, anchor.link, kWord, "a link of this table");
        text("anchor", true, anchor.anchor, kWord, "an anchor of the table that the link leads to");
        break;
      case Anchor::Source::tenant:
        text("tenant", true, anchor.anchor, kWord, "an anchor of the tenants' table");
        break;
      case Anchor::Source::latest_of:
        f.field("latest_of", true, "the latest of these; unknown when one of them is",
                [&](doc::Value& v) {
                  v.list(
                      [&](doc::Value& element) {
                        Anchor part;
                        describe(part, element);
                        anchor.parts.push_back(std::move(part));
                      },
                      2);
                });
        break;
    }
  });
}

}  // namespace

const doc::TextRule kColumnName{
    .what = "a column's name", .pattern = "^[^\\[\\]]{1,63}$", .accepts = name_of};
const doc::TextRule kTableName{.what = "a table's name (schema.table outside schema public)",
                               .pattern = "^(?!public\\.)[^.\\[\\]]{1,63}(\\.[^.\\[\\]]{1,63})?$",
                               .accepts = table_name};
const doc::TextRule kWord{.what = "a name of letters, digits, _ and -",
                          .pattern = "^[A-Za-z0-9_-]{1,63}$",
                          .accepts = word};

void describe(Site& site, doc::Value& value) {
  value.named("Site", [&](doc::Value& v) {
    std::string text;
    v.text(text,
           {.what = "a column, column[*] or column$.member.member[*]",
            .pattern = "^[^\\[\\]]+?(\\$(\\.[^.\\[\\]]+|\\[\\*\\])+|\\[\\*\\])?$",
            .accepts = [](std::string_view written) { return Site::parse(written).has_value(); }});
    if (v.decoding()) site = *Site::parse(text);
  });
}

void describe_where(Where& where, doc::Value& value) {
  value.named("Where", [&](doc::Value& v) {
    where.clear();
    v.entries(
        [&](const std::string& column, const doc::Position&, doc::Value& element) {
          Condition condition;
          condition.column = column;
          describe_condition(condition, element);
          where.push_back(std::move(condition));
        },
        kColumnName);
    if (v.decoding() && where.empty())
      v.fail("a condition without columns", "leave it out for all rows");
  });
}

void describe(Anchor& anchor, doc::Value& value) {
  using Source = Anchor::Source;
  value.named("Anchor", [&](doc::Value& v) {
    const auto map = [&](Source source) {
      return [&anchor, source](doc::Value& m) { describe_anchor_map(anchor, m, source); };
    };
    v.one_of({{doc::Shape::text, [&](doc::Value& text) { text.text(anchor.column, kColumnName); }},
              {doc::Shape::map, map(Source::column), "column"},
              {doc::Shape::map, map(Source::link), "link"},
              {doc::Shape::map, map(Source::tenant), "tenant"},
              {doc::Shape::map, map(Source::latest_of), "latest_of"}});
  });
}

void describe(ColumnErase& erase, doc::Value& value) {
  using Effect = ColumnErase::Effect;
  static const doc::Choices<Effect> words{{"drop", Effect::drop}};
  const auto members = [&](doc::Fields& f) {
    const auto count = [&](Effect effect, std::int64_t least) {
      return [&erase, effect, least](doc::Value& v) {
        std::int64_t kept = 0;
        v.integer(kept, least, 1000);
        erase.count = static_cast<int>(kept);
        erase.effect = effect;
      };
    };
    f.field("set", false, "set to this value", [&](doc::Value& v) {
      v.scalar(erase.value);
      erase.effect = Effect::set_value;
    });
    f.field("pseudonymise", false, "replaced by this many characters of a keyed hash",
            count(Effect::pseudonymise, 8));
    f.field("truncate", false, "cut to its first so many characters", count(Effect::truncate, 0));
    f.field("generalise", false, "a time cut to this unit", [&](doc::Value& v) {
      v.choice(erase.value, kUnits);
      erase.effect = Effect::generalise;
    });
    f.exactly_one({"set", "pseudonymise", "truncate", "generalise"});
  };
  value.named("ColumnErase", [&](doc::Value& v) {
    v.one_of({{doc::Shape::null,
               [&](doc::Value& none) {
                 none.null();
                 erase.effect = Effect::set_null;
               }},
              {doc::Shape::text, [&](doc::Value& text) { text.choice(erase.effect, words); }},
              {doc::Shape::map, [&](doc::Value& map) { map.record(members); }}});
  });
}

void describe(Sealed& sealed, doc::Fields& f) {
  static const doc::Choices<std::string> forms{{"CC01", "CC01"}, {"stream", "stream"}};
  static const doc::Choices<std::string> keys{{"unit", "unit"}, {"tenant", "tenant"}};
  f.required("as", sealed.as, forms,
             "the form of the sealed bytes: CC01 for fields, stream for objects");
  f.required("key", sealed.key, keys,
             "whose data key: the nearest erasure unit's, or the tenant's");
}

void describe(Tenant& tenant, doc::Fields& f) {
  const auto member = [&](std::string_view key, Tenant::How how, const doc::TextRule& rule,
                          std::string_view about) {
    f.field(key, false, about, [&, how](doc::Value& v) {
      v.text(tenant.value, rule);
      tenant.how = how;
    });
  };
  member("column", Tenant::How::column, kColumnName, "the column that holds the tenant");
  member("constant", Tenant::How::constant, {}, "all rows are this tenant's");
  member("link", Tenant::How::link, kWord, "the tenant of the row that this link leads to");
  f.exactly_one({"column", "constant", "link"});
}

void describe(Hidden& hidden, doc::Fields& f) {
  const auto member = [&](std::string_view key, std::string& out, const doc::TextRule& rule,
                          std::string_view about) {
    f.field(key, false, about, [&](doc::Value& v) { v.text(out, rule); });
  };
  member("column", hidden.column, kColumnName, "a column that marks the row as deleted");
  member("move", hidden.move, kTableName, "a table that the row moves to");
  member("view", hidden.view, kTableName, "a view that leaves out rows with a tombstone");
  member("tombstones", hidden.tombstones, kTableName, "the table of tombstones");
  f.exactly_one({"column", "move", "view"});
  f.needs("view", "tombstones");
  f.needs("tombstones", "view");
}

}  // namespace ccctl::datamap
