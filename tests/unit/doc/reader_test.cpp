// What documents may hold, and how a refused one says where and why.
#include "doc/reader.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "doc/suggest.h"

namespace {

using namespace ccctl;

enum class Colour { red, green };
const doc::Choices<Colour> kColours{{"red", Colour::red}, {"green", Colour::green}};

struct Part {
  std::string label;
  std::vector<Part> parts;
  doc::Position at;
};
void describe(Part& part, doc::Value& value) {
  value.named("Part", [&](doc::Value& v) {
    v.one_of({{doc::Shape::text, [&](doc::Value& text) { text.text(part.label); }},
              {doc::Shape::list,
               [&](doc::Value& list) {
                 if (!list.decoding())
                   return list.list([](doc::Value& e) {
                     Part p;
                     describe(p, e);
                   });
                 doc::Reader<std::vector<Part>>::read(part.parts, list);
               }},
              {doc::Shape::null, [](doc::Value& none) { none.null(); }}});
  });
}

struct Thing {
  std::string name;
  Colour colour = Colour::red;
  std::optional<Duration> keep;
  std::int64_t count = 7;
  bool loud = false;
  std::vector<std::string> tags;
  std::vector<doc::Named<std::string>> labels;
  doc::Located<std::string> note;
  Part part;
  std::string any;
  doc::Position at;
};
void describe(Thing& thing, doc::Fields& f) {
  f.position(thing.at);
  f.required("name", thing.name, "what it is called");
  f.optional("colour", thing.colour, kColours, "its colour");
  f.optional("keep", thing.keep, "how long it is kept");
  f.optional("count", thing.count, "how many");
  f.optional("loud", thing.loud, "whether it is heard");
  f.optional("tags", thing.tags, "words");
  f.optional("labels", thing.labels, "texts by name");
  f.optional("note", thing.note, "a note");
  f.optional("part", thing.part, "parts");
  f.field("any", false, "a scalar", [&](doc::Value& v) { v.scalar(thing.any); });
  f.at_most_one({"keep", "count"});
  f.needs("loud", "colour");
}

Thing read(const std::string& body) {
  return doc::read<Thing>("apiVersion: ccctl/v1\nkind: Thing\n" + body, "thing.yaml", "Thing",
                          ErrorKind::policy_invalid);
}

// The refusal of a body: "line:column: message | hint".
std::string refusal(const std::string& body) {
  try {
    read(body);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::policy_invalid);
    const std::string message = error.what();
    EXPECT_EQ(message.rfind("thing.yaml", 0), 0u) << message;
    return message.substr(std::string("thing.yaml").size() + 1) + " | " + std::string(error.hint());
  }
  return "accepted";
}

TEST(Reader, ReadsEveryShape) {
  const Thing thing = read(
      "name: \"no\"\ncolour: green\nkeep: P30D\nloud: true\ntags: [a, 'on']\nlabels: {b: x, a: y}\n"
      "note: |\n  two\n  lines\npart: [one, [two], null]\nany: 12\n");
  EXPECT_EQ(thing.name, "no");
  EXPECT_EQ(thing.colour, Colour::green);
  EXPECT_EQ(thing.keep, (Duration{0, 30, 0}));
  EXPECT_TRUE(thing.loud);
  EXPECT_EQ(thing.tags, (std::vector<std::string>{"a", "on"}));
  ASSERT_EQ(thing.labels.size(), 2u);
  EXPECT_EQ(thing.labels[0].name, "b");  // the document's order
  EXPECT_EQ(thing.note.value, "two\nlines\n");
  EXPECT_EQ(thing.part.parts.at(1).parts.at(0).label, "two");
  EXPECT_EQ(thing.any, "12");
  EXPECT_EQ(read("name: x\nany: TRUE\n").any, "true");
  EXPECT_EQ(read("name: x\n").count, 7);
}

TEST(Reader, SaysWhereAValueStood) {
  const Thing thing = read("name: x\nnote:   here\nlabels:\n  first: 'y'\n");
  EXPECT_EQ(doc::to_text(thing.note.at), "thing.yaml:4:9");
  EXPECT_EQ(doc::to_text(thing.labels.at(0).at), "thing.yaml:6:3");
  EXPECT_EQ(doc::to_text(thing.at), "thing.yaml:1:1");
  // Columns count characters, not bytes.
  EXPECT_EQ(refusal("name: x\nlabels: {東京: no}\n").substr(0, 5), "4:14:");
}

TEST(Reader, SuggestsWhatWasMeant) {
  EXPECT_EQ(refusal("nmae: x\n"), "3:1: unknown key \"nmae\" | did you mean \"name\"?");
  EXPECT_EQ(refusal("name: x\ncolour: gren\n"),
            "4:9: unknown value \"gren\" | did you mean \"green\"?");
  EXPECT_EQ(refusal("name: x\ncolour: blue\n"), "4:9: unknown value \"blue\" | one of: red, green");
}

TEST(Reader, RefusesWhatIsDoubtful) {
  EXPECT_EQ(refusal("name: x\nname: y\n"),
            "4:1: duplicate key \"name\" | the first stands at line 3");
  EXPECT_EQ(refusal("colour: red\n").substr(0, 25), "1:1: missing key \"name\" |");
  EXPECT_EQ(refusal("name: x\n\tloud: true\n").substr(0, 10), "4:1: a tab");
  EXPECT_NE(refusal("name: !!str x\n").find("a tag"), std::string::npos);
  EXPECT_NE(refusal("name: x\n---\nname: y\n").find("second document"), std::string::npos);
  EXPECT_NE(refusal(std::string("name: \"a\0b\"\n", 12)).find("3:9: a NUL"), std::string::npos);
  EXPECT_NE(refusal("name: \"a\\0b\"\n").find("NUL"), std::string::npos);
  EXPECT_NE(refusal("name: \xff\n").find("3:7: document is not UTF-8"), std::string::npos);
  EXPECT_NE(refusal("name: \xed\xa0\x80\n").find("not UTF-8"), std::string::npos);
  EXPECT_NE(refusal("name: ''\n").find("empty text"), std::string::npos);
  EXPECT_NE(refusal("name: x\nkeep: 30\n").find("4:7: expected an ISO 8601 duration"),
            std::string::npos);
  EXPECT_NE(refusal("name: x\nkeep: P\n").find("4:7: this is not an ISO 8601 duration"),
            std::string::npos);
  EXPECT_NE(refusal("name: x\nkeep: P1D\ncount: 1\n").find("5:1: \"count\" beside \"keep\""),
            std::string::npos);
  EXPECT_NE(refusal("name: x\nloud: true\n").find("\"loud\" without \"colour\""),
            std::string::npos);
  EXPECT_NE(refusal("name: x\ncount: 99999999999999999999\n").find("out of range"),
            std::string::npos);
  EXPECT_NE(refusal("name: [x\n").find("not YAML"), std::string::npos);
  EXPECT_NE(refusal("? [a]\n: x\n").find("key that is not a text"), std::string::npos);
  EXPECT_NE(
      refusal("name: x\npart: {a: b}\n").find("expected a text or a list or null, found a map"),
      std::string::npos);
  EXPECT_NE(refusal("name: x\nlabels: {no: y}\n").find("4:10: a key"), std::string::npos);
}

TEST(Reader, RefusesScalarsThatVersionsOfYamlReadDifferently) {
  for (const char* word :
       {"no",   "No",    "NO", "yes", "on", "off", "012", "1e3",  "0x1F", "0o17",  "null", "~",
        "true", "False", "7",  "-7",  "+7", "1.5", ".5",  ".inf", ".NaN", "1_000", "12:30"}) {
    EXPECT_NE(refusal("name: " + std::string(word) + "\n").find("3:7: expected a text"),
              std::string::npos)
        << word;
    EXPECT_EQ(read("name: '" + std::string(word) + "'\n").name, word);
  }
  for (const char* word :
       {"nope", "onward", "1a", "e3", "v1.2.3", "2024-01-31", "-", "a:b", "y", "12:", "+"}) {
    if (std::string(word) == "-") continue;  // a list's dash
    EXPECT_EQ(refusal("name: x\nany: x\ntags: [\"" + std::string(word) + "\"]\n"), "accepted")
        << word;
  }
  EXPECT_EQ(read("name: 2024-01-31\n").name, "2024-01-31");
  EXPECT_NE(refusal("name: x\nany: no\n").find("true or false"), std::string::npos);
  EXPECT_NE(refusal("name: x\nany: 012\n").find("in quotes"), std::string::npos);
  EXPECT_NE(refusal("name: x\nloud: yes\ncolour: red\n").find("write true or false"),
            std::string::npos);
}

TEST(Reader, KeepsItsBounds) {
  EXPECT_NE(refusal("name: x\npart: " + std::string(40, '[') + std::string(40, ']') + "\n")
                .find("deeper"),
            std::string::npos);
  EXPECT_NE(refusal("name: x\npart: " + std::string(200'000, '[') + "\n"), "accepted");
  EXPECT_NE(refusal("name: " + std::string(5u << 20, 'x') + "\n").find("larger than 4 MiB"),
            std::string::npos);
  std::string bomb = "name: x\npart:\n  - &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "  - &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_NE(refusal(bomb).find("aliases add up"), std::string::npos);
  EXPECT_NE(refusal("name: x\npart: &a [*a]\n").find("alias inside"), std::string::npos);
  EXPECT_EQ(read("name: &n x\ntags: [*n, *n]\n").tags.size(), 2u);
}

TEST(Reader, WantsVersionAndKind) {
  const auto message = [](const std::string& yaml) -> std::string {
    try {
      doc::read<Thing>(yaml, "f", "Thing", ErrorKind::map_invalid);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message("kind: Thing\nname: x\n"), "f:1:1: missing key \"apiVersion\"");
  EXPECT_EQ(message("apiVersion: ccctl/v2\nkind: Thing\nname: x\n"),
            "f:1:13: unknown apiVersion \"ccctl/v2\"");
  EXPECT_EQ(message("apiVersion: ccctl/v1\nkind: Thong\nname: x\n"), "f:2:7: wrong kind \"Thong\"");
  EXPECT_EQ(message(""), "f: the document is empty");
  EXPECT_EQ(message("- a\n"), "f:1:1: expected a document with apiVersion and kind");
  EXPECT_EQ(message("\xEF\xBB\xBF"
                    "apiVersion: ccctl/v1\r\nkind: Thing\r\nname: x\r\n"),
            "accepted");
}

TEST(Reader, DescribesItself) {
  const Json schema = Json::parse(doc::schema<Thing>("Thing", "a thing"));
  EXPECT_EQ(schema["properties"]["kind"]["const"], "Thing");
  EXPECT_EQ(schema["properties"]["colour"]["enum"], Json({"red", "green"}));
  EXPECT_EQ(schema["required"], Json({"apiVersion", "kind", "name"}));
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["$defs"]["Part"]["anyOf"][1]["items"]["$ref"], "#/$defs/Part");
  EXPECT_EQ(schema["dependentRequired"]["loud"], Json({"colour"}));
}

TEST(Suggest, FindsSlipsAndNothingElse) {
  const std::vector<std::string_view> known{"columns", "clean", "links", "to"};
  EXPECT_EQ(doc::suggest("colums", known), "columns");
  EXPECT_EQ(doc::suggest("COLUMNS", known), "columns");
  EXPECT_EQ(doc::suggest("lniks", known), "links");
  EXPECT_EQ(doc::suggest("objects", known), std::nullopt);
  EXPECT_EQ(doc::suggest("", known), std::nullopt);
  EXPECT_EQ(doc::suggest(std::string(100'000, 'c'), known), std::nullopt);
}

// Whatever happens to a document, it is read or refused with the caller's kind of error.
RC_GTEST_PROP(Reader, SurvivesMutation, ()) {
  std::string yaml =
      "apiVersion: ccctl/v1\nkind: Thing\nname: &x \"a\\u00e9\"\ncolour: green\nkeep: P30D\ntags: "
      "[a, *x]\n"
      "labels: {b: x, 'a': y}\nnote: |\n  two\n  lines\npart: [one, [two], null]\nany: 12 # end\n";
  static const std::string alphabet = " \n:-[]{}'\"#&*!|>?%@,~\\abc012\t\xc3\xa9\r.";
  const auto edits = *rc::gen::inRange(1, 12);
  for (int i = 0; i < edits; ++i) {
    const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(yaml.size())));
    const char with =
        alphabet[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(alphabet.size())))];
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        yaml[at] = with;
        break;
      case 1:
        yaml.insert(at, 1, with);
        break;
      default:
        yaml.erase(at, 3);
        break;
    }
  }
  try {
    doc::read<Thing>(yaml, "f", "Thing", ErrorKind::map_invalid);
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::map_invalid);
  }
}

}  // namespace
