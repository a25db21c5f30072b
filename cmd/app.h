// What a running command works with: settings, output, terminal, datastore. Made in main(), wired
// in wire.cpp.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/context.h"
#include "base/json.h"
#include "cmd/command.h"
#include "crypto/note.h"
#include "datamap/map.h"
#include "journal/journal.h"
#include "object/store.h"
#include "store/session.h"

namespace ccctl::cmd {

// One setting and where it came from (flag, environment, file:line, default): `config show
// --origin`.
struct Setting {
  std::string name, value, origin;
};

class App {
 public:
  App(Context context, const Spec& spec, const Args& args);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  const Context& context() const;
  const std::vector<Setting>& settings() const;
  std::string setting(std::string_view name) const;  // empty when unset

  // The datastore: settings and PG* variables, else the sandbox (which stderr says). Opened once.
  store::Session& session();
  bool connected() const;  // session() was opened
  // Another log-in of the same datastore (the sealing account's).
  store::Session open_as(const std::string& user);
  // session_user's rights from ccctl.principal. `refused` when the log-in has none.
  const Actor& actor();
  // --tenant, else the actor's only one; `refused` for a tenant that is not the actor's.
  std::string tenant();
  void require_role(std::initializer_list<Role> any_of);
  // The same with names that a policy gives.
  void require_role(const std::vector<std::string>& any_of);
  // The tenants for which the actor has any of the roles, sorted.
  std::vector<std::string> tenants_with(const std::set<Role>& any_of);
  // The names of the roles that the actor has for the tenant.
  std::vector<std::string> roles();

  const datamap::Map& map();  // the setting `map`, or the sandbox's
  object::ObjectStore& objects(const std::string& name);
  std::string pack_folder();  // the tenant's pack

  // Whether the settings name the sealing account and a key that this process may read; a key that
  // others may read, too, is refused.
  bool has_sealing_key() const;
  // Seals when this session has the seal key; returns false when others must. Then brings the
  // journal level, so that a command which calls this last may answer 0. Uses of keys are told of
  // before it; `last` is false where the command goes on and will use some again.
  bool seal_if_possible(bool last = true);
  // What this command used keys for and did not tell of yet is told of and sealed (key.used).
  // main() calls it when the command ends, with an error, too.
  void tell_key_uses();
  // The journal of a tenant, or nothing when the settings name none.
  std::optional<journal::Journal> journal(const std::string& tenant);
  // The tenant's evidence key; nothing without a journal, key_unavailable when it is missing.
  const journal::EvidenceKey* evidence_key();
  // Makes the evidence key of a tenant whose journal is empty; never a second one.
  void ensure_evidence_key(const std::string& tenant);
  // Appends to the journal what the datastore has committed and the journal not.
  void level_journal();
  // Tells the journals of these tenants how far their logs are signed, as the sealing account,
  // where level_journal() of this command does not: what was signed may leave the house, and a
  // restored datastore must not sign another tree in its place.
  void publish_signed(store::Session& sealer, const std::set<std::string>& tenants);
  // The same, and refuses a restored datastore: before the first deletion of a command.
  void require_level_journal();
  std::vector<crypto::VerifierKey> verifier_keys();

  // The result. Object and rows are rendered as -o says; only the result goes to stdout (or --out).
  // `document` is an object with its `kind`; apiVersion is added. A table shows key-value lines.
  void print(const Json& document);
  // Rows are objects whose members the columns name (they may hold more). `envelope` is an object
  // with the list's `kind` ("HoldList") and whatever else belongs to the list; -o json puts the
  // rows into it as `entities`, unless it has that member, and their number as `total`. A null
  // envelope gives a bare array.
  void print_rows(const std::vector<std::string>& columns, const std::vector<Json>& rows,
                  const Json& envelope);
  // The same in pages, for as many rows as there are: of csv and ndjson only.
  void print_page(const std::vector<std::string>& columns, const std::vector<Json>& rows,
                  const Json& envelope, bool first);
  void write_result(std::string_view bytes);  // verbatim (a receipt)
  // Reserves --out before the first write to the datastore (io error when it cannot be created).
  // main() does so before every command, so a command calls it only to say when.
  void reserve_out();
  // The result is complete: it is written out, and --out takes its name. main() calls it when the
  // command returns; after an exception what was written so far is discarded, so a command that
  // shows a result and then refuses (several matches, no confirmation) calls it before it throws.
  void finish();
  bool json_output() const;
  void message(std::string_view line);  // stderr, unless --quiet

  // Shows rows as a table on the terminal device, for a prompt that follows; false when there is no
  // terminal. They are no result: stdout is left alone.
  bool show(const std::vector<std::string>& columns, const std::vector<Json>& rows);
  // Asks on the terminal device, never on stdin; nothing when there is no terminal.
  std::optional<std::string> prompt(std::string_view question);

  struct Impl;  // app_impl.h

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ccctl::cmd
