// ccctl record add, list, show, revoke.
#include "record/record.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/person.h"
#include "cmd/wire.h"
#include "datamap/catalog.h"
#include "record/kind.h"
#include "run/window.h"
#include "subject/reference.h"
#include "text/phone.h"
#include "text/unicode.h"

namespace ccctl::cmd {
namespace {

// Only known by their files, so that a new kind needs no code.
record::Kind record_kind(const std::string& name) {
  namespace fs = std::filesystem;
  const std::string folder = share_folder() + "/policies/records";
  const std::string file = "recordkind." + name + ".yaml";
  std::string known;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().filename() == file)
      return record::read_kind(read_file(entry.path().string(), ErrorKind::config_invalid), file);
    known += (known.empty() ? "" : ", ") + stem.substr(stem.find('.') + 1);
  }
  throw Error(ErrorKind::usage, "there are no records of kind \"" + name + "\"",
              "the kinds are " + known);
}

std::string day_option(const Args& args, std::string_view name) {
  std::string text = args.get(name);
  if (text.empty() || (text.size() == 10 && parse_instant(text + "T00:00:00Z"))) return text;
  throw Error(ErrorKind::usage, "--" + std::string(name) + " \"" + text + "\" is no date",
              "write 2026-11-21");
}

std::map<std::string, std::string> fields_of(const Args& args, const record::Kind& kind) {
  std::map<std::string, std::string> fields;
  for (const std::string& given : args.all("field")) {
    const std::size_t equals = given.find('=');
    const std::string name = given.substr(0, equals);
    if (equals == std::string::npos)
      throw Error(ErrorKind::usage, "--field wants NAME=VALUE", "for example --field purpose=…");
    if (!fields.emplace(name, text::nfc(given.substr(equals + 1))).second)
      throw Error(ErrorKind::usage, "the field \"" + name + "\" is given twice");
  }
  kind.require_fields(fields);
  return fields;
}

// Records outlive the erasure of whom they are about, so what names that person may not stand
// there.
void require_nameless(const record::Record& record, const subject::Profile& profile) {
  constexpr std::size_t kLeast = 3, kDigits = 7;
  for (const auto& [name, value] : record.fields) {
    const std::string folded = text::folded(value), digits = text::digits(value);
    for (const subject::Identifier& identifier : profile.identifiers) {
      const std::string known = text::folded(identifier.value.reveal());
      std::string number = text::digits(known);
      if (number.size() > kDigits) number.erase(0, number.size() - kDigits);
      const bool phone = identifier.kind == "phone" && number.size() == kDigits;
      if ((known.size() < kLeast || folded.find(known) == std::string::npos) &&
          (!phone || digits.find(number) == std::string::npos))
        continue;
      throw Error(
          ErrorKind::usage,
          "the field \"" + name + "\" holds a value of the data subject: its " + identifier.kind,
          "a record outlives the erasure: say it without naming the person");
    }
  }
}

// The members of the person's merge set; nothing when the person is unknown.
std::vector<subject::Profile> people(App& app, store::Tx& tx, const Args& args) {
  const datamap::Catalog catalog = datamap::read_catalog(tx, app.map());
  const subject::Finder finder(tx, app.map(), catalog, app.tenant());
  const Person person = person_of(args, app.map(), finder);
  const auto ref = person.ref ? person.ref : resolve(person, finder);
  std::vector<subject::Profile> found;
  if (!ref) return found;
  for (const subject::SubjectRef& member : finder.merge_set(*ref).members) {
    if (auto profile = finder.profile(member)) found.push_back(std::move(*profile));
  }
  return found;
}

std::vector<std::string> references_of(App& app, store::Tx& tx,
                                       const std::vector<subject::Profile>& people) {
  std::vector<std::string> references;
  for (const subject::Profile& profile : people)
    references.push_back(subject::reference(tx, app.tenant(), profile.ref));
  if (references.empty())
    throw Error(ErrorKind::not_found, "no data subject matches", "see `ccctl subjects search`");
  return references;
}

Json document_of(const record::Record& record) {
  Json document = record::to_json(record);
  document["kind"] = "Record";
  return document;
}

int run_add(App& app, const Args& args) {
  const record::Kind kind = record_kind(args.get("kind"));
  app.require_role(kind.roles);
  const std::string tenant = app.tenant();
  record::Record wanted;
  wanted.kind = kind.name;
  wanted.fields = fields_of(args, kind);
  wanted.from = day_option(args, "from");
  wanted.until = day_option(args, "until");
  record::require(kind.until, !wanted.until.empty(), kind, "last day", "--until");
  record::require(kind.evidence, args.has("evidence"), kind, "evidence", "--evidence FILE");
  record::require(kind.subject, names_person(args), kind, "data subject", "--email, --subject …");
  if (!wanted.until.empty() && wanted.until < wanted.from)
    throw Error(ErrorKind::usage, "--until is a day before --from");
  for (const std::string& path : args.all("evidence"))
    wanted.evidence.push_back(record::hash_file(path));
  wanted.id = random_uuid(app.context());
  record::Record made;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    if (names_person(args)) {
      const std::vector<subject::Profile> members = people(app, tx, args);
      for (const subject::Profile& profile : members) require_nameless(wanted, profile);
      wanted.subjects = references_of(app, tx, members);
    }
    made = record::add(tx, tenant, wanted, app.actor().login, run::datastore_now(tx));
  });
  app.seal_if_possible();
  app.print(document_of(made));
  return 0;
}

int run_list(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin, Role::auditor});
  record::Wanted wanted{.id = "",
                        .kind = args.has("kind") ? record_kind(args.get("kind")).name : "",
                        .subjects = std::nullopt,
                        .revoked = args.has("revoked")};
  std::vector<Json> rows;
  if (names_person(args)) app.require_role({Role::officer, Role::admin});
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    if (names_person(args)) wanted.subjects = references_of(app, tx, people(app, tx, args));
    rows.clear();
    for (const record::Record& record : record::list(tx, app.tenant(), wanted)) {
      rows.push_back(record::to_json(record));
      rows.back()["says"] = Json(record.fields).dump();
    }
  });
  app.print_rows({"id", "recordKind", "from", "until", "says", "state", "enteredBy"}, rows,
                 {{"kind", "RecordList"}});
  return 0;
}

int run_show(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin, Role::auditor});
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  app.print(document_of(record::get(tx, app.tenant(), args.get("id"))));
  return 0;
}

int run_revoke(App& app, const Args& args) {
  app.require_role({Role::officer, Role::admin});
  const std::string tenant = app.tenant();
  record::Record record;
  app.session().transact(store::Mode::read_committed,
                         [&](store::Tx& tx) { record = record::get(tx, tenant, args.get("id")); });
  app.require_role(record_kind(record.kind).roles);
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    record = record::revoke(tx, tenant, record.id, text::nfc(args.get("reason")), app.actor().login,
                            run::datastore_now(tx));
  });
  app.seal_if_possible();
  app.print(document_of(record));
  return 0;
}

const Option kId{
    .name = "id", .value = "ID", .help = "the record's id", .required = true, .positional = true};

}  // namespace

extern const Spec record_add;
const Spec record_add{
    .noun = "record",
    .verb = "add",
    .summary = "enter evidence",
    .description =
        "What a kind of record must say stands in policies/records. A disclosure says to whom a "
        "person's data was shared, and from which day: it is found for every member of the merge "
        "set, outlives the erasure, and is listed as a residual copy in its result and "
        "receipt.\n\nOf a person a record keeps references only, which name nobody any more once "
        "the request is closed; a field that holds one of the person's values is refused (exit 2). "
        "Of an evidence file the SHA-256 is kept, neither content nor name. Repeated with the same "
        "words it adds no second record.",
    .options = with_person_options(
        {{.name = "kind",
          .value = "KIND",
          .help = "the kind of record, such as disclosure",
          .required = true,
          .positional = true},
         {.name = "field",
          .value = "NAME=VALUE",
          .help = "a field of the kind",
          .repeatable = true},
         {.name = "from", .value = "DATE", .help = "the day from which it is so", .required = true},
         {.name = "until", .value = "DATE", .help = "the last day"},
         {.name = "evidence",
          .type = Type::file,
          .value = "FILE",
          .help = "a file whose hash is kept",
          .repeatable = true}}),
    .exits = {0, 5, 6, 11, 12, 13},
    .examples = {{"ccctl record add disclosure --email sakura.yamamoto@example.jp --field "
                  "recipient='Acme Insurance' --from 2026-10-01",
                  "a copy that no erasure reaches"}},
    .run = run_add,
};

extern const Spec record_list;
const Spec record_list{
    .noun = "record",
    .verb = "list",
    .summary = "list the records",
    .description = "By the day from which they are valid; of one kind, or about one person.",
    .options = with_person_options(
        {{.name = "kind", .value = "KIND", .help = "only those of a kind", .positional = true},
         {.name = "revoked", .type = Type::flag, .help = "the revoked ones, too"}}),
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl record list disclosure -o csv", "to whom data was shared"}},
    .run = run_list,
};

extern const Spec record_show;
const Spec record_show{
    .noun = "record",
    .verb = "show",
    .summary = "show one record",
    .description = "What it says, the hashes of its evidence, who entered it and who revoked it.",
    .options = {kId},
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl record show 7d20…", "one record"}},
    .run = run_show,
};

extern const Spec record_revoke;
const Spec record_revoke{
    .noun = "record",
    .verb = "revoke",
    .summary = "take back a record that is not so",
    .description =
        "A record is never changed: one that is wrong is revoked with a reason, and entered anew. "
        "It stays in `record list --revoked` and in the log.",
    .options = {kId, {.name = "reason", .value = "REASON", .help = "why", .required = true}},
    .exits = {0, 5, 6, 11, 12, 13},
    .examples = {{"ccctl record revoke 7d20… --reason 'another person was meant'",
                  "it counts no longer"}},
    .run = run_revoke,
};

}  // namespace ccctl::cmd
