// App's map, object stores, pack and keys.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "audit/event.h"
#include "audit/key_use.h"
#include "audit/sealer.h"
#include "base/error.h"
#include "cmd/wire.h"
#include "crypto/digest.h"
#include "run/window.h"

namespace ccctl::cmd {
namespace {

constexpr int kSealAttempts = 40;
constexpr std::chrono::milliseconds kSealPause{50};

// Only its owner may read a key; otherwise whoever read it can sign.
void check_key_file(const std::string& path, const struct stat& file) {
  if (!S_ISREG(file.st_mode) || (file.st_mode & 077) != 0) {
    throw Error(ErrorKind::key_unavailable, "the key file \"" + path + "\" is open to others",
                "chmod 0600 it, and make a new key if somebody may have read it");
  }
}

// Nothing while another sealer is at work: after it, what it did not see is left.
std::optional<std::vector<audit::Sealed>> seal_once(store::Session& session,
                                                    const crypto::Signer& signer,
                                                    const Context& context,
                                                    const audit::Elsewhere& elsewhere) {
  try {
    return audit::seal(session, signer, context, elsewhere);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::busy) throw;
    return std::nullopt;
  }
}

// A logical name as SQL: "people", or "crm.people" outside schema public.
std::string table_sql(const datamap::TableName& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return "public." + store::quote_name(name);
  return store::quote_name(name.substr(0, dot)) + "." + store::quote_name(name.substr(dot + 1));
}

bool plain_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && name[0] != '.';
}

}  // namespace

std::string read_file(const std::string& path, ErrorKind error) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file) throw Error(error, "cannot read \"" + path + "\"");
  return content.str();
}

Secret read_secret_file(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    throw Error(ErrorKind::key_unavailable, "cannot read \"" + path + "\"");
  }
  check_key_file(path, file);
  return Secret(read_file(path, ErrorKind::key_unavailable));
}

// 32 bytes, or their 64 hexadecimal digits.
Secret read_key_file(const std::string& path, const std::string& what) {
  std::string content = read_secret_file(path).reveal();
  if (content.size() == 32) return Secret(std::move(content));
  while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
  auto bytes = crypto::from_hex(content);
  if (!bytes || bytes->size() != 32) {
    throw Error(ErrorKind::key_unavailable, "\"" + path + "\" holds no " + what,
                "a key is 32 random bytes or their 64 hexadecimal digits");
  }
  return Secret(std::move(*bytes));
}

std::string App::pack_folder() {
  const std::string packs = setting("packs");
  std::string name;
  const datamap::Map& data_map = map();
  if (data_map.tenants && data_map.tenants->pack && data_map.tenants->pack->plain()) {
    const datamap::Tenants& tenants = *data_map.tenants;
    const std::string whose = tenant();  // reads in a transaction of its own
    const std::string sql = "SELECT " + store::quote_name(tenants.pack->column) + " FROM " +
                            table_sql(tenants.table) + " WHERE " + store::quote_name(tenants.key) +
                            " = $1";
    session().transact(store::Mode::read_only_snapshot, [&](store::Tx& tx) {
      const store::Rows rows = tx.exec({sql, {whose}});
      if (!rows.empty()) name = rows.text(0, 0);
    });
  }
  if (name.empty() && wired(*impl_).sandbox) name = "sandbox";
  // A site with one pack for everybody names its folder itself.
  if (name.empty()) return packs;
  if (!plain_name(name)) {
    throw Error(ErrorKind::config_invalid, "the tenant's pack has no usable name");
  }
  const std::string folder = packs + "/" + name;
  if (!std::filesystem::is_directory(folder)) {
    throw Error(ErrorKind::config_invalid, "there is no policy pack \"" + folder + "\"",
                "the setting `packs` names the folder of the packs");
  }
  return folder;
}

bool App::has_sealing_key() const {
  const std::string path = setting("seal_key");
  struct stat file {};
  if (path.empty() || setting("seal_user").empty() || ::stat(path.c_str(), &file) != 0)
    return false;
  check_key_file(path, file);
  return ::access(path.c_str(), R_OK) == 0;
}

// Of the tenants' evidence keys, in a transaction of their own.
static void append_uses(App& app, Wiring& wiring) {
  std::vector<audit::Event> events;
  for (const auto& [tenant, key] : wiring.evidence_keys) {
    if (!key) continue;
    for (const auto& [purpose, uses] : key->uses()) {
      events.push_back(audit::key_used(tenant, app.session().session_user(),
                                       {"evidence", key->check(), purpose, uses}));
    }
  }
  if (events.empty()) return;
  app.session().transact(store::Mode::read_committed, [&](store::Tx& tx) {
    audit::append_all(tx, events, run::datastore_now(tx));
  });
  for (const auto& [tenant, key] : wiring.evidence_keys) {
    if (key) key->told();
  }
}

// False when this session may not seal, or another sealer stays at work.
static bool seal_now(App& app) {
  if (!app.has_sealing_key()) return false;
  const crypto::Signer signer(read_key_file(app.setting("seal_key"), "sealing key"));
  store::Session sealer = app.open_as(app.setting("seal_user"));
  std::set<std::string> signed_for;
  const audit::Elsewhere elsewhere = [&](const std::string& tenant, const std::string& log) {
    signed_for.insert(tenant);
    const auto journal = app.journal(tenant);
    return journal ? journal->published(log) : std::nullopt;
  };
  for (int attempt = 0; attempt < kSealAttempts; ++attempt) {
    if (seal_once(sealer, signer, app.context(), elsewhere)) {
      app.publish_signed(sealer, signed_for);
      return true;
    }
    std::this_thread::sleep_for(kSealPause);
  }
  return false;
}

bool App::seal_if_possible(bool last) {
  Wiring& wiring = wired(*impl_);
  bool sealed = false;
  std::exception_ptr failed;
  try {
    if (last) append_uses(*this, wiring);
    sealed = seal_now(*this);
  } catch (...) {
    failed = std::current_exception();  // what is committed goes to the journal all the same
  }
  level_journal();
  if (failed) std::rethrow_exception(failed);
  return sealed;
}

void App::tell_key_uses() {
  const Wiring& wiring = wired(*impl_);
  const bool hashes = std::any_of(wiring.evidence_keys.begin(), wiring.evidence_keys.end(),
                                  [](const auto& key) { return key.second && key.second->used(); });
  if (hashes) seal_if_possible();
}

std::vector<crypto::VerifierKey> App::verifier_keys() {
  std::vector<crypto::VerifierKey> keys;
  const std::string who = tenant();
  session().transact(store::Mode::read_only_snapshot,
                     [&](store::Tx& tx) { keys = audit::published_keys(tx, who); });
  return keys;
}

}  // namespace ccctl::cmd
