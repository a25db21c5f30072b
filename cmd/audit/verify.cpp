// ccctl audit verify: recomputes the tenant's logs and compares them with what was signed and kept.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/sealer.h"
#include "base/error.h"
#include "cmd/app.h"
#include "cmd/audit/checkpoint_file.h"
#include "cmd/wire.h"

namespace ccctl::cmd {
namespace {

// A file, or an object of a bucket as `audit pin` makes them.
std::string read_pin(App& app, const std::string& place) {
  constexpr std::string_view kS3 = "s3://";
  const std::size_t slash = place.starts_with(kS3) ? place.find('/', kS3.size()) : place.npos;
  if (slash == place.npos) return read_checkpoint_file(place);
  return open_store(app, place.substr(0, slash))->get(place.substr(slash + 1));
}

int run_verify(App& app, const Args& args) {
  app.require_role({Role::auditor, Role::officer, Role::owner});
  std::vector<std::string> pins;
  for (const std::string& path : args.all("pin")) pins.push_back(read_pin(app, path));
  const std::vector<crypto::VerifierKey> keys = trusted_keys(app, args);
  const std::string tenant = app.tenant();
  std::vector<audit::Verification> results;
  {
    store::Tx tx = app.session().begin(store::Mode::read_only_snapshot);
    results = audit::verify(tx, tenant, keys, pins);
  }
  std::vector<Json> rows;
  for (const audit::Verification& result : results) {
    rows.push_back({{"origin", result.origin},
                    {"size", result.size},
                    {"verdict", audit::to_text(result.verdict)},
                    {"explanation", result.explanation}});
  }
  const bool verified = std::all_of(results.begin(), results.end(), [](const auto& result) {
    return result.verdict == audit::Verdict::verified;
  });
  app.print_rows({"origin", "size", "verdict", "explanation"}, rows,
                 {{"kind", "AuditVerification"}, {"tenant", tenant}, {"verified", verified}});
  return verified ? 0 : 3;
}

}  // namespace

extern const Spec audit_verify;
const Spec audit_verify{
    .noun = "audit",
    .verb = "verify",
    .summary = "check that the log is what was signed",
    .description =
        "Recomputes every log of the tenant from its leaves and compares it with the stored "
        "hashes, "
        "with every signed checkpoint, and with the checkpoints that you kept elsewhere "
        "(--pin).\n\n"
        "Without a pin the best answer is consistent-but-unpinned, exit 3: whoever holds the "
        "sealing "
        "key could have rewritten the whole log. Other verdicts: altered (a leaf, hash or "
        "checkpoint "
        "is not what was signed), truncated (signed leaves are gone), rollback_of_signed_tree (the "
        "datastore was set back behind a pin), equivocation (one key signed two different trees), "
        "unknown_key (a signature of a key that you do not trust, or of another than the log began "
        "with: a new key begins a new log), undeclared (all is as it was "
        "signed, and a leaf has a field or value that this version's events do not have: the field "
        "is named, its value is not).\n\n"
        "The schema of events, schemas/json/event.schema.json, lists every field of every action "
        "with "
        "its form: ids, digests, pseudonyms, counts, instants, and names that the data map, the "
        "packs "
        "and the program give. Free text has one form of its own, statement: what an operator "
        "wrote "
        "as a reason, matter, custodian, reference, waiver or seed, of at most 2,000 characters. "
        "It "
        "stays as long as the log does, so nobody should name a data subject there.\n\n"
        "Whoever has rights for the organisation (the tenant *) sees its log too: one leaf per log "
        "opened or closed and per key changed, and every log's daily checkpoint.",
    .options =
        {
            {.name = "pin",
             .type = Type::file,
             .value = "FILE",
             .help = "a signed checkpoint kept elsewhere, or a receipt, which holds one; also "
                     "s3://BUCKET/KEY",
             .repeatable = true},
            key_option(),
        },
    .exits = {0, 3, 5, 11},
    .examples = {{"ccctl audit verify --pin monday.checkpoint", "compare with what you kept"},
                 {"ccctl audit verify --pin R-17.receipt -o json", "a receipt is a pin too"}},
    .run = run_verify,
};

}  // namespace ccctl::cmd
