#include "cmd/request/import.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/error.h"
#include "cmd/request/exporting.h"
#include "cmd/request/intake.h"
#include "cmd/request/wiring.h"
#include "crypto/digest.h"
#include "request/intake.h"
#include "request/opendsr.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

struct Line {
  request::Incoming incoming;
  std::optional<request::Preview> preview;   // of an erasure
  std::optional<subject::SubjectRef> whom;   // who asks for access
  std::optional<subject::Identifier> typed;  // the one term, where it is one
  std::string problem;                       // why it cannot be taken in; without values
};

struct File {
  std::vector<Line> lines;
  std::string confirmation;
};

std::vector<request::Incoming> read_file(const Args& args) {
  std::ifstream in(args.get("import"), std::ios::binary);
  if (!in) throw Error(ErrorKind::usage, "cannot read \"" + args.get("import") + "\"");
  std::ostringstream text;
  text << in.rdbuf();
  return request::read_incoming(text.str(), args.get("format") == "opendsr");
}

// Everybody whom one of the terms names; one person is wanted.
void resolve_line(const request::Ground& ground, store::Tx& tx, const datamap::Catalog& catalog,
                  request::Planner& planner, Line& line) {
  const subject::Finder finder(tx, ground.map, catalog, ground.tenant);
  std::vector<subject::SubjectRef> people;
  std::vector<subject::Identifier> terms;
  const auto add = [&](const subject::SubjectRef& ref) {
    if (std::find(people.begin(), people.end(), ref) == people.end()) people.push_back(ref);
  };
  for (const auto& [kind, value] : line.incoming.terms) {
    if (ground.map.subject(kind) != nullptr) {
      const subject::SubjectRef ref = subject::make_ref(ground.map, kind, value);
      if (const auto profile = finder.profile(ref)) add(profile->merge_set.canonical);
      continue;
    }
    terms.push_back(finder.term(kind, value));
    for (const subject::SubjectRef& ref : subject::distinct_people(finder.search(terms.back())))
      add(ref);
  }
  if (people.size() != 1) {
    line.problem = people.empty() ? "nobody matches" : "several people match";
    return;
  }
  if (terms.size() == 1) line.typed = terms.front();
  const bool erasing = line.incoming.type == request::Type::erasing;
  request::Preview preview =
      planner.preview(tx, people.front(), line.typed ? &*line.typed : nullptr);
  if (preview.conflicting) line.problem = "the merge set has different names";
  if (preview.current_employee && erasing) line.problem = "a current employee";
  if (!line.problem.empty()) return;
  line.whom = preview.merge_set.canonical;
  if (erasing) line.preview = std::move(preview);
}

// Why access may not be asked for any more; empty: it may.
std::string window_problem(store::Tx& tx, const request::Ground& ground,
                           const datamap::Catalog& catalog, const request::Incoming& incoming) {
  const bool dated = incoming.received_at != Instant{};
  try {
    request::require_window(tx, ground, catalog, incoming.type,
                            dated ? incoming.received_at : run::datastore_now(tx));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::refused) throw;
    return error.what();
  }
  return "";
}

// An erasure that was made finds nobody; an answer that was given could be given twice.
std::set<std::string> answered(store::Tx& tx, const std::string& tenant) {
  std::set<std::string> references;
  const store::Rows rows =
      tx.exec({"SELECT channel_ref FROM ccctl.request WHERE tenant_id = $1::text AND request_type "
               "= $2::text AND channel IN ('import', 'opendsr') AND phase NOT IN ('received', "
               "'searching', 'cancelled')",
               {tenant, std::string(request::to_text(request::Type::exporting))}});
  for (std::size_t r = 0; r < rows.size(); ++r) references.emplace(rows.text(r, 0));
  return references;
}

File read(App& app, const Args& args, const request::Ground& ground) {
  if (!ground.rules.requests.bulk) {
    throw Error(ErrorKind::refused, "the pack does not let requests in many at a time",
                "make one request per person (G-10), or set `bulk` in its Requests document");
  }
  File file;
  store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
  const datamap::Catalog catalog = datamap::read_catalog(tx, ground.map);
  request::Planner planner(ground, catalog);
  const std::set<std::string> done = answered(tx, ground.tenant);
  std::string all;
  std::uint64_t rows = 0;
  for (request::Incoming& incoming : read_file(args)) {
    Line line{std::move(incoming), {}, {}, {}, ""};
    const bool access = line.incoming.type == request::Type::exporting;
    if (access && done.contains(line.incoming.reference)) line.problem = "answered already";
    if (line.problem.empty()) line.problem = window_problem(tx, ground, catalog, line.incoming);
    if (line.problem.empty()) resolve_line(ground, tx, catalog, planner, line);
    if (access && line.whom) all += line.incoming.reference + " " + line.whom->text() + "\n";
    if (line.preview) {
      all += line.preview->confirmation + "\n";
      rows += line.preview->outcome.rows();
    }
    file.lines.push_back(std::move(line));
  }
  file.confirmation =
      crypto::to_hex(crypto::view(crypto::sha256(all))) + ":" + std::to_string(rows);
  return file;
}

}  // namespace

std::vector<Option> import_options() {
  return {{.name = "import",
           .type = Type::file,
           .value = "FILE",
           .help = "requests from a file, where the pack allows bulk"},
          {.name = "format",
           .type = Type::choice,
           .value = "FORMAT",
           .help = "what the file holds: a request per line, or OpenDSR 2.0 requests",
           .choices = {"ndjson", "opendsr"},
           .default_value = "ndjson"}};
}

int plan_import(App& app, const Args& args) {
  app.require_role({Role::officer});
  Requests requests(app);
  const File file = read(app, args, requests.ground());
  std::vector<Json> rows;
  bool problems = false;
  for (const Line& line : file.lines) {
    problems = problems || !line.problem.empty();
    rows.push_back({{"reference", line.incoming.reference},
                    {"requestType", request::to_text(line.incoming.type)},
                    {"subject", line.whom ? line.whom->text() : ""},
                    {"rows", line.preview ? line.preview->outcome.rows() : 0},
                    {"problem", line.problem}});
  }
  app.print_rows({"reference", "requestType", "subject", "rows", "problem"}, rows,
                 {{"kind", "ImportPlan"}, {"confirmation", file.confirmation}});
  app.finish();
  app.message("confirmation: " + file.confirmation);
  return problems ? 4 : 0;
}

void run_import(App& app, const Args& args) {
  Requests requests(app);
  request::Intake intake = intake_of(args, requests.rules().requests);
  const File file = read(app, args, requests.ground());
  if (args.get("confirm") != file.confirmation) {
    throw Error(ErrorKind::refused, "an import must be confirmed",
                "look at `ccctl request plan --import`, then give --confirm " + file.confirmation);
  }
  request::Erasure erasure = requests.erasure(true, false);
  std::optional<Exporting> exporting;
  const auto is_access = [](const Line& line) { return line.whom && !line.preview; };
  if (std::any_of(file.lines.begin(), file.lines.end(), is_access))
    exporting.emplace(app, "en", request::ExportFormat::json);
  for (const Line& line : file.lines) {
    if (!line.whom) {
      app.message("request " + line.incoming.reference + " was left out: " + line.problem);
      continue;
    }
    intake.channel = args.get("format") == "opendsr" ? "opendsr" : "import";
    intake.channel_ref = line.incoming.reference;
    intake.received_at = line.incoming.received_at;
    const request::Handling handling{.queued = true, .bulk = true, .case_id = ""};
    if (line.preview) {
      const bool held = !line.preview->holds.empty();
      (void)erasure.confirm(*line.preview, random_uuid(app.context()), intake, held, handling);
      continue;
    }
    const request::Request received =
        exporting->engine().start(line.whom, line.typed ? &*line.typed : nullptr, intake, handling);
    app.message("request " + line.incoming.reference + " is \"" + received.id +
                "\": answer it with `ccctl request export --subject " + line.whom->text() + "`");
  }
  app.seal_if_possible(false);
}

}  // namespace ccctl::cmd
