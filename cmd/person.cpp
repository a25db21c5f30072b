#include "cmd/person.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ccctl::cmd {
namespace {

constexpr std::array<std::string_view, 4> kTerms{"name", "address", "phone", "email"};

struct IdOption {
  std::string_view option, kind, api;
};
constexpr std::array<IdOption, 3> kIds{
    {{"user", "user", "userId"},
     {"external-contact", "external_contact", "externalContactId"},
     {"dialer-contact", "dialer_contact", "dialerContactId"}}};

subject::Identifier social(const std::string& value, const subject::Finder& finder) {
  const std::size_t colon = value.find(':');
  if (colon == std::string::npos || colon == 0) {
    throw Error(ErrorKind::usage, "--social wants TYPE:VALUE",
                "for example --social twitter:handle");
  }
  return finder.term("social." + value.substr(0, colon), value.substr(colon + 1));
}

Error nobody(const subject::SubjectRef& ref) {
  return {ErrorKind::not_found, "no data subject \"" + ref.text() + "\"",
          "see `ccctl subjects search`"};
}

// As the person's row has it. An id that its column cannot hold ("7f3c" where ids are UUIDs) is
// nobody's: only PostgreSQL knows.
subject::SubjectRef spelt(const subject::SubjectRef& ref, const subject::Finder& finder) {
  try {
    if (const std::optional<subject::Profile> profile = finder.profile(ref)) return profile->ref;
  } catch (const store::StatementError& error) {
    if (error.sqlstate().starts_with("22")) throw nobody(ref);
    throw;
  }
  return ref;
}

}  // namespace

std::vector<Option> with_person_options(std::vector<Option> more) {
  std::vector<Option> all{
      {.name = "name", .value = "NAME", .help = "the person's name, in any width or case"},
      {.name = "address", .value = "ADDRESS", .help = "a postal address"},
      {.name = "phone", .value = "NUMBER", .help = "a telephone number, in any writing"},
      {.name = "email", .value = "ADDRESS", .help = "an e-mail address"},
      {.name = "social",
       .value = "TYPE:VALUE",
       .help = "a social handle as it is stored, for example twitter:handle"},
      {.name = "user", .value = "ID", .help = "a user of the contact centre"},
      {.name = "external-contact", .value = "ID", .help = "an external contact"},
      {.name = "dialer-contact", .value = "ID", .help = "a dialer contact: '[\"LIST\",\"ID\"]'"},
      {.name = "subject", .value = "KIND:ID", .help = "a data subject of any kind of the data map"},
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

bool names_person(const Args& args) {
  const std::vector<Option> options = with_person_options({});
  return std::any_of(options.begin(), options.end(),
                     [&](const Option& option) { return args.has(option.name); });
}

std::vector<subject::Identifier> terms_of(const Args& args, const subject::Finder& finder) {
  std::vector<subject::Identifier> terms;
  for (std::string_view kind : kTerms) {
    if (const auto value = args.find(kind)) terms.push_back(finder.term(kind, *value));
  }
  if (const auto value = args.find("social")) terms.push_back(social(*value, finder));
  return terms;
}

Person person_of(const Args& args, const datamap::Map& map, const subject::Finder& finder) {
  std::vector<std::string> given;
  for (const Option& option : with_person_options({})) {
    if (args.has(option.name)) given.push_back(option.name);
  }
  if (given.empty()) {
    throw Error(ErrorKind::usage, "no data subject is named",
                "give one of --name, --phone, --email … or --subject KIND:ID");
  }
  if (given.size() > 1) {
    throw Error(ErrorKind::usage,
                "--" + given[0] + " and --" + given[1] + " are two terms, one is wanted",
                "make one request per term (G-13)");
  }
  Person person;
  if (const auto value = args.find("subject")) {
    person.ref = spelt(subject::parse_ref(map, *value), finder);
    return person;
  }
  for (const IdOption& id : kIds) {
    if (const auto value = args.find(id.option)) {
      person.ref = spelt(subject::make_ref(map, id.kind, *value), finder);
      return person;
    }
  }
  person.term = terms_of(args, finder).front();
  return person;
}

std::optional<subject::SubjectRef> resolve(const Person& person, const subject::Finder& finder) {
  if (person.ref) {
    const subject::MergeSet set = finder.merge_set(*person.ref);
    if (set.members.empty() || !finder.profile(*person.ref)) throw nobody(*person.ref);
    if (set.canonical != *person.ref) {
      throw Error(ErrorKind::refused, "\"" + person.ref->text() + "\" is one of a merge set",
                  "make the request for the canonical one: --subject " + set.canonical.text());
    }
    return person.ref;
  }
  const std::vector<subject::Match> matches = finder.search(*person.term);
  if (matches.empty()) return std::nullopt;
  const std::vector<subject::SubjectRef> people = subject::distinct_people(matches);
  if (people.size() > 1) {
    std::string list;
    for (std::size_t i = 0; i < people.size() && i < 10; ++i) {
      list += (i == 0 ? "" : ", ") + people[i].text();
    }
    throw Error(ErrorKind::ambiguous,
                "the term names " + std::to_string(people.size()) + " data subjects",
                "look at them with `ccctl subjects search`, then name one with --subject: " + list);
  }
  return people.front();
}

Json subject_json(const datamap::Map& map, const subject::SubjectRef& ref) {
  if (ref.kind == "dialer_contact" && ref.key.size() == 2) {
    return {{"dialerContactId", {{"contactListId", ref.key[0]}, {"id", ref.key[1]}}}};
  }
  if (ref.kind == "journey_customer" && ref.key.size() == 2) {
    return {{"journeyCustomer", {{"type", ref.key[0]}, {"id", ref.key[1]}}}};
  }
  for (const IdOption& id : kIds) {
    if (id.kind == ref.kind && ref.key.size() == 1) return {{std::string(id.api), ref.key.front()}};
  }
  Json key = Json::object();
  const std::vector<std::string> columns = map.id_columns(*map.table(map.subject(ref.kind)->table));
  for (std::size_t i = 0; i < columns.size() && i < ref.key.size(); ++i)
    key[columns[i]] = ref.key[i];
  return {{"kind", ref.kind}, {"key", key}};
}

}  // namespace ccctl::cmd
