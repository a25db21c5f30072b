// ccctl journal status and verify.
#include <nlohmann/json.hpp>

#include "audit/sealer.h"
#include "base/error.h"
#include "cmd/app.h"

namespace ccctl::cmd {
namespace {

journal::Journal journal_of(App& app) {
  app.require_role({Role::officer, Role::admin, Role::auditor});
  auto journal = app.journal(app.tenant());
  if (journal) return std::move(*journal);
  throw Error(ErrorKind::config_invalid, "no journal is set",
              "name it with `journal:` in the settings file or with CCCTL_JOURNAL");
}

Json document_of(App& app, const journal::State& state) {
  return {
      {"journal", app.setting("journal")}, {"tenant", app.tenant()}, {"segments", state.segments},
      {"level", state.missing == 0},       {"lost", state.missing},  {"due", state.due}};
}

int run_status(App& app, const Args&) {
  const journal::Journal journal = journal_of(app);
  journal::State state;
  app.session().transact(store::Mode::read_committed,
                         [&](store::Tx& tx) { state = journal.compare(tx); });
  Json document = document_of(app, state);
  document["kind"] = "JournalStatus";
  app.print(document);
  return state.missing == 0 ? 0 : info(ErrorKind::findings).exit_code;
}

// What the checkpoints are worth: whether somebody trusted signed them.
std::string bad_checkpoint(const journal::Verified& verified,
                           const std::vector<crypto::VerifierKey>& keys) {
  for (const std::string& note : verified.checkpoints) {
    std::string origin = note.substr(0, note.find('\n'));
    bool valid = false;
    for (const crypto::VerifierKey& key : keys) {
      // A key is trusted as a key: its publication may be among what a restore has lost.
      const auto named = crypto::VerifierKey::of(origin, key.public_key);
      valid = valid || crypto::open_note(note, named).verdict == crypto::NoteVerdict::valid;
    }
    if (!valid) return origin;
  }
  return "";
}

int run_verify(App& app, const Args&) {
  const journal::Journal journal = journal_of(app);
  const std::vector<crypto::VerifierKey> keys = app.verifier_keys();
  journal::State state;
  journal::Verified verified;
  std::string verdict = "verified", explanation = "every line follows the one before it";
  try {
    app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
      verified = journal.verify(tx);
      state = journal.compare(tx);
    });
    if (const std::string origin = bad_checkpoint(verified, keys); !origin.empty()) {
      verdict = "unknown_key";
      explanation = "no key that the datastore publishes signed the checkpoint of " + origin;
    }
    if (state.missing > 0) {
      verdict = "restored_datastore";
      explanation = "the datastore lacks " + std::to_string(state.missing) +
                    " decisions that the journal has: run `ccctl retention replay`";
    }
  } catch (const journal::Damaged& damaged) {
    verdict = journal::to_text(damaged.damage());
    explanation = damaged.what();
  }
  Json document = document_of(app, state);
  document["kind"] = "JournalVerification";
  document["leaves"] = verified.leaves;
  document["verdict"] = verdict;
  document["explanation"] = explanation;
  app.print(document);
  return verdict == "verified" ? 0 : info(ErrorKind::findings).exit_code;
}

}  // namespace

extern const Spec journal_status;
const Spec journal_status{
    .noun = "journal",
    .verb = "status",
    .summary = "compare the datastore with the journal",
    .description =
        "The journal holds, outside the datastore, the leaves of holds, releases, erasures and "
        "approvals. `due` are those that it does not have yet: the next command brings them. "
        "`lost` "
        "are those that the datastore lacks, because it was restored from a backup: exit 3, and "
        "deleting commands refuse until `ccctl retention replay` has run.",
    .options = {},
    .exits = {0, 3, 5, 11, 12},
    .examples = {{"ccctl journal status", "after a restore, before anything else"}},
    .run = run_status,
};

extern const Spec journal_verify;
const Spec journal_verify{
    .noun = "journal",
    .verb = "verify",
    .summary = "check every line of the journal",
    .description =
        "Reads the whole journal: each line must name the SHA-256 of the line before, the newest "
        "checkpoint of each log must be signed, and the datastore must have every leaf. Verdicts "
        "beside verified: altered, torn (a segment ends within a line), missing (a segment is "
        "gone), "
        "unknown_key, restored_datastore.",
    .options = {},
    .exits = {0, 3, 5, 11, 12},
    .examples = {{"ccctl journal verify", "from time to time"}},
    .run = run_verify,
};

}  // namespace ccctl::cmd
