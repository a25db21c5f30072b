// ccctl request export: a copy of one person's data, for that person.
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "cmd/request/exporting.h"
#include "cmd/request/intake.h"
#include "cmd/request/make.h"
#include "cmd/signals.h"

namespace ccctl::cmd {
namespace {

request::ExportFormat format_of(const std::string& name) {
  if (name == "csv") return request::ExportFormat::csv;
  return name == "ndjson" ? request::ExportFormat::ndjson : request::ExportFormat::json;
}

std::unique_ptr<request::Package> package_of(App& app, const Args& args) {
  const std::string out = args.get("out");
  if (out.empty() || out == "-") {
    throw Error(ErrorKind::usage, "an export needs --out",
                "name a folder that does not exist yet, or a file with --encrypt-to");
  }
  const auto recipient = args.find("encrypt-to");
  if (!recipient) return request::folder_package(out);
  std::ifstream file(*recipient, std::ios::binary);
  std::ostringstream certificate;
  if (file) certificate << file.rdbuf();
  if (!file) throw Error(ErrorKind::usage, "cannot read the certificate \"" + *recipient + "\"");
  return request::sealed_package(out, certificate.str(), app.context().now());
}

int run_export(App& app, const Args& args) {
  // A signal ends the export at the next row: what was written so far is personal data, and must
  // not stay behind.
  const SignalWatch watch;
  Exporting exporting(app, args.get("language"), format_of(args.get("format")), SignalWatch::seen);
  const request::Intake intake = intake_of(args, exporting.requests().rules().requests);
  // Reserved before anything is written to the datastore.
  const std::unique_ptr<request::Package> package = package_of(app, args);
  const Exporting::Who who = exporting.who(args);
  request::Export& engine = exporting.engine();
  const request::Handling handling{.queued = false, .bulk = false, .case_id = args.get("case")};
  const request::Request started =
      engine.start(who.ref, who.typed(), intake, handling, args.has("confirm-merge-set"));
  const request::Request done = engine.run(started, who.ref, who.typed(), *package);
  app.message("the answer is in " + args.get("out"));
  return answer(app, done);
}

}  // namespace

extern const Spec request_export;
const Spec request_export{
    .noun = "request",
    .verb = "export",
    .summary = "give one data subject a copy of everything (GDPR Art. 15 and 20)",
    .description =
        "Finds the person, reads the rows of the whole merge set in one snapshot, and writes a "
        "folder of its own (mode 0700): data/TABLE.json (or .ndjson, .csv), the files that belong "
        "to the rows in attachments/, manifest.json with all digests and counts, and index.html, "
        "which the person can read without any program: purposes, recipients, periods, rights, "
        "and the data as tables.\n\nWhat belongs to other people in the same conversation is "
        "masked. Columns that the data map masks, passwords and tokens are never given out; the "
        "pack's Access document says which roles may export, and what a role does not get "
        "besides.\n\nThe folder takes its name when everything is in it and the event is "
        "committed; what an interrupted export leaves is removed by the next one to the same "
        "place, which goes on with the same request; so does the answer to a request that was "
        "imported. With --encrypt-to the answer is one file "
        "that only the holder of the certificate's key can read: `openssl cms -decrypt -binary "
        "-inform DER -in FILE -recip CERT.pem -inkey KEY.pem | tar x`.",
    .options = with_person_options(
        with_intake_options({{.name = "format",
                              .type = Type::choice,
                              .value = "FORMAT",
                              .help = "of the tables' files",
                              .choices = {"json", "ndjson", "csv"},
                              .default_value = "json"},
                             language_option(),
                             merge_set_option(),
                             case_option(),
                             {.name = "encrypt-to",
                              .type = Type::file,
                              .value = "CERT.pem",
                              .help = "encrypt the whole to this certificate, into one file"}})),
    .exits = {0, 4, 5, 6, 7, 8, 11, 13},
    .examples = {{"ccctl request export --email taro.tanaka@example.jp --out answer --language ja",
                  "a folder for the data subject"},
                 {"ccctl request export --external-contact 7f3c --out answer.cms --encrypt-to "
                  "subject.pem",
                  "for sending by mail"}},
    .run = run_export,
    .own_out = true,
};

namespace {

int run_get(App& app, const Args& args) {
  Exporting exporting(app, args.get("language"), request::ExportFormat::json);
  const Exporting::Who who = exporting.who(args);
  Json summary = exporting.engine().summary(who.ref, who.typed());
  const std::vector<Json> rows = summary["entities"].get<std::vector<Json>>();
  summary["kind"] = "AccessSummary";
  app.print_rows({"table", "name", "category", "data", "rows"}, rows, summary);
  return 0;
}

}  // namespace

extern const Spec request_get;
const Spec request_get{
    .noun = "request",
    .verb = "get",
    .summary = "say what is kept of one data subject, without the data",
    .description =
        "Counts the rows that an export would hold, table by table. With -o json also what Art. "
        "15(1) wants told: purposes, recipients, periods, source, rights. Reads only; the access "
        "is recorded in the security log, and no request is made.",
    .options = with_person_options({language_option()}),
    .exits = {0, 5, 6, 11},
    .examples = {{"ccctl request get --phone 03-1234-5678", "what is there"}},
    .run = run_get,
};

}  // namespace ccctl::cmd
