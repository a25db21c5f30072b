#include "cmd/request/import.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "cmd/request/intake.h"
#include "cmd/request/wiring.h"
#include "crypto/digest.h"
#include "request/opendsr.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

struct Line {
  request::Incoming incoming;
  std::optional<request::Preview> preview;
  std::string problem;  // why it cannot be taken in; without values
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
      if (finder.profile(ref)) add(finder.merge_set(ref).canonical);
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
  const bool typed = terms.size() == 1;
  request::Preview preview = planner.preview(tx, people.front(), typed ? &terms.front() : nullptr);
  if (preview.conflicting) line.problem = "the merge set has different names";
  if (preview.current_employee) line.problem = "a current employee";
  if (line.problem.empty()) line.preview = std::move(preview);
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
  std::string all;
  std::uint64_t rows = 0;
  for (request::Incoming& incoming : read_file(args)) {
    Line line{std::move(incoming), std::nullopt, ""};
    if (line.incoming.type == request::Type::erasing) {
      resolve_line(ground, tx, catalog, planner, line);
    } else {
      line.problem = "make it with `ccctl request export`";
    }
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
                    {"subject", line.preview ? line.preview->merge_set.canonical.text() : ""},
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
  for (const Line& line : file.lines) {
    if (!line.preview) {
      app.message("request " + line.incoming.reference + " was left out: " + line.problem);
      continue;
    }
    intake.channel = args.get("format") == "opendsr" ? "opendsr" : "import";
    intake.channel_ref = line.incoming.reference;
    intake.received_at = line.incoming.received_at;
    const bool held = !line.preview->holds.empty();
    (void)erasure.confirm(*line.preview, random_uuid(app.context()), intake, held,
                          {.queued = true, .bulk = true, .case_id = ""});
  }
  app.seal_if_possible(false);
}

}  // namespace ccctl::cmd
