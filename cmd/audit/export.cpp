// ccctl audit export: events of a log that an auditor takes away and verifies without us.
#include <nlohmann/json.hpp>

#include "audit/bundle.h"
#include "audit/sealer.h"
#include "base/error.h"
#include "cmd/app.h"
#include "cmd/audit/filter.h"
#include "cmd/wire.h"
#include "report/mapping.h"
#include "request/export_package.h"
#include "run/window.h"
#include "text/unicode.h"

namespace ccctl::cmd {
namespace {

// What every bundle brings along, so that it can be verified where it is opened.
constexpr std::string_view kVerifiers[] = {"VERIFY.md", "verify.sh", "verify.py"};

std::unique_ptr<request::Package> package_of(App& app, const Args& args) {
  const std::string out = args.get("out");
  if (out.empty() || out == "-") {
    throw Error(ErrorKind::usage, "a bundle needs --out",
                "name a folder that does not exist yet, or a file with --encrypt-to");
  }
  const auto recipient = args.find("encrypt-to");
  if (!recipient) return request::folder_package(out);
  return request::sealed_package(out, read_file(*recipient, ErrorKind::usage), app.context().now());
}

audit::CreateFile files_of(request::Package& package) {
  return [&package](const std::string& name) {
    const std::shared_ptr<request::PackageFile> file = package.create(name);
    return audit::BundleFile{[file](std::string_view bytes) { file->write(bytes); },
                             [file] {
                               const request::FileInfo info = file->close();
                               return audit::StoredFile{info.name, info.bytes, info.sha256};
                             }};
  };
}

std::vector<audit::StoredFile> attach(const audit::CreateFile& create) {
  std::vector<audit::StoredFile> attached;
  for (const std::string_view name : kVerifiers) {
    const std::string path = share_folder() + "/policies/bundle/" + std::string(name);
    audit::BundleFile file = create(std::string(name));
    file.write(read_file(path, ErrorKind::config_invalid));
    attached.push_back(file.close());
  }
  return attached;
}

// The same events in other formats, for reading and for other programs.
class Renderings {
 public:
  Renderings(const Args& args, const audit::CreateFile& create) {
    for (const std::string& name : args.all("rendering")) {
      const std::string path = share_folder() + "/policies/templates/mapping." + name + ".yaml";
      report::Mapping mapping =
          report::read_mapping(read_file(path, ErrorKind::config_invalid), path);
      audit::BundleFile file = create(mapping.file);
      file.write(mapping.head());
      all_.push_back({std::move(mapping), std::move(file)});
    }
  }
  audit::EachEvent each() {
    if (all_.empty()) return {};  // nobody needs to parse a line
    return [this](const std::string& origin, std::uint64_t index, std::string_view line) {
      for (const Rendering& one : all_) one.file.write(one.mapping.row(line, origin, index));
    };
  }
  audit::Finished finished() {
    return [this] {
      std::vector<audit::StoredFile> files;
      for (const Rendering& one : all_) files.push_back(one.file.close());
      return files;
    };
  }

 private:
  struct Rendering {
    report::Mapping mapping;
    audit::BundleFile file;
  };
  std::vector<Rendering> all_;
};

audit::BundleRequest request_of(App& app, const Args& args) {
  audit::BundleRequest request;
  request.tenant = app.tenant();
  request.log = *log_of(args, request.tenant);
  request.filter = filter_of(args);
  if (args.has("sample")) {
    if (args.number("sample") < 1) throw Error(ErrorKind::usage, "a sample has at least one event");
    request.sample = audit::Sample{static_cast<std::uint64_t>(args.number("sample")),
                                   text::nfc(args.get("seed"))};
  }
  if (args.has("sample") != args.has("seed")) {
    throw Error(ErrorKind::usage, "--sample and --seed go together",
                "whoever receives the sample says the seed beforehand");
  }
  request.actor = app.actor().login;
  request.program = "ccctl " + std::string(ccctl::version());
  return request;
}

// The event commits in a transaction of its own before the bytes get their name. Its leaf with its
// proof is the manifest's signature.
bool attest(App& app, const audit::Event& event, const audit::CreateFile& create) {
  crypto::Digest leaf{};
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    leaf = audit::append(tx, event, run::datastore_now(tx));
  });
  app.seal_if_possible();
  std::optional<audit::Proof> proof;
  app.session().transact(store::Mode::read_only_snapshot,
                         [&](store::Tx& tx) { proof = audit::prove(tx, event.tenant, leaf); });
  if (!proof) {
    app.message("the manifest's receipt waits for the sealing account: leaf " +
                crypto::to_hex(crypto::view(leaf)));
    return false;
  }
  audit::BundleFile file = create("manifest.receipt");
  file.write(proof->leaf + "\n\n" + proof->tlog_proof);
  file.close();
  return true;
}

int run_export(App& app, const Args& args) {
  app.require_role({Role::auditor, Role::officer, Role::owner});
  audit::BundleRequest request = request_of(app, args);
  const std::unique_ptr<request::Package> package = package_of(app, args);
  const audit::CreateFile create = files_of(*package);
  app.seal_if_possible(false);
  request.attached = attach(create);
  Renderings renderings(args, create);
  audit::BundleSummary summary;
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    request.at = run::datastore_now(tx);
    summary = audit::write_bundle(tx, request, create, renderings.each(), renderings.finished());
  }
  if (summary.rows == 0 && !request.filter.everything()) {
    throw Error(ErrorKind::not_found, "no event of the log is like that", "see `ccctl audit show`");
  }
  const bool attested =
      attest(app, audit::bundle_event(request, summary, package->recipient()), create);
  package->publish();
  if (summary.pending > 0) {
    app.message(std::to_string(summary.pending) +
                " events wait for the sealing account and are not in the bundle");
  }
  app.message("the bundle is in " + args.get("out"));
  app.print({{"kind", "AuditExport"},
             {"selection", audit::to_text(summary.selection)},
             {"rows", summary.rows},
             {"matched", summary.matched},
             {"origins", summary.origins},
             {"manifest", summary.manifest.sha256},
             {"receipt", attested}});
  return 0;
}

}  // namespace

extern const Spec audit_export;
const Spec audit_export{
    .noun = "audit",
    .verb = "export",
    .summary = "give an auditor events that verify without us",
    .description =
        "Writes a bundle into a folder of its own (mode 0700): events.jsonl, the exact leaves of "
        "the log; checkpoint, the signed root; manifest.json with what was asked for, how "
        "complete the answer is, and the digest of every file; manifest.receipt, the signed "
        "statement that exactly this manifest was given out; VERIFY.md with verify.sh (openssl "
        "and coreutils) and verify.py (Python's standard library). A log of several shards has a "
        "folder for each.\n\nWithout a filter, or with --from and --to, the bundle is contiguous: "
        "the signed root is recomputed from its events, so none between the first and the last "
        "can be missing. Events outside the time asked for are among them and marked. With "
        "--request or --action it is selected: every event has a .tlog-proof, and only the "
        "receipt says that there are no others. With --sample the events are drawn from such a "
        "population, reproducibly: those with the smallest SHA256(seed | leaf hash).\n\nThe "
        "export is an event of the security log. With --encrypt-to the bundle is one file that "
        "only the holder of the certificate's key can read: `openssl cms -decrypt -binary -inform "
        "DER -in FILE -recip CERT.pem -inkey KEY.pem | tar x`.",
    .options = with_filter_options(
        {{.name = "sample",
          .type = Type::number,
          .value = "N",
          .help = "only so many events, drawn by --seed from all that match"},
         {.name = "seed", .value = "TEXT", .help = "what the sample is drawn by"},
         {.name = "rendering",
          .type = Type::choice,
          .value = "FORMAT",
          .help = "the matching events also as OCSF 1.8.0 (ndjson) or as CSV",
          .choices = {"ocsf", "csv"},
          .repeatable = true},
         {.name = "encrypt-to",
          .type = Type::file,
          .value = "CERT.pem",
          .help = "encrypt the whole to this certificate, into one file"}},
        "evidence"),
    .exits = {0, 3, 5, 6, 11, 13},
    .examples =
        {{"ccctl audit export --out evidence", "the whole evidence log"},
         {"ccctl audit export --from 2026-01-01T00:00:00Z --to 2026-04-01T00:00:00Z --out q1",
          "a quarter, provably complete"},
         {"ccctl audit export --action request.delete.completed --sample 25 --seed "
          "4711 --out soc2",
          "25 of all erasures, for a SOC 2 report"}},
    .run = run_export,
    .own_out = true,
};

}  // namespace ccctl::cmd
