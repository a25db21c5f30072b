// App's journal: where it stands, the tenant's evidence key, bringing it level.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "audit/event.h"
#include "base/error.h"
#include "cmd/wire.h"
#include "crypto/digest.h"

namespace ccctl::cmd {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "file:";

// The setting, or the folder beside a file: journal.
std::string keys_folder(const App& app) {
  const std::string named = app.setting("journal_keys");
  if (!named.empty()) return named;
  std::string url = app.setting("journal");
  if (!url.starts_with(kFile)) {
    throw Error(ErrorKind::config_invalid, "the folder of the evidence keys is not set",
                "name it with `journal_keys:` in the settings file or with CCCTL_JOURNAL_KEYS");
  }
  while (url.ends_with('/')) url.pop_back();
  return url.substr(kFile.size()) + "-keys";
}

std::string key_file(const App& app, const std::string& tenant) {
  return keys_folder(app) + "/" + journal::escaped(tenant) + ".key";
}

std::string random_key(const Context& context) {
  std::byte bytes[32];
  context.random(bytes);
  std::string text;
  for (const std::byte b : bytes) text += static_cast<char>(b);
  return crypto::to_hex(text) + "\n";
}

// Whole or not at all, and never instead of one that is there.
void write_key(const std::string& path, const std::string& text) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  fs::create_directories(folder, error);
  ::chmod(folder.c_str(), 0700);
  std::string draft = path + ".XXXXXX";
  const int fd = ::mkostemp(draft.data(), O_CLOEXEC);
  bool written = fd >= 0 &&
                 ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                 ::fsync(fd) == 0;
  written = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  ::unlink(draft.c_str());
  const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool durable = dir >= 0 && ::fsync(dir) == 0;
  if (dir >= 0) ::close(dir);
  if (!written || !durable) {
    throw Error(ErrorKind::io, "cannot write the evidence key \"" + path +
                                   "\": " + std::generic_category().message(cause));
  }
}

// From its first use on a command lives to tell of it: it notes the first signal, and a second one
// ends it. What may take long ends in order before the next use; a request goes on when repeated.
void before_use(Wiring& wiring, std::string_view purpose) {
  if (!wiring.watch) wiring.watch.emplace(true);
  const bool goes_on =
      purpose == journal::EvidenceKey::kReplay || purpose == journal::EvidenceKey::kTombstone;
  if (goes_on && SignalWatch::seen())
    throw Error(ErrorKind::paused, "a signal stopped the command");
}

// What this account may read of a key, without demanding it.
const journal::EvidenceKey* key_if_there(App& app, Wiring& wiring, const std::string& tenant) {
  auto& key = wiring.evidence_keys[tenant];
  if (!key && ::access(key_file(app, tenant).c_str(), R_OK) == 0) {
    key.emplace(read_key_file(key_file(app, tenant), "evidence key"),
                [&wiring](std::string_view purpose) { before_use(wiring, purpose); });
  }
  return key ? &*key : nullptr;
}

// The tenants whose journal a command brings level. What a partner or an auditor does concerns
// none, and what others left due is not theirs to write.
std::vector<std::string> levelled(App& app) {
  const std::vector<Role>& roles = app.actor().roles;
  if (std::all_of(roles.begin(), roles.end(),
                  [](Role role) { return role == Role::partner || role == Role::auditor; }))
    return {};
  const bool chosen = !app.setting("tenant").empty() || app.actor().tenants.size() == 1;
  return chosen ? std::vector{app.tenant()} : app.actor().tenants;
}

}  // namespace

std::optional<journal::Journal> App::journal(const std::string& tenant) {
  Wiring& wiring = wired(*impl_);
  const std::string url = setting("journal");
  if (url.empty()) return std::nullopt;
  if (!wiring.journals) wiring.journals = open_store(*this, url);
  return journal::Journal(*wiring.journals, tenant, key_if_there(*this, wiring, tenant));
}

const journal::EvidenceKey* App::evidence_key() {
  if (setting("journal").empty()) return nullptr;
  const std::string who = tenant();
  const journal::EvidenceKey* key = key_if_there(*this, wired(*impl_), who);
  if (key != nullptr) return key;
  throw Error(ErrorKind::key_unavailable,
              "there is no evidence key \"" + key_file(*this, who) + "\"",
              wired(*impl_).sandbox
                  ? "run `ccctl sandbox up`"
                  : "put it back; for a new journal `ccctl db init` makes one with the first "
                    "--principal of the tenant");
}

void App::ensure_evidence_key(const std::string& tenant) {
  const auto journal = this->journal(tenant);
  if (!journal || ::access(key_file(*this, tenant).c_str(), F_OK) == 0) return;
  if (journal->segments() > 0) {
    throw Error(ErrorKind::key_unavailable,
                "the evidence key of the tenant \"" + tenant +
                    "\" is missing, and its journal is not "
                    "empty",
                "put back \"" + key_file(*this, tenant) + "\"");
  }
  write_key(key_file(*this, tenant), random_key(context()));
}

void App::level_journal() {
  if (setting("journal").empty()) return;
  for (const std::string& one : levelled(*this)) journal(one)->append(session());
}

void App::publish_signed(store::Session& sealer, const std::set<std::string>& tenants) {
  if (setting("journal").empty()) return;
  const std::vector<std::string> own = levelled(*this);
  for (const std::string& one : tenants) {
    // The organisation's log is in no tenant's journal, and has one of its own from its first use.
    if (one == audit::kOrganisation) {
      ensure_evidence_key(one);
    } else if (std::find(own.begin(), own.end(), one) != own.end()) {
      continue;
    }
    // A key that this account may not read is for those who may to use.
    if (key_if_there(*this, wired(*impl_), one) != nullptr) journal(one)->append(sealer);
  }
}

void App::require_level_journal() {
  Wiring& wiring = wired(*impl_);
  if (wiring.level || setting("journal").empty()) return;
  journal(tenant())->require_level(session());
  wiring.level = true;
}

}  // namespace ccctl::cmd
