// ccctl request verify, receipt, close: what comes after the confirmation.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "audit/event.h"
#include "audit/prove.h"
#include "audit/sealer.h"
#include "base/error.h"
#include "cmd/person.h"
#include "cmd/request/wiring.h"
#include "render/output.h"
#include "request/case.h"
#include "run/window.h"
#include "subject/reference.h"

namespace ccctl::cmd {
namespace {

const Option kId{
    .name = "id", .value = "ID", .help = "the request's id", .required = true, .positional = true};

int run_verify(App& app, const Args& args) {
  app.require_role({Role::officer});
  Requests requests(app);
  std::vector<subject::Identifier> terms;
  if (names_person(args)) {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    const datamap::Catalog catalog = datamap::read_catalog(tx, app.map());
    terms = terms_of(args, subject::Finder(tx, app.map(), catalog, app.tenant()));
  }
  const request::Verification verification =
      requests.erasure().verify(args.get("id"), terms, args.has("deep"));
  std::vector<Json> rows;
  for (const request::Hit& hit : verification.hits) {
    rows.push_back({{"finding", request::to_text(hit.finding)},
                    {"table", hit.table},
                    {"column", hit.site},
                    {"rows", hit.rows}});
  }
  app.print_rows(
      {"finding", "table", "column", "rows"}, rows,
      {{"kind", "Verification"}, {"request", args.get("id")}, {"clean", verification.clean()}});
  app.finish();
  if (!verification.clean()) {
    throw Error(ErrorKind::findings, "something of the data subject is left",
                "see the rows marked residue");
  }
  app.message("no residue");
  return 0;
}

[[noreturn]] void tell_no_receipt(const std::string& id, audit::Absence why) {
  switch (why) {
    case audit::Absence::unsealed:
      throw Error(ErrorKind::unsealed,
                  "no checkpoint covers the receipt of request \"" + id + "\" yet");
    case audit::Absence::pruned:
      throw Error(ErrorKind::not_found,
                  "the log with the receipt of request \"" + id + "\" was pruned",
                  "a receipt that was taken before still verifies");
    case audit::Absence::unknown:
      break;
  }
  throw Error(ErrorKind::findings, "no log has the receipt of request \"" + id + "\"",
              "see `ccctl audit verify`");
}

// The leaf and its proof; r goes to a file of its own beside --out.
int run_receipt(App& app, const Args& args) {
  app.require_role({Role::officer, Role::auditor});
  const std::string tenant = app.tenant();
  std::optional<audit::Proof> proof;
  Secret r;
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    const request::Request request = request::get(tx, tenant, args.get("id"));
    if (request.leaf_hash.empty()) {
      throw Error(ErrorKind::busy,
                  "request \"" + request.id + "\" is in phase \"" +
                      std::string(request::to_text(request.phase, request.type)) + "\"",
                  "a receipt exists once it is completed: `ccctl request run " + request.id + "`");
    }
    crypto::Digest leaf{};
    const std::string bytes = crypto::from_hex(request.leaf_hash).value_or("");
    std::copy(bytes.begin(), bytes.end(), leaf.begin());
    proof = audit::prove(tx, tenant, leaf);
    if (!proof) tell_no_receipt(request.id, audit::absence(tx, tenant, leaf));
    const request::Member& member = request.members.back();
    if (args.has("out") && !member.ref.key.empty())
      r = subject::reference_key(tx, tenant, member.ref);
  }
  app.write_result(proof->leaf + "\n\n" + proof->tlog_proof);
  const std::string out = args.get("out");
  if (!r.empty() && !out.empty() && out != "-") {
    std::string beside = out;
    if (beside.ends_with(".receipt")) beside.resize(beside.size() - std::string(".receipt").size());
    render::Output file = render::Output::reserve(beside + ".r");
    file.write(r.reveal() + "\n");
    file.finish();
    app.message("the reference's key is in " + beside + ".r: keep it apart from the receipt");
  }
  return 0;
}

// A case is closed when every identifier that was supplied has its answer, or that is waived.
int close_case(App& app, const Args& args) {
  const std::string tenant = app.tenant(), id = args.get("case");
  request::Coverage coverage;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    request::close_case(tx, tenant, id, args.get("waive"), app.actor().login,
                        run::datastore_now(tx));
    coverage = request::coverage(tx, tenant, id);
  });
  app.seal_if_possible();
  Json document = coverage.json();
  document["kind"] = "RequestCase";
  document["id"] = id;
  app.print(document);
  return 0;
}

int run_close(App& app, const Args& args) {
  app.require_role({Role::officer});
  if (args.has("case") == args.has("id"))
    throw Error(ErrorKind::usage, "close one request or one --case");
  if (args.has("case")) return close_case(app, args);
  Requests requests(app);
  const request::Request request = requests.erasure().close(args.get("id"));
  app.seal_if_possible();
  return answer(app, request);
}

}  // namespace

extern const Spec request_verify;
const Spec request_verify{
    .noun = "request",
    .verb = "verify",
    .summary = "look for what is left of an erased data subject",
    .description =
        "Searches the subject's identifiers in every column that the data map names. Residue is an "
        "error; "
        "shared values, kept rows and mentions in other people's rows are listed. After the "
        "request is "
        "closed its terms are gone and must be given again.",
    .options = with_person_options({kId,
                                    {.name = "deep",
                                     .type = Type::flag,
                                     .help = "also free text and columns without an index"}}),
    .exits = {0, 3, 5, 6, 11},
    .examples = {{"ccctl request verify 3f0c… --deep", "the slow, thorough way"}},
    .run = run_verify,
};

extern const Spec request_receipt;
const Spec request_receipt{
    .noun = "request",
    .verb = "receipt",
    .summary = "give the receipt of a completed request",
    .description =
        "The receipt is the exact leaf of the evidence log, an empty line, and a C2SP tlog-proof "
        "with a "
        "signed checkpoint; verify-receipt checks it with openssl alone. With --out ID.receipt the "
        "key of "
        "the subject's reference is written to ID.r.\n\nOnce the log has been pruned there is no "
        "receipt any more (exit 6); one that was taken before still verifies.",
    .options = {kId},
    .exits = {0, 3, 5, 6, 7, 11},
    .examples = {{"ccctl request receipt 3f0c… --out 3f0c.receipt", "receipt and reference key"}},
    .run = run_receipt,
};

extern const Spec request_close;
const Spec request_close{
    .noun = "request",
    .verb = "close",
    .summary = "forget the terms of a completed request",
    .description =
        "Deletes the subject's identifiers and the key of its reference: from then on nothing in "
        "ccctl's "
        "own tables or evidence names the person.\n\nA case is closed when all its requests are "
        "finished and every supplied identifier is covered; --waive says why one may stay open.",
    .options = {{.name = "id", .value = "ID", .help = "the request's id", .positional = true},
                {.name = "case", .value = "CASE", .help = "close a case instead"},
                {.name = "waive",
                 .value = "REASON",
                 .help = "why the case may leave supplied identifiers without a request"}},
    .exits = {0, 4, 5, 6, 11, 13},
    .examples = {{"ccctl request close 3f0c…", "the last step"}},
    .run = run_close,
};

}  // namespace ccctl::cmd
